"""Where it is measured: a database of each kind with every flush to the disk on."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from proficiency.core import migrate
from proficiency.core.db import Database
from tests import postgres
from tests.bench.scene import Candidate, build
from tests.bench.servers import parent_of


@dataclass(frozen=True)
class Place:
    """A database with the scene in it, a copy of it for the floor, and PostgreSQL's first process.

    `folder` is for the files of the installation.
    """

    name: str
    folder: Path
    database: Database
    floor_url: str
    candidates: list[Candidate]
    postmaster: int | None


@contextmanager
def sqlite(now: datetime) -> Iterator[Place]:
    """A SQLite file in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        path, floor = folder / "bench.db", folder / "floor.db"
        database = Database(f"sqlite:///{path}")
        migrate.upgrade(database)
        candidates = build(database, folder, now)
        database.close()  # the last connection writes the log back into the file
        shutil.copy(path, floor)
        yield Place("sqlite", folder, database, f"sqlite:///{floor}", candidates, None)
        database.close()


@contextmanager
def postgresql(now: datetime) -> Iterator[Place]:
    """A PostgreSQL server of our own; the application's role owns nothing, as in production."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        postgres.server(durable=True) as server,
        psycopg.connect(postgres.url(server, "postgres", "postgres"), autocommit=True) as admin,
    ):
        admin.execute(f"CREATE ROLE {postgres.OWNER} LOGIN")
        admin.execute(f"CREATE ROLE {postgres.APP} LOGIN")
        admin.execute(f"CREATE DATABASE bench OWNER {postgres.OWNER}")
        owner = Database(postgres.url(server, postgres.OWNER, "bench"))
        migrate.upgrade(owner)
        migrate.grant(owner, postgres.APP)
        owner.close()
        database = Database(postgres.url(server, postgres.APP, "bench"))
        candidates = build(database, Path(name), now)
        database.close()
        admin.execute("CREATE DATABASE floor TEMPLATE bench")
        floor_url = postgres.url(server, postgres.APP, "floor")
        postmaster = parent_of(admin.info.backend_pid)
        yield Place("postgresql", Path(name), database, floor_url, candidates, postmaster)
        database.close()
