"""Two markings make one mark: tolerance, exact means, adjudication. Pure.

The mark of a response is never stored as such: it is derived from the marks that were given, always
in the same way. A moderator's mark holds over an adjudicator's, that over the machine's, and that
over the exact mean of two assessors who agree within tolerance and on every critical trap.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

ASSESSORS_PER_RESPONSE = 2
ADJUDICATOR_SLOT = 3


class MarkKind(StrEnum):
    """Who gave a mark, and in which part of the procedure."""

    MACHINE = "machine"
    ASSESSOR = "assessor"
    ADJUDICATOR = "adjudicator"
    MODERATOR = "moderator"


class MarkSource(StrEnum):
    """Where the mark of a settled response comes from."""

    MACHINE = "machine"
    MEAN = "mean"
    ADJUDICATOR = "adjudicator"
    MODERATOR = "moderator"


class Duty(StrEnum):
    """What an allocation asks of a person."""

    ASSESSOR = "assessor"
    ADJUDICATOR = "adjudicator"


class RoundKind(StrEnum):
    """The life of marking in one sitting: opened once, closed once."""

    OPENED = "opened"
    CLOSED = "closed"


class ReturnReason(StrEnum):
    """Why a response was given back unmarked."""

    MAY_KNOW_WRITER = "may_know_writer"
    CANNOT_BE_FAIR = "cannot_be_fair"
    PAGE_FAULT = "page_fault"
    RELEASED = "released"  # taken back by the lead assessor


OWN_RETURN_REASONS = tuple(reason for reason in ReturnReason if reason is not ReturnReason.RELEASED)
"""The reasons that the person who holds a response may give."""


@dataclass(frozen=True)
class Judgement:
    """One person's judgement of one response: a level per criterion and the traps ticked."""

    mark: Fraction
    levels: Mapping[str, int]
    critical_traps: frozenset[str] = frozenset()


@dataclass(frozen=True)
class GivenMark:
    """One mark as it was given. `supersedes_id` names the mark that it corrects."""

    id: str
    kind: MarkKind
    actor_id: str
    judgement: Judgement
    supersedes_id: str | None = None


@dataclass(frozen=True)
class Tolerance:
    """How far two judgements may lie apart: in marks per item, in levels per criterion."""

    item: Fraction
    criterion: Fraction


class DiscrepancyKind(StrEnum):
    """In what two judgements differ too much."""

    ITEM = "item"
    CRITERION = "criterion"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Discrepancy:
    """One reason why a third person must decide. `key` names the criterion or the trap."""

    kind: DiscrepancyKind
    key: str = ""


@dataclass(frozen=True)
class Settled:
    """The mark of a response, decided, and the marks that it follows from.

    `levels` are exact means where two people agreed; Σ weight × level is still the mark.
    """

    mark: Fraction
    critical_traps: frozenset[str]
    levels: Mapping[str, Fraction]
    source: MarkSource
    mark_ids: tuple[str, ...]

    @property
    def is_critical(self) -> bool:
        """Whether a safety failure was confirmed, by two assessors or by who decided alone."""
        return bool(self.critical_traps)


@dataclass(frozen=True)
class Discrepant:
    """Two judgements that a third person must settle, and why."""

    reasons: tuple[Discrepancy, ...]


@dataclass(frozen=True)
class Awaited:
    """A response that still needs the mark of `missing` people."""

    missing: int


Standing = Settled | Discrepant | Awaited

_DECIDES_ALONE = {
    MarkKind.MODERATOR: MarkSource.MODERATOR,
    MarkKind.ADJUDICATOR: MarkSource.ADJUDICATOR,
    MarkKind.MACHINE: MarkSource.MACHINE,
}
"""The marks that settle a response by themselves, the strongest first."""


def current_marks(marks: Iterable[GivenMark]) -> list[GivenMark]:
    """Return the marks that no later one corrects, in the order given."""
    listed = list(marks)
    corrected = {mark.supersedes_id for mark in listed}
    return [mark for mark in listed if mark.id not in corrected]


