"""Reading the frameworks that this installation holds, with the official wording where loaded.

Frameworks are public, so reading is not scoped to an actor.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.framework.models import FrameworkVersion, OfficialWording
from proficiency.framework.rules import (
    FindFramework,
    Framework,
    UnknownFramework,
    available_frameworks,
    from_content,
    load_framework,
    split_name_version,
    unknown_framework,
)


@dataclass(frozen=True)
class HeldFramework:
    """A framework version in the database; `wordings` is official text by code, perhaps none."""

    id: str
    framework: Framework
    content_hash: str
    imported_at: datetime
    wordings: Mapping[str, str]
    wording_at: datetime | None


def find_framework_version(
    session: Session, name: str, version: int | None = None
) -> FrameworkVersion | None:
    """Return the row of one version, or of the newest one; None if there is none."""
    query = sa.select(FrameworkVersion).where(FrameworkVersion.aggregate_id == name)
    if version is not None:
        query = query.where(FrameworkVersion.pos == version)
    return session.scalar(query.order_by(FrameworkVersion.pos.desc()).limit(1))


def find_official_wording(session: Session, framework_version_id: str) -> OfficialWording | None:
    """Return the newest official wording of a framework version, or None if none was loaded."""
    return session.scalar(
        sa.select(OfficialWording)
        .where(OfficialWording.framework_version_id == framework_version_id)
        .order_by(OfficialWording.pos.desc())
        .limit(1)
    )


def find_framework(session: Session, name: str, version: int | None = None) -> HeldFramework | None:
    """Return one version of a framework, or its newest one, with its wording; None if not held."""
    row = find_framework_version(session, name, version)
    if row is None:
        return None
    wording = find_official_wording(session, row.id)
    return HeldFramework(
        id=row.id,
        framework=from_content(row.content),
        content_hash=row.content_hash,
        imported_at=row.at,
        wordings=MappingProxyType(json.loads(wording.wording) if wording else {}),
        wording_at=wording.at if wording else None,
    )


def get_framework(session: Session, name: str, version: int | None = None) -> HeldFramework:
    """Return what `find_framework` finds. Raises `NotFound` if this version is not held."""
    held = find_framework(session, name, version)
    if held is None:
        raise NotFound(_("This version of the standards is not held here."))
    return held


def framework_finder(session: Session) -> FindFramework:
    """Return what finds a framework as it is held here, or as it is packaged while it is not.

    What it found it keeps, so that reading many cases asks the database once for each framework.
    It raises `UnknownFramework`, which says what there is, for one that is neither.
    """

    @cache
    def find(name_version: str) -> Framework:
        name, version = split_name_version(name_version)
        row = find_framework_version(session, name, version)
        if row is not None:
            return from_content(row.content)
        try:
            return load_framework(name_version)
        except UnknownFramework:
            known = sorted({*available_frameworks(), *list_frameworks(session)})
            raise unknown_framework(name_version, known) from None

    return find


def list_frameworks(session: Session) -> list[str]:
    """Return the `name/version` of every framework version that is held, oldest version first."""
    rows = session.execute(
        sa.select(FrameworkVersion.aggregate_id, FrameworkVersion.pos).order_by(
            FrameworkVersion.aggregate_id, FrameworkVersion.pos
        )
    )
    return [f"{name}/{version}" for name, version in rows]
