"""The server and the worker run side by side; a port in use is refused."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from proficiency import serve
from proficiency.core.errors import Misconfigured

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture(autouse=True)
def own_signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(serve, "RESTART_SECONDS", 0.0)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", f"import os, time\n{code}"]


def until_size(path: Path, size: int) -> list[str]:
    """A server that ends when the file at `path` has grown to `size` bytes."""
    grown = f"os.path.exists({str(path)!r}) and os.path.getsize({str(path)!r}) >= {size}"
    return python(f"while not ({grown}): time.sleep(0.05)")


def test_a_worker_that_ends_is_started_again_and_the_server_goes_on(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    worker = python(f"open({str(starts)!r}, 'a').write('x')")
    assert serve.supervise(until_size(starts, 3), worker) == 1
    assert starts.stat().st_size >= 3


def test_the_end_of_the_server_ends_the_worker(tmp_path: Path) -> None:
    kept = tmp_path / "worker"
    worker = python(f"open({str(kept)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)")
    assert serve.supervise(until_size(kept, 1), worker) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(int(kept.read_text(encoding="ascii")), 0)


def test_it_stops_when_told_to() -> None:
    forever = python("time.sleep(60)")
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert serve.supervise(forever, forever) == 0


@pytest.mark.parametrize("option", [None, socket.SO_REUSEPORT])
def test_a_port_in_use_is_refused_even_by_servers_that_share(option: int | None) -> None:
    with socket.socket() as taken:
        if option is not None:
            taken.setsockopt(socket.SOL_SOCKET, option, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Misconfigured, match="PORT=8001"):
            serve.refuse_port_in_use("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize(
    ("files", "connections"), [(1024, 768), (100_000, 8000), (-1, 8000), (100, 1), (8256, 8000)]
)
def test_a_process_takes_no_more_connections_than_it_may_open(files: int, connections: int) -> None:
    assert serve.connections_of(files) == connections


def test_the_server_is_told_how_many_connections_it_may_hold() -> None:
    command = serve.Server("127.0.0.1", 1).command()
    assert int(command[command.index("--worker-connections") + 1]) >= 1
