"""A PostgreSQL server for one test run: started from what is installed, thrown away at the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER, APP = "proficiency_owner", "proficiency_app"
MEMORY = Path("/dev/shm")
ROOM = 3 << 30
"""Bytes that have to be free in memory before a server that may forget is put there."""


def find_binaries() -> Path:
    """Return the folder of PostgreSQL's programs. Raises `RuntimeError` with advice when absent."""
    candidates = [Path(found).parent for name in ("initdb",) if (found := shutil.which(name))]
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise RuntimeError("PostgreSQL is not installed: install the package 'postgresql' and repeat")


def ordinary_user() -> str | None:
    """PostgreSQL refuses to run as root: return another user's name, or None if we are not root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(folder: Path, *command: str) -> None:
    subprocess.run(
        [str(find_binaries() / command[0]), *command[1:]],
        check=True,
        user=ordinary_user(),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
    )


def start(folder: str, *, durable: bool = False) -> None:
    """Start the server in `folder`, which has been made, and wait until it answers."""
    options = f"-k {folder} -c listen_addresses='' -c max_connections=200 -c shared_buffers=256MB"
    if not durable:
        options += " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        options += " -c autovacuum=off -c max_wal_size=256MB"
    log = str(Path(folder) / "log")
    command = ("pg_ctl", "-D", str(Path(folder) / "data"), "-w", "-s", "-l", log)
    _run(Path(folder), *command, "-o", options, "start")


def first_process(folder: str) -> int:
    """Return the id of the first process of the server in `folder`, as it wrote it down."""
    return int((Path(folder) / "data" / "postmaster.pid").read_text().split("\n")[0])


def place_of_forgetting() -> Path | None:
    """Return a folder in memory when there is room, or None for the usual place of such folders.

    A database of our size is some eight hundred files, and every test on PostgreSQL makes one: on a
    busy disk that takes longer than the test itself.
    """
    is_roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM
    return MEMORY if is_roomy and os.access(MEMORY, os.W_OK) else None


@contextmanager
def server(*, durable: bool = False, parent: Path | None = None) -> Iterator[str]:
    """Run a server and yield its socket folder, below `parent` when that is given.

    `durable` leaves fsync on and the data on a disk, for measuring and for drills.
    """
    user = ordinary_user()
    parent = parent or (None if durable else place_of_forgetting())
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=parent))
    data = folder / "data"
    if user:
        shutil.chown(folder, user)
    _run(
        folder,
        "initdb",
        "-N",
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    )
    try:
        start(str(folder), durable=durable)
        yield str(folder)
    finally:
        _run(folder, "pg_ctl", "-D", str(data), "-m", "immediate", "-s", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def url(folder: str, role: str, name: str) -> str:
    """Return the address of database `name` as `role` on the server in `folder`."""
    return f"postgresql://{role}@/{name}?host={folder}"
