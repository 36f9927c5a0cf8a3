"""The audit trail of everything that is not evidence of its own (invariant 8).

One chain per subject. Details hold ids and settings, never names; a reason in a person's words is
a payload, so that it can be erased lawfully.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from proficiency.core.access import Actor
from proficiency.core.chain import Chained, append
from proficiency.core.db import Base
from proficiency.core.text import canonical_json, clean_text


class AuditEvent(Chained, Base):
    """Somebody did something to a subject. Its aggregate is the subject's id."""

    __tablename__ = "audit_event"

    action: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(40))
    details: Mapped[str] = mapped_column(Text)


def record(
    session: Session,
    actor: Actor,
    now: datetime,
    action: str,
    subject: str,
    subject_id: str,
    *,
    details: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> AuditEvent:
    """Append an audit event: `action` in the past tense, `subject` the name of a table."""
    event = AuditEvent(
        aggregate_id=subject_id,
        at=now,
        actor_id=actor.id,
        action=action,
        subject=subject,
        details=canonical_json(dict(details or {})),
    )
    return append(session, event, text=None if reason is None else clean_text(reason))
