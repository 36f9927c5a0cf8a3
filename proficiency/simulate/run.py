"""Plays one sitting: everybody's way side by side in one event loop, in phases begun together."""

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from proficiency.simulate import figures as kinds
from proficiency.simulate.candidate import Candidate, Person
from proficiency.simulate.figures import Figures
from proficiency.simulate.plans import Timetable, make_plan
from proficiency.simulate.wire import Browser

Say = Callable[[str], object]
PROGRESS_SECONDS = 5.0
BREATH = 0.5
"""Seconds between the moment when all are ready and the moment when a phase begins."""


@dataclass(frozen=True)
class Played:
    """What came of a sitting. Seconds are of the wall clock unless said otherwise."""

    candidates: Sequence[Candidate]
    figures: Figures
    times: Timetable
    seconds: float
    writing_seconds: float
    """From the first start to the last to hand in."""
    driver_seconds: float
    """Processor time of this program within `seconds`."""
    driver_writing_seconds: float
    """Processor time of this program within `writing_seconds`."""

    @property
    def acknowledged(self) -> int:
        return sum(len(each.told) for each in self.candidates)

    @property
    def done(self) -> int:
        return sum(each.is_done for each in self.candidates)


class Phases:
    """Begins each phase for everybody at once, when the last one is ready or has given up."""

    def __init__(self, count: int, note: Callable[[str], object]) -> None:
        loop = asyncio.get_running_loop()
        self._begun = loop.time() + BREATH
        self._waiting = {"starting": count, "writing": count}
        self._moments: dict[str, asyncio.Future[float]] = {
            name: loop.create_future() for name in self._waiting
        }
        self._note = note

    async def signing_in(self) -> float:
        """When the first signs in."""
        return self._begun

    async def starting(self) -> float:
        """When the first presses the button, once everybody is checked in."""
        return await self._wait("starting")

    async def writing(self) -> float:
        """When writing begins, once everybody has the page."""
        return await self._wait("writing")

    async def _wait(self, name: str) -> float:
        self._arrive(name)
        return await asyncio.shield(self._moments[name])

    def _arrive(self, name: str) -> None:
        self._waiting[name] -= 1
        if self._waiting[name] == 0:
            self._note(name)
            breath = BREATH if name == "starting" else 0.0
            self._moments[name].set_result(asyncio.get_running_loop().time() + breath)

    def give_up(self, candidate: Candidate) -> None:
        """Let nobody wait for somebody who failed."""
        for name, phase in (("starting", 1), ("writing", 2)):
            if candidate.phase < phase:
                self._arrive(name)


@dataclass
class _Marks:
    """Moments and processor time at which phases began."""

    at_start: Callable[[], object]
    phase: str = "signing in"
    writing_at: float = 0.0
    writing_driver: float = 0.0

    def note(self, name: str) -> None:
        self.phase = name
        if name == "starting":
            self.at_start()
            self.writing_at, self.writing_driver = time.perf_counter(), time.process_time()


async def _one(candidate: Candidate, phases: Phases, times: Timetable) -> None:
    await candidate.sit(phases, times.writing)
    phases.give_up(candidate)


async def _tell(played: Sequence[Candidate], figures: Figures, marks: _Marks, say: Say) -> None:
    begun, before = time.perf_counter(), 0
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        passed, saves = int(time.perf_counter() - begun), len(figures.taken[kinds.SAVE])
        summary = figures.summary(kinds.SAVE)
        say(
            f"{passed // 60:02d}:{passed % 60:02d}  {marks.phase:10}"
            f"{len(figures.taken[kinds.SIGN_IN]):6} signed in"
            f"{len(figures.taken[kinds.STARTED]):6} started"
            f"{sum(each.is_done for each in played):6} handed in"
            f"{(saves - before) / PROGRESS_SECONDS:8.0f} saves/s"
            f"  p99 {summary.p99 if summary else 0:6.0f} ms"
            f"{figures.counts['problems']:6} problems"
        )
        before = saves


async def play(
    address: str,
    people: Sequence[Person],
    times: Timetable,
    seed: str,
    say: Say,
    at_start: Callable[[], object] = lambda: None,
) -> Played:
    """Play a sitting of `people` at `address` and return what was measured.

    `at_start` is called when everybody is ready to start. Nothing is raised for what a server
    does: what went wrong stands in the figures.
    """
    figures, marks = Figures(), _Marks(at_start)
    candidates = [
        Candidate(person, make_plan(seed, number, times), times.stages, Browser(address), figures)
        for number, person in enumerate(people)
    ]
    phases = Phases(len(candidates), marks.note)
    start, driver = time.perf_counter(), time.process_time()
    telling = asyncio.create_task(_tell(candidates, figures, marks, say))
    gc.freeze()  # what exists now lasts to the end: looking through it again only costs time
    try:
        await asyncio.gather(*(_one(each, phases, times) for each in candidates))
    finally:
        gc.unfreeze()
        telling.cancel()
    ended, used = time.perf_counter(), time.process_time()
    return Played(
        candidates,
        figures,
        times,
        seconds=ended - start,
        writing_seconds=ended - marks.writing_at if marks.writing_at else 0.0,
        driver_seconds=used - driver,
        driver_writing_seconds=used - marks.writing_driver if marks.writing_at else 0.0,
    )
