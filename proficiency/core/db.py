"""Databases: SQLite embedded, PostgreSQL for larger sittings, the same values on both.

Keeps invariant 1 (evidence tables refuse change, through the triggers in `core.guards`), 6 (a page
that only reads runs on a read-only connection), 8 (no commit of a change without its audit event)
and 11 (times are integer microseconds). SQLite waits for its lock in a queue of its own, because
SQLite's busy handler sleeps. Statements and errors are logged without the words in them.
"""

import fcntl
import re
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Engine, MetaData, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from proficiency.core.clock import from_micros, to_micros
from proficiency.core.errors import Misconfigured
from proficiency.core.text import _

try:  # SQLite 3.53 from a wheel on Linux; elsewhere the standard library's own
    from pysqlite3 import dbapi2 as sqlite_driver
except ImportError:  # pragma: no cover - other systems
    import sqlite3 as sqlite_driver

SAFE_SQLITE = (3, 51, 3)
"""Older versions can corrupt a write-ahead log when two connections reset it at once."""

SqliteFault: type[Exception] = sqlite_driver.OperationalError
"""What the driver in use raises when SQLite could not do something."""

MAY_FORGET = "may_forget"
"""An execution option of every connection to a database on which a test spares the disk."""


class Kind(StrEnum):
    """What a table is for, which decides how it may change."""

    EVIDENCE = "evidence"  # append-only, chained; its own audit
    CONTENT = "content"  # bytes under their own hash, which is all the proof: never changed
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
    """Return `url` with the driver that the product uses on that database.

    Raises `Misconfigured` for any other database, and for SQLite without a file, which would lose
    everything at the end of the process.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return parsed.set(drivername="sqlite+pysqlite")
    raise Misconfigured(
        _(
            "PROFICIENCY_DATABASE_URL must begin with postgresql:// "
            "or be sqlite:/// and the path of a file."
        )
    )


class UnauditedChange(Exception):
    """A transaction changed state and wrote no audit event: a fault of the program."""


class Database:
    """One database: a connection pool that can only read and one that writes.

    Processes share a SQLite file through a lock file beside it; PostgreSQL needs none. A process
    makes its own: connections don't survive a fork. `may_forget` is for tests: it lets exams open
    on a database that does not wait for its disk (see `core.durability`).
    """

    def __init__(self, url: str, *, pool_size: int = 16, may_forget: bool = False) -> None:
        self.url = normalise_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._thread_lock = threading.Lock()
        self._lock_holder: int | None = None
        if self.is_sqlite:
            path = Path(self.url.database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock_path = path.with_name(path.name + ".lock")
            self.writer = _sqlite_engine(self.url, pool_size, read_only=False)
            self.reader = _sqlite_engine(self.url, pool_size, read_only=True)
        else:
            self.writer = _postgresql_engine(self.url, pool_size)
            self.reader = _postgresql_reader(self.url, pool_size)
        for engine in (self.writer, self.reader):
            engine.update_execution_options(**{MAY_FORGET: may_forget})
        _watch_changes(self.writer)

    @contextmanager
    def read(self, *, snapshot: bool = False) -> Iterator[Session]:
        """Yield a session whose transaction cannot write, on either database.

        With `snapshot` every statement in it sees the same moment (SQLite always does so).
        """
        level = "REPEATABLE READ" if snapshot else "READ COMMITTED"
        with Session(self.reader) as session:
            if not self.is_sqlite:
                session.connection(execution_options={"isolation_level": level})
            yield session

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the right to write. On PostgreSQL rows are locked instead, so this is free.

        Raises `RuntimeError` when this thread holds it already, for it would wait for itself.
        """
        if not self.is_sqlite:
            yield
            return
        if self._lock_holder == threading.get_ident():
            raise RuntimeError("a transaction was opened inside another one")
        # The file is opened each time: two processes that share an open file share its lock too.
        with self._thread_lock, self._lock_path.open("ab") as lock_file:
            fcntl.flock(lock_file, fcntl.LOCK_EX)
            self._lock_holder = threading.get_ident()
            try:
                yield
            finally:
                self._lock_holder = None

    def close(self) -> None:
        """Give back every connection."""
        self.writer.dispose()
        self.reader.dispose()


def sqlite_version() -> tuple[int, ...]:
    """Return the version of the SQLite library in use."""
    return tuple(int(part) for part in sqlite_driver.sqlite_version.split("."))


