"""One operation, one transaction; no change without audit (invariant 8).

On PostgreSQL two transactions can end up waiting for each other. The order of locks, which
`core.db.lock` gives, is there to avoid it; where it happens all the same, the database ends one of
the two, and that operation is undone and run again here. It may be, for it changes nothing but the
database and takes the moment as an argument.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.db import Database, UnauditedChange
from proficiency.core.errors import Busy
from proficiency.core.text import _

__all__ = ["UnauditedChange", "run_operation", "transaction"]

Value = TypeVar("Value")

TRIES = 3
"""How often an operation is run before the person is asked to send it again."""

COLLISIONS = frozenset({"40P01", "40001"})
"""What PostgreSQL calls a deadlock and a failure to put transactions in order."""

FAULTS = (sa.exc.DBAPIError, psycopg.Error)


@contextmanager
def transaction(database: Database) -> Iterator[Session]:
    """Yield a writing session and commit it at the end, or roll back if anything is raised.

    Raises `UnauditedChange` when a table of state was written and `audit_event` was not, and `Busy`
    when the database ended the transaction to let another one go on.
    """
    try:
        with database.exclusive(), Session(database.writer, expire_on_commit=False) as session:
            session.connection()  # begins, so that nothing changes between reading and writing
            yield session
            session.commit()
    except FAULTS as fault:
        if not has_collided(fault):
            raise
        raise Busy(
            _(
                "Somebody else was changing the same thing, so this was not done. "
                "Nothing that was saved is lost. Go back and send it again."
            )
        ) from fault


def run_operation(session: Session, work: Callable[[], Value]) -> Value:
    """Return what `work` returns; undo it and run it again if the database ended it for another's.

    What was undone gives its locks back, so that the other goes on. An operation that is part of
    another is run again with the whole of it. Raises what `work` raises, the collision too when it
    comes `TRIES` times.
    """
    is_part = session.in_nested_transaction() or session.info.get(_RUNS)
    if session.get_bind().dialect.name != "postgresql" or is_part:
        return work()
    session.info[_RUNS] = True
    try:
        for _earlier in range(TRIES - 1):
            try:
                with _undone_by_a_fault(session):
                    return work()
            except FAULTS as fault:
                if not has_collided(fault):
                    raise
        with _undone_by_a_fault(session):
            return work()
    finally:
        del session.info[_RUNS]


_RUNS = "an operation runs"


@contextmanager
def _undone_by_a_fault(session: Session) -> Iterator[None]:
    """Undo what is done in the block, and only that, when it raises.

    As long as nothing was written or locked before it, that is the whole transaction. A savepoint
    would say the same with two more round trips, and most operations are the first of theirs.
    """
    done = session.connection().info
    if done["written"] or done["held"] or session.new or session.dirty or session.deleted:
        with session.begin_nested():
            yield
        return
    try:
        yield
    except BaseException:
        session.rollback()  # whoever goes on with this session begins another transaction with it
        raise


def has_collided(fault: BaseException) -> bool:
    """Whether the database ended this transaction because of another, and not for what it did."""
    return getattr(getattr(fault, "orig", fault), "sqlstate", None) in COLLISIONS
