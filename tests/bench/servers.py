"""The servers that are measured, and the processor time that processes have used (from /proc)."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from proficiency.core.config import ROOT
from proficiency.serve import Server

PRODUCT = "proficiency.app:from_environment()"
FLOOR = "tests.bench.floor:from_environment()"
TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60.0


def _stat(pid: int | str) -> list[str] | None:
    """The fields of a process from its state on; None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def parent_of(pid: int) -> int:
    """Return the process that started `pid`. Raises `ProcessLookupError`."""
    fields = _stat(pid)
    if fields is None:
        raise ProcessLookupError(pid)
    return int(fields[1])


def _children(pid: int) -> list[int]:
    others = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [other for other in others if (fields := _stat(other)) and int(fields[1]) == pid]


def processor_seconds(pid: int, *, with_itself: bool) -> float:
    """Return user and system seconds of the children of `pid`, those that have ended included.

    With `with_itself` its own are counted too.
    """
    own = _stat(pid) or ["0"] * 15
    ticks = sum(map(int, own[13:15])) + (sum(map(int, own[11:13])) if with_itself else 0)
    for child in _children(pid):
        fields = _stat(child)
        ticks += sum(map(int, fields[11:13])) if fields else 0
    return ticks / TICKS


@dataclass(frozen=True)
class Running:
    """A server that answers on `port`; `pid` is the parent of its workers."""

    port: int
    pid: int

    def seconds(self) -> float:
        """The processor seconds that its workers have used."""
        return processor_seconds(self.pid, with_itself=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listeners(port: int) -> int:
    """How many sockets listen on `port` of this machine: with --reuse-port one per worker."""
    wanted = f"0100007F:{port:04X}"
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    return sum(line.split()[1] == wanted and line.split()[3] == "0A" for line in lines)


def _wait(process: subprocess.Popen[bytes], server: Server) -> None:
    until = time.monotonic() + START_SECONDS
    while _listeners(server.port) < server.workers:
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("the server did not start; what it said is above")
        time.sleep(0.1)


@contextmanager
def running(application: str, environment: Mapping[str, str]) -> Iterator[Running]:
    """Run `application` exactly as the product runs itself, until the block ends."""
    server = Server("127.0.0.1", _free_port())
    command = [application if part == PRODUCT else part for part in server.command()]
    addressed = {"PROFICIENCY_ADDRESS": f"http://127.0.0.1:{server.port}"}
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment, **addressed}, start_new_session=True
    )
    try:
        _wait(process, server)
        yield Running(server.port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
