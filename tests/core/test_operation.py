"""No change without audit, and no writing in a reading transaction, on both databases."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from proficiency.accounts.models import Account, SignInFailure
from proficiency.core.access import SYSTEM
from proficiency.core.audit import record
from proficiency.core.db import Database, written_tables
from proficiency.core.operation import UnauditedChange, transaction
from tests.clock import NOW


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


def test_a_reading_session_cannot_write(database: Database) -> None:
    with database.read() as session, pytest.raises(DBAPIError):
        write_quietly(session)


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
    ],
)
def test_the_tables_that_a_statement_writes_are_recognised(
    statement: str, tables: set[str]
) -> None:
    assert written_tables(statement) == tables
