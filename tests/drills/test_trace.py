"""The judge of a trace: it accepts what was flushed first and finds everything else."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.drills import traced
from tests.drills.places import BOTH
from tests.drills.trace import Trace, read_calls

MARK = "drill 0123456789 000001"
REQUEST = f'7 1.0 recvfrom(9<socket:[77]>, "POST /attempt/a/save ... {MARK}", 8192, 0) = 900'
REPLY = '7 1.9 sendto(9<socket:[77]>, "HTTP/1.1 200 OK\\r\\n", 300, 0) = 300'
WRITE = f'8 1.2 pwrite64(5</d/x.db-wal>, "...{MARK}...", 4096, 32) = 4096'
FLUSH = "8 1.4 fdatasync(5</d/x.db-wal>) = 0"


def fault_of(*lines: str) -> str:
    return Trace(lines).judge(MARK).fault


def test_a_reply_after_its_flush_is_good() -> None:
    assert fault_of(REQUEST, WRITE, FLUSH, REPLY) == ""


def test_the_write_ahead_log_of_postgresql_counts_too() -> None:
    log = "/data/pg_wal/000000010000000000000001"
    assert (
        fault_of(
            REQUEST, WRITE.replace("/d/x.db-wal", log), FLUSH.replace("/d/x.db-wal", log), REPLY
        )
        == ""
    )


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ((REQUEST, WRITE, REPLY, FLUSH), "before its flush"),
        ((REQUEST, WRITE, REPLY), "before its flush"),
        ((REQUEST, FLUSH, WRITE, REPLY), "before its flush"),
        ((REQUEST, REPLY, WRITE, FLUSH), "before it was written"),
        ((REQUEST, WRITE, FLUSH.replace("x.db-wal", "y.db-wal"), REPLY), "before its flush"),
        ((REQUEST, WRITE, FLUSH.replace("= 0", "= -1 EIO (Input/output error)"), REPLY), "flush"),
        ((REQUEST, WRITE, FLUSH.replace("x.db-wal", "x.db"), REPLY), "before its flush"),
        ((REQUEST, FLUSH, REPLY), "write to the log is not in the trace"),
        ((WRITE, FLUSH, REPLY), "request is not in the trace"),
        ((REQUEST, WRITE, FLUSH), "reply is not in the trace"),
        ((REQUEST, WRITE, FLUSH, REPLY.replace("[77]", "[78]")), "reply is not in the trace"),
        ((REQUEST, WRITE, FLUSH, REPLY.replace("200 OK", "503 No")), "not acknowledged"),
    ],
)
def test_everything_else_is_found(lines: tuple[str, ...], fault: str) -> None:
    assert fault in fault_of(*lines)


def test_calls_that_overlap_are_judged_by_when_they_began_and_ended() -> None:
    begun = FLUSH.replace(") = 0", " <unfinished ...>")
    ended = "8 1.95 <... fdatasync resumed>) = 0"
    assert "before its flush" in fault_of(REQUEST, WRITE, begun, REPLY, ended)
    assert fault_of(REQUEST, WRITE, begun, ended, REPLY) == ""
    writing = WRITE.split(", 4096")[0] + " <unfinished ...>"
    written = "8 1.5 <... pwrite64 resumed>, 4096, 32) = 4096"
    assert "before its flush" in fault_of(
        REQUEST, writing, FLUSH.replace("8 ", "9 "), written, REPLY
    )


def test_lines_that_are_no_calls_are_passed_over() -> None:
    lines = ["8 1.0 +++ exited with 0 +++", "nonsense", "8 1.1 <... fdatasync resumed>) = 0", FLUSH]
    assert [call.name for call in read_calls(lines)] == ["fdatasync"]


@pytest.mark.journey
@pytest.mark.skipif(traced.why_not() is not None, reason=str(traced.why_not()))
def test_a_process_that_begins_while_the_tracer_attaches_is_watched_too(tmp_path: Path) -> None:
    with sleeping() as first, sleeping() as late:
        seen = iter([[first]])
        with traced.watching(lambda: next(seen, [first, late]), tmp_path / "trace"):
            assert tracer_of(late) == tracer_of(first) != "0"


@contextmanager
def sleeping() -> Iterator[int]:
    process = subprocess.Popen(["sleep", "60"])
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def tracer_of(pid: int) -> str:
    status = Path(f"/proc/{pid}/status").read_text()
    return status.split("TracerPid:")[1].split()[0]


@pytest.mark.journey
@pytest.mark.skipif(traced.why_not() is not None, reason=str(traced.why_not()))
@pytest.mark.parametrize("name", ["SQLite", "PostgreSQL"])
def test_each_acknowledgement_leaves_after_its_flush(name: str) -> None:
    found = traced.drill(BOTH[name], saves=12, writers=3)
    assert found.problems == []
    assert found.acknowledged == 12


@pytest.mark.journey
@pytest.mark.skipif(traced.why_not() is not None, reason=str(traced.why_not()))
def test_a_server_that_waits_for_no_disk_is_found_out() -> None:
    found = traced.drill(BOTH["SQLite"], saves=12, writers=3, careless=True)
    assert found.problems == []
    assert "12 acknowledged before their flush" in found.notes
