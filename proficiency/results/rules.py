"""Totals, themes, outcomes and their release, exactly. Pure.

Keeps: marks are fractions and nothing is rounded; the themes of a result add up to its total, to
the last digit; results are released only by enough different people, the board among them.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from math import sqrt
from typing import assert_never

from proficiency.core.chain import encode_fields
from proficiency.core.exact import mark_text
from proficiency.core.text import _, canonical_json


class ReleaseKind(StrEnum):
    """The life of a sitting's results."""

    COMPUTED = "computed"
    APPROVED = "approved"
    RELEASED = "released"


class Capacity(StrEnum):
    """As what somebody approves results."""

    BOARD = "board"
    OFFICER = "officer"


CAPACITY_NAMES = {
    Capacity.BOARD: _("for the assessment board"),
    Capacity.OFFICER: _("as exam officer"),
}

# From marks to themes and totals


@dataclass(frozen=True)
class Part:
    """What a mark is given for: a criterion, or a whole item that a machine marks.

    `max_mark` is in marks, `standards` the codes that it is keyed to, `weight` marks per level.
    """

    key: str
    max_mark: Fraction
    standards: tuple[str, ...]
    weight: Fraction = Fraction(1)


@dataclass(frozen=True)
class MarkedItem:
    """The final mark of one response, ready to be shared out among themes.

    `levels` holds the (mean) level per part, and is empty when the mark was set as a whole.
    """

    mark: Fraction
    parts: tuple[Part, ...]
    levels: Mapping[str, Fraction] = field(default_factory=dict)

    @property
    def max_mark(self) -> Fraction:
        return sum((part.max_mark for part in self.parts), Fraction(0))


@dataclass(frozen=True)
class ThemeScore:
    """What a candidate got in one theme: exact marks, and from how many items they came."""

    theme: str
    mark: Fraction
    max_mark: Fraction
    items: int


@dataclass(frozen=True)
class Score:
    """An attempt's total and its themes, which add up to it."""

    total: Fraction
    max_mark: Fraction
    themes: tuple[ThemeScore, ...]

    def themes_json(self) -> str:
        """Return the themes as the canonical text that a result stores."""
        return canonical_json(
            [
                {
                    "theme": each.theme,
                    "mark": str(each.mark),
                    "max": str(each.max_mark),
                    "items": each.items,
                }
                for each in self.themes
            ]
        )


ThemeOf = Callable[[str], str]
"""Gives the theme's code that a standard's code belongs to."""


def share_equally(
    mark: Fraction, standards: Sequence[str], theme_of: ThemeOf
) -> dict[str, Fraction]:
    """Share `mark` among themes, in equal parts per different code in `standards`.

    Raises `ValueError` without a code, for then a mark would belong nowhere.
    """
    codes = list(dict.fromkeys(standards))
    if not codes:
        raise ValueError("a mark must be keyed to at least one standard")
    shares: dict[str, Fraction] = {}
    for code in codes:
        theme = theme_of(code)
        shares[theme] = shares.get(theme, Fraction(0)) + mark / len(codes)
    return shares


def part_marks(item: MarkedItem) -> dict[str, Fraction]:
    """Return the mark of each part of an item; they add up to the item's mark.

    With levels a part's mark is weight × level. Without, the mark was set as a whole, and each
    part gets the share that its maximum has of the item's. Raises `ValueError` when levels and mark
    contradict each other: then the evidence is at fault and no result may come from it.
    """
    if not item.levels:
        return {part.key: item.mark * part.max_mark / item.max_mark for part in item.parts}
    if set(item.levels) != {part.key for part in item.parts}:
        raise ValueError("the levels do not fit the criteria")
    marks = {part.key: part.weight * item.levels[part.key] for part in item.parts}
    if sum(marks.values(), Fraction(0)) != item.mark:
        raise ValueError("the levels do not add up to the mark")
    return marks


def score_items(items: Iterable[MarkedItem], theme_of: ThemeOf) -> Score:
    """Return the total and the themes of all `items` of one attempt."""
    marks: dict[str, Fraction] = {}
    maxima: dict[str, Fraction] = {}
    touched: dict[str, int] = {}
    total = max_mark = Fraction(0)
    for item in items:
        total, max_mark = total + item.mark, max_mark + item.max_mark
        got = part_marks(item)
        for part in item.parts:
            _add(marks, share_equally(got[part.key], part.standards, theme_of))
            _add(maxima, share_equally(part.max_mark, part.standards, theme_of))
        for theme in {theme_of(code) for part in item.parts for code in part.standards}:
            touched[theme] = touched.get(theme, 0) + 1
    themes = tuple(ThemeScore(t, marks[t], maxima[t], touched[t]) for t in sorted(maxima))
    return Score(total, max_mark, themes)


