"""Reads a trace of system calls: was each acknowledgement sent after its flush? Pure.

For one message, known by words that are in no other: the request with them is received on a
connection; a write to the write-ahead log carries them; a flush of that file begins after that
write has ended, and ends; only then may the first bytes of the reply go out on that connection.
The order of lines is the order in which one tracer saw the calls of all processes begin and end.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_LINE = re.compile(r"^(?P<pid>\d+)\s+\d+\.\d+ (?P<rest>.*)$")
_BEGUN = re.compile(r"^(?P<name>\w+)\((?:\d+<(?P<file>(?:[^<>]|->)*)>)?(?P<rest>.*)$", re.DOTALL)
_RESUMED = re.compile(r"^<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)$", re.DOTALL)
_UNFINISHED = " <unfinished ...>"

RECEIVES = frozenset({"recvfrom", "read", "recvmsg"})
SENDS = frozenset({"sendto", "write", "sendmsg", "send"})
WRITES = frozenset({"pwrite64", "write", "pwritev", "writev"})
FLUSHES = frozenset({"fdatasync", "fsync"})


@dataclass(frozen=True)
class Call:
    """One system call: who made it, on what file, with what, and between which lines it ran."""

    pid: int
    name: str
    file: str
    words: str
    begun: int
    ended: int

    @property
    def has_failed(self) -> bool:
        return re.search(r"\) = -1 E\w+", self.words) is not None


def read_calls(lines: Iterable[str]) -> Iterator[Call]:
    """Yield the calls of a trace made with `-f -ttt -y`, in the order in which they ended."""
    waiting: dict[int, tuple[str, str, str, int]] = {}
    for number, line in enumerate(lines):
        found = _LINE.match(line.rstrip("\n"))
        if found is None:
            continue
        pid, rest = int(found["pid"]), found["rest"]
        resumed = _RESUMED.match(rest)
        if resumed is not None and pid in waiting:
            name, file, words, begun = waiting.pop(pid)
            yield Call(pid, name, file, words + resumed["rest"], begun, number)
            continue
        call = _BEGUN.match(rest)
        if call is None:
            continue
        file = call["file"] or ""
        if rest.endswith(_UNFINISHED):
            words = call["rest"].removesuffix(_UNFINISHED)
            waiting[pid] = (call["name"], file, words, number)
        else:
            yield Call(pid, call["name"], file, call["rest"], number, number)


def is_log(file: str) -> bool:
    """Whether this file is the write-ahead log of either database."""
    return file.endswith("-wal") or "/pg_wal/" in file


def is_connection(file: str) -> bool:
    """Whether this is a connection, as the tracer names one."""
    return file.startswith(("socket:", "TCP:", "UNIX:"))


@dataclass(frozen=True)
class Finding:
    """What the trace says of one message. `fault` is empty when its flush came first."""

    marker: str
    fault: str = ""


class Trace:
    """A trace, made ready to be asked for many messages."""

    def __init__(self, lines: Iterable[str]) -> None:
        calls = [call for call in read_calls(lines) if not call.has_failed]
        self._received = [c for c in calls if c.name in RECEIVES and is_connection(c.file)]
        self._sent = [c for c in calls if c.name in SENDS and is_connection(c.file)]
        self._written = [c for c in calls if c.name in WRITES and is_log(c.file)]
        self._flushed = [c for c in calls if c.name in FLUSHES and is_log(c.file)]

    @property
    def flushes(self) -> int:
        """How many flushes of a write-ahead log were seen."""
        return len(self._flushed)

    def judge(self, marker: str) -> Finding:
        """Return whether the message with these words was on the disk before it was acknowledged.

        A message of which the trace lacks a part is a fault too: nothing is proved of it.
        """
        request = next(
            (c for c in self._received if marker in c.words and "POST " in c.words), None
        )
        if request is None:
            return Finding(marker, "its request is not in the trace")
        reply = next(
            (
                c
                for c in self._sent
                if c.file == request.file and c.begun > request.ended and "HTTP/1.1 " in c.words
            ),
            None,
        )
        if reply is None:
            return Finding(marker, "its reply is not in the trace")
        if "HTTP/1.1 200" not in reply.words:
            return Finding(marker, "it was not acknowledged")
        written = next((c for c in self._written if marker in c.words), None)
        if written is None:
            return Finding(marker, "its write to the log is not in the trace")
        if written.ended > reply.begun:
            return Finding(marker, "it was acknowledged before it was written to the log")
        flushed = any(
            c.file == written.file and c.begun > written.ended and c.ended < reply.begun
            for c in self._flushed
        )
        return Finding(marker, "" if flushed else "it was acknowledged before its flush had ended")
