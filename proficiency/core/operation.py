"""One operation, one transaction; no change without audit (invariant 8)."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from proficiency.core.db import Base, Database, Kind, kind_of


class UnauditedChange(Exception):
    """A transaction changed state and wrote no audit event: a fault of the program."""


@contextmanager
def transaction(database: Database) -> Iterator[Session]:
    """Yield a writing session and commit it at the end, or roll back if anything is raised.

    Raises `UnauditedChange` when a table of state was written and `audit_event` was not, judged by
    the SQL that really ran, so that Core statements and raw SQL obey too.
    """
    with database.exclusive(), Session(database.writer, expire_on_commit=False) as session:
        connection = session.connection()
        connection.info["written"] = set()
        yield session
        session.flush()
        refuse_unaudited(connection.info["written"])
        session.commit()


def refuse_unaudited(written: set[str]) -> None:
    """Raise `UnauditedChange` if `written` names a table of state but not the audit trail."""
    if "audit_event" in written:
        return
    tables = Base.metadata.tables
    silent = sorted(
        name for name in written if name in tables and kind_of(tables[name]) is Kind.STATE
    )
    if silent:
        raise UnauditedChange(f"changed without an audit event: {', '.join(silent)}")