def derive_final_mark(marks: Iterable[GivenMark], tolerance: Tolerance) -> Standing:
    """Return where a response stands by all the marks ever given to it, in any order.

    Raises `ValueError` when the marks cannot be: more than two assessors, or two current marks of
    a kind of which there is one.
    """
    current = current_marks(marks)
    for kind, source in _DECIDES_ALONE.items():
        alone = [mark for mark in current if mark.kind is kind]
        if len(alone) > 1:
            raise ValueError(f"a response has {len(alone)} current marks by the {kind}")
        if alone:
            return _settle_alone(alone[0], source)
    pair = sorted((m for m in current if m.kind is MarkKind.ASSESSOR), key=lambda mark: mark.id)
    if len(pair) > ASSESSORS_PER_RESPONSE or len({mark.actor_id for mark in pair}) != len(pair):
        raise ValueError("a response is marked by two different assessors and no more")
    if len(pair) < ASSESSORS_PER_RESPONSE:
        return Awaited(ASSESSORS_PER_RESPONSE - len(pair))
    return _settle_pair(pair[0], pair[1], tolerance)


def _settle_alone(mark: GivenMark, source: MarkSource) -> Settled:
    judgement = mark.judgement
    levels = {key: Fraction(level) for key, level in judgement.levels.items()}
    return Settled(judgement.mark, judgement.critical_traps, levels, source, (mark.id,))


def _settle_pair(one: GivenMark, other: GivenMark, tolerance: Tolerance) -> Settled | Discrepant:
    first, second = one.judgement, other.judgement
    reasons = discrepancies(first, second, tolerance)
    if reasons:
        return Discrepant(reasons)
    return Settled(
        mark=(first.mark + second.mark) / 2,
        critical_traps=first.critical_traps,
        levels={key: Fraction(first.levels[key] + second.levels[key], 2) for key in first.levels},
        source=MarkSource.MEAN,
        mark_ids=(one.id, other.id),
    )


def discrepancies(
    first: Judgement, second: Judgement, tolerance: Tolerance
) -> tuple[Discrepancy, ...]:
    """Return why two judgements may not be averaged; empty when they may. Symmetric.

    A difference that equals the tolerance is within it. A critical trap that one ticked and the
    other did not is always a reason. Raises `ValueError` for judgements by different rubrics.
    """
    if set(first.levels) != set(second.levels):
        raise ValueError("two judgements by different rubrics cannot be compared")
    reasons = []
    if abs(first.mark - second.mark) > tolerance.item:
        reasons.append(Discrepancy(DiscrepancyKind.ITEM))
    for key in sorted(first.levels):
        if abs(first.levels[key] - second.levels[key]) > tolerance.criterion:
            reasons.append(Discrepancy(DiscrepancyKind.CRITERION, key))
    for key in sorted(first.critical_traps ^ second.critical_traps):
        reasons.append(Discrepancy(DiscrepancyKind.CRITICAL, key))
    return tuple(reasons)


def unfit_levels(
    allowed: Mapping[str, Collection[int]], levels: Mapping[str, int]
) -> dict[str, bool]:
    """Return the criteria whose level is missing (True) or not one of theirs (False).

    `allowed` gives each criterion's levels in the rubric's order; names in `levels` that are no
    criterion come last, as False. Empty when `levels` is a whole judgement.
    """
    unfit = {
        key: key not in levels for key, values in allowed.items() if levels.get(key) not in values
    }
    return unfit | {key: False for key in levels if key not in allowed}


SHORTEST_RECORD = 3
"""How many responses somebody must have marked before their pace says anything."""


def estimate_left(spent: Sequence[timedelta], waiting: int) -> timedelta | None:
    """Return about how long `waiting` responses will take at the pace of those already marked.

    `spent` is the time from draw to mark of each. The (lower) median, because a response that
    lay open over night says nothing about pace. None when too few were marked to say.
    """
    if len(spent) < SHORTEST_RECORD or waiting == 0:
        return None
    return sorted(spent)[(len(spent) - 1) // 2] * waiting
