"""Runs the drills and writes `docs/drills.md`: see the package's own words."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from proficiency.core.clock import read_clock
from proficiency.core.config import ROOT
from tests.drills import browser, disk, kills, report, room, traced
from tests.drills.outcome import Outcome
from tests.drills.places import BOTH
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
    parser.add_argument("--to", type=Path, help="where the page is written")
    return parser.parse_args()


def _do(name: str, work: Callable[[], Outcome]) -> Outcome:
    """Do one drill; one that can't be finished is a loss, for it has proved nothing."""
    print(f"{name} …", flush=True)
    begun = time.monotonic()
    try:
        found = work()
    except (TimeoutError, RuntimeError, OSError) as fault:
        found = Outcome(name, "", 0, None, (f"could not be finished: {fault}",))
    verdict = "nothing lost" if found.is_good else f"{len(found.problems)} PROBLEMS"
    print(f"    {verdict} in {time.monotonic() - begun:.0f} s; {found.notes}", flush=True)
    for problem in found.problems[:10]:
        print(f"    PROBLEM  {problem}", flush=True)
    return found


def main() -> int:
    """Do the drills that were asked for; returns 1 when one of them lost something."""
    wanted = _arguments()
    try:
        find_binaries()
    except RuntimeError as fault:
        print(fault)
        return 1
    begun = time.monotonic()
    # A run of some drills must not take the place of the report on all of them.
    path = wanted.to or (None if wanted.only else ROOT / "docs" / "drills.md")
    every = list(drills(wanted.times, wanted.few, wanted.candidates, wanted.saves))
    asked = [(name, work) for name, work in every if wanted.only in name]
    outcomes: list[Outcome] = []
    for name, work in asked:
        outcomes.append(_do(name, work))
        if path is not None:  # after each: a run that is broken off has told what it did
            minutes = (time.monotonic() - begun) / 60
            report.write(path, outcomes, read_clock(), minutes, len(asked))
    print("\n".join(report.rows(outcomes)))
    return int(not all(each.is_good for each in outcomes))


if __name__ == "__main__":
    sys.exit(main())
