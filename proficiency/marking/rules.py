"""Settling marks: tolerance, exact means, adjudication. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class MarkKind(StrEnum):
    """Who gave a mark, and in which part of the procedure."""

    MACHINE = "machine"
    ASSESSOR = "assessor"
    ADJUDICATOR = "adjudicator"
    MODERATOR = "moderator"


class Duty(StrEnum):
    """What an allocation asks of a person."""

    ASSESSOR = "assessor"
    ADJUDICATOR = "adjudicator"


class RoundKind(StrEnum):
    """The life of marking in one sitting."""

    OPENED = "opened"
    CLOSED = "closed"


@dataclass(frozen=True)
class Judgement:
    """One person's judgement of one response: a level per criterion and the traps ticked."""

    mark: Fraction
    levels: Mapping[str, int]
    traps: frozenset[str] = frozenset()
    critical_traps: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Tolerance:
    """How far two judgements may lie apart: in marks per item, in levels per criterion."""

    item: Fraction
    criterion: Fraction


@dataclass(frozen=True)
class Settled:
    """The mark of a response, decided."""

    mark: Fraction
    critical: bool


@dataclass(frozen=True)
class Discrepant:
    """Two judgements that a third person must settle, and why."""

    reasons: tuple[str, ...]


def settle(judgements: Sequence[Judgement], tolerance: Tolerance) -> Settled | Discrepant:
    """Return the exact mean of two judgements, or why they need adjudication.

    Raises `ValueError` unless there are exactly two.
    """
    first, second = judgements
    reasons = discrepancies(first, second, tolerance)
    if reasons:
        return Discrepant(reasons)
    return Settled((first.mark + second.mark) / 2, critical=bool(first.critical_traps))


def discrepancies(first: Judgement, second: Judgement, tolerance: Tolerance) -> tuple[str, ...]:
    """Return why two judgements may not be averaged; empty when they may."""
    reasons = []
    if abs(first.mark - second.mark) > tolerance.item:
        reasons.append("item")
    for criterion in sorted(set(first.levels) | set(second.levels)):
        apart = abs(first.levels.get(criterion, 0) - second.levels.get(criterion, 0))
        if apart > tolerance.criterion:
            reasons.append(f"criterion:{criterion}")
    if first.critical_traps != second.critical_traps:
        reasons.append("critical")
    return tuple(reasons)
