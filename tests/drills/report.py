"""The page in `docs/` that says what was drilled, when, how often, and what came of it."""

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path

from proficiency.core.db import sqlite_version
from tests.drills.record import Entry, Record

HEAD = Path(__file__).with_name("page.md").read_text(encoding="utf-8")
"""What the page says before the table."""


def machine() -> str:
    """What it ran on, without names and places."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    sqlite = ".".join(map(str, sqlite_version()))
    return (
        f"{os.cpu_count()} processors, {memory:.0f} GiB of memory, {platform.system()}, Python "
        f"{platform.python_version()}, SQLite {sqlite}"
    )


def rows(entries: Sequence[Entry]) -> Iterator[str]:
    """The table, a row for each drill."""
    yield "| Drill | Database | Times | Acknowledged | Lost | Done | Notes |"
    yield "|---|---|--:|--:|--:|---|---|"
    for each in entries:
        one = each.outcome
        told = "" if one.acknowledged is None else f"{one.acknowledged:,}"
        yield (
            f"| {one.drill} | {one.database} | {one.times} | {told} | {_lost(each)} "
            f"| {done(each)} | {one.notes} |"
        )


def _lost(each: Entry) -> str:
    if each.outcome.problems:
        return f"**{len(each.outcome.problems)}**"
    return "0" if each.outcome.times else "–"


def done(each: Entry) -> str:
    """When a drill was done, how long it took, how busy the machine was, and what was drilled."""
    at = f"{each.at.astimezone(UTC):%-d %b %Y, %H:%M} UTC"
    took = f"{each.seconds / 60:.0f} min" if each.seconds >= 90 else f"{each.seconds:.0f} s"
    of = f", {each.version}" if each.version else ""
    return f"{at}: {took}, load {each.load:.1f}{of}"


def table(record: Record, names: Sequence[str]) -> str:
    """Return the rows of these drills, in this order, as far as they were ever done."""
    return "\n".join(rows([record[name] for name in names if name in record]))


def page(record: Record, names: Sequence[str]) -> str:
    """Return the whole page: the drills of these names in their order, and those never done."""
    entries = [record[name] for name in names if name in record]
    missing = [name for name in names if name not in record]
    outcomes = [each.outcome for each in entries]
    total = sum(each.acknowledged or 0 for each in outcomes)
    lost = sum(len(each.problems) for each in outcomes)
    minutes = sum(each.seconds for each in entries) / 60
    lines = [
        HEAD,
        "## What came of them\n",
        f"{total:,} messages acknowledged, {lost} lost or wrong.\n",
        f"{len(entries)} of {len(names)} drills, {minutes:.0f} minutes in all, on {machine()}.\n",
        *([f"Not done: {'; '.join(missing)}.\n"] if missing else []),
        table(record, names),
    ]
    problems = [f"* {each.drill}, {each.database}: {p}" for each in outcomes for p in each.problems]
    if problems:
        lines += ["\n## What went wrong\n", *problems[:100]]
    return "\n".join(lines) + "\n"


def write(path: Path, record: Record, names: Sequence[str]) -> None:
    """Write the page to `path`."""
    path.write_text(page(record, names), encoding="utf-8")
