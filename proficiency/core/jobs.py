"""Background work: an outbox in the same database, and what must happen regularly.

A message is enqueued inside the operation's transaction, so no effect comes before the commit
(invariant 8). A worker claims one with a lease, works outside the claiming transaction and finishes
under the lease's token. A worker that dies lets its lease run out; handlers are therefore written
to be safe when repeated.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from proficiency.core.chance import new_id
from proficiency.core.clock import read_clock
from proficiency.core.db import Base, Database, Kind, Moment, kind
from proficiency.core.operation import transaction

LEASE = timedelta(minutes=2)
RETRY_AFTER = timedelta(seconds=30)


class Message(Base):
    """One piece of work that follows from a committed operation."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_due", "done_at", "available_at"),
        kind(Kind.OPERATIONAL),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    topic: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Moment)
    available_at: Mapped[datetime] = mapped_column(Moment)
    lease_token: Mapped[str | None] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    last_error: Mapped[str | None] = mapped_column(Text)


class Worker(Base):
    """When each worker last showed that it is alive, for the health page."""

    __tablename__ = "worker"
    __table_args__ = (kind(Kind.OPERATIONAL),)

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True)
class Work:
    """A claimed message as its handler sees it."""

    id: str
    topic: str
    subject_id: str
    token: str


Handler = Callable[[Database, str, datetime], None]
"""Handles one message: `(database, subject_id, now)`. Must be safe to repeat."""

_handlers: dict[str, Handler] = {}
_regular: list[tuple[str, timedelta, Callable[[Database, datetime], None]]] = []


def handles(topic: str) -> Callable[[Handler], Handler]:
    """Register a function as the handler of `topic`."""

    def register(handler: Handler) -> Handler:
        _handlers[topic] = handler
        return handler

    return register


def every(
    period: timedelta,
) -> Callable[[Callable[[Database, datetime], None]], Callable[[Database, datetime], None]]:
    """Register `(database, now)` to run once a `period` in the worker."""

    def register(job: Callable[[Database, datetime], None]) -> Callable[[Database, datetime], None]:
        _regular.append((f"{job.__module__}.{job.__name__}", period, job))
        return job

    return register


def enqueue(session: Session, now: datetime, topic: str, subject_id: str) -> None:
    """Put a message into the outbox of this transaction."""
    session.add(
        Message(id=new_id(), topic=topic, subject_id=subject_id, created_at=now, available_at=now)
    )


def claim(database: Database, now: datetime) -> Work | None:
    """Take the oldest message that is due, under a lease; None when there is nothing to do."""
    due = (
        sa.select(Message.id)
        .where(Message.done_at.is_(None), Message.available_at <= now)
        .order_by(Message.available_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    token = new_id()
    with transaction(database) as session:
        row = session.execute(
            sa.update(Message)
            .where(Message.id == due.scalar_subquery())
            .values(lease_token=token, available_at=now + LEASE, attempts=Message.attempts + 1)
            .returning(Message.id, Message.topic, Message.subject_id)
            .execution_options(synchronize_session=False)
        ).first()
    return Work(row.id, row.topic, row.subject_id, token) if row else None


def finish(database: Database, work: Work, now: datetime, error: str | None = None) -> None:
    """Close a message, or put it back for later when `error` says why it failed."""
    values = (
        {"done_at": now, "last_error": None}
        if error is None
        else {"available_at": now + RETRY_AFTER, "last_error": error}
    )
    with transaction(database) as session:
        session.execute(
            sa.update(Message)
            .where(Message.id == work.id, Message.lease_token == work.token)
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def work_once(database: Database, now: datetime) -> bool:
    """Handle one due message; whether there was one. A failing handler is kept with its error."""
    work = claim(database, now)
    if work is None:
        return False
    try:
        _handlers[work.topic](database, work.subject_id, now)
    except Exception as fault:  # noqa: BLE001 - kept with the message, shown, and tried again
        finish(database, work, now, f"{type(fault).__name__}: {fault}")
    else:
        finish(database, work, now)
    return True


def work_all(database: Database, now: datetime) -> int:
    """Handle everything that is due at `now`; returns how many messages were handled."""
    done = 0
    while work_once(database, now):
        done += 1
    return done


def note_alive(database: Database, name: str, now: datetime) -> None:
    """Write down that the worker `name` was alive at `now`."""
    with transaction(database) as session:
        session.merge(Worker(name=name, seen_at=now))


def run_worker(database: Database, name: str, *, should_stop: Callable[[], bool]) -> None:
    """Work until `should_stop()`: regular jobs by their period, then the outbox, then a rest."""
    last: dict[str, datetime] = {}
    while not should_stop():
        now = read_clock()
        for label, period, job in _regular:
            if label not in last or now - last[label] >= period:
                job(database, now)
                last[label] = now
        if "alive" not in last or now - last["alive"] >= timedelta(seconds=10):
            note_alive(database, name, now)
            last["alive"] = now
        if not work_once(database, now):
            time.sleep(0.5)
