"""Rules of marking that no constraint can hold, checked again over all evidence."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.delivery.queries import list_attempts
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.items.written_response import WrittenResponse, score_levels
from proficiency.marking.models import Allocation, Mark, Response
from proficiency.marking.queries import (
    ResponseView,
    find_round,
    given_mark,
    list_responses,
    load_marks,
    rounds_by_sitting,
    tolerance_of,
)
from proficiency.marking.rules import (
    Duty,
    MarkKind,
    RoundKind,
    Settled,
    Tolerance,
    derive_final_mark,
)
from proficiency.marking.verify_decisions import check_decisions
from proficiency.sittings.queries import get_sitting

DUTY_OF = {MarkKind.ASSESSOR: Duty.ASSESSOR, MarkKind.ADJUDICATOR: Duty.ADJUDICATOR}
"""Marks that need an allocation of their person."""


@dataclass(frozen=True)
class _Case:
    """One response with all that was recorded about it."""

    response: ResponseView
    item: FormItemView
    candidate_id: str
    marks: Sequence[Mark]
    duties: Mapping[str, Duty]
    closed_at: datetime | None


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for each mark or response that the rules would not have allowed."""
    for sitting_id in rounds_by_sitting(session):
        for problem in _check_sitting(session, sitting_id):
            yield f"marking of sitting {sitting_id}: {problem}"


def _check_sitting(session: Session, sitting_id: str) -> Iterator[str]:
    items = {i.id: i for i in list_form_items(session, get_sitting(session, sitting_id).form_id)}
    attempts = {a.id: a.candidate_id for a in list_attempts(session, sitting_id)}
    responses = list_responses(session, sitting_id)
    expected = {(attempt, item) for attempt in attempts for item in items}
    if {(each.attempt_id, each.form_item_id) for each in responses} != expected:
        yield "its responses are not one for each attempt and item"
        return
    yield from check_decisions(session, sitting_id, set(attempts.values()))
    closed = find_round(session, sitting_id, RoundKind.CLOSED)
    tolerance = tolerance_of(session, sitting_id)
    marks, duties = load_marks(session, sitting_id), _load_duties(session, sitting_id)
    for response in responses:
        case = _Case(
            response=response,
            item=items[response.form_item_id],
            candidate_id=attempts[response.attempt_id],
            marks=marks[response.id],
            duties=duties.get(response.id, {}),
            closed_at=closed.at if closed else None,
        )
        for problem in _check_response(case, tolerance):
            yield f"response {response.id}: {problem}"


def _load_duties(session: Session, sitting_id: str) -> dict[str, dict[str, Duty]]:
    """The people who finished a duty, by response."""
    rows = session.execute(
        sa.select(Allocation.response_id, Allocation.assessor_id, Allocation.duty)
        .join(Response, Response.id == Allocation.response_id)
        .where(Response.sitting_id == sitting_id, Allocation.done_at.is_not(None))
    )
    found: dict[str, dict[str, Duty]] = {}
    for response_id, person_id, duty in rows:
        found.setdefault(response_id, {})[person_id] = Duty(duty)
    return found


def _check_response(case: _Case, tolerance: Tolerance) -> Iterator[str]:
    for mark in case.marks:
        yield from _check_mark(mark, case)
    yield from _check_corrections(case.marks)
    people = {
        kind: {mark.actor_id for mark in case.marks if mark.kind == kind} for kind in MarkKind
    }
    if people[MarkKind.ADJUDICATOR] & people[MarkKind.ASSESSOR]:
        yield "somebody adjudicated what they had marked"
    if people[MarkKind.MODERATOR] & (people[MarkKind.ASSESSOR] | people[MarkKind.ADJUDICATOR]):
        yield "somebody moderated what they had marked"
    try:
        standing = derive_final_mark(map(given_mark, case.marks), tolerance)
    except ValueError as problem:
        yield str(problem)
        return
    if case.closed_at is not None and not isinstance(standing, Settled):
        yield "marking was closed while it had no settled mark"


def _check_mark(mark: Mark, case: _Case) -> Iterator[str]:
    kind = MarkKind(mark.kind)
    if mark.actor_id == case.candidate_id:
        yield f"mark {mark.id} was given by the candidate"
    if kind in DUTY_OF and case.duties.get(mark.actor_id) is not DUTY_OF[kind]:
        yield f"mark {mark.id} has no allocation behind it"
    if Fraction(mark.max_num, mark.max_den) != case.item.max_mark:
        yield f"mark {mark.id} is out of other marks than its question gives"
    if isinstance(case.item.body, WrittenResponse) and not _adds_up(mark, case.item.body):
        yield f"mark {mark.id} is not the sum of its levels"
    if _on_wrong_side(mark.at, kind, case.closed_at):
        yield f"mark {mark.id} ({kind}) lies on the wrong side of the closing"


def _on_wrong_side(at: datetime, kind: MarkKind, closed_at: datetime | None) -> bool:
    """Moderation marks come after the closing, all others before it."""
    if kind is MarkKind.MODERATOR:
        return closed_at is None or at < closed_at
    return closed_at is not None and at > closed_at


def _adds_up(mark: Mark, body: WrittenResponse) -> bool:
    try:
        return score_levels(body, json.loads(mark.levels)) == mark.mark
    except ValueError:
        return False


def _check_corrections(marks: Sequence[Mark]) -> Iterator[str]:
    """A correction names an earlier mark of the same kind; an assessor corrects only their own."""
    earlier: dict[str, Mark] = {}
    for mark in marks:
        if mark.supersedes_id is not None:
            before = earlier.get(mark.supersedes_id)
            if before is None or before.kind != mark.kind:
                yield f"mark {mark.id} corrects a mark that is not there"
            elif mark.kind != MarkKind.MODERATOR and before.actor_id != mark.actor_id:
                yield f"mark {mark.id} corrects somebody else's mark"
        earlier[mark.id] = mark
