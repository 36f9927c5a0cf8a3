"""The migrations give exactly what the models say: tables, checks, indexes, guards, on both."""

import re
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from proficiency.core import guards, migrate
from proficiency.core.db import Base, Database, kind_of
from proficiency.core.errors import Misconfigured
from tests import postgres


def build_from_models(database: Database) -> None:
    kinds = {table.name: kind_of(table) for table in Base.metadata.sorted_tables}
    with database.writer.begin() as connection:
        Base.metadata.create_all(connection)
        for statement in guards.statements_for(kinds, connection.dialect.name):
            connection.execute(sa.text(statement))


def clauses(sql: str | None) -> tuple[str, ...]:
    """The clauses of a statement, one a line; migrations and models give them in another order."""
    # SQLite writes a column that is added later on the line of the last one.
    written = re.sub(r", (?![^(]*\))", "\n", sql or "")
    lines = (re.sub(r"[\s\"'`]+", " ", line).strip(" ,") for line in written.splitlines())
    return tuple(sorted(line.lower() for line in lines if line))


def sqlite_catalogue(database: Database) -> set[tuple[str, str, tuple[str, ...]]]:
    with database.reader.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT type, name, sql FROM sqlite_master WHERE name <> 'alembic_version'")
        )
        return {
            (row.type, row.name, clauses(row.sql))
            for row in rows
            if not row.name.startswith("sqlite_autoindex")
        }


def postgres_catalogue(connection: sa.Connection) -> set[tuple[str, ...]]:
    columns = connection.execute(
        sa.text(
            "SELECT table_name, column_name, data_type, is_nullable, "
            "character_maximum_length::text "
            "FROM information_schema.columns WHERE table_schema = 'public'"
        )
    )
    constraints = connection.execute(
        sa.text(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) "
            "FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        )
    )
    indexes = connection.execute(
        sa.text("SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    )
    triggers = connection.execute(
        sa.text(
            "SELECT tgname, tgenabled::text, pg_get_triggerdef(oid) FROM pg_trigger "
            "WHERE NOT tgisinternal"
        )
    )
    functions = connection.execute(
        sa.text("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    )
    found = (columns, constraints, indexes, triggers, functions)
    rows = [tuple(map(str, row)) for part in found for row in part]
    return {row for row in rows if "alembic_version" not in row[0]}


def test_on_sqlite_the_migrations_equal_the_models(tmp_path: Path) -> None:
    migrated, modelled = (Database(f"sqlite:///{tmp_path}/{n}.db") for n in ("migrated", "models"))
    migrate.upgrade(migrated)
    build_from_models(modelled)
    difference = sqlite_catalogue(migrated) ^ sqlite_catalogue(modelled)
    migrated.close()
    modelled.close()
    assert {(kind, name) for kind, name, _sql in difference} == set()


def test_on_postgresql_the_migrations_equal_the_models(postgres_folder: str) -> None:
    with psycopg.connect(
        postgres.url(postgres_folder, "postgres", "postgres"), autocommit=True
    ) as admin:
        admin.execute("CREATE DATABASE from_models")
    modelled = Database(postgres.url(postgres_folder, "postgres", "from_models"))
    build_from_models(modelled)
    migrated = Database(postgres.url(postgres_folder, "postgres", "template_proficiency"))
    with modelled.writer.connect() as one, migrated.writer.connect() as two:
        difference = postgres_catalogue(one) ^ postgres_catalogue(two)
    modelled.close()
    migrated.close()
    assert difference == set()


def test_upgrading_twice_changes_nothing(sqlite_database: Database) -> None:
    before = sqlite_catalogue(sqlite_database)
    migrate.upgrade(sqlite_database)
    assert sqlite_catalogue(sqlite_database) == before


def test_a_server_on_an_outdated_database_does_not_start(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(Misconfigured, match="proficiency db upgrade"):
        migrate.refuse_outdated(empty)
    empty.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER guard_mark_update",
        "DROP INDEX uq_mark_one_per_kind",
        "ALTER TABLE mark ADD COLUMN more TEXT",
        "UPDATE sqlite_master SET sql = replace(sql, 'pos >= 1', '1 >= pos') WHERE name = 'mark'",
    ],
)
def test_the_comparison_sees_what_a_careless_migration_loses(
    sqlite_database: Database, statement: str
) -> None:
    before = sqlite_catalogue(sqlite_database)
    with sqlite_database.writer.begin() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema=ON")
        connection.exec_driver_sql(statement)
    assert sqlite_catalogue(sqlite_database) != before
