"""Evidence is append-only and chained; erasure is lawful; one changed byte is found."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from proficiency.core import guards, migrate
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
from proficiency.core.errors import Misconfigured
from proficiency.core.operation import transaction
from proficiency.core.verify import verify_all
from tests import postgres
from tests.clock import NOW

GUARDED = re.compile("append-only|needs a tombstone")
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


@contextmanager
def role(database: Database, name: str) -> Iterator[Database]:
    """The same database in the hands of another role; SQLite knows one only."""
    if database.is_sqlite:
        yield database
        return
    with closing(Database(database.url.set(username=name).render_as_string())) as other:
        yield other


def tamper(database: Database, *statements: str) -> None:
    """Change rows as somebody with the file in hand could: with the guards out of the way."""
    with role(database, "postgres") as attacker, attacker.writer.begin() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        else:
            triggers = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for name in connection.scalars(triggers).all():
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


CHANGES = [
    "UPDATE audit_event SET action = 'x'",
    "DELETE FROM audit_event",
    "INSERT INTO audit_event SELECT * FROM audit_event WHERE true "
    "ON CONFLICT (id) DO UPDATE SET action = 'x'",
    "UPDATE payload SET text = 'x'",
    "DELETE FROM payload",
]
CHANGES_OF_SQLITE = [
    "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE pos = 1",
    "REPLACE INTO payload SELECT id, salt, 'x' FROM payload",
    "UPDATE OR REPLACE audit_event SET pos = 1",
]
CHANGES_OF_POSTGRESQL = [
    "TRUNCATE audit_event",
    "TRUNCATE payload",
    "TRUNCATE account CASCADE",
    "WITH gone AS (DELETE FROM audit_event RETURNING id) SELECT * FROM gone",
    "MERGE INTO audit_event USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
]


def refused(database: Database, statement: str) -> str:
    """Run a statement that must fail, and return what the database says."""
    with pytest.raises(DBAPIError) as caught, database.writer.begin() as connection:
        connection.exec_driver_sql(statement)
    return str(caught.value.orig)


@pytest.mark.parametrize("statement", CHANGES)
def test_evidence_refuses_every_change_even_by_the_owner_of_its_tables(
    database: Database, statement: str
) -> None:
    write_three(database)
    with role(database, postgres.OWNER) as owner:
        assert GUARDED.search(refused(owner, statement))
    refused(database, statement)
    assert problems(database) == []


@pytest.mark.parametrize("statement", CHANGES_OF_SQLITE)
def test_sqlite_refuses_to_replace_evidence(sqlite_database: Database, statement: str) -> None:
    write_three(sqlite_database)
    assert GUARDED.search(refused(sqlite_database, statement))
    assert problems(sqlite_database) == []


@pytest.mark.parametrize("statement", CHANGES_OF_POSTGRESQL)
def test_postgresql_refuses_its_other_ways_of_changing_evidence(
    postgres_database: Database, statement: str
) -> None:
    write_three(postgres_database)
    with role(postgres_database, postgres.OWNER) as owner:
        assert GUARDED.search(refused(owner, statement))
    assert "permission denied" in refused(postgres_database, statement)
    assert problems(postgres_database) == []


@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TRIGGER guard_audit_event_change ON audit_event",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NEW; END $$",
        "DROP TABLE audit_event CASCADE",
    ],
)
def test_on_postgresql_the_application_cannot_lift_a_guard(
    postgres_database: Database, statement: str
) -> None:
    refused(postgres_database, statement)
    assert verify_all(postgres_database).problems == []


def test_the_application_has_exactly_the_rights_that_its_tables_kinds_allow(
    postgres_database: Database,
) -> None:
    with role(postgres_database, postgres.OWNER) as owner:
        with owner.writer.begin() as connection:
            connection.exec_driver_sql(f"GRANT ALL ON audit_event TO {postgres.APP}")
        migrate.grant(owner, postgres.APP)
    with postgres_database.read() as session:
        rows = session.execute(
            sa.text(
                "SELECT table_name, string_agg(privilege_type, ', ' ORDER BY privilege_type) "
                "FROM information_schema.table_privileges WHERE grantee = current_user GROUP BY 1"
            )
        ).all()
    rights = {
        Kind.EVIDENCE: "INSERT, SELECT",
        Kind.CONTENT: "INSERT, SELECT",
        Kind.PAYLOAD: "DELETE, INSERT, SELECT",
        Kind.STATE: "DELETE, INSERT, SELECT, UPDATE",
        Kind.OPERATIONAL: "DELETE, INSERT, SELECT, UPDATE",
    }
    expected = {table.name: rights[kind_of(table)] for table in Base.metadata.sorted_tables}
    assert dict(map(tuple, rows)) == expected | {"alembic_version": "SELECT"}


def test_a_temporary_table_does_not_pass_for_the_tombstones(database: Database) -> None:
    first, *_rest = write_three(database)
    with pytest.raises(DBAPIError, match="tombstone"), database.writer.begin() as connection:
        connection.exec_driver_sql("CREATE TEMP TABLE tombstone (payload_id text)")
        temporary = "temp" if database.is_sqlite else "pg_temp"
        connection.exec_driver_sql(f"INSERT INTO {temporary}.tombstone VALUES ('{first}')")
        connection.exec_driver_sql("DELETE FROM payload")


def test_on_postgresql_the_application_owns_no_table(postgres_database: Database) -> None:
    with postgres_database.read() as session:
        owned = session.scalars(
            sa.text("SELECT tablename FROM pg_tables WHERE tableowner = current_user")
        ).all()
    assert owned == []
    migrate.refuse_outdated(postgres_database)
    with role(postgres_database, postgres.OWNER) as owner:
        with pytest.raises(Misconfigured, match="owns tables"):
            migrate.refuse_outdated(owner)


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


def test_words_that_vanish_without_a_tombstone_are_found(database: Database) -> None:
    first, *_rest = write_three(database)
    tamper(database, f"DELETE FROM payload WHERE id = '{first}'")
    assert problems(database) == [f"payload {first}: the words are gone and there is no tombstone"]


@pytest.mark.parametrize(
    "column",
    ["id", "aggregate_id", "at", "actor_id", "commitment", "prev_hash", "hash", "action",
     "subject", "details"],
)  # fmt: skip
def test_one_changed_byte_in_any_column_is_found(database: Database, column: str) -> None:
    write_three(database)
    changed = f"{column} + 1" if column == "at" else f"'Z' || substr({column}, 2)"
    tamper(database, f"UPDATE audit_event SET {column} = {changed} WHERE pos = 2")
    assert problems(database)


@pytest.mark.parametrize("column", ["salt", "text"])
def test_one_changed_byte_of_the_words_or_their_salt_is_found(
    database: Database, column: str
) -> None:
    first, *_rest = write_three(database)
    tamper(
        database,
        f"UPDATE payload SET {column} = 'Z' || substr({column}, 2) WHERE id = '{first}'",
    )
    assert problems(database) == [
        f"payload {first}: the words are not those that were committed to"
    ]


def test_the_first_broken_link_is_named_and_the_rest_of_its_chain_is_not(
    database: Database,
) -> None:
    write_three(database)
    tamper(database, "UPDATE audit_event SET action = 'forged' WHERE pos >= 2")
    assert problems(database) == [
        "audit_event chain thing-1, position 2: was changed after it was written"
    ]


def test_a_missing_row_in_the_middle_is_found(database: Database) -> None:
    _first, second, _third = write_three(database)
    tamper(
        database,
        "DELETE FROM audit_event WHERE pos = 2",
        f"DELETE FROM payload WHERE id = '{second}'",
    )
    assert problems(database) == [
        "audit_event chain thing-1, position 2: a row is missing (found position 3)"
    ]


def tombstone(payload_id: str, **values: str) -> Tombstone:
    fields = {"aggregate_id": payload_id, "actor_id": ACTOR.id, "reason": "schedule"} | values
    return Tombstone(at=NOW, payload_id=payload_id, **fields)


@pytest.mark.parametrize("values", [{"aggregate_id": "another"}, {"reason": ""}])
def test_a_tombstone_is_of_its_payload_and_gives_a_reason(
    database: Database, values: dict[str, str]
) -> None:
    with pytest.raises(DBAPIError, match="ck_tombstone"), transaction(database) as session:
        append(session, tombstone("some-payload", **values))


def test_a_tombstone_for_words_that_never_were_is_found(database: Database) -> None:
    with transaction(database) as session:
        append(session, tombstone("never"))
    assert problems(database) == [
        "payload never: has a tombstone, and no evidence ever committed to it"
    ]


def test_words_that_no_evidence_commits_to_are_found(database: Database) -> None:
    with transaction(database) as session:
        session.add(Payload(id="smuggled", salt="s", text="words"))
    assert problems(database) == ["payload smuggled: no evidence commits to these words"]


def test_a_later_row_with_the_same_id_does_not_cover_for_changed_words(database: Database) -> None:
    """The forger changes the words and appends a row elsewhere that commits to the new ones."""
    first, *_rest = write_three(database)
    with database.read() as session:
        salt = session.scalars(sa.select(Payload.salt).where(Payload.id == first)).one()
    tamper(database, f"UPDATE payload SET text = 'forged' WHERE id = '{first}'")
    with transaction(database) as session:
        append(session, tombstone("cover", id=first, commitment=commit_to(salt, "forged")))
    assert f"payload {first}: the words are not those that were committed to" in problems(database)


@pytest.mark.parametrize(
    "value", ["CAST(x'FF' AS TEXT)", "x'41'", "CAST(x'41FF42' AS TEXT)", "9e999", "1.5"]
)
def test_a_value_that_cannot_even_be_read_is_named(sqlite_database: Database, value: str) -> None:
    write_three(sqlite_database)
    tamper(sqlite_database, f"UPDATE audit_event SET details = {value} WHERE pos = 2")
    assert problems(sqlite_database) == [
        "audit_event chain thing-1, position 2: was changed after it was written"
    ]
    with sqlite_database.read() as session:
        assert session.scalar(sa.text("SELECT 'é'")) == "é"


@pytest.mark.parametrize("value", ["1.5", "'soon'", "x'41'", str(2**62)])
def test_a_moment_that_cannot_be_read_is_named(sqlite_database: Database, value: str) -> None:
    write_three(sqlite_database)
    tamper(sqlite_database, f"UPDATE audit_event SET at = {value} WHERE pos = 2")
    assert problems(sqlite_database) == [
        "audit_event chain thing-1, position 2: was changed after it was written"
    ]


def test_hashes_cover_what_is_stored_and_not_how_it_reads(sqlite_database: Database) -> None:
    """A boolean of 2 reads as true, like the 1 that it replaces."""
    version = {"aggregate_id": "case", "at": NOW, "actor_id": ACTOR.id, "is_sample": True}
    texts = ("title", "nation", "framework", "source", "content", "content_hash", "sanitiser")
    model = next(m for m in evidence_models() if m.__tablename__ == "case_version")
    with transaction(sqlite_database) as session:
        append(session, model(**version, **dict.fromkeys(texts, "x")))
    assert problems(sqlite_database) == []
    tamper(sqlite_database, "UPDATE case_version SET is_sample = 2")
    assert problems(sqlite_database) == [
        "case_version chain case, position 1: was changed after it was written"
    ]


def at_rest(database: Database) -> Path:
    """Return the SQLite file with everything in it, closed."""
    raw = database.writer.raw_connection()
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    database.close()
    return Path(database.url.database or "")


@pytest.mark.parametrize("letter", [b"X", b"\xff"])
def test_a_file_that_is_damaged_beyond_reading_is_told(
    sqlite_database: Database, letter: bytes
) -> None:
    path = at_rest(sqlite_database)
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE mark", b"CREATE TABLE mar" + letter))
    (problem,) = verify_all(sqlite_database).problems
    assert problem.startswith("the database cannot be read")


def test_a_file_whose_index_was_changed_is_found(sqlite_database: Database) -> None:
    write_three(sqlite_database)
    path = at_rest(sqlite_database)
    size = int.from_bytes(path.read_bytes()[16:18], "big")
    pages = [path.read_bytes()[at : at + size] for at in range(0, path.stat().st_size, size)]
    leaf_of_an_index = 10
    changed = [
        page.replace(b"thing-1", b"thing-2") if page[0] == leaf_of_an_index else page
        for page in pages
    ]
    assert changed != pages
    path.write_bytes(b"".join(changed))
    assert any("missing from index" in problem for problem in problems(sqlite_database))


def test_a_check_across_rows_that_stumbles_over_broken_evidence_hides_nothing(
    database: Database,
) -> None:
    def stumbles(session: object) -> Iterator[str]:
        yield from ()
        raise KeyError("details")

    write_three(database)
    with pytest.raises(KeyError):  # on sound evidence it is a fault of the program
        verify_all(database, [stumbles])
    tamper(database, "UPDATE audit_event SET action = 'forged' WHERE pos = 2")
    found = verify_all(database, [stumbles]).problems
    assert "audit_event chain thing-1, position 2: was changed after it was written" in found
    assert found[-1].endswith("can't judge it: KeyError")


def test_a_dropped_guard_is_found(database: Database) -> None:
    if database.is_sqlite:
        tamper(database)
    else:
        tables = Base.metadata.sorted_tables
        tamper(database, *(f"ALTER TABLE {table.name} DISABLE TRIGGER ALL" for table in tables))
    found = verify_all(database).problems
    guarded = {model.__tablename__ for model in evidence_models()} | {"payload", "case_file"}
    assert {problem.split(":")[0] for problem in found} == guarded


def kinds() -> dict[str, Kind]:
    return {table.name: kind_of(table) for table in Base.metadata.sorted_tables}


def test_a_guard_that_was_exchanged_for_a_lenient_one_is_found(database: Database) -> None:
    if database.is_sqlite:
        tamper(
            database,
            *guards.statements_for(kinds(), "sqlite"),
            "DROP TRIGGER guard_payload_delete",
            "CREATE TRIGGER guard_payload_delete BEFORE DELETE ON payload BEGIN SELECT 1; END",
        )
        expected = ["payload: the guard guard_payload_delete is missing or was changed"]
    else:
        tamper(
            database,
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql "
            "AS $$ BEGIN RETURN NEW; END $$",
        )
        expected = ["the guards’ function refuse_change() is missing or was changed"]
    assert verify_all(database).problems == expected


def test_writers_of_one_chain_wait_for_each_other(database: Database) -> None:
    def write(number: int) -> None:
        with transaction(database) as session:
            record(session, ACTOR, NOW, "tested", "thing", "thing-1", reason=f"{number}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(40)))
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.max(AuditEvent.pos))) == 40
    assert problems(database) == []


@pytest.mark.parametrize("text", ["a\x00b", "a\r\nb", "\ud800"])
def test_evidence_takes_cleaned_text_only(database: Database, text: str) -> None:
    with pytest.raises(ValueError, match="cleaned"), transaction(database) as session:
        append(session, tombstone("words", reason=text))
    with pytest.raises(ValueError, match="cleaned"), transaction(database) as session:
        append(session, tombstone("words"), text=text)


def test_no_column_of_evidence_is_filled_in_after_the_hash() -> None:
    filled = [
        f"{model.__tablename__}.{column.name}"
        for model in evidence_models()
        for column in Base.metadata.tables[model.__tablename__].columns
        if column.default is not None or column.server_default is not None or column.computed
    ]
    assert filled == []


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
    assert kinds()["attempt_event"] is Kind.EVIDENCE
    assert {model.__tablename__ for model in evidence_models()} == {
        name for name, kind in kinds().items() if kind is Kind.EVIDENCE
    }


def test_different_lists_of_fields_never_give_the_same_bytes() -> None:
    assert encode_fields((b"ab", b"c")) != encode_fields((b"a", b"bc"))
    assert commit_to("ab", "c") != commit_to("a", "bc")


def test_a_null_column_does_not_change_a_hash_but_an_empty_text_does() -> None:
    assert hash_row("t", {"a": 1, "b": None}) == hash_row("t", {"a": 1})
    assert hash_row("t", {"a": 1, "b": ""}) != hash_row("t", {"a": 1})
    assert hash_row("t", {"a": 1}) != hash_row("t", {"a": "1"})


@pytest.mark.parametrize("value", [0.5, Fraction(1, 2), Decimal("0.5"), b"bytes"])
def test_evidence_holds_nothing_that_databases_keep_differently(value: object) -> None:
    with pytest.raises(TypeError, match="evidence holds text, integers and moments"):
        hash_row("t", {"a": value})
