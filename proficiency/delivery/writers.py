"""Who runs the work of saves: one writer that commits many at once, or each on its own.

SQLite has one writer at a time, so one thread per process takes the lock of the database, begins,
does up to `MOST_AT_ONCE` pieces of work and commits once. Nobody is answered before the commit:
what was acknowledged is on the disk. PostgreSQL gathers commits by itself, so there each piece of
work runs alone, on a pooled connection on which every statement commits.
"""

import os
import threading
from collections.abc import Callable
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar, cast

import psycopg
from psycopg.errors import UniqueViolation
from sqlalchemy import PoolProxiedConnection

from proficiency.core.db import Database
from proficiency.core.errors import Busy, ProficiencyError
from proficiency.core.text import _
from proficiency.delivery.saving import Cursor

MOST_AT_ONCE = 64
PATIENCE_SECONDS = 20.0
IDLE_SECONDS = 30.0
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 0))"
"""What `core.db.lock` asks for too: whoever writes to an aggregate on PostgreSQL holds it."""

Value = TypeVar("Value")
Work = Callable[[Cursor], Value]


class Writer(Protocol):
    """Runs a piece of work that writes to the aggregate `key`; its value is durable."""

    def run(self, key: str, work: Work[Value]) -> Value: ...


class Piece:
    """Work that waits for its commit, and then holds its value or what it raised."""

    __slots__ = ("_done", "error", "value", "work")

    def __init__(self, work: Work[Any]) -> None:
        self.work = work
        self.value: Any = None
        self.error: BaseException | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def finish(self) -> None:
        self._done.release()

    def wait(self) -> Any:
        if not self._done.acquire(timeout=PATIENCE_SECONDS):
            raise Busy(_("The server is busy. What you typed is kept and will be sent again."))
        if self.error is not None:
            raise self.error
        return self.value


class GroupWriter:
    """One thread per process that writes to a SQLite file for all requests of the process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: SimpleQueue[Piece] = SimpleQueue()
        self._lock = threading.Lock()
        self._process: int | None = None
        """The process whose thread is serving; None when there is none."""

    def run(self, key: str, work: Work[Value]) -> Value:
        """Do `work` in the next group. Raises what it raises, and `Busy` when that takes long."""
        piece = Piece(work)
        with self._lock:
            self._queue.put(piece)
            if self._process != os.getpid():  # not started yet, or a process that was forked
                self._process = os.getpid()
                threading.Thread(target=self._serve, name="saves", daemon=True).start()
        return cast(Value, piece.wait())

    def _serve(self) -> None:
        """Work until nothing has come for a while; the next save starts a thread again."""
        while True:
            try:
                group = [self._queue.get(timeout=IDLE_SECONDS)]
            except Empty:
                with self._lock:
                    if self._queue.empty():
                        self._process = None
                        return
                    continue
            self._do_group(group)

    def _do_group(self, group: list[Piece]) -> None:
        try:
            with self._database.exclusive():
                self._gather(group)  # whoever came while we waited for the lock rides along
                self._commit_together(group)
        except BaseException as fault:  # noqa: BLE001 - told to each of those who wait for it
            for piece in group:
                piece.error = piece.error or fault
        finally:
            for piece in group:
                piece.finish()

    def _gather(self, group: list[Piece]) -> None:
        while len(group) < MOST_AT_ONCE:
            try:
                group.append(self._queue.get_nowait())
            except Empty:
                return

    def _commit_together(self, group: list[Piece]) -> None:
        """Do all in one transaction. If that fails, each is done alone, and only some fail."""
        connection = self._database.writer.raw_connection()
        try:
            try:
                _do_all(connection, group)
            except Exception:  # noqa: BLE001 - each piece is tried again and keeps its own fault
                for piece in group:
                    _do_alone(connection, piece)
        finally:
            connection.close()


def _do_all(connection: PoolProxiedConnection, group: list[Piece]) -> None:
    """A fault that is told later holds this frame: its cursor must not outlive the commit."""
    with closing(connection.cursor()) as own:
        cursor = cast(Cursor, own)
        cursor.execute("BEGIN IMMEDIATE", {})
        try:
            for piece in group:
                _do(piece, cursor)
            cursor.execute("COMMIT", {})
        except BaseException:
            connection.rollback()
            raise


def _do(piece: Piece, cursor: Cursor) -> None:
    piece.value, piece.error = None, None
    try:
        piece.value = piece.work(cursor)
    except ProficiencyError as refusal:  # raised before anything was written
        piece.error = refusal


def _do_alone(connection: PoolProxiedConnection, piece: Piece) -> None:
    try:
        _do_all(connection, [piece])
    except Exception as fault:  # noqa: BLE001 - told to the request that waits for it
        piece.error = fault


class DirectWriter:
    """Runs each piece of work by itself: without a transaction first, for that is quickest."""

    def __init__(self, database: Database) -> None:
        self._engine = database.writer

    def run(self, key: str, work: Work[Value]) -> Value:
        """Do `work` and return its value.

        If somebody else wrote to the aggregate between its reading and its writing, it is decided
        again, and this time nobody can.
        """
        connection = self._engine.raw_connection()
        driver = cast(psycopg.Connection[Any], connection.driver_connection)
        try:
            driver.autocommit = True
            try:
                return work(cast(Cursor, driver.cursor()))
            except UniqueViolation:
                driver.autocommit = False
                return _do_locked(driver, key, work)
        finally:
            if driver.closed:
                connection.invalidate()
            else:
                driver.autocommit = False
            connection.close()


def _do_locked(driver: psycopg.Connection[Any], key: str, work: Work[Value]) -> Value:
    with driver.transaction():
        cursor = driver.cursor()
        cursor.execute(LOCK, {"key": key})
        return work(cast(Cursor, cursor))


def make_writer(database: Database) -> Writer:
    """Return the way of writing that suits `database`."""
    return GroupWriter(database) if database.is_sqlite else DirectWriter(database)
