"""Databases: SQLite embedded, PostgreSQL for larger sittings, the same values on both.

Keeps invariant 1 (evidence tables refuse change, through the triggers in `core.guards`), 6 (a page
that only reads runs on a read-only connection) and 11 (times are integer microseconds).
SQLite waits for its lock in a queue of its own, because SQLite's busy handler sleeps.
"""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Engine, MetaData, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from proficiency.core.clock import from_micros, to_micros

try:  # SQLite 3.53 from a wheel on Linux; elsewhere the standard library's own
    from pysqlite3 import dbapi2 as sqlite_driver
except ImportError:  # pragma: no cover - other systems
    import sqlite3 as sqlite_driver

SAFE_SQLITE = (3, 51, 3)
"""Older versions can corrupt a write-ahead log when two connections reset it at once."""


class Kind(StrEnum):
    """What a table is for, which decides how it may change."""

    EVIDENCE = "evidence"  # append-only, chained; its own audit
    PAYLOAD = "payload"  # words of a person: never changed, deleted only behind a tombstone
    STATE = "state"  # may change, with an audit event in the same transaction
    OPERATIONAL = "operational"  # sessions, jobs, counters: may change, proves nothing


class Base(DeclarativeBase):
    """The base of all tables. Each names its kind: `__table_args__ = (…, kind(Kind.STATE))`."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def kind(of: Kind) -> dict[str, Any]:
    """The last entry of a table's `__table_args__`: what kind of table it is."""
    return {"info": {"kind": of}}


def kind_of(table: sa.Table) -> Kind:
    """Return a table's kind. Raises `KeyError` for a table that declares none."""
    declared: Kind = table.info["kind"]
    return declared


class Moment(TypeDecorator[datetime]):
    """A moment, stored as whole microseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


def one_of(column: str, values: type[StrEnum]) -> sa.CheckConstraint:
    """The rule that `column` holds a member of `values` (or is null where it may be)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def normalise_url(url: str) -> URL:
    """Return `url` with the driver that the product uses on that database."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    return parsed.set(drivername="sqlite+pysqlite")


class Database:
    """One database: a connection pool that can only read and one that writes.

    Processes share a SQLite file through a lock file beside it; PostgreSQL needs none.
    """

    def __init__(self, url: str, *, pool_size: int = 16) -> None:
        self.url = normalise_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._thread_lock = threading.Lock()
        self._lock_file = None
        if self.is_sqlite:
            path = Path(self.url.database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock_file = path.with_name(path.name + ".lock").open("a+b")
            self.writer = _sqlite_engine(self.url, pool_size, read_only=False)
            self.reader = _sqlite_engine(self.url, pool_size, read_only=True)
        else:
            self.writer = sa.create_engine(self.url, pool_size=pool_size, pool_pre_ping=False)
            self.reader = self.writer.execution_options(postgresql_readonly=True)
        event.listen(self.writer, "before_cursor_execute", _note_written_tables)

    @contextmanager
    def read(self, *, snapshot: bool = False) -> Iterator[Session]:
        """Yield a session whose transaction cannot write, on either database.

        With `snapshot` every statement in it sees the same moment (SQLite always does so).
        """
        with Session(self.reader) as session:
            if snapshot and not self.is_sqlite:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the right to write. On PostgreSQL rows are locked instead, so this is free."""
        if self._lock_file is None:
            yield
            return
        with self._thread_lock:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give back every connection and the lock file."""
        self.writer.dispose()
        if self.is_sqlite:
            self.reader.dispose()
        if self._lock_file is not None:
            self._lock_file.close()


def sqlite_version() -> tuple[int, ...]:
    """Return the version of the SQLite library in use."""
    return tuple(int(part) for part in sqlite_driver.sqlite_version.split("."))


def _sqlite_engine(url: URL, pool_size: int, *, read_only: bool) -> Engine:
    engine = sa.create_engine(url, module=sqlite_driver, pool_size=pool_size)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the program begins its transactions itself
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL could lose an acknowledged answer in a power cut
            "foreign_keys=ON",
            "recursive_triggers=ON",  # so that INSERT OR REPLACE meets the delete trigger
            "busy_timeout=10000",
            f"query_only={'ON' if read_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _note_written_tables(
    connection: sa.Connection,
    cursor: Any,
    statement: str,
    parameters: Any,
    context: Any,
    executemany: bool,
) -> None:
    """Remember which tables a transaction wrote, from the statements that really ran."""
    if statement[:6].upper() == "SELECT" and "INSERT" not in statement:
        return
    written = connection.info.setdefault("written", set())
    for name in written_tables(statement):
        written.add(name)


def written_tables(statement: str) -> set[str]:
    """Return the names of the tables that an SQL statement inserts into, updates or deletes."""
    words = statement.replace("(", " ").replace('"', "").split()
    upper = [word.upper() for word in words]
    found = set()
    for place, word in enumerate(upper[:-1]):
        if (
            word in {"INTO", "TRUNCATE"}
            or (word == "FROM" and upper[place - 1] == "DELETE")
            or (
                word == "UPDATE"
                and upper[place + 1] != "SET"
                and upper[place - 1] not in {"FOR", "DO"}
            )
        ):
            found.add(words[place + 1])
    return {name.rstrip(";,") for name in found}


def lock(session: Session, aggregate_id: str) -> None:
    """Wait until no other transaction works on this aggregate, until the end of this one.

    SQLite has one writer at a time anyway. PostgreSQL takes an advisory lock on the id.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": aggregate_id}
        )
