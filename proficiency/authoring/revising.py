"""Making a revision of a case in work: what its row holds, and that its writer has seen the case.

Whoever calls this holds the lock of the work and has checked that it may be written.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.authoring.models import CaseRevision
from proficiency.authoring.queries import RevisionView, revision_view
from proficiency.core.access import Actor
from proficiency.core.chain import append
from proficiency.core.sights import append_sight
from proficiency.core.text import canonical_json
from proficiency.items.names import is_name
from proficiency.scenarios.operations import SIGHT

UNNAMED = "unnamed"
"""The subject of sights while a case has no name of its own yet; its work's id follows."""

MAX_NOTE = 300
_NAME = re.compile(r"^case:[ \t]*(?P<name>\S+)[ \t]*$", re.M)
_TITLE = re.compile(r"^# +(?P<title>.+?)[ \t]*$", re.M)


def append_revision(
    session: Session,
    actor: Actor,
    now: datetime,
    newest: RevisionView,
    files: Mapping[str, str],
    note: str,
) -> RevisionView:
    """Add a revision with the words of the newest and other files. The caller holds the lock."""
    note = note if len(note) <= MAX_NOTE else f"{note[: MAX_NOTE - 1]}…"
    row = new_revision(newest.work_id, actor, now, newest.text, newest.id, note, files)
    keep_revision(session, actor, now, row)
    return revision_view(row)


def new_revision(
    work_id: str,
    actor: Actor,
    now: datetime,
    text: str,
    parent_id: str | None,
    note: str,
    files: Mapping[str, str],
) -> CaseRevision:
    """Return a row for `text` with what it says of itself; not stored yet."""
    return CaseRevision(
        aggregate_id=work_id,
        at=now,
        actor_id=actor.id,
        parent_id=parent_id,
        case_name=case_name(text),
        title=case_title(text),
        note=note,
        text=text,
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
        files=canonical_json(dict(files)) if files else None,
    )


def keep_revision(session: Session, actor: Actor, now: datetime, row: CaseRevision) -> None:
    """Store a revision, and that whoever wrote it has seen the case."""
    append(session, row)
    if not actor.is_system:
        append_sight(
            session, actor, now, SIGHT, sight_subject(row.case_name, row.aggregate_id), "writing"
        )


def sight_subject(name: str, work_id: str) -> str:
    """Return what a sight of a case in work is recorded under: its name once it has one."""
    return name or f"{UNNAMED}:{work_id}"


def case_name(text: str) -> str:
    """Return the name that a text gives its case in the front matter, or ""."""
    found = _NAME.search(text)
    return found["name"] if found and is_name(found["name"]) else ""


def case_title(text: str) -> str:
    """Return the title of a text, or "" while it has none."""
    found = _TITLE.search(text)
    return found["title"][:200] if found else ""
