"""Migrations: Alembic run from the program; and what must hold before the server starts."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from proficiency.core import guards
from proficiency.core.config import ROOT
from proficiency.core.db import Database
from proficiency.core.errors import Misconfigured
from proficiency.core.text import _


def alembic_config() -> AlembicConfig:
    """Return Alembic's settings, independent of the folder that the command runs in."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def upgrade(database: Database) -> None:
    """Bring `database` to the newest schema, in one transaction."""
    with database.exclusive(), database.writer.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


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
