"""A database in which people worked is upgraded: nothing is lost, neither a row nor a rule.

What the real operations wrote is put into a database of each earlier revision, as far as that had
places for it, and upgraded from there. So every migration meets filled tables, those of tomorrow
too. A row that lost a value on the way down can't verify, so such a value ends the comparison.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from proficiency import features
from proficiency.core import migrate
from proficiency.core.chain import evidence_models
from proficiency.core.checkpoint import load_or_make_key, take_checkpoint
from proficiency.core.config import ROOT
from proficiency.core.db import Base, Database, Kind, kind_of
from proficiency.core.verify import verify_all
from tests import postgres
from tests.authoring import factory as authoring
from tests.clock import NOW
from tests.system.test_schema import build_from_models, postgres_catalogue, sqlite_catalogue
from tests.system.test_whole_cycle import live_through

SCRIPTS = ScriptDirectory.from_config(migrate.alembic_config())
EARLIER = sorted(script.revision for script in SCRIPTS.walk_revisions())[:-1]

LATER = """
from alembic import op
from proficiency.core import migrate
from proficiency.core.db import Kind

revision, down_revision, branch_labels, depends_on = "later", "{head}", None, None


def upgrade():
    {body}
"""

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def lived_in(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database in which an exam was lived through and a case went through its whole life."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copy(sqlite_template, folder / "filled.db")
    with closing(Database(f"sqlite:///{folder}/filled.db")) as database:
        live_through(database)
        authoring.live_version(database)
        take_checkpoint(database, NOW + timedelta(days=7), load_or_make_key(folder / "key"), None)
        yield database


@pytest.fixture
def empty_postgres(postgres_folder: str) -> Iterator[Database]:
    """A PostgreSQL database without a table, in the hands of the role that will own them."""
    with psycopg.connect(
        postgres.url(postgres_folder, "postgres", "postgres"), autocommit=True
    ) as admin:
        admin.execute(f"CREATE DATABASE upgraded OWNER {postgres.OWNER}")
        with closing(Database(postgres.url(postgres_folder, postgres.OWNER, "upgraded"))) as empty:
            yield empty
        admin.execute("DROP DATABASE upgraded WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The same test on both databases, from nothing."""
    if request.param == "postgresql":
        yield request.getfixturevalue("empty_postgres")
    else:
        with closing(Database(f"sqlite:///{tmp_path}/upgraded.db")) as database:
            yield database


def places(database: Database) -> list[sa.TableClause]:
    """The tables of the models as far as `database` has them, and their columns."""
    inspector = sa.inspect(database.reader)
    found = []
    for table in Base.metadata.sorted_tables:
        if inspector.has_table(table.name):
            there = {column["name"] for column in inspector.get_columns(table.name)}
            columns = [sa.column(c.name, c.type) for c in table.columns if c.name in there]
            found.append(sa.table(table.name, *columns))
    return found


def contents(database: Database, tables: list[sa.TableClause]) -> Rows:
    """Every row of `tables`, in the order in which a row may name only those before it."""
    found: Rows = {}
    with database.reader.connect() as connection:
        for table in tables:
            order = [table.c.pos] if "pos" in table.c else list(table.c)
            rows = connection.execute(sa.select(table).order_by(*order)).mappings()
            found[table.name] = [dict(row) for row in rows]
    return found


def fill(database: Database, rows: Rows) -> None:
    """Put `rows` into `database`, which may be of an earlier revision."""
    with database.writer.begin() as connection:
        for table in places(database):
            if rows[table.name]:
                connection.execute(sa.insert(table), rows[table.name])


def has_lost_evidence(source: Database, tables: list[sa.TableClause]) -> bool:
    """Whether `tables` of an earlier revision lack what evidence has filled or named since.

    That is a column of evidence, or a table of the files that published cases name.
    """
    there = {table.name: set(table.c.keys()) for table in tables}
    with source.reader.connect() as connection:
        return any(
            connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in Base.metadata.sorted_tables
            if kind_of(table) is Kind.CONTENT and table.name not in there
        ) or any(
            connection.scalar(sa.select(sa.func.count(column)))
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if kind_of(table) is Kind.EVIDENCE
            and table.name in there
            and column.name not in there[table.name]
        )


def of_its_time(rows: Rows) -> Rows:
    """Leave checkpoints out where some of the chains that they name have no table yet."""
    chains = {model.__tablename__ for model in evidence_models()}
    return rows if chains <= rows.keys() else rows | {"checkpoint": []}


