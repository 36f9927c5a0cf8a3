"""What waits for one person, question by question, and how far they have come."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.items.rules import get_format
from proficiency.marking.answers import count_waiting, decided_items
from proficiency.marking.connections import closed_attempts
from proficiency.marking.models import Allocation, Mark, Response
from proficiency.marking.queries import find_conflict, rounds_by_sitting
from proficiency.marking.rules import Duty, MarkKind, RoundKind, estimate_left
from proficiency.marking.waiting import Closed, find_held, waiting_adjudications, waiting_for
from proficiency.sittings.queries import SittingView, list_sittings

PACE_OVER = 20
"""How many of a person's latest responses tell their pace."""


@dataclass(frozen=True)
class QuestionWork:
    """One question as somebody's work: what waits, what they hold unfinished, what is done."""

    form_item_id: str
    question: int
    case_name: str
    max_mark: Fraction
    waiting: int
    is_held: bool
    done: int
    left: timedelta | None

    @property
    def total(self) -> int:
        """All that is this person's to mark, as things stand."""
        return self.done + self.is_held + self.waiting


@dataclass(frozen=True)
class AnswersWork:
    """One question whose further answers people decide about: how many wait for somebody."""

    form_item_id: str
    question: int
    waiting: int


@dataclass(frozen=True)
class SittingWork:
    """One sitting as somebody's work. `conflict` says why they may not take part."""

    sitting_id: str
    title: str
    conflict: str | None
    questions: tuple[QuestionWork, ...]
    answers: tuple[AnswersWork, ...]
    adjudications: int
    holds_adjudication: bool


@dataclass(frozen=True)
class DoneMark:
    """A mark that somebody gave, as they find it again."""

    allocation_id: str
    code: str
    mark: Fraction
    max_mark: Fraction
    at: datetime


def written_items(session: Session, form_id: str) -> list[FormItemView]:
    """Return the items of a form that people mark, in order."""
    items = list_form_items(session, form_id)
    return [item for item in items if get_format(item.format).is_marked_by_people]


def list_work(session: Session, actor: Actor) -> list[SittingWork]:
    """Return the sittings in marking with what waits in each for `actor`, the latest first."""
    rounds = rounds_by_sitting(session)
    return [
        _sitting_work(session, actor, sitting)
        for sitting in list_sittings(session)
        if rounds.get(sitting.id) == frozenset({RoundKind.OPENED})
    ]


def _sitting_work(session: Session, actor: Actor, sitting: SittingView) -> SittingWork:
    conflict = find_conflict(session, actor.id, sitting.id)
    marks = conflict is None and actor.has(Role.ASSESSOR)
    adjudicates = conflict is None and actor.has(Role.LEAD_ASSESSOR)
    items = written_items(session, sitting.form_id) if marks else []
    closed = closed_attempts(session, actor.id, sitting.id) if items else None
    waiting = waiting_adjudications(session, actor.id, sitting.id) if adjudicates else []
    held = find_held(session, actor.id, sitting.id, Duty.ADJUDICATOR) if adjudicates else None
    return SittingWork(
        sitting_id=sitting.id,
        title=sitting.title,
        conflict=conflict,
        questions=tuple(get_work(session, actor, sitting.id, item, closed) for item in items),
        answers=_answers_work(session, actor, sitting) if marks or adjudicates else (),
        adjudications=len(waiting) + (held is not None),
        holds_adjudication=held is not None,
    )


def _answers_work(session: Session, actor: Actor, sitting: SittingView) -> tuple[AnswersWork, ...]:
    return tuple(
        AnswersWork(item.id, item.number, count_waiting(session, actor, sitting.id, item))
        for item in decided_items(session, sitting.form_id)
    )


def get_work(
    session: Session, actor: Actor, sitting_id: str, item: FormItemView, closed: Closed = None
) -> QuestionWork:
    """Return one question of a sitting as `actor`'s work."""
    waiting = len(waiting_for(session, actor.id, sitting_id, item.id, closed))
    held = find_held(session, actor.id, sitting_id, Duty.ASSESSOR, item.id, closed) is not None
    done = _own_allocations(sitting_id, item.id, actor.id).subquery()
    spent = session.execute(
        sa.select(done.c.drawn_at, done.c.done_at).order_by(done.c.done_at.desc()).limit(PACE_OVER)
    )
    pace = [row.done_at - row.drawn_at for row in spent]
    return QuestionWork(
        form_item_id=item.id,
        question=item.number,
        case_name=item.case_name,
        max_mark=item.max_mark,
        waiting=waiting,
        is_held=held,
        done=session.scalar(sa.select(sa.func.count()).select_from(done)) or 0,
        left=estimate_left(pace, waiting + held),
    )


def _own_allocations(sitting_id: str, form_item_id: str, person_id: str) -> sa.Select[Allocation]:
    """The responses to one item that a person has marked."""
    return (
        sa.select(Allocation)
        .join(Response, Response.id == Allocation.response_id)
        .where(
            Response.sitting_id == sitting_id,
            Response.form_item_id == form_item_id,
            Allocation.assessor_id == person_id,
            Allocation.duty == Duty.ASSESSOR,
            Allocation.done_at.is_not(None),
        )
    )


def list_done(session: Session, actor: Actor, sitting_id: str, form_item_id: str) -> list[DoneMark]:
    """Return the marks that `actor` gave to responses of one item, the newest first."""
    rows = session.execute(
        sa.select(Allocation.id, Mark)
        .join(Response, Response.id == Allocation.response_id)
        .join(
            Mark,
            sa.and_(Mark.aggregate_id == Response.id, Mark.actor_id == Allocation.assessor_id),
        )
        .where(
            Response.sitting_id == sitting_id,
            Response.form_item_id == form_item_id,
            Allocation.assessor_id == actor.id,
            Allocation.duty == Duty.ASSESSOR,
            Mark.kind == MarkKind.ASSESSOR,
        )
        .order_by(Mark.at.desc(), Mark.pos.desc())
    ).all()
    corrected = {mark.supersedes_id for _id, mark in rows}
    return [
        DoneMark(id, mark.response_id, mark.mark, Fraction(mark.max_num, mark.max_den), mark.at)
        for id, mark in rows
        if mark.id not in corrected
    ]


def count_done(session: Session, sitting_id: str) -> Counter[str]:
    """Return how many responses of a sitting each assessor has marked, by account."""
    rows = session.execute(
        sa.select(Allocation.assessor_id, sa.func.count().label("done"))
        .join(Response, Response.id == Allocation.response_id)
        .where(
            Response.sitting_id == sitting_id,
            Allocation.duty == Duty.ASSESSOR,
            Allocation.done_at.is_not(None),
        )
        .group_by(Allocation.assessor_id)
    )
    return Counter({row.assessor_id: row.done for row in rows})
