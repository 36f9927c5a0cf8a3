"""The floor: a bare WSGI program that does the same durable insert as a save, and nothing else.

It takes the same request, picks the words out of it, and adds one row to `attempt_event` and one to
`payload`: the same tables with the same indexes, through the same engine, with the same settings
and the same lock. It asks nobody who they are, hashes nothing, checks no deadline and gathers no
commits. What a save costs above this is the price of its checks and of the framework.
"""

import json
import os
import re
from collections.abc import Callable, Iterable
from typing import Any, cast

from proficiency import features
from proficiency.core.chance import new_id, new_salt
from proficiency.core.db import Database
from proficiency.delivery.statements import EVENT_COLUMNS, PLAIN_EVENT, PLAIN_WORDS

REPLY = b'{"kind":"answer_saved"}'
HASH = "f" * 64
Insert = Callable[[dict[str, Any]], None]


def from_environment() -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """Return the program for the database in the environment."""
    features.load_models()
    database = Database(os.environ["BENCH_FLOOR_URL"])
    insert = _sqlite(database) if database.is_sqlite else _postgresql(database)

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        message = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        insert(_row(environ["PATH_INFO"].split("/")[2], message))
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(REPLY)))]
        start_response("200 OK", headers)
        return [REPLY]

    return application


def _row(attempt_id: str, message: dict[str, Any]) -> dict[str, Any]:
    """A row of the size that a save writes. Its hashes are letters: nothing is proved here."""
    return {
        **dict.fromkeys(EVENT_COLUMNS),
        "id": new_id(),
        "aggregate_id": attempt_id,
        "pos": message["seq"] + 1000,
        "at": 0,
        "actor_id": attempt_id,
        "prev_hash": HASH,
        "hash": HASH,
        "kind": "answer_saved",
        "phase": "writing",
        "epoch": 1,
        "stage": 1,
        "window_events": 0,
        "item_id": message["item"],
        "epoch_sent": 1,
        "client_seq": message["seq"],
        "device_id": attempt_id,
        "sign_in_id": HASH,
        "claimed_age": message["age"],
        "commitment": HASH,
        "salt": new_salt(),
        "text": message["fields"]["text"][0],
    }


def _sqlite(database: Database) -> Insert:
    def insert(row: dict[str, Any]) -> None:
        with database.exclusive():
            connection = database.writer.raw_connection()
            cursor = connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute(PLAIN_EVENT, row)
            cursor.execute(PLAIN_WORDS, row)
            cursor.execute("COMMIT")
            connection.close()

    return insert


def _postgresql(database: Database) -> Insert:
    both = f"WITH made AS ({PLAIN_EVENT} RETURNING id) {PLAIN_WORDS}".replace(
        "VALUES (:id, :salt, :text)", "SELECT id, :salt, :text FROM made"
    )
    statement = re.sub(r":(\w+)", r"%(\1)s", both)

    def insert(row: dict[str, Any]) -> None:
        connection = database.writer.raw_connection()
        driver = cast(Any, connection.driver_connection)
        driver.autocommit = True
        driver.execute(statement, row)
        driver.autocommit = False
        connection.close()

    return insert
