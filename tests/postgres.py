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


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Run a server and yield its socket folder. `durable` leaves fsync on, for measuring."""
    binaries, user = find_binaries(), ordinary_user()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    data = folder / "data"
    if user:
        shutil.chown(folder, user)

    def run(*command: str) -> None:
        subprocess.run(
            [str(binaries / command[0]), *command[1:]],
            check=True,
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )

    run(
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
    options = f"-k {folder} -c listen_addresses='' -c max_connections=200 -c shared_buffers=256MB"
    if not durable:
        options += " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    try:
        run(
            "pg_ctl", "-D", str(data), "-w", "-s", "-l", str(folder / "log"), "-o", options, "start"
        )
        yield str(folder)
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "-s", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def url(folder: str, role: str, name: str) -> str:
    """Return the address of database `name` as `role` on the server in `folder`."""
    return f"postgresql://{role}@/{name}?host={folder}"
