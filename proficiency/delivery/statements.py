"""The SQL of keeping an answer and of showing the exam, put into each driver's words only once.

They are given to the driver as they are, because building statements through the engine would cost
more than the database does. A save writes evidence and payload and nothing else, so no audit event
is owed (invariant 8); a test holds the texts to that. All values are integers and text as they are
stored: moments are microseconds since 1970.

An attempt has hundreds of saves, and no statement may cost more for each: the newest row of a kind
is asked for as the first one of its index from the end, never as a maximum, for which PostgreSQL
reads all of them.
"""
# ruff: noqa: S608 - only constants of this program are put into the texts

from dataclasses import dataclass
from functools import cache
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from proficiency.delivery.models import (
    CHANGES_WRITER,
    IS_ANSWER,
    IS_FLAG,
    IS_NUMBERED,
    MOVES_WINDOW,
    AttemptEvent,
)
from proficiency.delivery.rules import CONTACTS

EVENT_COLUMNS = tuple(AttemptEvent.__table__.columns.keys())
EVENT_NAMES = ", ".join(EVENT_COLUMNS)

FACTS = f"""
SELECT attempt.actor_id, attempt.at, base_seconds, extra_percent, extra_seconds, transit_seconds,
       rest_seconds, longest_rest_seconds, head.pos, head.hash, head.phase, head.epoch, head.stage,
       head.window_events,
       (SELECT client_seq FROM attempt_event
        WHERE aggregate_id = :attempt_id AND epoch_sent = :epoch AND {IS_NUMBERED}
        ORDER BY client_seq DESC LIMIT 1),
       sign_in.account_id, sign_in.expires_at, sign_in.revoked_at
FROM attempt
JOIN attempt_event AS head ON head.aggregate_id = attempt.id
LEFT JOIN sign_in ON sign_in.id = :sign_in_id
WHERE attempt.id = :attempt_id AND head.aggregate_id = :attempt_id
ORDER BY head.pos DESC LIMIT 1"""
"""Attempt, its newest event, the highest number of this writer, and the sign-in: one row.

The room of accounts owns `sign_in`; a save reads three columns of it in its one query.
"""

SHEET_COLUMNS = {
    "id": "attempt.id",
    "booking_id": "attempt.booking_id",
    "sitting_id": "attempt.sitting_id",
    "form_id": "attempt.form_id",
    "actor_id": "attempt.actor_id",
    "candidate_number": "attempt.candidate_number",
    "nonce": "attempt.nonce",
    "at": "attempt.at",
    "base_seconds": "attempt.base_seconds",
    "extra_percent": "attempt.extra_percent",
    "extra_seconds": "attempt.extra_seconds",
    "transit_seconds": "attempt.transit_seconds",
    "rest_seconds": "attempt.rest_seconds",
    "longest_rest_seconds": "attempt.longest_rest_seconds",
    "phase": "head.phase",
    "epoch": "head.epoch",
    "stage": "head.stage",
    "window_events": "head.window_events",
    "head_pos": "head.pos",
    "head_hash": "head.hash",
    "writer": f"""
       (SELECT device_id FROM attempt_event
        WHERE aggregate_id = :attempt_id AND {CHANGES_WRITER} ORDER BY pos DESC LIMIT 1)""",
    "top_seq": f"""
       (SELECT client_seq FROM attempt_event
        WHERE aggregate_id = :attempt_id AND epoch_sent = (
          SELECT epoch FROM attempt_event WHERE aggregate_id = :attempt_id
          ORDER BY pos DESC LIMIT 1) AND {IS_NUMBERED}
        ORDER BY client_seq DESC LIMIT 1)""",
    "item_id": "form_item.id",
    "text": f"""
       (SELECT text FROM payload WHERE id = (
          SELECT id FROM attempt_event
          WHERE aggregate_id = :attempt_id AND item_id = form_item.id AND {IS_ANSWER}
          ORDER BY pos DESC LIMIT 1))""",
    "flag": f"""
       (SELECT kind FROM attempt_event
        WHERE aggregate_id = :attempt_id AND item_id = form_item.id AND {IS_FLAG}
        ORDER BY pos DESC LIMIT 1)""",
}
SHEET = f"""
SELECT {", ".join(SHEET_COLUMNS.values())}
FROM attempt
JOIN attempt_event AS head ON head.aggregate_id = attempt.id
  AND head.pos = (
    SELECT pos FROM attempt_event WHERE aggregate_id = :attempt_id ORDER BY pos DESC LIMIT 1)
LEFT JOIN form_item ON form_item.form_id = attempt.form_id AND form_item.stage <= head.stage
WHERE attempt.id = :attempt_id AND attempt.actor_id = :candidate_id"""
"""All that a page of the exam shows of one attempt: a row for each item that was opened.

One statement is one round trip, and sees one moment: the answers are those of the state beside
them. The room of exams owns `form_item`; three columns of it, which never change, say which items
to look up, so that each costs one step into an index.
"""

WINDOW_EVENTS = f"""
SELECT kind, at, amount FROM attempt_event
WHERE aggregate_id = :attempt_id AND {MOVES_WINDOW} ORDER BY pos"""

LAST_CONTACT = f"""
SELECT at FROM attempt_event
WHERE aggregate_id = :attempt_id AND kind IN ({", ".join(f"'{kind}'" for kind in sorted(CONTACTS))})
ORDER BY pos DESC LIMIT 1"""

SAME_NUMBER = """
SELECT kind, item_id, pos, hash, sent_hash, text
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
SELECT pos, hash, sent_hash, text
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
    sheet: str
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
        sheet=text(SHEET),
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
