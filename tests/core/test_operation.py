"""No change without audit, and no writing in a reading transaction, on both databases."""

import subprocess
import sys
from datetime import UTC, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from proficiency.accounts.models import Account, SignInFailure
from proficiency.core.access import SYSTEM
from proficiency.core.audit import record
from proficiency.core.config import ROOT
from proficiency.core.db import Database, lock, lock_part, normalise_url, written_tables
from proficiency.core.errors import Misconfigured
from proficiency.core.operation import UnauditedChange, transaction
from tests.clock import NOW
from tests.statements import asked


def an_account(number: int = 1) -> Account:
    return Account(
        id=f"account-{number}", email=f"a{number}@example.org", display_name="A", created_at=NOW
    )


def count(database: Database) -> int:
    with database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Account)) or 0


def test_a_change_of_state_without_an_audit_event_is_rolled_back(database: Database) -> None:
    with pytest.raises(UnauditedChange, match="account"), transaction(database) as session:
        session.add(an_account())
    assert count(database) == 0


@pytest.mark.parametrize("how", ["core", "text"])
def test_statements_that_bypass_the_models_are_held_to_it_too(database: Database, how: str) -> None:
    with transaction(database) as session:
        session.add(an_account())
        record(session, SYSTEM, NOW, "made", "account", "account-1")
    with pytest.raises(UnauditedChange), transaction(database) as session:
        if how == "core":
            session.execute(sa.update(Account.__table__).values(display_name="B"))
        else:
            session.execute(sa.text("UPDATE account SET display_name = 'B'"))


def test_a_change_with_its_audit_event_is_committed(database: Database) -> None:
    with transaction(database) as session:
        session.add(an_account())
        record(session, SYSTEM, NOW, "made", "account", "account-1")
    assert count(database) == 1


def test_a_time_without_a_zone_is_no_moment(database: Database) -> None:
    local = NOW.replace(tzinfo=None)
    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        with transaction(database) as session:
            session.add(SignInFailure(id="f", account_key="k", network="n", at=local))


def test_a_moment_comes_back_to_the_microsecond_whatever_its_zone(database: Database) -> None:
    moment = NOW.replace(microsecond=1, tzinfo=timezone(timedelta(hours=-11)))
    with transaction(database) as session:
        session.add(SignInFailure(id="f", account_key="k", network="n", at=moment))
    with database.read() as session:
        kept = session.scalars(sa.select(SignInFailure.at)).one()
    assert (kept, kept.tzinfo) == (moment, UTC)


def test_what_proves_nothing_needs_no_audit(database: Database) -> None:
    with transaction(database) as session:
        session.add(SignInFailure(id="f", account_key="k", network="n", at=NOW))


def test_a_fault_rolls_everything_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), transaction(database) as session:
        session.add(an_account())
        record(session, SYSTEM, NOW, "made", "account", "account-1")
        session.flush()
        raise ZeroDivisionError
    assert count(database) == 0


def test_committing_early_does_not_escape_the_audit(database: Database) -> None:
    with pytest.raises(UnauditedChange), transaction(database) as session:
        session.add(an_account())
        session.commit()
    assert count(database) == 0


def test_a_session_of_ones_own_does_not_escape_the_audit(database: Database) -> None:
    with Session(database.writer) as session:
        session.add(an_account())
        with pytest.raises(UnauditedChange):
            session.commit()
    assert count(database) == 0
    with transaction(database) as session:  # and the connection is whole again
        record(session, SYSTEM, NOW, "made", "account", "account-1")


def test_an_audit_event_that_was_rolled_back_counts_for_nothing(database: Database) -> None:
    with pytest.raises(UnauditedChange), transaction(database) as session:
        record(session, SYSTEM, NOW, "made", "account", "account-1")
        session.rollback()
        session.add(an_account())
    with pytest.raises(UnauditedChange), transaction(database) as session:
        session.add(an_account())
        part = session.begin_nested()
        record(session, SYSTEM, NOW, "made", "account", "account-1")
        part.rollback()
    assert count(database) == 0


def test_a_change_that_was_rolled_back_needs_no_audit(database: Database) -> None:
    with transaction(database) as session:
        part = session.begin_nested()
        session.add(an_account())
        session.flush()
        part.rollback()
    assert count(database) == 0


def test_a_transaction_inside_another_is_refused_instead_of_waiting_for_itself(
    sqlite_database: Database,
) -> None:
    with transaction(sqlite_database), pytest.raises(RuntimeError, match="inside another"):
        with transaction(sqlite_database):
            pass
    with transaction(sqlite_database):
        pass


FORKED_WRITERS = """
import os, sys, threading
from proficiency.core.db import Database

database = Database(sys.argv[1])
told, tell = os.pipe()
let_go, may_go = os.pipe()
if os.fork() == 0:
    with database.exclusive():
        os.write(tell, b"1")
        os.read(let_go, 1)
    os._exit(0)
os.read(told, 1)
entered = threading.Event()

def enter():
    with database.exclusive():
        entered.set()

thread = threading.Thread(target=enter)
thread.start()
print("waits" if not entered.wait(0.3) else "writes beside the other")
os.write(may_go, b"1")
thread.join()
os.wait()
"""


def test_two_processes_that_came_from_one_never_write_at_once(sqlite_database: Database) -> None:
    address = sqlite_database.url.render_as_string(hide_password=False)
    found = subprocess.run(
        [sys.executable, "-c", FORKED_WRITERS, address],
        capture_output=True, text=True, cwd=ROOT, check=True, timeout=60,
    )  # fmt: skip
    assert found.stdout.strip() == "waits"


