"""Runs the drills and writes `docs/drills.md`: see the package's own words."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from proficiency.core.clock import read_clock
from proficiency.core.config import ROOT
from tests.drills import browser, disk, kills, record, report, room, traced
from tests.drills.outcome import Outcome
from tests.drills.places import BOTH
from tests.drills.record import Entry
from tests.postgres import find_binaries

Drill = tuple[str, Callable[[], Outcome]]


def drills(times: int, few: int, candidates: int, saves: int) -> Iterator[Drill]:
    """Yield every drill with its name. Kills are done `times` times, browsers `few` times."""
    for name in kills.KILLS:
        for kind, where in BOTH.items():
            if kind == "PostgreSQL" or "PostgreSQL" not in name:
                yield f"{name}, {kind}", lambda n=name, w=where: kills.drill(n, w, times)
    for kind, where in BOTH.items():
        yield f"{disk.NAME}, {kind}", lambda w=where: disk.drill(w, few)
    for kind, where in BOTH.items():
        yield f"trace, {kind}", lambda w=where: traced.drill(w, saves)
        yield f"trace control, {kind}", lambda w=where: traced.drill(w, saves, careless=True)
    for kind, where in BOTH.items():
        yield f"room, {kind}", lambda w=where: room.drill(w, room.timetable(candidates))
    for name in browser.DRILLS:
        yield f"browser: {name}", lambda n=name: browser.drill(n, few)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="how often something is killed")
    parser.add_argument("--few", type=int, default=5, help="how often other drills are done")
    parser.add_argument("--candidates", type=int, default=room.CANDIDATES, help="of the room")
    parser.add_argument("--saves", type=int, default=240, help="messages judged in a trace")
    parser.add_argument("--only", default="", help="those whose name holds these words")
    parser.add_argument(
        "--to", type=Path, help="the page; what it already tells of other drills is left there"
    )
    return parser.parse_args()


def _do(name: str, work: Callable[[], Outcome]) -> Entry:
    """Do one drill; one that can't be finished is a loss, for it has proved nothing."""
    print(f"{name} …", flush=True)
    begun = time.monotonic()
    try:
        found = work()
    except (TimeoutError, RuntimeError, OSError, DBAPIError) as fault:
        found = Outcome(name, "", 0, None, (f"could not be finished: {fault}",))
    done = record.entry(found, read_clock(), time.monotonic() - begun)
    verdict = "nothing lost" if found.is_good else f"{len(found.problems)} PROBLEMS"
    print(f"    {verdict} in {done.seconds:.0f} s; {found.notes}", flush=True)
    for problem in found.problems[:10]:
        print(f"    PROBLEM  {problem}", flush=True)
    return done


def main() -> int:
    """Do the drills that were asked for; returns 1 when one of them lost something."""
    wanted = _arguments()
    try:
        find_binaries()
    except RuntimeError as fault:
        print(fault)
        return 1
    # A trial of some drills must not take the place of what is on record, unless it is asked for.
    path = wanted.to or (None if wanted.only else ROOT / "docs" / "drills.md")
    every = dict(drills(wanted.times, wanted.few, wanted.candidates, wanted.saves))
    done: list[Entry] = []
    for name in [each for each in every if wanted.only in each]:
        done.append(_do(name, every[name]))
        if path is not None:  # after each: a run that is broken off has told what it did
            record.keep(path.with_suffix(".json"), name, done[-1])
            report.write(path, record.read(path.with_suffix(".json")), list(every))
    print("\n".join(report.rows(done)))
    return int(not all(each.outcome.is_good for each in done))


if __name__ == "__main__":
    sys.exit(main())
