"""Reading what cases cite, and what was said about these sources."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.scenarios.citing import KIND_NAMES, NoticeKind
from proficiency.scenarios.models import CaseVersion, ReferenceNotice


@dataclass(frozen=True)
class Notice:
    """Something that was said about a source: what, why, by whom and when."""

    key: str
    kind: NoticeKind
    citation: str
    reason: str
    by: str
    at: datetime

    @property
    def kind_name(self) -> str:
        return KIND_NAMES[self.kind]

    @property
    def warns(self) -> bool:
        """Whether it speaks against using the source as it is."""
        return self.kind is not NoticeKind.CLEARED


def list_notices(session: Session, key: str) -> list[Notice]:
    """Return all that was ever said about a source, the newest first."""
    rows = session.scalars(
        sa.select(ReferenceNotice)
        .where(ReferenceNotice.aggregate_id == key)
        .order_by(ReferenceNotice.pos.desc())
    )
    return [_notice(row) for row in rows]


def find_notice(session: Session, key: str) -> Notice | None:
    """Return what holds about a source now, or None when nothing was ever said."""
    said = list_notices(session, key)
    return said[0] if said else None


def standing_notices(session: Session) -> dict[str, Notice]:
    """Return what speaks against a source now, by its key; sources without are left out."""
    rows = session.scalars(
        sa.select(ReferenceNotice).order_by(ReferenceNotice.aggregate_id, ReferenceNotice.pos)
    )
    newest = {row.aggregate_id: _notice(row) for row in rows}
    return {key: notice for key, notice in newest.items() if notice.warns}


def find_warnings(session: Session, version_ids: Collection[str]) -> dict[str, list[Notice]]:
    """Return for each of these case versions what speaks against a source that it cites.

    Versions without any are left out.
    """
    standing = standing_notices(session)
    if not standing:
        return {}
    rows = session.execute(
        sa.select(CaseVersion.id, CaseVersion.content).where(CaseVersion.id.in_(version_ids))
    )
    cited = {
        row.id: [each["key"] for each in json.loads(row.content)["references"]] for row in rows
    }
    found = {
        version_id: [standing[key] for key in keys if key in standing]
        for version_id, keys in cited.items()
    }
    return {version_id: notices for version_id, notices in found.items() if notices}


def _notice(row: ReferenceNotice) -> Notice:
    return Notice(
        key=row.aggregate_id,
        kind=NoticeKind(row.kind),
        citation=row.citation,
        reason=row.reason,
        by=row.actor_id,
        at=row.at,
    )
