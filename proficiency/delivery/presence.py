"""How each page that writes stood when it was last heard from, for whoever watches over the room.

A heartbeat overwrites one row per attempt, and a save does not: it proves nothing, decides nothing,
and so may change without audit (invariant 8 asks none of an operational table). The writer thread
takes it with the saves of the same moment, so that a room of thousands costs a few commits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from proficiency.core.clock import to_micros
from proficiency.delivery.saving import Cursor

HEARTBEAT = timedelta(seconds=15)
"""How often a page says that it is there."""

SILENCE = timedelta(seconds=40)
"""A page that was not heard from for so long counts as offline: two heartbeats and their way."""

MOST_UNSENT = 10_000
LONGEST_WAIT = 1000 * 3600 * 48


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """What a page says of itself: answers on the device only, for how long, and whether it is seen.

    `waiting` is in milliseconds.
    """

    unsent: int = 0
    waiting: int = 0
    is_hidden: bool = False


def read_sign(data: Mapping[str, Any]) -> SignOfLife:
    """Return what a page said; what is missing or can't be is taken for nothing unusual."""
    return SignOfLife(
        _whole(data.get("unsent"), MOST_UNSENT),
        _whole(data.get("waiting"), LONGEST_WAIT),
        data.get("hidden") is True,
    )


def _whole(value: object, most: int) -> int:
    return min(max(value, 0), most) if type(value) is int else 0


UPSERT = """
INSERT INTO presence (attempt_id, heard_at, unsent, waiting, is_hidden)
VALUES (:attempt_id, :heard_at, :unsent, :waiting, :is_hidden)
ON CONFLICT (attempt_id) DO UPDATE SET heard_at = excluded.heard_at, unsent = excluded.unsent,
  waiting = excluded.waiting, is_hidden = excluded.is_hidden
WHERE excluded.heard_at >= presence.heard_at"""
"""Two signs may overtake each other on their way: the later one stays."""


@cache
def _upsert(dialect_name: str) -> str:
    dialect: sa.Dialect = (
        sqlite.dialect(paramstyle="named") if dialect_name == "sqlite" else psycopg.dialect()  # type: ignore[no-untyped-call]
    )
    return str(sa.text(UPSERT).compile(dialect=dialect))


def note_presence(
    dialect_name: str, attempt_id: str, sign: SignOfLife, now: datetime
) -> Callable[[Cursor], None]:
    """Return the piece of work that writes down a sign of life, for the writer of saves."""
    values = {
        "attempt_id": attempt_id,
        "heard_at": to_micros(now),
        "unsent": sign.unsent,
        "waiting": sign.waiting,
        "is_hidden": sign.is_hidden,
    }

    def work(cursor: Cursor) -> None:
        cursor.execute(_upsert(dialect_name), values)

    return work
