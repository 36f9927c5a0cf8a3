"""Watches server and database through `strace` while people save, and judges the trace.

A kill does not test a power cut: what was written and not flushed survives the death of a process.
So it is looked at whether each acknowledgement left after the flush of its own transaction.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from proficiency.serve import Server
from tests.drills.load import Load, under_load, words_of
from tests.drills.outcome import Outcome
from tests.drills.places import Installation, Where
from tests.drills.trace import Trace

NAME = "each acknowledgement after its flush (strace)"
CONTROL = "the same where nothing waits for the disk: the trace must show it"
CALLS = "recvfrom,recvmsg,read,sendto,sendmsg,write,writev,pwrite64,pwritev,fdatasync,fsync"
WHOLE = 1 << 18
"""Bytes of each call that the trace keeps: a commit of a whole group is written at once."""

ATTEMPTS = 10
MARKER_LENGTH = len(words_of("x" * 20, 0).split(".")[0])


def why_not() -> str | None:
    """Return why nothing can be traced here, or None when it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(
        ["strace", "-o", os.devnull, "-e", "trace=fdatasync", "true"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    return None if tried.returncode == 0 else f"no process may be traced here: {tried.stderr[:200]}"


@contextmanager
def watching(find: Callable[[], Iterable[int]], file: Path) -> Iterator[None]:
    """Trace the processes that `find` returns, with threads and children, until the block ends.

    One that began while the tracer came to its parent is watched by nobody, and what it flushes is
    in no trace: then all are attached to anew. Raises `RuntimeError` when that does not help.
    """
    for _try in range(ATTEMPTS):
        with _attached(list(find()), file):
            if all(_is_traced(pid) for pid in find()):
                yield
                return
    raise RuntimeError("processes begin faster than strace can attach to them")


@contextmanager
def _attached(pids: Sequence[int], file: Path) -> Iterator[None]:
    attached = [part for pid in pids for part in ("-p", str(pid))]
    command = ["strace", "-f", "-ttt", "-y", "-s", str(WHOLE), "-e", f"trace={CALLS}"]
    tracer = subprocess.Popen(
        [*command, "-e", "signal=none", "-o", str(file), *attached],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_traced(pids, tracer)
        yield
    finally:
        tracer.terminate()
        tracer.wait(30)


def _wait_traced(pids: Sequence[int], tracer: subprocess.Popen[bytes]) -> None:
    """Wait until every thread of every process has its tracer."""
    until = time.monotonic() + 20
    while not all(_is_traced(pid) for pid in pids):
        if tracer.poll() is not None or time.monotonic() > until:
            raise RuntimeError("strace could not attach to the processes")
        time.sleep(0.05)


def _is_traced(pid: int) -> bool:
    """Also of a process that is gone: it sends nothing any more."""
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        try:
            if "TracerPid:\t0\n" in status.read_text():
                return False
        except OSError:
            continue
    return True


@dataclass
class Careless(Installation):
    """A server that is started past the product's own checks, where nothing waits for the disk."""

    environment: dict[str, str] = field(
        default_factory=lambda: {"PGOPTIONS": "-c synchronous_commit=off"}
    )

    def command(self) -> list[str]:
        """The same web server, loading what spares the disk."""
        command = Server("127.0.0.1", self.port).command()
        return [
            "tests.drills.careless:from_environment()" if "from_environment" in part else part
            for part in command
        ]


def drill(where: Where, saves: int, writers: int = 8, *, careless: bool = False) -> Outcome:
    """Trace `saves` messages and judge each; a careless server must be found out."""
    name = CONTROL if careless else NAME
    reason = why_not()
    if reason is not None:
        return Outcome(name, where.__name__, 0, None, (), f"not done: {reason}")
    with where(None) as place:
        if careless:
            place = Careless(place.name, place.database, place.folder, place.cluster)
        trace, load = _trace(place, saves, writers)
        place.stop()
    found = [trace.judge(marker) for marker in _markers(load, saves)]
    faults = [f"{each.marker}: {each.fault}" for each in found if each.fault]
    problems = faults
    if careless:
        problems = [] if faults else ["a server that waits for no disk was not found out"]
    notes = (
        f"{len(found)} messages judged, {len(faults)} acknowledged before their flush; "
        f"{trace.flushes} flushes of the log seen"
    )
    return Outcome(name, place.name, 1, len(found), problems, notes)


def _trace(place: Installation, saves: int, writers: int) -> tuple[Trace, Load]:
    place.start()
    file = place.folder / "trace"
    with under_load(place, writers, pause=0.02) as load:
        load.wait_for_more(2)
        with watching(lambda: _watched(place), file):
            _skip_what_is_on_its_way(load)
            load.wait_for_more(-(-saves // writers), 300)
    with file.open(encoding="utf-8", errors="replace") as lines:
        return Trace(lines), load


def _watched(place: Installation) -> list[int]:
    return [each.pid for each in (*place.workers(), *place.database_processes())]


def _skip_what_is_on_its_way(load: Load) -> None:
    """Of messages that were sent before the tracer was there, half may be missing."""
    load.wait_for_more(2)
    for writer in load.writers:
        writer.first_traced = len(writer.told)


def _markers(load: Load, saves: int) -> list[str]:
    """The words by which each message that was acknowledged under the tracer's eyes is known."""
    each = -(-saves // len(load.writers))
    return [
        words_of(writer.facts.attempt, told.seq)[:MARKER_LENGTH]
        for writer in load.writers
        for told in writer.told[writer.first_traced : writer.first_traced + each]
    ]