def _sqlite_engine(url: URL, pool_size: int, *, read_only: bool) -> Engine:
    engine = sa.create_engine(url, module=sqlite_driver, pool_size=pool_size, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the program begins its transactions itself
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL could lose an acknowledged answer in a power cut
            "foreign_keys=ON",
            "recursive_triggers=ON",  # so that INSERT OR REPLACE meets the delete trigger
            "busy_timeout=10000",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        driver: Any = connection.connection.driver_connection
        if read_only:  # said each time, for a connection would keep that it was switched off
            driver.execute("PRAGMA query_only=ON").close()
        driver.execute("BEGIN" if read_only else "BEGIN IMMEDIATE").close()

    return engine


def _postgresql_engine(url: URL, pool_size: int, **options: Any) -> Engine:
    """The connection that was given back last is taken first: what it has prepared is warm."""
    return sa.create_engine(
        url, pool_size=pool_size, pool_use_lifo=True, hide_parameters=True, **options
    )


def _postgresql_reader(url: URL, pool_size: int) -> Engine:
    """Connections on which each statement is a read-only transaction, unless one is begun.

    PostgreSQL gives each statement of an ordinary transaction its own view of the data anyway, so
    a page loses nothing without BEGIN and ROLLBACK but two round trips.
    """
    engine = _postgresql_engine(url, pool_size, isolation_level="AUTOCOMMIT")

    @event.listens_for(engine, "checkout")
    def only_read(connection: Any, record: Any, proxy: Any) -> None:
        """The server tells its clients of this setting, so looking at it each time costs nothing.

        One that tells nothing (before version 14) is told each time.
        """
        if connection.info.parameter_status("default_transaction_read_only") != "on":
            connection.execute("SET default_transaction_read_only = on")

    return engine


def _watch_changes(engine: Engine) -> None:
    """Refuse every commit on `engine` that changed state without an audit event.

    Judged by the statements that really ran, so that Core statements and raw SQL obey too. What a
    transaction rolled back counts for nothing, up to its last savepoint. The locks that it holds
    are kept beside, for they end in the same way.
    """

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.info.update(written=set(), held=set(), before=[])

    @event.listens_for(engine, "before_cursor_execute")
    def execute(connection: sa.Connection, cursor: Any, statement: str, *_rest: Any) -> None:
        connection.info.setdefault("written", set()).update(written_tables(statement))

    @event.listens_for(engine, "savepoint")
    def savepoint(connection: sa.Connection, *_name: Any) -> None:
        now = {name: set(connection.info[name]) for name in ("written", "held")}
        connection.info["before"].append(now)

    @event.listens_for(engine, "release_savepoint")
    def release(connection: sa.Connection, *_name: Any) -> None:
        connection.info["before"].pop()

    @event.listens_for(engine, "rollback_savepoint")
    def rollback(connection: sa.Connection, *_name: Any) -> None:
        connection.info.update(connection.info["before"].pop())

    @event.listens_for(engine, "commit")
    def commit(connection: sa.Connection) -> None:
        try:
            refuse_unaudited(connection.info["written"])
        except UnauditedChange:
            connection.connection.rollback()
            raise


def refuse_unaudited(written: Collection[str]) -> None:
    """Raise `UnauditedChange` if `written` names a table of state but not the audit trail."""
    tables = Base.metadata.tables
    silent = [name for name in written if name in tables and kind_of(tables[name]) is Kind.STATE]
    if silent and "audit_event" not in written:
        raise UnauditedChange(f"changed without an audit event: {', '.join(sorted(silent))}")


_GAP = r"(?:\s|/\*(?:[^*]|\*(?!/))*\*/|--[^\n]*\n)*"  # blanks and comments
_NAME = rf"""["`\[]?[\w$]+["`\]]?(?:{_GAP}\.{_GAP}["`\[]?[\w$]+["`\]]?)?"""
_WRITES = re.compile(
    rf"\b(?:INTO|DELETE{_GAP}FROM|UPDATE(?:{_GAP}OR\s+\w+)?|TRUNCATE(?:{_GAP}TABLE)?|COPY)\b{_GAP}"
    rf"(?:ONLY\b{_GAP})?(?!(?:SET|OF|SKIP|NOWAIT)\b)(?P<names>{_NAME}(?:{_GAP},{_GAP}{_NAME})*)",
    re.IGNORECASE,
)


@lru_cache(maxsize=2048)
def written_tables(statement: str) -> frozenset[str]:
    """Return the tables that an SQL statement (or several) inserts into, updates or deletes from.

    Names come without schema and quotes, in lower case. In doubt a name too many is given: its cost
    is a loud refusal instead of a silent change.
    """
    found = ",".join(match["names"] for match in _WRITES.finditer(statement))
    names = (name.split(".")[-1].strip().strip('"`[]') for name in found.split(","))
    return frozenset(name.lower() for name in names if name)


def lock(session: Session, aggregate_id: str) -> None:
    """Wait until no other transaction works on this aggregate, until the end of this one.

    SQLite has one writer at a time anyway. PostgreSQL takes an advisory lock on the id. Whoever
    needs several takes them in one order, so that no two wait for each other: the whole before its
    part, several of a kind by their ids, people last (docs/decisions/0006-the-order-of-locks.md).
    """
    _take(session, (_ALONE, aggregate_id))


def lock_part(session: Session, whole_id: str, part_id: str, *others: str) -> None:
    """Wait until nobody holds this part, nor the whole by `lock`, and let nobody until this ends.

    For what many do in parallel, each with a part of its own, and one must be able to stop: whoever
    takes the whole waits for all of them. In the order of locks it counts as the whole and then the
    part, and then `others`, each as by `lock`. Nobody who holds a whole like this may `lock` it
    afterwards.
    """
    alone = ((_ALONE, each) for each in (part_id, *others))
    _take(session, (_AMONG_OTHERS, whole_id), *alone)


_ALONE = "pg_advisory_xact_lock"
_AMONG_OTHERS = "pg_advisory_xact_lock_shared"


def _take(session: Session, *locks: tuple[str, str]) -> None:
    """Take those of these locks that this transaction does not hold yet, in one round trip."""
    if session.get_bind().dialect.name != "postgresql":
        return
    held = session.connection().info["held"]
    missing = [each for each in locks if each not in held]
    if missing:
        query = _taking(tuple(function for function, _id in missing))
        session.execute(query, {f"id{at}": id for at, (_function, id) in enumerate(missing)})
        held.update(missing)


@cache
def _taking(functions: tuple[str, ...]) -> sa.TextClause:
    """PostgreSQL works the columns of a row out from left to right: the order of locks holds."""
    calls = (f"{each}(hashtextextended(:id{at}, 0))" for at, each in enumerate(functions))
    return sa.text("SELECT " + ", ".join(calls))
