"""Reading the life of cases: their history, where they stand, and what was said of them.

Whoever shows the words of a case to a person records that sight first; nothing here does.
"""

import json
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.authoring.models import CaseStep
from proficiency.authoring.queries import find_writers, get_newest
from proficiency.authoring.review import Answer, Standing, Step
from proficiency.authoring.rules import StepKind
from proficiency.core.errors import NotFound
from proficiency.core.text import _


def get_standing(session: Session, work_id: str) -> Standing:
    """Return where a case in work stands. Raises `NotFound`."""
    steps = list_steps(session, work_id)
    if not steps:
        raise NotFound(_("There is no such case in work."))
    return Standing(
        work_id=work_id,
        revision_id=get_newest(session, work_id).id,
        steps=steps,
        writers=find_writers(session, work_id),
    )


def list_steps(session: Session, work_id: str) -> tuple[Step, ...]:
    """Return what happened to a case, in order."""
    rows = session.scalars(
        sa.select(CaseStep).where(CaseStep.aggregate_id == work_id).order_by(CaseStep.pos)
    )
    return tuple(step_of(row) for row in rows)


def step_of(row: CaseStep) -> Step:
    """Return a row of evidence as the rules read it."""
    return Step(
        id=row.id,
        kind=StepKind(row.kind),
        person_id=row.actor_id,
        at=row.at,
        revision_id=row.revision_id,
        reason=row.reason,
        checklist=None if row.checklist is None else _answers(row.checklist),
        as_lay=row.as_lay,
        case_version_id=row.case_version_id,
    )


def _answers(stored: str) -> Mapping[str, Answer]:
    return {
        key: Answer(bool(answer["yes"]), answer["remark"])
        for key, answer in json.loads(stored).items()
    }
