"""Migrations: Alembic run from the program; and what must hold before the server starts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import command, op
from alembic.config import Config as AlembicConfig
from alembic.operations import BatchOperations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from proficiency.core import guards
from proficiency.core.config import ROOT
from proficiency.core.db import Database, Kind
from proficiency.core.errors import Misconfigured
from proficiency.core.text import _


def alembic_config() -> AlembicConfig:
    """Return Alembic's settings, independent of the folder that the command runs in."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring `database` to the newest schema, or to that of `revision`, in one transaction.

    Raises `RuntimeError`, and changes nothing, if a row would name one that is not there.
    """
    config = alembic_config()
    with database.exclusive(), database.writer.connect() as connection:
        config.attributes["connection"] = connection
        with _free_to_copy_tables(connection), connection.begin():
            command.upgrade(config, revision)
            _refuse_dangling(connection)


@contextmanager
def _free_to_copy_tables(connection: sa.Connection) -> Iterator[None]:
    """Let SQLite drop a table that others name, to put its copy there; all keys are checked after.

    It heeds this switch outside a transaction only.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF").close()
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON").close()


def _refuse_dangling(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if dangling is not None:
            raise RuntimeError(f"after the migration a row of {dangling[0]} names none that exists")


@contextmanager
def altering(table: str, kind: Kind) -> Iterator[BatchOperations]:
    """Within a migration: change a table and put its guards back.

    SQLite can do most changes only by copying the table and dropping the old one, and drops its
    triggers with it; it copies nothing to add a column. `kind` is the table's at that revision.
    """
    with op.batch_alter_table(table) as batch:
        yield batch
    if op.get_bind().dialect.name == "sqlite":
        for statement in guards.guard_statements(table, kind, "sqlite"):
            op.execute(f"DROP TRIGGER IF EXISTS {statement.split()[2]}")
            op.execute(statement)


def grant(database: Database, role: str) -> None:
    """Give `role` what the application needs and no more (PostgreSQL only)."""
    with database.writer.begin() as connection:
        for statement in guards.grant_statements(role):
            connection.exec_driver_sql(statement)


def refuse_outdated(database: Database) -> None:
    """Raise `Misconfigured` unless `database` has the newest schema and we own no table in it."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    with database.reader.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current != head:
            raise Misconfigured(_("The database is not up to date. Run: proficiency db upgrade"))
        if connection.dialect.name == "postgresql" and _owns_a_table(connection):
            raise Misconfigured(
                _(
                    "The application's database role owns tables and could lift its guards. "
                    "Let another role own them and run: proficiency db grant ROLE"
                )
            )


def _owns_a_table(connection: sa.Connection) -> bool:
    owned = connection.scalar(
        sa.text(
            "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() "
            "AND pg_has_role(current_user, tableowner, 'USAGE')"
        )
    )
    return bool(owned)
