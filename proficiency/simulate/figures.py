"""What was measured: latencies of each kind of request, counts, and everything that went wrong."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Summary:
    """Latencies of one kind, in milliseconds; `count` of them."""

    count: int
    median: float
    p90: float
    p99: float
    longest: float


def percentile(ordered: list[float], part: float) -> float:
    """Return the value that `part` of `ordered` (ascending, not empty) does not exceed."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def summarise(seconds: Sequence[float]) -> Summary | None:
    """Return the summary of some latencies in seconds; None when there are none."""
    if not seconds:
        return None
    ordered = sorted(each * 1000 for each in seconds)
    return Summary(
        len(ordered),
        percentile(ordered, 0.5),
        percentile(ordered, 0.9),
        percentile(ordered, 0.99),
        ordered[-1],
    )


SAVE = "save"
CONTACT = "sign of life"
SIGN_IN = "signed in"
STARTED = "has the exam page"
READY = "has its scripts too"
STAGE = "next stage"
PAGE = "other page"
KEPT = "page kept for later"
HANDED_IN = "handed in"
CAUGHT_UP = "caught up after an outage"
KINDS = (SIGN_IN, STARTED, READY, SAVE, CONTACT, STAGE, PAGE, KEPT, HANDED_IN, CAUGHT_UP)

MOST_PROBLEMS = 200


@dataclass
class Figures:
    """Gathers while a sitting is played. `problems` are faults; `counts` are merely counted."""

    taken: dict[str, "array[float]"] = field(
        default_factory=lambda: {kind: array("d") for kind in KINDS}
    )
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def note(self, kind: str, seconds: float) -> None:
        """Take the latency of one request, counted from when it fell due."""
        self.taken[kind].append(seconds)

    def fault(self, words: str) -> None:
        """Take something that should not have happened."""
        self.counts["problems"] += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(words)

    def summary(self, kind: str) -> Summary | None:
        """Return the latencies of one kind."""
        return summarise(self.taken[kind])