@pytest.mark.parametrize(
    "address", ["postgres://host/name", "mysql://host/name", "sqlite://", "sqlite:///:memory:"]
)
def test_an_address_of_another_kind_of_database_never_becomes_a_local_file(address: str) -> None:
    with pytest.raises(Misconfigured, match="PROFICIENCY_DATABASE_URL"):
        normalise_url(address)


def test_errors_of_the_database_do_not_repeat_the_words_of_people(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, transaction(database) as session:
        session.execute(sa.text("INSERT INTO nothing VALUES (:words)"), {"words": "private words"})
    assert "private words" not in str(caught.value)


SWITCHED_OFF = {
    True: "PRAGMA query_only=OFF",
    False: "SET default_transaction_read_only = off",
}


def test_reading_stays_reading_when_somebody_switched_it_off_before(database: Database) -> None:
    with Session(database.reader) as session:
        session.execute(sa.text(SWITCHED_OFF[database.is_sqlite]))
    test_a_reading_session_cannot_write(database)


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_transaction_that_reads_cannot_write(database: Database, snapshot: bool) -> None:
    with database.read(snapshot=snapshot) as session, pytest.raises(DBAPIError):
        write_quietly(session)
    test_a_reading_session_cannot_write(database)


def test_a_reading_session_cannot_write(database: Database) -> None:
    """The session of a page, which begins no transaction of its own on PostgreSQL."""
    with Session(database.reader) as session, pytest.raises(DBAPIError):
        write_quietly(session)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(SignInFailure)) == 0


def write_quietly(session: Session) -> None:
    session.add(SignInFailure(id="f", account_key="k", network="n", at=NOW))
    session.flush()


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("INSERT INTO account (id) VALUES (1)", {"account"}),
        ('UPDATE "account" SET id = 1', {"account"}),
        ("DELETE FROM account WHERE id = 1", {"account"}),
        ("SELECT * FROM account FOR UPDATE", set()),
        ("INSERT INTO a (x) VALUES (1) ON CONFLICT DO UPDATE SET x = 2", {"a"}),
        ("INSERT OR REPLACE INTO a SELECT * FROM b", {"a"}),
        ("WITH x AS (SELECT 1) INSERT INTO a SELECT * FROM x", {"a"}),
        ("TRUNCATE a", {"a"}),
        ("TRUNCATE TABLE ONLY a, b CASCADE", {"a", "b"}),
        ("SELECT 1; DELETE FROM account", {"account"}),
        ("delete from account", {"account"}),
        ("DELETE/* all */FROM -- them\n account", {"account"}),
        ("UPDATE--\naccount SET id = 1", {"account"}),
        ('UPDATE"account"SET id = 1', {"account"}),
        ("UPDATE [account] SET id = 1", {"account"}),
        ("UPDATE `account` SET id = 1", {"account"}),
        ("UPDATE ONLY public.ACCOUNT AS a SET id = 1, email = 2", {"account"}),
        ('UPDATE "public" . "account" SET id = 1', {"account"}),
        ("UPDATE OR IGNORE main.account SET id = 1", {"account"}),
        ("DELETE FROM ONLY account", {"account"}),
        ("WITH x AS (DELETE FROM account RETURNING id) SELECT * FROM x", {"account"}),
        ("MERGE INTO account a USING b ON true WHEN MATCHED THEN DELETE", {"account"}),
        ("COPY account (id) FROM STDIN", {"account"}),
        ("DO $$ BEGIN UPDATE account SET id = 1; END $$", {"account"}),
        ("INSERT INTO account(id) VALUES (1)", {"account"}),
        ("SELECT updated_at FROM account FOR NO KEY UPDATE OF account SKIP LOCKED", set()),
    ],
)
def test_the_tables_that_a_statement_writes_are_recognised(
    statement: str, tables: set[str]
) -> None:
    assert written_tables(statement) == tables


# Locks


def is_free(database: Database, aggregate_id: str) -> bool:
    """Whether another transaction could lock it now."""
    with transaction(database) as session:
        query = sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended(:id, 0))")
        return bool(session.scalar(query, {"id": aggregate_id}))


def test_a_lock_is_asked_for_once_in_a_transaction_and_held_to_its_end(
    postgres_database: Database,
) -> None:
    with asked(postgres_database) as statements, transaction(postgres_database) as session:
        lock(session, "one")
        lock(session, "one")
        lock_part(session, "whole", "part")
        lock_part(session, "whole", "part")
        lock_part(session, "whole", "one")
        assert len(statements) == 2
        for each in ("one", "whole", "part"):
            assert not is_free(postgres_database, each)
    assert is_free(postgres_database, "one")
    with transaction(postgres_database) as session:
        lock(session, "one")
        assert not is_free(postgres_database, "one")


def test_parts_of_a_whole_are_held_beside_each_other(postgres_database: Database) -> None:
    with transaction(postgres_database) as first, transaction(postgres_database) as second:
        lock_part(first, "whole", "one")
        lock_part(second, "whole", "two")
        first.commit()
        assert not is_free(postgres_database, "whole")
    assert is_free(postgres_database, "whole")


def test_a_lock_that_an_undone_part_gave_back_is_taken_again(postgres_database: Database) -> None:
    with transaction(postgres_database) as session:
        lock(session, "before")
        part = session.begin_nested()
        lock(session, "inside")
        part.rollback()
        assert is_free(postgres_database, "inside")
        lock(session, "inside")
        assert not is_free(postgres_database, "inside")
        assert not is_free(postgres_database, "before")
