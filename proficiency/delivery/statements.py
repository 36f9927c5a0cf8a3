"""The SQL of keeping an answer, put into the words of each driver once per process.

A save runs on the driver's own cursor, because building statements through the engine would cost
more than the database does. It writes evidence and payload and nothing else, so no audit event is
owed (invariant 8); a test holds the texts to that. All values are integers and text as they are
stored: moments are microseconds since 1970.
"""
# ruff: noqa: S608 - only constants of this program are put into the texts

from dataclasses import dataclass
from functools import cache
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from proficiency.delivery.models import IS_ANSWER, IS_FLAG, IS_NUMBERED, MOVES_WINDOW, AttemptEvent
from proficiency.delivery.rules import CONTACTS

EVENT_COLUMNS = tuple(AttemptEvent.__table__.columns.keys())
EVENT_NAMES = ", ".join(EVENT_COLUMNS)

FACTS = f"""
SELECT attempt.actor_id, attempt.at, base_seconds, extra_percent, extra_seconds, transit_seconds,
       head.pos, head.hash, head.phase, head.epoch, head.stage, head.window_events,
       (SELECT max(client_seq) FROM attempt_event
        WHERE aggregate_id = :attempt_id AND epoch_sent = :epoch AND {IS_NUMBERED}),
       sign_in.account_id, sign_in.expires_at, sign_in.revoked_at
FROM attempt
JOIN attempt_event AS head ON head.aggregate_id = attempt.id
LEFT JOIN sign_in ON sign_in.id = :sign_in_id
WHERE attempt.id = :attempt_id AND head.aggregate_id = :attempt_id
ORDER BY head.pos DESC LIMIT 1"""
"""Attempt, its newest event, the highest number of this writer, and the sign-in: one row.

The room of accounts owns `sign_in`; a save reads three columns of it in its one query.
"""

WINDOW_EVENTS = f"""
SELECT kind, at, amount FROM attempt_event
WHERE aggregate_id = :attempt_id AND {MOVES_WINDOW} ORDER BY pos"""

LAST_CONTACT = f"""
SELECT at FROM attempt_event
WHERE aggregate_id = :attempt_id AND kind IN ({", ".join(f"'{kind}'" for kind in sorted(CONTACTS))})
ORDER BY pos DESC LIMIT 1"""

SAME_NUMBER = """
SELECT kind, item_id, pos, hash, text
FROM attempt_event LEFT JOIN payload ON payload.id = attempt_event.id
WHERE aggregate_id = :attempt_id AND epoch_sent = :epoch AND client_seq = :seq ORDER BY pos"""
"""What arrived before under the same number of the same writer, with its words."""

NEWER = """
SELECT pos FROM attempt_event
WHERE aggregate_id = :attempt_id AND item_id = :item_id AND {condition}
  AND (epoch_sent > :epoch OR (epoch_sent = :epoch AND client_seq > :seq))
LIMIT 1"""
"""Whether a later writer, or this one under a higher number, has been heard on the item."""

CURRENT = f"""
SELECT pos, hash, text
FROM attempt_event JOIN payload ON payload.id = attempt_event.id
WHERE aggregate_id = :attempt_id AND item_id = :item_id AND {IS_ANSWER}
ORDER BY pos DESC LIMIT 1"""

PLAIN_EVENT = f"""
INSERT INTO attempt_event ({EVENT_NAMES})
VALUES ({", ".join(f":{name}" for name in EVENT_COLUMNS)})"""

PLAIN_WORDS = "INSERT INTO payload (id, salt, text) VALUES (:id, :salt, :text)"

LOCKED_EVENT = f"""
WITH locked AS (SELECT pg_advisory_xact_lock(hashtextextended(:aggregate_id, 0)))
INSERT INTO attempt_event ({EVENT_NAMES}) SELECT {{values}} FROM locked"""

LOCKED_ANSWER = f"""
WITH locked AS (SELECT pg_advisory_xact_lock(hashtextextended(:aggregate_id, 0))),
made AS (INSERT INTO attempt_event ({EVENT_NAMES}) SELECT {{values}} FROM locked RETURNING id)
INSERT INTO payload (id, salt, text) SELECT id, :salt, :text FROM made"""
"""Both rows in one statement, and so in one round trip and one transaction.

It waits for the lock of the attempt that operations take too. If somebody was faster, the unique
position refuses the row, and the save is decided again.
"""


@dataclass(frozen=True)
class Statements:
    """The texts for one kind of database. Inserts run in their order with the same values."""

    facts: str
    window_events: str
    last_contact: str
    same_number: str
    newer_answer: str
    newer_flag: str
    current: str
    insert_answer: tuple[str, ...]
    insert_event: tuple[str, ...]


@cache
def get_statements(dialect_name: str) -> Statements:
    """Return the statements in the words of the driver for `sqlite` or `postgresql`."""
    is_sqlite = dialect_name == "sqlite"
    dialect: sa.Dialect = (
        sqlite.dialect(paramstyle="named") if is_sqlite else psycopg.dialect()  # type: ignore[no-untyped-call]
    )

    def text(statement: str) -> str:
        return str(sa.text(statement).compile(dialect=dialect))

    answer: tuple[str, ...] = (PLAIN_EVENT, PLAIN_WORDS)
    event: tuple[str, ...] = (PLAIN_EVENT,)
    if not is_sqlite:
        values = _typed_values(dialect)
        answer = (LOCKED_ANSWER.format(values=values),)
        event = (LOCKED_EVENT.format(values=values),)
    return Statements(
        facts=text(FACTS),
        window_events=text(WINDOW_EVENTS),
        last_contact=text(LAST_CONTACT),
        same_number=text(SAME_NUMBER),
        newer_answer=text(NEWER.format(condition=IS_ANSWER)),
        newer_flag=text(NEWER.format(condition=IS_FLAG)),
        current=text(CURRENT),
        insert_answer=tuple(map(text, answer)),
        insert_event=tuple(map(text, event)),
    )


def _typed_values(dialect: sa.Dialect) -> str:
    """A selected parameter has no type of its own on PostgreSQL, so each column gives it one."""
    table = cast(sa.Table, AttemptEvent.__table__)
    # Text is cast to no length, for a cast would cut what the column must refuse.
    types = {
        column.name: "TEXT" if isinstance(column.type, sa.String) else column.type.compile(dialect)
        for column in table.columns
    }
    return ", ".join(f"CAST(:{name} AS {types[name]})" for name in EVENT_COLUMNS)
