"""What is said of a rehearsal: a table for people, and the same figures for programs."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from proficiency.simulate import figures as kinds
from proficiency.simulate.run import Played

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Load:
    """Processor seconds within the writing, and the resident bytes of each web worker at its end.

    None where it can't be known: a server elsewhere.
    """

    server_seconds: float | None = None
    database_seconds: float | None = None
    worker_memory: Sequence[int] = field(default_factory=tuple)


@dataclass(frozen=True)
class Report:
    """A rehearsal: what was measured and every fault that was found."""

    played: Played
    load: Load
    losses: Sequence[str]
    proof: str
    """With what the answers were compared, in words."""

    @property
    def is_good(self) -> bool:
        """Whether everybody came through and nothing was lost or went wrong."""
        played = self.played
        return (
            not self.losses
            and not played.figures.problems
            and played.done == len(played.candidates)
        )

    def rows(self) -> Iterator[str]:
        """The lines of the report."""
        played, times = self.played, self.played.times
        yield (
            f"{len(played.candidates)} candidates, {played.done} came to the end; "
            f"signing in {times.sign_in:.0f} s, start within {times.start:.0f} s, writing "
            f"{times.writing:.0f} s, handing in within {times.finish:.0f} s"
        )
        yield f"{'milliseconds':26}{'count':>9}{'p50':>9}{'p90':>9}{'p99':>9}{'max':>9}"
        for kind in kinds.KINDS:
            found = played.figures.summary(kind)
            if found is not None:
                yield (
                    f"{kind:26}{found.count:9}{found.median:9.1f}{found.p90:9.1f}"
                    f"{found.p99:9.1f}{found.longest:9.1f}"
                )
        last = max((each.has_page_after for each in played.candidates), default=0.0)
        yield f"the last has the exam page {last:.1f} s after the first pressed start"
        yield f"saves a second while writing: {self.saves_per_second:.0f}"
        yield from self._machine()
        for what, count in sorted(played.figures.counts.items()):
            if what != "problems":
                yield f"{what}: {count}"
        yield from self._verdict()

    @property
    def saves_per_second(self) -> float:
        """Saves that were acknowledged for each second from start to end."""
        return self.played.acknowledged / max(self.played.writing_seconds, 0.001)

    def share(self, seconds: float | None) -> float | None:
        """What part of the machine's processors `seconds` of the writing are, from 0 to 1."""
        whole = self.played.writing_seconds * (os.cpu_count() or 1)
        return None if seconds is None or not whole else seconds / whole

    def _machine(self) -> Iterator[str]:
        parts = {
            "this driver": self.played.driver_writing_seconds,
            "server": self.load.server_seconds,
            "database": self.load.database_seconds,
        }
        said = [
            f"{name} {share:.0%}"
            for name, seconds in parts.items()
            if (share := self.share(seconds)) is not None
        ]
        average = ", ".join(f"{load:.1f}" for load in os.getloadavg())
        yield (
            f"of {os.cpu_count()} processors, from start to end: {', '.join(said)} "
            f"(load average now {average})"
        )
        if self.load.worker_memory:
            sizes = ", ".join(f"{size / MEBIBYTE:.0f}" for size in self.load.worker_memory)
            yield f"memory of the web workers, MiB: {sizes}"

    def _verdict(self) -> Iterator[str]:
        problems = [*self.losses, *self.played.figures.problems]
        for problem in problems[:20]:
            yield f"PROBLEM  {problem}"
        if len(problems) > 20:
            yield f"PROBLEM  and {len(problems) - 20} more"
        verdict = "nothing was lost" if not self.losses else f"{len(self.losses)} LOST"
        yield f"{self.played.acknowledged} saves acknowledged, {verdict} ({self.proof})"

    def to_json(self) -> str:
        """The figures on one line."""
        played = self.played
        summaries = {kind: played.figures.summary(kind) for kind in kinds.KINDS}
        return json.dumps(
            {
                "candidates": len(played.candidates),
                "done": played.done,
                "times": asdict(played.times),
                "seconds": round(played.seconds, 2),
                "milliseconds": {
                    kind: {name: round(value, 1) for name, value in asdict(found).items()}
                    for kind, found in summaries.items()
                    if found is not None
                },
                "last_page_seconds": round(
                    max((each.has_page_after for each in played.candidates), default=0.0), 2
                ),
                "acknowledged": played.acknowledged,
                "saves_per_second": round(self.saves_per_second, 1),
                "driver_share": self.share(played.driver_writing_seconds),
                "server_share": self.share(self.load.server_seconds),
                "database_share": self.share(self.load.database_seconds),
                "worker_memory": list(self.load.worker_memory),
                "counts": dict(played.figures.counts),
                "lost": len(self.losses),
                "good": self.is_good,
            }
        )