def lost_rules(database: Database, models: Database) -> set[tuple[Any, ...]]:
    """What the catalogue of `database` and that of the models don't have in common."""
    if database.is_sqlite:
        return {row[:2] for row in sqlite_catalogue(database) ^ sqlite_catalogue(models)}
    with database.reader.connect() as one, models.reader.connect() as other:
        return {row[:3] for row in postgres_catalogue(one) ^ postgres_catalogue(other)}


@pytest.fixture
def models(empty: Database, tmp_path: Path, postgres_folder: str) -> Iterator[Database]:
    """A database of the same kind as `empty`, made from the models without any migration."""
    if empty.is_sqlite:
        with closing(Database(f"sqlite:///{tmp_path}/models.db")) as made:
            build_from_models(made)
            yield made
        return
    with psycopg.connect(
        postgres.url(postgres_folder, "postgres", "postgres"), autocommit=True
    ) as admin:
        admin.execute(f"CREATE DATABASE modelled OWNER {postgres.OWNER}")
        with closing(Database(postgres.url(postgres_folder, postgres.OWNER, "modelled"))) as made:
            build_from_models(made)
            yield made
        admin.execute("DROP DATABASE modelled WITH (FORCE)")


@pytest.mark.parametrize("revision", EARLIER)
def test_a_filled_database_keeps_every_row_and_every_rule(
    lived_in: Database, empty: Database, models: Database, revision: str
) -> None:
    migrate.upgrade(empty, revision)
    tables = places(empty)
    fill(empty, of_its_time(contents(lived_in, tables)))
    before = contents(empty, tables)
    migrate.upgrade(empty)
    assert lost_rules(empty, models) == set()
    assert contents(empty, tables) == before
    if not has_lost_evidence(lived_in, tables):
        assert verify_all(empty, features.room_checks()).problems == []


# A migration that SQLite can only do by copying a table, which drops the table's guards


def change_and_back(how: str) -> str:
    """Two changes of a table, each of which SQLite does by copying it."""
    return f"""
    with {how} as table:
        table.create_check_constraint(op.f("ck_later"), "1 = 1")
    with {how} as table:
        table.drop_constraint(op.f("ck_later"), type_="check")
"""


def add_revision(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str) -> None:
    """Let there be one more migration, which does what `body` says."""
    text = LATER.format(head=SCRIPTS.get_current_head(), body=body)
    (folder / "later.py").write_text(text, encoding="utf-8")
    config = migrate.alembic_config()
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{ROOT}/migrations/versions\n{folder}")
    monkeypatch.setattr(migrate, "alembic_config", lambda: config)


def test_the_comparison_sees_the_guards_that_a_copied_table_lost(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = change_and_back('op.batch_alter_table("mark")')
    add_revision(monkeypatch, tmp_path, body)
    with closing(Database(f"sqlite:///{tmp_path}/models.db")) as models:
        build_from_models(models)
        assert lost_rules(sqlite_database, models) == set()
        migrate.upgrade(sqlite_database)
        lost = {("trigger", "guard_mark_delete"), ("trigger", "guard_mark_update")}
        assert lost_rules(sqlite_database, models) == lost
    assert len(verify_all(sqlite_database).problems) == 2


@pytest.mark.parametrize(
    ("table", "kind"),
    [("mark", Kind.EVIDENCE), ("attempt_event", Kind.EVIDENCE), ("payload", Kind.PAYLOAD)],
)
def test_a_guarded_table_is_changed_without_losing_a_guard_or_a_row(
    lived_in: Database,
    empty: Database,
    models: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    kind: Kind,
) -> None:
    migrate.upgrade(empty)
    tables = places(empty)
    fill(empty, contents(lived_in, tables))
    before = contents(empty, tables)
    body = change_and_back(f'migrate.altering("{table}", Kind.{kind.name})')
    add_revision(monkeypatch, tmp_path, body)
    migrate.upgrade(empty)
    assert lost_rules(empty, models) == set()
    assert contents(empty, tables) == before
    assert verify_all(empty, features.room_checks()).problems == []


def test_a_migration_that_loses_what_others_name_changes_nothing(
    lived_in: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/upgraded.db")) as database:
        migrate.upgrade(database)
        fill(database, contents(lived_in, places(database)))
        add_revision(monkeypatch, tmp_path, 'op.execute("DROP TABLE sitting")')
        with pytest.raises(RuntimeError, match="names none that exists"):
            migrate.upgrade(database)
        assert contents(database, places(database)) == contents(lived_in, places(lived_in))
        with pytest.raises(sa.exc.IntegrityError), database.writer.begin() as connection:
            connection.exec_driver_sql("DELETE FROM sitting")  # keys are heeded again
