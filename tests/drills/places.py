"""Installations that may be hurt: a server whose processes can be killed, on either database."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from proficiency.core import migrate
from proficiency.core.config import ROOT
from proficiency.core.db import Database
from proficiency.simulate.place import free_port
from proficiency.simulate.processes import Process, family, workers_of
from tests import postgres
from tests.bench.scene import SECRET
from tests.journeys.server import wait_for

START_SECONDS = 180.0


@dataclass
class Installation:
    """A database and the server on it, which can be started, killed and started again."""

    name: str
    database: Database
    folder: Path
    cluster: str | None = None
    """The folder of PostgreSQL's own server; None for SQLite."""
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The first process of the server. Raises `RuntimeError` when it does not run."""
        if self._process is None:
            raise RuntimeError("the server does not run")
        return self._process.pid

    def command(self) -> list[str]:
        """How operators start it, on this installation's port."""
        return [sys.executable, "-m", "proficiency", "serve", "--port", str(self.port)]

    def start(self) -> None:
        """Start server and worker and wait until pages are answered."""
        url = self.database.url.render_as_string(hide_password=False)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PROFICIENCY_")}
        environment = kept | {
            "PROFICIENCY_DATABASE_URL": url,
            "PROFICIENCY_INSTANCE": str(self.folder),
            "PROFICIENCY_SECRET_KEY": SECRET,
            "PROFICIENCY_ADDRESS": self.address,
            **self.environment,
        }
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), cwd=ROOT, env=environment, start_new_session=True,
                stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip
        try:
            wait_for(self.port, START_SECONDS)
        except TimeoutError as fault:
            said = (self.folder / "server.log").read_text(errors="replace")
            raise RuntimeError(f"{fault}; the server said: {said[-600:]}") from None

    def stop(self) -> None:
        """Tell the server to end, and wait for it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
            self._process = None

    def failed_requests(self) -> list[str]:
        """What each request died of that the program did not expect, as the server's log says."""
        said = (self.folder / "server.log").read_text(errors="replace")
        parts = said.split("a request failed\nTraceback (most recent call last):\n")[1:]
        ends = [re.search(r"^\S.*$", part, re.MULTILINE) for part in parts]
        return [
            f"a request failed: {end[0][:200]}{_where(part[: end.start()])}"
            for part, end in zip(parts, ends, strict=True)
            if end is not None
        ]

    def kill_server(self) -> None:
        """Take every process of the server away at once."""
        for each in self.processes():
            _kill(each.pid)
        if self._process is not None:
            self._process.wait(20)
            self._process = None

    def kill_one_worker(self) -> None:
        """Take one web worker away; its parent starts another."""
        _kill(max(self.workers(), key=lambda each: each.seconds).pid)

    def processes(self) -> list[Process]:
        """Everything that belongs to the server."""
        return family(self.pid)

    def workers(self) -> list[Process]:
        """The processes that answer requests."""
        return workers_of(self.pid)

    def kill_database(self) -> None:
        """Take every process of PostgreSQL away at once, and start it again."""
        if self.cluster is None:
            raise RuntimeError("SQLite has no process of its own")
        for each in self.database_processes():
            _kill(each.pid)
        _wait_gone(self.cluster)
        postgres.start(self.cluster, durable=True)

    def database_processes(self) -> list[Process]:
        """PostgreSQL's first process and everything under it."""
        if self.cluster is None:
            return []
        return family(postgres.first_process(self.cluster))


def _where(traceback: str) -> str:
    """The innermost places of ours in a traceback, the last one first."""
    ours = re.findall(r'File "[^"]*?(proficiency/[^"]+)", line (\d+)', traceback)
    return "".join(f", {file}:{line}" for file, line in reversed(ours[-3:]))


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it went with the one before it


def _wait_gone(cluster: str) -> None:
    """Wait until no process of the killed server holds its memory any more."""
    until = time.monotonic() + 20
    first = postgres.first_process(cluster)
    while family(first):
        if time.monotonic() > until:
            raise TimeoutError("PostgreSQL does not go away")
        time.sleep(0.05)


Where = Callable[[Path | None], AbstractContextManager[Installation]]


@contextmanager
def sqlite(disk: Path | None = None) -> Iterator[Installation]:
    """An installation on a SQLite file; the file lies on `disk` when one is given."""
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        database = Database(f"sqlite:///{disk or folder}/drill.db")
        migrate.upgrade(database)
        installation = Installation("SQLite", database, folder)
        try:
            yield installation
        finally:
            installation.stop()
            database.close()


@contextmanager
def postgresql(disk: Path | None = None) -> Iterator[Installation]:
    """An installation on a PostgreSQL server of its own that flushes every commit."""
    with (
        tempfile.TemporaryDirectory(prefix="drill-") as name,
        postgres.server(durable=True, parent=disk) as cluster,
    ):
        with psycopg.connect(
            postgres.url(cluster, "postgres", "postgres"), autocommit=True
        ) as admin:
            admin.execute(f"CREATE ROLE {postgres.OWNER} LOGIN")
            admin.execute(f"CREATE ROLE {postgres.APP} LOGIN")
            admin.execute(f"CREATE DATABASE drill OWNER {postgres.OWNER}")
        owner = Database(postgres.url(cluster, postgres.OWNER, "drill"))
        migrate.upgrade(owner)
        migrate.grant(owner, postgres.APP)
        owner.close()
        database = Database(postgres.url(cluster, postgres.APP, "drill"))
        installation = Installation("PostgreSQL", database, Path(name), cluster)
        try:
            yield installation
        finally:
            installation.stop()
            database.close()


BOTH: dict[str, Where] = {"SQLite": sqlite, "PostgreSQL": postgresql}
