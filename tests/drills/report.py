"""The page in `docs/` that says what was drilled, how often, and what came of it."""

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from proficiency.core.db import sqlite_version
from tests.drills.outcome import Outcome

HEAD = Path(__file__).with_name("page.md").read_text(encoding="utf-8")
"""What the page says before the table."""


def machine() -> str:
    """What it ran on, without names and places."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    sqlite = ".".join(map(str, sqlite_version()))
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    return (
        f"{os.cpu_count()} processors, {memory:.0f} GiB of memory, {platform.system()}, Python "
        f"{platform.python_version()}, SQLite {sqlite}; load average at the end {load}"
    )


def rows(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The table, a row for each drill."""
    yield "| Drill | Database | Times | Acknowledged | Lost | Notes |"
    yield "|---|---|--:|--:|--:|---|"
    for each in outcomes:
        told = "" if each.acknowledged is None else f"{each.acknowledged:,}"
        lost = f"**{len(each.problems)}**" if each.problems else "0"
        if each.times == 0 and each.is_good:
            lost = "–"
        yield f"| {each.drill} | {each.database} | {each.times} | {told} | {lost} | {each.notes} |"


def page(outcomes: Sequence[Outcome], at: datetime, minutes: float, of: int = 0) -> str:
    """Return the whole page; it says when fewer drills than `of` have been done so far."""
    total = sum(each.acknowledged or 0 for each in outcomes)
    lost = sum(len(each.problems) for each in outcomes)
    lines = [
        HEAD,
        "## Last run\n",
        f"On {at:%-d %B %Y}, in {minutes:.0f} minutes, on {machine()}.\n",
        f"{total:,} messages acknowledged, {lost} lost or wrong.\n",
        *(
            [f"Broken off: {of - len(outcomes)} drills were not done.\n"]
            if len(outcomes) < of
            else []
        ),
        *rows(outcomes),
    ]
    problems = [f"* {each.drill}, {each.database}: {p}" for each in outcomes for p in each.problems]
    if problems:
        lines += ["\n## What went wrong\n", *problems[:100]]
    return "\n".join(lines) + "\n"


def write(
    path: Path, outcomes: Sequence[Outcome], at: datetime, minutes: float, of: int = 0
) -> None:
    """Write the page to `path`."""
    path.write_text(page(outcomes, at, minutes, of), encoding="utf-8")
