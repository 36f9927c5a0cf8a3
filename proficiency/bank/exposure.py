"""What use has shown about a question: shares of marks and what was picked. Pure.

Invariants kept: nothing is told about fewer than `LEAST` answers, and no count below it; a mean has
its interval, or it is said why there is none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from proficiency.core.text import _
from proficiency.items.rules import Pick

LEAST = 5
"""Fewer answers than this say too little, and too much about each of them."""

T_QUANTILES = (
    (4, 2.776), (5, 2.571), (6, 2.447), (7, 2.365), (8, 2.306), (9, 2.262), (10, 2.228),
    (12, 2.179), (15, 2.131), (20, 2.086), (30, 2.042), (60, 2.000), (120, 1.980),
)  # fmt: skip
"""Degrees of freedom and the 97.5 % quantile of Student's t, as any table of it has them."""


@dataclass(frozen=True)
class ItemResult:
    """How much of its marks a question gave, over `answers` settled marks.

    `mean` is the exact mean share, `low` and `high` the 95 % interval of the mean by Student's t
    within 0 and 1; all None below `LEAST`.
    """

    answers: int
    mean: Fraction | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_told(self) -> bool:
        return self.mean is not None

    @property
    def why_not(self) -> str:
        """Why there is nothing to tell, in words."""
        if not self.answers:
            return _("No marking that is closed has an answer to it.")
        return _("Fewer than {least} answers: too few to tell.").format(least=LEAST)


def item_result(shares: Sequence[Fraction]) -> ItemResult:
    """Return the mean of `shares` (marks given ÷ marks possible) with its interval."""
    n = len(shares)
    if n < LEAST:
        return ItemResult(n)
    mean = sum(shares, Fraction(0)) / n
    spread = sum(((share - mean) ** 2 for share in shares), Fraction(0)) / (n - 1)
    half = _t_quantile(n - 1) * sqrt(spread / n)
    return ItemResult(n, mean, max(float(mean) - half, 0.0), min(float(mean) + half, 1.0))


def _t_quantile(freedom: int) -> float:
    """Return the quantile for the largest tabled degrees of freedom that are not more."""
    return next(value for least, value in reversed(T_QUANTILES) if least <= freedom)


@dataclass(frozen=True)
class PickLine:
    """How many answers picked one thing in one part of a question.

    `count` is None when fewer than `LEAST` did; `credit` is the share of the part that it earns.
    """

    part: str
    choice: str
    count: int | None
    credit: Fraction


@dataclass(frozen=True)
class Picks:
    """What was picked over `answers` responses; no lines when there are too few of them."""

    answers: int
    lines: tuple[PickLine, ...]

    @property
    def is_told(self) -> bool:
        return self.answers >= LEAST


def count_picks(responses: Iterable[Sequence[Pick]]) -> Picks:
    """Return how many responses picked what, the most picked of each part first."""
    counts: dict[tuple[str, str], int] = {}
    credits: dict[tuple[str, str], Fraction] = {}
    answers = 0
    for picks in responses:
        answers += 1
        for pick in {(each.part, each.choice): each for each in picks}.values():
            key = (pick.part, pick.choice)
            counts[key] = counts.get(key, 0) + 1
            credits[key] = pick.credit
    if answers < LEAST:
        return Picks(answers, ())
    ordered = sorted(counts, key=lambda key: (key[0], -_shown(counts[key]), key[1]))
    lines = (
        PickLine(part, choice, _shown(counts[part, choice]) or None, credits[part, choice])
        for part, choice in ordered
    )
    return Picks(answers, tuple(lines))


def _shown(count: int) -> int:
    """A count that may be told; 0 for one that may not, so that the order tells nothing either."""
    return count if count >= LEAST else 0


PURPOSE_NAMES = {
    "writing": _("writing"),
    "review": _("review"),
    "preview": _("the candidate’s view"),
    "mark_scheme": _("the mark scheme"),
    "file": _("a picture or document"),
    "export": _("taking it out as a file"),
    "assessment": _("sitting the exam"),
    "marking": _("marking"),
    "adjudication": _("adjudication"),
    "moderation": _("moderation"),
    "trace": _("tracing a result"),
    "statistics": _("statistics of a question"),
}
"""Purposes in words, for people; a purpose that is not among them is shown as it is recorded."""
