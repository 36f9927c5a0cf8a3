"""Reading cases in work. Whoever shows their words to a person records that sight first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.authoring.models import CaseBuffer, CaseRevision, CaseStep
from proficiency.authoring.rules import STATE_NAMES, CaseState, StepKind, state_after
from proficiency.core.errors import NotFound
from proficiency.core.text import _


@dataclass(frozen=True)
class RevisionView:
    """One saved state of a case in work, with its words. `number` counts from 1."""

    id: str
    work_id: str
    number: int
    case_name: str
    title: str
    note: str
    text: str
    text_hash: str
    parent_id: str | None
    by: str
    at: datetime
    files: Mapping[str, str]
    """The SHA-256 of each picture and document that stands with the text, by name."""


@dataclass(frozen=True)
class Work:
    """One case in work without its words: its newest revision, state and writers."""

    id: str
    case_name: str
    title: str
    revision: int
    state: CaseState
    changed_at: datetime
    changed_by: str
    writers: frozenset[str]

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]


@dataclass(frozen=True)
class Buffer:
    """What somebody typed and did not save, and the revision that it was made from."""

    base_id: str
    text: str
    at: datetime


def find_newest(session: Session, work_id: str) -> RevisionView | None:
    """Return the newest revision of a case in work, or None."""
    row = session.scalar(
        sa.select(CaseRevision)
        .where(CaseRevision.aggregate_id == work_id)
        .order_by(CaseRevision.pos.desc())
        .limit(1)
    )
    return None if row is None else revision_view(row)


def get_newest(session: Session, work_id: str) -> RevisionView:
    """Return the newest revision of a case in work. Raises `NotFound`."""
    found = find_newest(session, work_id)
    if found is None:
        raise NotFound(_("There is no such case in work."))
    return found


def get_revision(session: Session, work_id: str, revision_id: str) -> RevisionView:
    """Return one revision of a case in work. Raises `NotFound`."""
    row = session.get(CaseRevision, revision_id)
    if row is None or row.aggregate_id != work_id:
        raise NotFound(_("There is no such revision of this case."))
    return revision_view(row)


def revision_view(row: CaseRevision) -> RevisionView:
    """Return a row of evidence as pages may have it."""
    return RevisionView(
        id=row.id,
        work_id=row.aggregate_id,
        number=row.pos,
        case_name=row.case_name,
        title=row.title,
        note=row.note,
        text=row.text,
        text_hash=row.text_hash,
        parent_id=row.parent_id,
        by=row.actor_id,
        at=row.at,
        files={} if row.files is None else json.loads(row.files),
    )


def find_writers(session: Session, work_id: str) -> frozenset[str]:
    """Return everybody who saved a revision of a case in work."""
    query = sa.select(CaseRevision.actor_id).where(CaseRevision.aggregate_id == work_id)
    return frozenset(session.scalars(query.distinct()))


def get_state(session: Session, work_id: str) -> CaseState:
    """Return where a case in work is in its life. Raises `NotFound`."""
    kinds = session.scalars(
        sa.select(CaseStep.kind).where(CaseStep.aggregate_id == work_id).order_by(CaseStep.pos)
    ).all()
    if not kinds:
        raise NotFound(_("There is no such case in work."))
    return state_after(StepKind(kind) for kind in kinds)


def find_buffer(session: Session, work_id: str, person_id: str) -> Buffer | None:
    """Return what this person typed and did not save, or None."""
    row = session.get(CaseBuffer, (work_id, person_id))
    return None if row is None else Buffer(row.base_id, row.text, row.at)


def list_revisions(session: Session, work_id: str) -> Sequence[RevisionView]:
    """Return every revision of a case in work, the newest first."""
    rows = session.scalars(
        sa.select(CaseRevision)
        .where(CaseRevision.aggregate_id == work_id)
        .order_by(CaseRevision.pos.desc())
    )
    return [revision_view(row) for row in rows]


def list_works(session: Session) -> list[Work]:
    """Return all cases in work, those changed last first."""
    newest = (
        sa.select(
            CaseRevision.aggregate_id.label("work_id"), sa.func.max(CaseRevision.pos).label("pos")
        )
        .group_by(CaseRevision.aggregate_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(
            CaseRevision.aggregate_id,
            CaseRevision.case_name,
            CaseRevision.title,
            CaseRevision.pos,
            CaseRevision.at,
            CaseRevision.actor_id,
        )
        .join(
            newest,
            sa.and_(
                CaseRevision.aggregate_id == newest.c.work_id, CaseRevision.pos == newest.c.pos
            ),
        )
        .order_by(CaseRevision.at.desc(), CaseRevision.aggregate_id)
    ).all()
    kinds = _kinds_by_work(session)
    writers = _writers_by_work(session)
    return [
        Work(
            id=row.aggregate_id,
            case_name=row.case_name,
            title=row.title,
            revision=row.pos,
            state=state_after(kinds[row.aggregate_id]),
            changed_at=row.at,
            changed_by=row.actor_id,
            writers=frozenset(writers[row.aggregate_id]),
        )
        for row in rows
    ]


def _kinds_by_work(session: Session) -> dict[str, list[StepKind]]:
    kinds: dict[str, list[StepKind]] = {}
    rows = session.execute(
        sa.select(CaseStep.aggregate_id, CaseStep.kind).order_by(
            CaseStep.aggregate_id, CaseStep.pos
        )
    )
    for work_id, kind in rows:
        kinds.setdefault(work_id, []).append(StepKind(kind))
    return kinds


def _writers_by_work(session: Session) -> dict[str, set[str]]:
    writers: dict[str, set[str]] = {}
    rows = session.execute(sa.select(CaseRevision.aggregate_id, CaseRevision.actor_id).distinct())
    for work_id, person_id in rows:
        writers.setdefault(work_id, set()).add(person_id)
    return writers
