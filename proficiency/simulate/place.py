"""A throw-away installation: a fresh database, and a server as operators start it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from proficiency.accounts.queries import list_accounts
from proficiency.core import migrate
from proficiency.core.chance import new_token
from proficiency.core.config import ROOT
from proficiency.core.db import Database
from proficiency.core.errors import Misconfigured
from proficiency.simulate.processes import parent_of

START_SECONDS = 120.0


@dataclass(frozen=True)
class Place:
    """A running installation: where it is, its database, and its first processes.

    `database_pid` is PostgreSQL's first process when that runs on this machine.
    """

    address: str
    database: Database
    server_pid: int
    database_pid: int | None


def free_port() -> int:
    """Return a port of this machine that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def open_empty(url: str) -> Database:
    """Return an empty database at `url`, upgraded.

    A SQLite file is made. PostgreSQL's must have been upgraded by its owner and be given here as
    the application's role. Raises `Misconfigured` when anybody has an account in it.
    """
    database = Database(url)
    if database.is_sqlite:
        migrate.upgrade(database)
    else:
        migrate.refuse_outdated(database)
    with database.read() as session:
        is_used = bool(list_accounts(session))
    if is_used:
        database.close()
        raise Misconfigured("This database is in use. Give one that is empty.")
    return database


def _environment(folder: Path, url: str, address: str) -> Mapping[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("PROFICIENCY_")
    }
    return kept | {
        "PROFICIENCY_INSTANCE": str(folder),
        "PROFICIENCY_DATABASE_URL": url,
        "PROFICIENCY_SECRET_KEY": new_token(),
        "PROFICIENCY_ADDRESS": address,
    }


@contextmanager
def throw_away(
    folder: Path, database: Database, *, workers: int = 2, threads: int = 8
) -> Iterator[Place]:
    """Run a server on `database` until the block ends; `folder` is for its keys and mail.

    Raises `Misconfigured` when it does not start.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    url = database.url.render_as_string(hide_password=False)
    process = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "proficiency", "serve", "--port", str(port),
         "--workers", str(workers), "--threads", str(threads)],
        cwd=ROOT, env=_environment(folder, url, address), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(process, port)
        yield Place(address, database, process.pid, _postmaster(database))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as probe:
                probe.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
                if probe.recv(12):
                    return
        except OSError:
            time.sleep(0.1)
    raise Misconfigured("The throw-away server did not start; what it said is above.")


def _postmaster(database: Database) -> int | None:
    if database.is_sqlite or database.url.host:
        return None  # another machine's, as far as we know
    with database.read() as session:
        return parent_of(int(session.scalar(sa.text("SELECT pg_backend_pid()")) or 0))
