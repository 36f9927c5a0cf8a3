"""Starts an installation: a real WSGI server and the background worker, supervised together.

In the demonstration it also prepares everything that a newcomer needs. A port in use is refused,
because servers that share a port would otherwise answer in turns without anybody noticing.
"""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType

from proficiency.accounts.queries import refuse_demo_accounts
from proficiency.core import durability, migrate
from proficiency.core.config import Config
from proficiency.core.db import SAFE_SQLITE, Database, sqlite_version
from proficiency.core.errors import Misconfigured
from proficiency.core.text import _

GRACE_SECONDS = 8
RESTART_SECONDS = 1.0

MOST_CONNECTIONS = 8000
"""Kept-alive connections of one process: each candidate's browser holds one to six."""

MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_ARENA_MAX": "2"}
"""How the C library keeps memory. Left to itself, after the first password it has checked it takes
the 19 MiB of each next one from its heaps, one for each thread, and gives them back to nobody: a
process then stays at 250 MiB instead of 130. Where there is another C library, this says nothing.
"""

SPARE_FILES = 256
"""Files that a process needs beside its connections: databases, logs, its own code."""


@dataclass(frozen=True)
class Server:
    """How the WSGI server runs: processes, threads of each, and where it listens."""

    host: str
    port: int
    workers: int = 2
    threads: int = 8

    def command(self) -> list[str]:
        """Return the command line of the WSGI server."""
        connections = connections_of(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        return [
            sys.executable, "-m", "gunicorn", "proficiency.app:from_environment()",
            "--bind", f"{self.host}:{self.port}", "--reuse-port",
            "--worker-class", "gthread", "--workers", str(self.workers),
            "--threads", str(self.threads), "--keep-alive", "20",
            "--worker-connections", str(connections),
            "--graceful-timeout", "5", "--log-level", "warning",
        ]  # fmt: skip


def connections_of(files: int) -> int:
    """Return how many connections a process may hold that may have `files` files open.

    One more than that would end the process. `files` below zero is no limit.
    """
    if files < 0:
        return MOST_CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, files - SPARE_FILES))


def allow_many_files() -> None:
    """Let this process and those that it starts open as many files as the system allows it."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def refuse_port_in_use(host: str, port: int) -> None:
    """Raise `Misconfigured` when something already listens on `host:port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = _("Port {port} is in use. Choose another: make run PORT=8001")
            raise Misconfigured(message.format(port=port)) from error


def check_before_start(config: Config, database: Database) -> None:
    """Raise `Misconfigured` unless this installation may serve people."""
    migrate.refuse_outdated(database)
    durability.refuse_to_serve(database)
    if database.is_sqlite and sqlite_version() < SAFE_SQLITE:
        wanted = ".".join(map(str, SAFE_SQLITE))
        print(_("Warning: this SQLite is older than {v}.").format(v=wanted), file=sys.stderr)
    if not config.demo:
        with database.read() as session:
            refuse_demo_accounts(session)


def supervise(server: Sequence[str], worker: Sequence[str]) -> int:
    """Run both until told to stop or until the server ends; returns the exit status.

    A worker that ends is started again: an exam goes on without it, and it records only what was
    already true, but nobody should have to notice its absence.
    """
    serving, working = _start(server), _start(worker)
    stopping: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    while not stopping and serving.poll() is None:
        if working.poll() is not None:
            print(_("The background worker ended and is started again."), file=sys.stderr)
            time.sleep(RESTART_SECONDS)
            working = _start(worker)
        time.sleep(0.2)
    for process in (serving, working):
        process.terminate()
    for process in (serving, working):
        _wait_or_kill(process)
    return 0 if stopping else 1


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(list(command))  # noqa: S603 - our own


def _wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run(config: Config, server: Server) -> int:
    """Serve `config` until stopped; returns the exit status."""
    allow_many_files()
    for name, value in MEMORY.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PROFICIENCY_ADDRESS", f"http://{server.host}:{server.port}")
    return supervise(server.command(), [sys.executable, "-m", "proficiency", "work"])
