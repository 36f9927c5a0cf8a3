"""Everybody at once: 500 people sign in within a minute and start within two seconds.

The candidates are those of `proficiency simulate`: pages, stylesheets and scripts as a browser
without a cache loads them, from one process on the same machine, whose share is said.
"""

import asyncio
from dataclasses import dataclass

from proficiency import features
from proficiency.core.clock import read_clock
from proficiency.simulate import figures as kinds
from proficiency.simulate.people import make_rehearsal
from proficiency.simulate.plans import Timetable
from proficiency.simulate.playing import losses_in
from proficiency.simulate.run import Played, play
from tests.drills.places import Where

TIMES = Timetable(
    candidates=500, stages=4, sign_in=60.0, start=2.0, writing=20.0, finish=10.0, offline_share=0.0
)
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Storms:
    """What was measured. `worker_mib` is the largest web worker at the end, resident."""

    sign_in_p99_ms: float
    last_page_s: float
    page_p99_ms: float
    handed_in_p99_ms: float
    worker_mib: float
    driver_share: float
    problems: list[str]


def measure(where: Where, times: Timetable = TIMES) -> Storms:
    """Play it on a server of its own and prove that nothing was lost."""
    features.load_models()
    features.load_jobs()
    with where(None) as place:
        made = make_rehearsal(place.database, place.address, times.candidates, 1, read_clock())
        place.database.close()
        place.start()
        played = asyncio.run(play(place.address, made.people, times, "storms", lambda line: None))
        memory = max((each.memory for each in place.workers()), default=0)
        place.stop()
        problems = [*losses_in(place.database, played), *played.figures.problems]
    if played.done != times.candidates:
        problems.append(f"{times.candidates - played.done} did not come to the end")
    return Storms(
        sign_in_p99_ms=_p99(played, kinds.SIGN_IN),
        last_page_s=max(each.has_page_after for each in played.candidates),
        page_p99_ms=_p99(played, kinds.STARTED),
        handed_in_p99_ms=_p99(played, kinds.HANDED_IN),
        worker_mib=memory / MEBIBYTE,
        driver_share=played.driver_seconds / played.seconds,
        problems=problems,
    )


def _p99(played: Played, kind: str) -> float:
    found = played.figures.summary(kind)
    return 0.0 if found is None else found.p99


def row(storms: Storms) -> str:
    """A line for the table."""
    return (
        f"  {TIMES.candidates} sign in within {TIMES.sign_in:.0f} s: p99 "
        f"{storms.sign_in_p99_ms:.0f} ms; {TIMES.candidates} start within {TIMES.start:.0f} s: the "
        f"last has the page {storms.last_page_s:.1f} s after the first began "
        f"(p99 of one {storms.page_p99_ms:.0f} ms); handing in: p99 "
        f"{storms.handed_in_p99_ms:.0f} ms; largest web worker {storms.worker_mib:.0f} MiB; the "
        f"driver took {storms.driver_share:.0%} of one processor"
    )
