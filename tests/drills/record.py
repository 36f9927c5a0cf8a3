"""What each drill came to the last time it was done, kept beside the page that tells of it.

All drills take the better part of an hour, and one may have to be done again alone. So each result
is kept by the drill's name, with when it was done, how long it took, how busy the machine was and
which version was drilled; the page is made of these, and names what was never done.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from proficiency.core.config import ROOT
from tests.drills.outcome import Outcome

DRILLED = ("proficiency", "static", "templates", "migrations")
"""What a drill is a drill of: a change there is another version."""


@dataclass(frozen=True)
class Entry:
    """One drill as it was last done. `load` is the machine's average of a minute, at its end."""

    outcome: Outcome
    at: datetime
    seconds: float
    load: float
    version: str


Record = Mapping[str, Entry]


def entry(outcome: Outcome, at: datetime, seconds: float) -> Entry:
    """Return what is kept of a drill that has just ended at `at`, after `seconds`."""
    return Entry(outcome, at, round(seconds, 1), round(os.getloadavg()[0], 1), version())


def version() -> str:
    """Return the commit that is drilled, with “+” when files were changed since; empty unknown."""
    named = _git("rev-parse", "--short", "HEAD")
    if named is None:
        return ""
    changed = _git("status", "--porcelain", "--", *DRILLED)
    return named + ("+" if changed else "")


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], cwd=ROOT, check=False, capture_output=True, text=True
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def read(path: Path) -> dict[str, Entry]:
    """Return what was kept, by the names of the drills; nothing where nothing was kept yet."""
    if not path.exists():
        return {}
    found: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return {name: _entry(**facts) for name, facts in found.items()}


def _entry(outcome: dict[str, Any], at: str, **facts: Any) -> Entry:
    told = Outcome(**outcome | {"problems": tuple(outcome["problems"])})
    return Entry(outcome=told, at=datetime.fromisoformat(at), **facts)


def keep(path: Path, name: str, new: Entry) -> dict[str, Entry]:
    """Put `new` in the place of what was kept under `name`; returns everything that is kept."""
    everything = {**read(path), name: new}
    written = {
        each: asdict(kept) | {"at": kept.at.isoformat(timespec="seconds")}
        for each, kept in everything.items()
    }
    words = json.dumps(written, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    path.write_text(words, encoding="utf-8")
    return everything
