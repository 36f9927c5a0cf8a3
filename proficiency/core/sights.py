"""The sight log: who saw which protected thing, when and for what (invariant 6).

It is appended in a transaction of its own before the page is sent, and is the only thing that a
reading request may write. One chain per person, so that a room that starts together does not queue.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from proficiency.core.access import Actor
from proficiency.core.chain import Chained, append, chained_args
from proficiency.core.db import Base, Database
from proficiency.core.operation import transaction


class Sight(Chained, Base):
    """A person saw a subject. Its aggregate is the person."""

    __tablename__ = "sight"
    __table_args__ = chained_args(
        Index("ix_sight_subject_id_aggregate_id", "subject_id", "aggregate_id")
    )

    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(String(40))


def append_sight(
    session: Session, actor: Actor, now: datetime, subject: str, subject_id: str, purpose: str
) -> None:
    """Append a sight within an operation's own transaction."""
    append(
        session,
        Sight(
            aggregate_id=actor.id,
            at=now,
            actor_id=actor.id,
            subject=subject,
            subject_id=subject_id,
            purpose=purpose,
        ),
    )


def record_sight(
    database: Database, actor: Actor, now: datetime, subject: str, subject_id: str, purpose: str
) -> None:
    """Append a sight before a page is sent, unless this person's same sight is already there."""
    with database.read() as session:
        seen = session.scalar(
            sa.select(Sight.id).where(
                Sight.aggregate_id == actor.id,
                Sight.subject_id == subject_id,
                Sight.purpose == purpose,
            )
        )
    if seen is None:
        with transaction(database) as session:
            append_sight(session, actor, now, subject, subject_id, purpose)


def has_seen(session: Session, person_id: str, subject_id: str) -> bool:
    """Whether `person_id` has ever been shown `subject_id`, for whatever purpose."""
    found = session.scalar(
        sa.select(Sight.id)
        .where(Sight.aggregate_id == person_id, Sight.subject_id == subject_id)
        .limit(1)
    )
    return found is not None
