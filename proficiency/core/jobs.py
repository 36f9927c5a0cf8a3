"""Background work: an outbox in the same database, and what must happen regularly.

A message is enqueued inside the operation's transaction, so no effect comes before the commit
(invariant 8). A worker claims one with a lease, works outside the claiming transaction and finishes
under the lease's token. A worker that dies lets its lease run out; handlers are therefore written
to be safe when repeated. What fails is logged and tried again, and never stops what is beside it.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from proficiency.core.chance import new_id
from proficiency.core.clock import read_clock
from proficiency.core.db import Base, Database, Kind, Moment, kind
from proficiency.core.operation import transaction
from proficiency.core.text import clean_text

LEASE = timedelta(minutes=2)
RETRY_AFTER = timedelta(seconds=30)
ALIVE_EVERY = timedelta(seconds=10)
REST_SECONDS, AWAY_SECONDS = 0.5, 2.0

log = logging.getLogger(__name__)


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
    """When each worker last did all that it regularly does, for the health page."""

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
_beside: list[tuple[timedelta, Callable[[Database, datetime], None]]] = []


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


def beside_serving(
    period: timedelta,
) -> Callable[[Callable[[Database, datetime], None]], Callable[[Database, datetime], None]]:
    """Register `(database, now)` to run once a `period` in every process that serves pages."""

    def register(job: Callable[[Database, datetime], None]) -> Callable[[Database, datetime], None]:
        _beside.append((period, job))
        return job

    return register


def start_beside(database: Database) -> None:
    """Start what runs beside serving, a thread for each, until the process ends.

    It shows that this very process is alive; one that fails is logged and goes on at its next turn.
    """
    for period, job in _beside:
        name = f"{job.__module__}.{job.__name__}"
        threading.Thread(
            target=_repeat, args=(database, period, job), name=name, daemon=True
        ).start()


def _repeat(
    database: Database, period: timedelta, job: Callable[[Database, datetime], None]
) -> None:
    while True:
        run_beside(database, job, read_clock())
        time.sleep(period.total_seconds())


def run_beside(
    database: Database, job: Callable[[Database, datetime], None], now: datetime
) -> None:
    """Run one turn of what runs beside serving."""
    try:
        job(database, now)
    except Exception:
        log.exception("what runs beside serving failed: %s", job.__name__)


def enqueue(session: Session, now: datetime, topic: str, subject_id: str) -> None:
    """Put a message into the outbox of this transaction."""
    session.add(
        Message(id=new_id(), topic=topic, subject_id=subject_id, created_at=now, available_at=now)
    )


def claim(database: Database, now: datetime) -> Work | None:
    """Take a message that is due, under a lease; None when there is nothing to do.

    The least often tried comes first, so that what keeps failing never holds up what is new.
    """
    due = (
        sa.select(Message.id)
        .where(Message.done_at.is_(None), Message.available_at <= now)
        .order_by(Message.attempts, Message.available_at, Message.id)
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
    except Exception as fault:
        log.exception("message %s on %s failed", work.id, work.topic)
        finish(database, work, now, clean_text(f"{type(fault).__name__}: {fault}"))
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
    """Write down that the worker `name` was alive, and its regular work done, at `now`."""
    with transaction(database) as session:
        session.merge(Worker(name=name, seen_at=now))


@dataclass
class Rounds:
    """What a worker remembers between its rounds: when each job is due, and which failed last."""

    due: dict[str, datetime] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)

    def is_due(self, label: str, period: timedelta, now: datetime) -> bool:
        """Whether to run now. A clock that is set back does not silence a job for that long."""
        return not now < self.due.get(label, now) <= now + period


def do_rounds(database: Database, name: str, now: datetime, rounds: Rounds) -> None:
    """Run the regular jobs that are due, and show that the worker is alive while none is failing.

    One that fails is logged and soon tried again. Its silence on the health page calls for help.
    """
    for label, period, job in _regular:
        if not rounds.is_due(label, period, now):
            continue
        try:
            job(database, now)
        except Exception:
            log.exception("the regular job %s failed", label)
            rounds.failing.add(label)
            rounds.due[label] = now + min(period, RETRY_AFTER)
        else:
            rounds.failing.discard(label)
            rounds.due[label] = now + period
    if not rounds.failing and rounds.is_due("alive", ALIVE_EVERY, now):
        note_alive(database, name, now)
        rounds.due["alive"] = now + ALIVE_EVERY


def run_worker(database: Database, name: str, *, should_stop: Callable[[], bool]) -> None:
    """Work until `should_stop()`: regular jobs by their period, then the outbox, then a rest.

    A database that is away for a while is waited for.
    """
    rounds = Rounds()
    while not should_stop():
        try:
            do_rounds(database, name, read_clock(), rounds)
            rest = 0.0 if work_once(database, read_clock()) else REST_SECONDS
        except Exception:
            log.exception("the worker could not reach its work")
            rest = AWAY_SECONDS
        time.sleep(rest)
