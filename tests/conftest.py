"""Fixtures that every room uses: a fresh database per test, on both kinds, and a web client."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings

from proficiency import features
from proficiency.app import create_app
from proficiency.core import migrate
from proficiency.core.config import Config
from proficiency.core.db import Database
from proficiency.scenarios import markdown, parser
from tests import postgres, view_models

hypothesis_settings.register_profile("suite", deadline=None, max_examples=60)
hypothesis_settings.load_profile("suite")
features.load_models()
_counter = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def _render_once() -> Iterator[None]:
    """Render each text of a case once in a run: tests publish the same few cases all the time.

    The same words always give the same HTML, so nothing else changes by it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markdown, "blocks_to_html", lru_cache(4096)(markdown.blocks_to_html))
        patch.setattr(parser, "render_line", lru_cache(8192)(parser.render_line))
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with the newest schema."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    with database.writer.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[str]:
    """A running PostgreSQL whose template database has the newest schema."""
    with postgres.server() as folder:
        with psycopg.connect(
            postgres.url(folder, "postgres", "postgres"), autocommit=True
        ) as admin:
            admin.execute(f"CREATE ROLE {postgres.OWNER} LOGIN")
            admin.execute(f"CREATE ROLE {postgres.APP} LOGIN")
            admin.execute(f"CREATE DATABASE template_proficiency OWNER {postgres.OWNER}")
        owner = Database(postgres.url(folder, postgres.OWNER, "template_proficiency"))
        migrate.upgrade(owner)
        migrate.grant(owner, postgres.APP)
        owner.close()
        yield folder


@pytest.fixture
def sqlite_database(sqlite_template: Path) -> Iterator[Database]:
    """A fresh SQLite database, in memory where there is room: each commit waits for its disk."""
    with tempfile.TemporaryDirectory(prefix="sqlite-", dir=postgres.place_of_forgetting()) as place:
        path = Path(place) / "test.db"
        shutil.copy(sqlite_template, path)
        database = Database(f"sqlite:///{path}")
        yield database
        database.close()


@pytest.fixture
def postgres_database(postgres_folder: str) -> Iterator[Database]:
    """A fresh PostgreSQL database, used as the application's role, which owns nothing."""
    name = f"test_{os.getpid()}_{next(_counter)}"
    with psycopg.connect(
        postgres.url(postgres_folder, "postgres", "postgres"), autocommit=True
    ) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template_proficiency")
        database = Database(postgres.url(postgres_folder, postgres.APP, name), may_forget=True)
        yield database
        database.close()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """The same test on both databases."""
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    found: Database = request.getfixturevalue(name)
    return found


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Settings of an installation under test."""
    return Config(
        instance=tmp_path,
        database_url="",
        secret_key="a secret for tests only, long enough to pass",
        testing=True,
    )


@pytest.fixture
def app(config: Config, sqlite_database: Database) -> Iterator[Flask]:
    """The application on a fresh SQLite database, with forged-request protection off.

    Templates get view models, not rows: a test in which one gets a row fails at its end.
    """
    app = create_app(config, sqlite_database)
    app.config["WTF_CSRF_ENABLED"] = False
    with view_models.watch(app) as rows:
        yield app
    assert sorted(set(rows)) == []


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a window."""
    return app.test_client()
