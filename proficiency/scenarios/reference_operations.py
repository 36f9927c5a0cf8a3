"""Saying something about a source: that it is withdrawn, to be checked again, or in order.

Invariants kept: what was said stays, and the newest word holds; each has a reason.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.text import _, clean_text
from proficiency.scenarios.citing import FOLLOWS, NoticeKind
from proficiency.scenarios.content import from_content
from proficiency.scenarios.models import CaseVersion, ReferenceNotice
from proficiency.scenarios.references import Notice, find_notice

MAX_REASON = 4000
NOTICERS = (Role.CONTENT_AUTHOR, Role.EXAM_OFFICER, Role.MODERATOR)


@operation(*NOTICERS)
def note_reference(
    session: Session, actor: Actor, now: datetime, *, key: str, kind: NoticeKind, reason: str
) -> Notice:
    """Say that a source is withdrawn, is to be checked again, or was checked and is in order.

    It holds for every case that cites the source by this key. Raises `NotFound` when no published
    case does, `Invalid` without a reason or with one beyond the limit, `Refused` for what holds
    already.
    """
    reason = clean_text(reason).strip()
    if not reason:
        raise Invalid(_("Write why, and where it can be looked up. It is kept with the record."))
    if len(reason) > MAX_REASON:
        raise Invalid(_("The reason has more than {most} characters.").format(most=MAX_REASON))
    citation = _find_citation(session, key)
    lock(session, key)
    said = find_notice(session, key)
    if kind not in FOLLOWS[said.kind if said else None]:
        raise Refused(
            _("This is said about the source already. Load the page again to see by whom.")
        )
    row = ReferenceNotice(
        aggregate_id=key,
        at=now,
        actor_id=actor.id,
        kind=kind,
        citation=citation,
        reason=reason,
    )
    append(session, row)
    return Notice(key, kind, citation, reason, actor.id, now)


def _find_citation(session: Session, key: str) -> str:
    """Return the source in words, as the version published last cites it. Raises `NotFound`."""
    rows = session.scalars(sa.select(CaseVersion.content).order_by(CaseVersion.at.desc()))
    for content in rows:
        for reference in from_content(content).references:
            if reference.key == key:
                return reference.citation
    raise NotFound(_("No published case cites a source of this name."))
