"""What the health page says: whether the parts that work in the background are alive."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.checkpoint import Checkpoint
from proficiency.core.durability import find_problems
from proficiency.core.jobs import Message, Worker

WORKER_LATE = timedelta(minutes=1)
"""A worker shows itself every ten seconds; after a minute of silence it is taken for stopped."""


@dataclass(frozen=True)
class Health:
    """How the installation is. An age is None when the thing has never happened.

    `forgetful` says why the database could lose what it acknowledged; no exam opens then.
    """

    worker_age: timedelta | None
    checkpoint_age: timedelta | None
    waiting_messages: int
    failing_messages: int
    forgetful: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        return self.is_working and not self.forgetful

    @property
    def is_working(self) -> bool:
        """Whether the background worker shows itself."""
        return self.worker_age is not None and self.worker_age <= WORKER_LATE


def get_health(session: Session, now: datetime) -> Health:
    """Return the state of the background work. Raises `DBAPIError` if the database is away."""
    waiting = sa.select(sa.func.count()).select_from(Message).where(Message.done_at.is_(None))
    return Health(
        worker_age=_age(session.scalar(sa.select(sa.func.max(Worker.seen_at))), now),
        checkpoint_age=_age(session.scalar(sa.select(sa.func.max(Checkpoint.at))), now),
        waiting_messages=session.scalar(waiting) or 0,
        failing_messages=session.scalar(waiting.where(Message.last_error.is_not(None))) or 0,
        forgetful=find_problems(session),
    )


def _age(moment: datetime | None, now: datetime) -> timedelta | None:
    return None if moment is None else max(now - moment, timedelta(0))
