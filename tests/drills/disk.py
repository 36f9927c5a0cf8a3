"""A disk that fills up under load, and is given room again."""

import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.drills.load import Load, under_load, wait_until
from tests.drills.outcome import Outcome
from tests.drills.places import Where

SMALL, LARGE = 48, 160
"""MiB of the disk for SQLite and for PostgreSQL, which keeps more beside the data."""

KIND = frozenset({503, 507})
NAME = "a full disk"


@contextmanager
def small_disk(mebibytes: int) -> Iterator[Path | None]:
    """Yield a file system of that size in memory, or None where we may not mount one."""
    folder = Path(tempfile.mkdtemp(prefix="disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0777", "drill", str(folder)],
        check=False, capture_output=True,
    )  # fmt: skip
    try:
        yield folder if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


def may_mount() -> bool:
    """Whether this process may make a file system of its own."""
    with small_disk(1) as folder:
        return folder is not None


def fill(folder: Path) -> Path:
    """Take up all the room that is left; returns the file that holds it."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        block = b"x" * 65536
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    os.write(file.fileno(), block[:size])
            except OSError:
                continue
    return ballast


def drill(where: Where, times: int, writers: int = 8) -> Outcome:
    """Fill the disk `times` times while people save; nothing may be acknowledged that is not kept.

    While it is full, saves are refused in words, with status 507 or 503, and go on by themselves
    when there is room.
    """
    is_sqlite = where.__name__ == "sqlite"
    with small_disk(SMALL if is_sqlite else LARGE) as disk:
        if disk is None:
            return Outcome(
                NAME, where.__name__, 0, None, (), "not done: no file system may be made"
            )
        with where(disk) as place:
            place.start()
            with under_load(place, writers, pause=0.01) as load:
                problems = [p for _turn in range(times) for p in _fill_once(disk, load)]
            place.stop()
            problems += load.losses(place)
            return Outcome(NAME, place.name, times, load.acknowledged, problems, _notes(load, disk))


def _fill_once(disk: Path, load: Load) -> Iterator[str]:
    load.wait_for_more(3)
    before = _refusals(load)
    ballast = fill(disk)
    try:
        wait_until(lambda: sum((_refusals(load) - before).values()) >= 10, "the disk does not fill")
    except TimeoutError:
        yield f"saves went on with {shutil.disk_usage(disk).free} bytes free"
    finally:
        ballast.unlink()
    load.wait_for_more(3)
    unkind = {status: n for status, n in _refusals(load).items() if status not in KIND | {0}}
    if unkind:
        yield f"a full disk was told with status {unkind}"


def _refusals(load: Load) -> Counter[int]:
    return sum((writer.statuses for writer in load.writers), Counter())


def _notes(load: Load, disk: Path) -> str:
    told = ", ".join(
        f"{count} × {status or 'no answer'}" for status, count in sorted(_refusals(load).items())
    )
    size = shutil.disk_usage(disk).total // 1024 // 1024
    return f"a disk of {size} MiB; while it was full: {told}; saving went on by itself"
