"""Evidence is append-only and chained; erasure is lawful; one changed byte is found."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from proficiency.core.access import Actor
from proficiency.core.audit import AuditEvent, record
from proficiency.core.chain import (
    Payload,
    Tombstone,
    append,
    commit_to,
    encode_fields,
    evidence_models,
    hash_row,
)
from proficiency.core.db import Base, Database, Kind, kind_of
from proficiency.core.operation import transaction
from proficiency.core.verify import verify_all
from tests.clock import NOW

ACTOR = Actor(user_id="tester", display_name="A tester")


def write_three(database: Database) -> list[str]:
    """Append three audit events with reasons and return their ids."""
    ids = []
    for number in range(3):
        with transaction(database) as session:
            event = record(
                session, ACTOR, NOW, "tested", "thing", "thing-1",
                details={"number": number}, reason=f"because {number}",
            )  # fmt: skip
            ids.append(event.id)
    return ids


def tamper(database: Database, *statements: str) -> None:
    """Change rows as somebody with the file in hand could: with the guards out of the way."""
    with database.writer.begin() as connection:
        for name in connection.scalars(
            sa.text("SELECT name FROM sqlite_master WHERE type='trigger'")
        ):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.exec_driver_sql(statement)


def problems(database: Database) -> list[str]:
    return [p for p in verify_all(database).problems if "guard" not in p]


def test_an_untouched_chain_verifies(database: Database) -> None:
    write_three(database)
    assert verify_all(database).problems == []


def test_positions_count_from_one_and_link_to_the_row_before(database: Database) -> None:
    write_three(database)
    with database.read() as session:
        rows = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.pos)).all()
    assert [row.pos for row in rows] == [1, 2, 3]
    assert [row.prev_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET action = 'x'",
        "DELETE FROM audit_event",
        "UPDATE payload SET text = 'x'",
        "DELETE FROM payload",
    ],
)
def test_evidence_refuses_every_change(database: Database, statement: str) -> None:
    write_three(database)
    with pytest.raises(DBAPIError), database.writer.begin() as connection:
        connection.exec_driver_sql(statement)
    assert problems(database) == []


def test_sqlite_refuses_insert_or_replace_of_evidence(sqlite_database: Database) -> None:
    write_three(sqlite_database)
    with (
        pytest.raises(DBAPIError, match="append-only"),
        sqlite_database.writer.begin() as connection,
    ):
        connection.exec_driver_sql(
            "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE pos = 1"
        )


def test_postgresql_refuses_to_truncate_evidence_even_for_a_role_that_may(
    postgres_database: Database,
) -> None:
    with pytest.raises(DBAPIError), postgres_database.writer.begin() as connection:
        connection.exec_driver_sql("TRUNCATE audit_event")


def test_on_postgresql_the_application_owns_no_table(postgres_database: Database) -> None:
    with postgres_database.read() as session:
        owned = session.scalars(
            sa.text("SELECT tablename FROM pg_tables WHERE tableowner = current_user")
        ).all()
    assert owned == []


def test_words_can_be_erased_only_behind_a_tombstone_and_the_chain_still_verifies(
    database: Database,
) -> None:
    first, *_rest = write_three(database)
    with transaction(database) as session:
        append(
            session,
            Tombstone(
                aggregate_id=first, at=NOW, actor_id=ACTOR.id, payload_id=first, reason="schedule"
            ),
        )
        session.execute(sa.delete(Payload).where(Payload.id == first))
    with database.read() as session:
        assert session.get(Payload, first) is None
    assert problems(database) == []


def test_a_tombstone_whose_words_are_still_there_is_found(database: Database) -> None:
    first, *_rest = write_three(database)
    with transaction(database) as session:
        append(
            session,
            Tombstone(
                aggregate_id=first, at=NOW, actor_id=ACTOR.id, payload_id=first, reason="schedule"
            ),
        )
    assert problems(database) == [
        f"payload {first}: has a tombstone, and its words are still there"
    ]


def test_words_that_vanish_without_a_tombstone_are_found(sqlite_database: Database) -> None:
    first, *_rest = write_three(sqlite_database)
    tamper(sqlite_database, f"DELETE FROM payload WHERE id = '{first}'")
    assert problems(sqlite_database) == [
        f"payload {first}: the words are gone and there is no tombstone"
    ]


@pytest.mark.parametrize(
    "column",
    ["id", "aggregate_id", "at", "actor_id", "commitment", "prev_hash", "hash", "action",
     "subject", "details"],
)  # fmt: skip
def test_one_changed_byte_in_any_column_is_found(sqlite_database: Database, column: str) -> None:
    write_three(sqlite_database)
    changed = f"{column} + 1" if column == "at" else f"'Z' || substr({column}, 2)"
    tamper(sqlite_database, f"UPDATE audit_event SET {column} = {changed} WHERE pos = 2")
    assert problems(sqlite_database)


@pytest.mark.parametrize("column", ["salt", "text"])
def test_one_changed_byte_of_the_words_or_their_salt_is_found(
    sqlite_database: Database, column: str
) -> None:
    first, *_rest = write_three(sqlite_database)
    tamper(
        sqlite_database,
        f"UPDATE payload SET {column} = 'Z' || substr({column}, 2) WHERE id = '{first}'",
    )
    assert problems(sqlite_database) == [
        f"payload {first}: the words are not those that were committed to"
    ]


def test_the_first_broken_link_is_named_and_the_rest_of_its_chain_is_not(
    sqlite_database: Database,
) -> None:
    write_three(sqlite_database)
    tamper(sqlite_database, "UPDATE audit_event SET action = 'forged' WHERE pos >= 2")
    assert problems(sqlite_database) == [
        "audit_event chain thing-1, position 2: was changed after it was written"
    ]


def test_a_missing_row_in_the_middle_is_found(sqlite_database: Database) -> None:
    _first, second, _third = write_three(sqlite_database)
    tamper(
        sqlite_database,
        "DELETE FROM audit_event WHERE pos = 2",
        f"DELETE FROM payload WHERE id = '{second}'",
    )
    assert problems(sqlite_database) == [
        "audit_event chain thing-1, position 2: a row is missing (found position 3)"
    ]


def test_a_dropped_guard_is_found(sqlite_database: Database) -> None:
    tamper(sqlite_database)
    found = verify_all(sqlite_database).problems
    guarded = {model.__tablename__ for model in evidence_models()} | {"payload"}
    assert {problem.split(":")[0] for problem in found} == guarded


def test_two_rows_cannot_take_the_same_position(database: Database) -> None:
    write_three(database)
    with database.read() as session:
        row = session.execute(
            sa.select(AuditEvent.__table__).where(AuditEvent.pos == 1)
        ).mappings().one()  # fmt: skip
    twin = dict(row) | {"id": "another"}
    with pytest.raises(DBAPIError), database.writer.begin() as connection:
        connection.execute(sa.insert(AuditEvent.__table__).values(twin))


def test_every_table_declares_its_kind() -> None:
    kinds = {table.name: kind_of(table) for table in Base.metadata.sorted_tables}
    assert kinds["attempt_event"] is Kind.EVIDENCE
    assert {model.__tablename__ for model in evidence_models()} == {
        name for name, kind in kinds.items() if kind is Kind.EVIDENCE
    }


def test_different_lists_of_fields_never_give_the_same_bytes() -> None:
    assert encode_fields((b"ab", b"c")) != encode_fields((b"a", b"bc"))
    assert commit_to("ab", "c") != commit_to("a", "bc")


def test_a_null_column_does_not_change_a_hash_but_an_empty_text_does() -> None:
    assert hash_row("t", {"a": 1, "b": None}) == hash_row("t", {"a": 1})
    assert hash_row("t", {"a": 1, "b": ""}) != hash_row("t", {"a": 1})
    assert hash_row("t", {"a": 1}) != hash_row("t", {"a": "1"})
