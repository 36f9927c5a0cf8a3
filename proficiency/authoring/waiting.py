"""Which cases in work wait for a person, and for what. No words of a case are read for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.authoring.models import CaseStep
from proficiency.authoring.queries import Work, list_works
from proficiency.authoring.reading import step_of
from proficiency.authoring.review import Move, Standing, Step, find_refusal
from proficiency.authoring.rules import CaseState, StepKind
from proficiency.core.access import Actor


class Duty(StrEnum):
    """What a case waits for from a person."""

    RETURNED = "returned"
    REVIEW = "review"
    SIGN = "sign"
    SETTLE = "settle"
    RELEASE = "release"


@dataclass(frozen=True)
class WaitingCase:
    """One case in work that waits for somebody."""

    work_id: str
    title: str
    duty: Duty


def list_waiting(session: Session, actor: Actor) -> list[WaitingCase]:
    """Return the cases in work that wait for `actor`, by duty and then by title."""
    steps = _steps(session)
    found = [
        WaitingCase(work.id, work.title or work.case_name, duty)
        for work in list_works(session)
        for duty in _duties(work, steps[work.id], actor)
    ]
    order = list(Duty)
    return sorted(found, key=lambda each: (order.index(each.duty), each.title))


def _steps(session: Session) -> dict[str, tuple[Step, ...]]:
    found: dict[str, list[Step]] = {}
    query = sa.select(CaseStep).order_by(CaseStep.aggregate_id, CaseStep.pos)
    for row in session.scalars(query):
        found.setdefault(row.aggregate_id, []).append(step_of(row))
    return {work_id: tuple(steps) for work_id, steps in found.items()}


_MOVES = (
    (Move.HAND_ON, Duty.REVIEW),
    (Move.SIGN, Duty.SIGN),
    (Move.SIGN_AS_LAY, Duty.SIGN),
    (Move.SETTLE_LEAK, Duty.SETTLE),
    (Move.MAKE_LIVE, Duty.RELEASE),
)


def _duties(work: Work, steps: tuple[Step, ...], actor: Actor) -> Iterator[Duty]:
    last = steps[-1]
    is_back = work.state is CaseState.DRAFT and last.kind is StepKind.RETURNED
    if is_back and actor.id in work.writers and last.person_id != actor.id:
        yield Duty.RETURNED
    standing = Standing(work.id, last.revision_id, steps, work.writers)
    duties = {
        duty for move, duty in _MOVES if find_refusal(move, standing, actor.id, actor.roles) is None
    }
    yield from duties