def _add(to: dict[str, Fraction], shares: Mapping[str, Fraction]) -> None:
    for theme, mark in shares.items():
        to[theme] = to.get(theme, Fraction(0)) + mark


# Digests: what exactly was computed from what


def digest_of(parts: Iterable[str]) -> str:
    """Return the SHA-256 over `parts` in their order; different lists give different bytes."""
    return hashlib.sha256(encode_fields([part.encode() for part in parts])).hexdigest()


# Release


@dataclass(frozen=True)
class ReleaseFact:
    """One row of a sitting's chain of releases."""

    kind: ReleaseKind
    run_id: str
    actor_id: str
    at: datetime
    digest: str
    capacity: Capacity | None = None


@dataclass(frozen=True)
class Approval:
    """Somebody approved exactly the results of a run."""

    actor_id: str
    at: datetime
    capacity: Capacity


@dataclass(frozen=True)
class Run:
    """One computation of a sitting's results and what became of it."""

    id: str
    digest: str
    computed_by: str
    computed_at: datetime
    approvals: tuple[Approval, ...] = ()
    released_at: datetime | None = None

    def missing(self, quorum: int) -> int:
        """How many approvals are still needed; at least one while the board has not approved."""
        left = max(quorum - len(self.approvals), 0)
        return left if self.has_board else max(left, 1)

    @property
    def has_board(self) -> bool:
        return any(approval.capacity is Capacity.BOARD for approval in self.approvals)


def read_runs(facts: Iterable[ReleaseFact]) -> tuple[Run, ...]:
    """Return a sitting's runs, oldest first, from its events in the order of their chain.

    Raises `KeyError` for an event about a run that was never computed.
    """
    runs: dict[str, Run] = {}
    for fact in facts:
        if fact.kind is ReleaseKind.COMPUTED:
            runs[fact.run_id] = Run(fact.run_id, fact.digest, fact.actor_id, fact.at)
        elif fact.kind is ReleaseKind.APPROVED:
            runs[fact.run_id] = _approved(runs[fact.run_id], fact)
        elif fact.kind is ReleaseKind.RELEASED:
            runs[fact.run_id] = replace(runs[fact.run_id], released_at=fact.at)
        else:
            assert_never(fact.kind)
    return tuple(runs.values())


def _approved(run: Run, fact: ReleaseFact) -> Run:
    if fact.capacity is None:
        raise ValueError("an approval says in which capacity it was given")
    approval = Approval(fact.actor_id, fact.at, fact.capacity)
    return replace(run, approvals=(*run.approvals, approval))


def approval_refusal(run: Run, newest: Run, actor_id: str) -> str | None:
    """Return why `actor_id` may not approve `run`, or None."""
    if run.released_at is not None:
        return _("These results are released already.")
    if run.id != newest.id:
        return _("Newer results were computed since. Look at those.")
    if actor_id in {approval.actor_id for approval in run.approvals}:
        return _("You have approved these results already. Another person must approve them too.")
    return None


# What a second look at a pass rate may say

LEAST_FOR_A_RATE = 10
"""Below this many results a pass rate says nothing and is not shown."""

Z_95 = 1.959963984540054
"""The standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True)
class PassRate:
    """How many passed, with Wilson's 95 % interval for the rate (Wilson 1927, JASA 22:209–212).

    `low` and `high` are shares of one, and None when there are too few results to say.
    """

    results: int
    passes: int
    low: float | None
    high: float | None

    @property
    def is_told(self) -> bool:
        return self.low is not None


def pass_rate(results: int, passes: int) -> PassRate:
    """Return the rate of `passes` among `results`, with its interval where there are enough."""
    if results < LEAST_FOR_A_RATE:
        return PassRate(results, passes, None, None)
    share, z2 = passes / results, Z_95**2
    middle = share + z2 / (2 * results)
    spread = Z_95 * sqrt(share * (1 - share) / results + z2 / (4 * results**2))
    scale = 1 + z2 / results
    return PassRate(results, passes, max((middle - spread) / scale, 0.0), (middle + spread) / scale)


# Telling a candidate

LEAST_ITEMS_OF_A_THEME = 3
"""With fewer questions a theme's score says too little about what somebody can do."""


def tell_apart(total: Fraction, cut_score: Fraction) -> tuple[str, str]:
    """Return both marks in as few decimals, from two on, as show on which side the total lies.

    Where twelve decimals are not enough, as fractions.
    """
    for places in range(2, 13):
        texts = mark_text(total, places), mark_text(cut_score, places)
        if texts[0] != texts[1] or total == cut_score:
            return texts
    return str(total), str(cut_score)
