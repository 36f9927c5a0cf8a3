"""Reading published versions of case studies.

What a version holds is protected: who shows it to a person records that sight first. Titles and
hashes are not protected from those whose work is cases.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.scenarios.models import CaseVersion


@dataclass(frozen=True)
class VersionSummary:
    """One published version without its words. `version` counts from 1 for each case."""

    id: str
    name: str
    version: int
    title: str
    nation: str
    framework: str
    content_hash: str
    sanitiser: str
    is_sample: bool
    published_at: datetime
    published_by: str


_SUMMARY = (
    CaseVersion.id,
    CaseVersion.aggregate_id,
    CaseVersion.pos,
    CaseVersion.title,
    CaseVersion.nation,
    CaseVersion.framework,
    CaseVersion.content_hash,
    CaseVersion.sanitiser,
    CaseVersion.is_sample,
    CaseVersion.at,
    CaseVersion.actor_id,
)


def get_case_version(session: Session, version_id: str) -> CaseVersion:
    """Return a published version with its content. Raises `NotFound`."""
    found = session.get(CaseVersion, version_id)
    if found is None:
        raise NotFound(_("There is no such version of a case."))
    return found


def find_case_version(session: Session, name: str, content_hash: str) -> CaseVersion | None:
    """Return the version of case `name` with exactly this content, or None."""
    return session.scalar(
        sa.select(CaseVersion).where(
            CaseVersion.aggregate_id == name, CaseVersion.content_hash == content_hash
        )
    )


def list_case_versions(session: Session, name: str | None = None) -> list[VersionSummary]:
    """Return all versions, or those of one case, by title; the newest version of each first."""
    query = sa.select(*_SUMMARY).order_by(CaseVersion.title, CaseVersion.aggregate_id)
    if name is not None:
        query = query.where(CaseVersion.aggregate_id == name)
    rows = session.execute(query.order_by(CaseVersion.pos.desc()))
    return [VersionSummary(*row) for row in rows]


def list_cases(session: Session) -> list[VersionSummary]:
    """Return the newest version of every case, by title."""
    newest = (
        sa.select(CaseVersion.aggregate_id, sa.func.max(CaseVersion.pos).label("pos"))
        .group_by(CaseVersion.aggregate_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(*_SUMMARY)
        .join(
            newest,
            sa.and_(
                CaseVersion.aggregate_id == newest.c.aggregate_id, CaseVersion.pos == newest.c.pos
            ),
        )
        .order_by(CaseVersion.title, CaseVersion.aggregate_id)
    )
    return [VersionSummary(*row) for row in rows]


def get_versions(session: Session, name: str) -> list[VersionSummary]:
    """Return the versions of one case, newest first. Raises `NotFound` when it has none."""
    versions = list_case_versions(session, name)
    if not versions:
        raise NotFound(_("There is no published case of this name."))
    return versions
