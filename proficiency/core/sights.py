"""The sight log: who saw which protected thing, when and for what (invariant 6).

It is appended in a transaction of its own before the page is sent, and is the only thing that a
reading request may write. One chain per person, so that a room that starts together does not queue.

Rooms above may close a subject to a person (`refuses_sights`). They are asked here, at the one
place that every sight goes through, before anything is shown or recorded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from proficiency.core.access import Actor
from proficiency.core.chain import Chained, Head, append, chained_args
from proficiency.core.db import Base, Database, lock
from proficiency.core.errors import Forbidden
from proficiency.core.operation import transaction

SAME_SIGHT = timedelta(minutes=30)
"""How long going on looking at the same thing for the same purpose is one sight."""


class Sight(Chained, Base):
    """A person saw a subject. Its aggregate is the person."""

    __tablename__ = "sight"
    __table_args__ = chained_args(
        Index("ix_sight_subject_id_aggregate_id", "subject_id", "aggregate_id")
    )

    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(String(40))


@dataclass(frozen=True)
class Look:
    """What somebody is about to be shown: which subject, and for what purpose."""

    person_id: str
    subject: str
    subject_id: str
    purpose: str


Refusal = Callable[[Session, datetime, Look], str | None]
"""Says why a look is refused at this moment, in words for the person, or None."""

_refusals: list[Refusal] = []


def refuses_sights(refusal: Refusal) -> Refusal:
    """Have `refusal` asked before every sight. For a room's `sights.py`, loaded at the start."""
    if refusal not in _refusals:
        _refusals.append(refusal)
    return refusal


def refuse_closed(session: Session, now: datetime, look: Look) -> None:
    """Raise `Forbidden`, with the reason, when a room has closed the subject to the person."""
    for refusal in _refusals:
        words = refusal(session, now, look)
        if words is not None:
            raise Forbidden(words)


def append_sight(
    session: Session,
    actor: Actor,
    now: datetime,
    subject: str,
    subject_id: str,
    purpose: str,
    *,
    head: Head | None = None,
) -> None:
    """Append a sight within an operation's own transaction.

    `head` is of the person's own sights, if the caller has locked the person and read it. Raises
    `Forbidden` when the subject is closed to this person.
    """
    # Whoever closes a subject to a person holds this lock too: one of the two comes first.
    lock(session, actor.id)
    refuse_closed(session, now, Look(actor.id, subject, subject_id, purpose))
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
        head=head,
    )


def record_sight(
    database: Database, actor: Actor, now: datetime, subject: str, subject_id: str, purpose: str
) -> None:
    """Append a sight before a page is sent, unless this person's same sight was only just there.

    Pages that are opened one after another for one purpose are one sight, for half an hour.
    Raises `Forbidden` when the subject is closed to this person, seen before or not.
    """
    with database.read() as session:
        refuse_closed(session, now, Look(actor.id, subject, subject_id, purpose))
        seen = session.scalar(
            sa.select(sa.func.min(Sight.id)).where(
                Sight.aggregate_id == actor.id,
                Sight.subject_id == subject_id,
                Sight.purpose == purpose,
                Sight.at > now - SAME_SIGHT,
                Sight.at <= now,
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


def list_subjects(session: Session, person_id: str, subject: str, purpose: str) -> list[str]:
    """Return the ids of everything of one kind that a person was shown for a purpose."""
    return list(
        session.scalars(
            sa.select(Sight.subject_id)
            .where(
                Sight.aggregate_id == person_id, Sight.subject == subject, Sight.purpose == purpose
            )
            .distinct()
            .order_by(Sight.subject_id)
        )
    )


@dataclass(frozen=True)
class Seen:
    """That a person saw a subject for a purpose: how often that was recorded, first and last."""

    person_id: str
    purpose: str
    times: int
    first_at: datetime
    last_at: datetime


def list_seen(session: Session, subject: str, subject_id: str) -> list[Seen]:
    """Return who was ever shown a subject and for what, the latest first."""
    last = sa.func.max(Sight.at).label("last")
    rows = session.execute(
        sa.select(
            Sight.aggregate_id,
            Sight.purpose,
            sa.func.count().label("times"),
            sa.func.min(Sight.at).label("first"),
            last,
        )
        .where(Sight.subject == subject, Sight.subject_id == subject_id)
        .group_by(Sight.aggregate_id, Sight.purpose)
        .order_by(last.desc(), Sight.aggregate_id, Sight.purpose)
    )
    return [Seen(row.aggregate_id, row.purpose, row.times, row.first, row.last) for row in rows]
