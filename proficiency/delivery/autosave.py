"""The fast path of a save: no person is loaded, one query decides, one commit keeps.

A page that may write carries a token: the writer's epoch, the sign-in and an HMAC over both and the
attempt. The one query of a save then checks that the sign-in still stands and is the candidate's.
A request is also held to come from a page of ours by its Origin header.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from proficiency.core.clock import to_micros
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Invalid, NotFound
from proficiency.core.text import _
from proficiency.delivery.models import Attempt
from proficiency.delivery.paper import get_paper
from proficiency.delivery.presence import SignOfLife, note_presence
from proficiency.delivery.receipt_rules import hash_fields
from proficiency.delivery.rules import Phase, Window
from proficiency.delivery.saving import Kept, Ledger, Save, Sender, Standing
from proficiency.delivery.statements import get_statements
from proficiency.delivery.writers import make_writer
from proficiency.exams.queries import FormItemView, Frozen
from proficiency.items.rules import get_format

MOST_BYTES = 4 * 1024 * 1024
"""More than the longest answer that any format stores; a longer body is refused unread."""

MOST_SEQ = 2**53
LONGEST_CLAIM = 1000 * 3600 * 48
"""Two days in milliseconds: no exam lasts longer."""

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Message:
    """What a page sends: a number, a question, and either its fields or its flag.

    `fields` are those of the question on the form, as a browser would post them. `age` is how many
    milliseconds before sending they were last changed, at the least, if the device could tell.
    """

    token: str
    epoch: int
    seq: int
    item_id: str
    fields: Mapping[str, list[str]] | None
    flagged: bool | None
    age: int | None


class Autosave:
    """The service of one process: its writer, its secret, and what it knows of frozen forms."""

    def __init__(self, database: Database, secret: str) -> None:
        self._database = database
        self._key = hashlib.sha256(b"attempt token\0" + secret.encode()).digest()
        self._statements = get_statements(database.writer.dialect.name)
        self._writer = make_writer(database)
        self._items: Frozen[Mapping[str, FormItemView]] = Frozen(4096)

    def token(self, attempt_id: str, sign_in_id: str, epoch: int) -> str:
        """Return the token with which a page of this sign-in writes under `epoch`."""
        mac = hmac.digest(self._key, f"{attempt_id}/{sign_in_id}/{epoch}".encode(), "sha256")
        return f"{epoch}.{sign_in_id}.{mac.hex()}"

    def read_token(
        self, attempt_id: str, token: str, epoch: int, device_id: str | None = None
    ) -> Sender:
        """Return who sends with `token` what was written under `epoch`.

        A page may still send what its device wrote under an earlier epoch. Raises `Forbidden` for
        a token that is not ours or not of this attempt.
        """
        parts = token.split(".")
        if len(parts) != 3 or not parts[0].isascii() or not parts[0].isdigit():
            raise _foreign()
        given = int(parts[0])
        if not hmac.compare_digest(token, self.token(attempt_id, parts[1], given)):
            raise _foreign()
        if not 1 <= epoch <= given:
            raise _foreign()
        return Sender(attempt_id, epoch, parts[1], device_id)

    def save(
        self, attempt_id: str, message: Message, now: datetime, device_id: str | None = None
    ) -> Kept:
        """Keep what a page sent, durably, and return what became of it.

        Raises `Forbidden`, `SignInOver`, `NotFound` for a question that the attempt doesn't have,
        `InvalidResponse` for what is no answer to it, and `Busy`.
        """
        sender = self.read_token(attempt_id, message.token, message.epoch, device_id)
        item = self._item(attempt_id, message.item_id)
        text = sent_hash = None
        if message.fields is not None:
            sent_hash = hash_fields(message.fields)
            kind = get_format(item.format)
            raw = kind.from_form(item.body, item.ids, message.fields)
            text = kind.read_response(item.body, item.ids, raw)
        save = Save(
            sender=sender,
            item_id=item.id,
            item_stage=item.stage,
            now=now,
            seq=message.seq,
            text=text,
            flagged=message.flagged,
            claimed_age=None if message.age is None else message.age * 1000,
            sent_hash=sent_hash,
        )
        return self._writer.run(
            attempt_id, lambda cursor: Ledger(cursor, self._statements).keep(save)
        )

    def contact(
        self,
        attempt_id: str,
        token: str,
        epoch: int,
        now: datetime,
        sign: SignOfLife | None = None,
    ) -> Standing:
        """Return where an attempt stands, and write down how the page that writes does.

        In the last minute it is also recorded, once, that the page was heard. Raises as `save`.
        """
        sender = self.read_token(attempt_id, token, epoch)
        # The cursor goes before its connection does: the next to hold that shares its statements.
        with (
            self._database.reader.connect() as connection,
            closing(connection.connection.cursor()) as cursor,
        ):
            standing, is_due = Ledger(cursor, self._statements).stand(sender, now)
        if is_due:
            standing = self._writer.run(
                attempt_id,
                lambda cursor: Ledger(cursor, self._statements).keep_contact(sender, now),
            )
        if sign is not None and epoch == standing.state.epoch:
            dialect = self._database.writer.dialect.name
            self._writer.run(attempt_id, note_presence(dialect, attempt_id, sign, now))
        return standing

    def _item(self, attempt_id: str, item_id: str) -> FormItemView:
        items = self._items.find(attempt_id)
        if items is None:
            items = self._read_items(attempt_id)
            self._items.keep(attempt_id, items)
        item = items.get(item_id)
        if item is None:
            raise NotFound(_("There is no such question in this exam."))
        return item

    def _read_items(self, attempt_id: str) -> Mapping[str, FormItemView]:
        with self._database.read() as session:
            form_id = session.scalar(sa.select(Attempt.form_id).where(Attempt.id == attempt_id))
            if form_id is None:
                raise NotFound(_("There is no such attempt."))
            return get_paper(session, form_id).by_id


def _foreign() -> Forbidden:
    return Forbidden(_("This page is not the one that writes. Load it again, and nothing is lost."))


def read_message(body: bytes) -> Message:
    """Return what a page sent. Raises `Invalid` for anything that no page of ours sends."""
    data = read_object(body)
    fields, flagged = data.get("fields"), data.get("flagged")
    if (fields is None) == (flagged is None):
        raise _unreadable()
    if flagged is not None and not isinstance(flagged, bool):
        raise _unreadable()
    age = data.get("age")
    return Message(
        token=_text(data, "token", 200),
        epoch=_whole(data, "epoch", MOST_SEQ),
        seq=_whole(data, "seq", MOST_SEQ),
        item_id=_text(data, "item", 40),
        fields=None if fields is None else _fields(fields),
        flagged=flagged,
        age=None if age is None else _whole(data, "age", LONGEST_CLAIM, least=0),
    )


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`. Raises `Invalid` when there is none."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise _unreadable() from None
    if not isinstance(data, dict):
        raise _unreadable()
    return data


def _unreadable() -> Invalid:
    return Invalid(_("What the page sent could not be read, so it was not saved. Load it again."))


def _text(data: Mapping[str, Any], name: str, longest: int) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isascii():
        raise _unreadable()
    return value


def _whole(data: Mapping[str, Any], name: str, most: int, *, least: int = 1) -> int:
    value = data.get(name)
    if type(value) is not int or not least <= value <= most:
        raise _unreadable()
    return value


def _fields(value: object) -> dict[str, list[str]]:
    """The fields of one question: names with lists of text."""
    if not isinstance(value, dict) or len(value) > 100:
        raise _unreadable()
    for values in value.values():
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise _unreadable()
    return value


def saved_reply(kept: Kept, now: datetime) -> dict[str, Any]:
    """Return what a page is told about its save."""
    receipt = kept.receipt
    return {
        "kind": receipt.kind.value,
        "pos": receipt.pos,
        "hash": receipt.hash,
        "sent": receipt.sent_hash,
        **standing_reply(kept.standing, now),
    }


def standing_reply(standing: Standing, now: datetime) -> dict[str, Any]:
    """Return where an attempt stands, with times in whole milliseconds.

    `at` is the server's time of day since 1970; `remaining` stands still while `stopped`.
    `resumes_in` says when the clock runs on by itself, None when a pause lasts or it runs anyway;
    `rest` is what is left of breaks, and `credited` what was given back so far.
    """
    window, state = standing.window, standing.state
    is_closed = state.phase is Phase.CLOSED or window.is_over(now, standing.transit)
    return {
        "at": to_micros(now) // 1000,
        "remaining": window.remaining(now) // MILLISECOND,
        "stopped": window.is_stopped(now),
        "resumes_in": milliseconds_to_go(window, now),
        "rest": window.rest_remaining(now) // MILLISECOND,
        "credited": window.credited // MILLISECOND,
        "closed": is_closed,
        "stage": state.stage,
        "epoch": state.epoch,
        "top_seq": standing.top_seq,
    }


def milliseconds_to_go(window: Window, now: datetime) -> int | None:
    """Return how long a break still stops the clock; None while a pause lasts, and outside one."""
    if window.is_paused or not window.is_stopped(now):
        return None
    return window.break_remaining(now) // MILLISECOND
