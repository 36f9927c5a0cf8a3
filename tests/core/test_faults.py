"""A full disk and a database that is away are told in words, and the page may send again."""

import errno

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError

from proficiency.core import web
from proficiency.core.access import public
from proficiency.core.db import Database, sqlite_driver
from proficiency.core.faults import refusal_of


def wrapped(cause: Exception) -> OperationalError:
    """As SQLAlchemy hands on what a driver raises."""
    return OperationalError("INSERT INTO payload …", {}, cause)


@pytest.mark.parametrize(
    "fault",
    [
        sqlite_driver.OperationalError("database or disk is full"),
        sqlite_driver.OperationalError("disk I/O error"),
        psycopg.errors.DiskFull("could not extend file"),
        OSError(errno.ENOSPC, "No space left on device"),
        wrapped(sqlite_driver.OperationalError("database or disk is full")),
        wrapped(psycopg.errors.DiskFull("no room")),
    ],
)
def test_a_full_disk_is_known_however_it_is_reported(fault: Exception) -> None:
    refusal = refusal_of(fault)
    assert refusal is not None
    assert refusal.status == 507
    assert "was not saved" in refusal.message


@pytest.mark.parametrize(
    "fault",
    [
        psycopg.OperationalError("server closed the connection unexpectedly"),
        psycopg.errors.AdminShutdown("terminating connection"),
        psycopg.errors.CannotConnectNow("the database system is starting up"),
        wrapped(psycopg.OperationalError("connection refused")),
        sa.exc.TimeoutError("QueuePool limit"),
    ],
)
def test_a_database_that_is_away_is_known(fault: Exception) -> None:
    refusal = refusal_of(fault)
    assert refusal is not None
    assert refusal.status == 503


@pytest.mark.parametrize(
    "fault",
    [
        sqlite_driver.OperationalError("no such table: nothing"),
        sqlite_driver.IntegrityError("UNIQUE constraint failed"),
        psycopg.errors.UniqueViolation("twice"),
        psycopg.errors.QueryCanceled("too long"),
        OSError(errno.EACCES, "Permission denied"),
        RuntimeError("a fault of ours"),
    ],
)
def test_a_fault_of_ours_is_not_dressed_up(fault: Exception) -> None:
    assert refusal_of(fault) is None


def test_a_real_file_that_is_full_is_told_with_507(app: Flask, sqlite_database: Database) -> None:
    """SQLite's own limit of pages stands for the disk: it reports the very same fault."""

    @public("only a test has it")
    def fills() -> str:
        with web.database().exclusive(), web.database().writer.begin() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            connection.exec_driver_sql("CREATE TABLE more (words TEXT)")
            connection.exec_driver_sql("INSERT INTO more VALUES (zeroblob(1000000))")
        return "kept"

    app.add_url_rule("/fills", "fills", fills, methods=["POST"])
    answer = app.test_client().post("/fills", json={})
    assert answer.status_code == 507
    assert "sends it again by itself" in answer.get_json()["error"]
