"""Processor time and memory of processes on this machine, from /proc; nothing elsewhere."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """One process: what it is called, its parent, seconds used (ended children too), memory."""

    pid: int
    parent: int
    command: str
    seconds: float
    memory: int
    """Resident bytes."""


def _read(pid: int) -> Process | None:
    folder = PROC / str(pid)
    try:
        stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    ticks = sum(map(int, fields[11:15]))
    return Process(
        pid,
        int(fields[1]),
        command.strip(),
        ticks / os.sysconf("SC_CLK_TCK"),
        int(fields[21]) * os.sysconf("SC_PAGE_SIZE"),
    )


def family(pid: int) -> list[Process]:
    """Return a process and everything under it that runs now; empty where there is no /proc."""
    everybody = {found.pid: found for found in _everybody()}
    members, waiting = [], [pid]
    while waiting:
        each = waiting.pop()
        if each in everybody:
            members.append(everybody[each])
            waiting += [other.pid for other in everybody.values() if other.parent == each]
    return members


def _everybody() -> Iterator[Process]:
    if not PROC.is_dir():
        return
    for path in PROC.iterdir():
        if path.name.isdigit() and (found := _read(int(path.name))) is not None:
            yield found


def parent_of(pid: int) -> int | None:
    """Return the parent of a process, or None when it is not on this machine."""
    found = _read(pid)
    return None if found is None else found.parent


def seconds_of(pid: int) -> float:
    """Return the processor seconds that a process and everything under it have used."""
    return sum(each.seconds for each in family(pid))


def workers_of(pid: int) -> list[Process]:
    """Return the web workers under a server: the children of gunicorn's own first process."""
    members = family(pid)
    web = {each.pid for each in members if "gunicorn" in each.command}
    return [each for each in members if each.pid in web and each.parent in web]
