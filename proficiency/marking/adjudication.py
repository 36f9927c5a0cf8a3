"""What the third person sees: the response and both marks, still without anybody's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.items.written_response import WrittenResponse
from proficiency.marking.blind import BlindScript, get_blind_script
from proficiency.marking.models import Allocation
from proficiency.marking.queries import MarkView, response_marks, tolerance_of
from proficiency.marking.rules import (
    Discrepancy,
    DiscrepancyKind,
    Duty,
    Judgement,
    MarkKind,
    Tolerance,
    discrepancies,
)


@dataclass(frozen=True)
class GivenOnce:
    """One assessor's mark, under a number instead of a name."""

    number: int
    mark: Fraction
    levels: Mapping[str, int]
    indicators: frozenset[str]
    traps: frozenset[str]
    comment: str | None
    was_corrected: bool


@dataclass(frozen=True)
class Compared:
    """One criterion or trap, as the two assessors saw it."""

    key: str
    title: str
    first: str
    second: str
    apart: int
    is_beyond: bool


@dataclass(frozen=True)
class AdjudicationScript:
    """A discrepant response with both marks and where they differ."""

    script: BlindScript
    marks: tuple[GivenOnce, ...]
    criteria: tuple[Compared, ...]
    critical: tuple[Compared, ...]
    apart: Fraction
    is_beyond: bool
    tolerance: Tolerance


def get_adjudication(session: Session, actor: Actor, allocation_id: str) -> AdjudicationScript:
    """Return a response that `actor` adjudicates. Raises `NotFound` for anybody else's."""
    script = get_blind_script(session, actor, allocation_id)
    duty = session.scalar(sa.select(Allocation.duty).where(Allocation.id == allocation_id))
    if duty != Duty.ADJUDICATOR:
        raise NotFound(_("You do not adjudicate this response."))
    tolerance = tolerance_of(session, script.sitting_id)
    pair = current_pair(response_marks(session, script.code))
    reasons = set(discrepancies(_judgement(pair[0]), _judgement(pair[1]), tolerance))
    return AdjudicationScript(
        script=script,
        marks=tuple(_given_once(number, mark) for number, mark in enumerate(pair, start=1)),
        criteria=compare_levels(script.body, pair, reasons),
        critical=_compare_traps(script.body, pair),
        apart=abs(pair[0].mark - pair[1].mark),
        is_beyond=Discrepancy(DiscrepancyKind.ITEM) in reasons,
        tolerance=tolerance,
    )


def current_pair(marks: Sequence[MarkView]) -> tuple[MarkView, ...]:
    """Return the assessors' marks that stand, in the order in which each began."""
    corrected = {mark.supersedes_id for mark in marks}
    current = {
        mark.actor_id: mark
        for mark in marks
        if mark.kind is MarkKind.ASSESSOR and mark.id not in corrected
    }
    order = dict.fromkeys(mark.actor_id for mark in marks if mark.kind is MarkKind.ASSESSOR)
    return tuple(current[person] for person in order)


def _judgement(mark: MarkView) -> Judgement:
    return Judgement(mark.mark, mark.levels, mark.critical_traps)


def _given_once(number: int, mark: MarkView) -> GivenOnce:
    return GivenOnce(
        number=number,
        mark=mark.mark,
        levels=mark.levels,
        indicators=mark.indicators,
        traps=mark.traps,
        comment=mark.comment,
        was_corrected=mark.supersedes_id is not None,
    )


def compare_levels(
    body: WrittenResponse, pair: Sequence[MarkView], reasons: set[Discrepancy]
) -> tuple[Compared, ...]:
    """Return each criterion with the levels of two marks and whether they differ too much."""
    first, second = pair
    return tuple(
        Compared(
            key=criterion.key,
            title=criterion.title,
            first=str(first.levels[criterion.key]),
            second=str(second.levels[criterion.key]),
            apart=abs(first.levels[criterion.key] - second.levels[criterion.key]),
            is_beyond=Discrepancy(DiscrepancyKind.CRITERION, criterion.key) in reasons,
        )
        for criterion in body.criteria
    )


def _compare_traps(body: WrittenResponse, pair: Sequence[MarkView]) -> tuple[Compared, ...]:
    """Critical traps that at least one of the two ticked."""
    first, second = (mark.critical_traps for mark in pair)
    words = {True: _("Ticked"), False: _("Not ticked")}
    return tuple(
        Compared(
            key=sign.key,
            title=sign.words.html,
            first=words[sign.key in first],
            second=words[sign.key in second],
            apart=int((sign.key in first) != (sign.key in second)),
            is_beyond=(sign.key in first) != (sign.key in second),
        )
        for sign in body.traps
        if sign.key in first | second
    )
