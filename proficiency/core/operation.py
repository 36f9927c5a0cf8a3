"""One operation, one transaction; no change without audit (invariant 8)."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from proficiency.core.db import Database, UnauditedChange

__all__ = ["UnauditedChange", "transaction"]


@contextmanager
def transaction(database: Database) -> Iterator[Session]:
    """Yield a writing session and commit it at the end, or roll back if anything is raised.

    Raises `UnauditedChange` when a table of state was written and `audit_event` was not.
    """
    with database.exclusive(), Session(database.writer, expire_on_commit=False) as session:
        session.connection()  # begins, so that what is read below can't change before it is written
        yield session
        session.commit()
