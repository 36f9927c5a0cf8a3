"""Reading the life of cases: history, standing, and which versions an exam may use.

Whoever shows the words of a case to a person records that sight first; nothing here does.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.authoring.models import CaseRevision, CaseStep
from proficiency.authoring.queries import find_writers, get_newest
from proficiency.authoring.review import Answer, Standing, Step
from proficiency.authoring.rules import CaseState, StepKind, state_after
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


@dataclass(frozen=True)
class Release:
    """The work that a published version came from, and where that is in its life."""

    work_id: str
    case_name: str
    state: CaseState


def find_release(session: Session, case_version_id: str) -> Release | None:
    """Return the reviewed life of a published version, or None when it had no review here."""
    row = session.execute(
        sa.select(CaseStep.aggregate_id, CaseRevision.case_name)
        .join(CaseRevision, CaseRevision.id == CaseStep.revision_id)
        .where(CaseStep.case_version_id == case_version_id)
    ).first()
    if row is None:
        return None
    kinds = session.scalars(
        sa.select(CaseStep.kind).where(CaseStep.aggregate_id == row.aggregate_id)
        .order_by(CaseStep.pos)
    )  # fmt: skip
    state = state_after(StepKind(kind) for kind in kinds)
    return Release(row.aggregate_id, row.case_name, state)


def frozen_cases(session: Session, names: Collection[str]) -> set[str]:
    """Return which of these cases have a version of which a leak is reported and not settled.

    Versions of one case share most of their words, so a leak of one concerns them all.
    """
    works: dict[str, str] = {
        row.aggregate_id: row.case_name
        for row in session.execute(
            sa.select(CaseStep.aggregate_id, CaseRevision.case_name)
            .join(CaseRevision, CaseRevision.id == CaseStep.revision_id)
            .where(CaseStep.kind == StepKind.APPROVED, CaseRevision.case_name.in_(names))
        )
    }
    kinds: dict[str, list[StepKind]] = {work_id: [] for work_id in works}
    rows = session.execute(
        sa.select(CaseStep.aggregate_id, CaseStep.kind)
        .where(CaseStep.aggregate_id.in_(works))
        .order_by(CaseStep.aggregate_id, CaseStep.pos)
    )
    for work_id, kind in rows:
        kinds[work_id].append(StepKind(kind))
    return {works[each] for each in works if state_after(kinds[each]) is CaseState.FROZEN}
