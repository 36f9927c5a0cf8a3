"""What is said and written down in a room: messages, hands, incidents, irregularities, notes.

Sent twice under one key, a command happens once. What concerns a candidate goes into the chain of
their booking, so that a whole room can raise its hands at once; what concerns all, into the chain
of the sitting. Nobody watches over their own exam. An irregularity is evidence and never a verdict.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Conflict, Invalid, NotFound, Refused, TooMany
from proficiency.core.text import _, clean_text
from proficiency.delivery.paper import get_paper
from proficiency.invigilation.models import RoomEntry
from proficiency.invigilation.rules import (
    BY_CANDIDATE,
    CLOSES_HAND,
    OPENS,
    RECORDS,
    TOLD,
    EntryKind,
    Topic,
)
from proficiency.sittings.queries import BookingView, get_booking, get_own_booking, get_sitting

LONGEST_WORDS = 2000
LONGEST_KEY = 40
MOST_IN_A_MINUTE = 20
"""How much one candidate may say in a minute: more is a page gone wrong."""


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def send_message(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    sitting_id: str,
    booking_id: str | None,
    text: str,
    key: str,
) -> RoomEntry:
    """Tell one candidate, or with `booking_id` None all of a sitting, something on their page.

    Raises `Invalid` without words, `NotFound` for a booking of another sitting, and `Refused` for
    one's own exam.
    """
    return _write(session, actor, now, EntryKind.MESSAGE, sitting_id, booking_id, text, key)


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def write_down(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    sitting_id: str,
    booking_id: str | None,
    kind: EntryKind,
    text: str,
    key: str,
    happened_at: datetime | None = None,
) -> RoomEntry:
    """Write an incident, an irregularity or a note into the log; no candidate sees it.

    `happened_at` is when it happened, if that was not now. Raises as `send_message` does, and
    `Invalid` for a time that is still to come.
    """
    if kind not in RECORDS:
        raise ValueError(f"{kind} is not written down by hand")
    if happened_at is not None and happened_at > now:
        raise Invalid(_("This time is still to come. Write when it happened."))
    return _write(session, actor, now, kind, sitting_id, booking_id, text, key, happened_at)


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def answer_call(
    session: Session, actor: Actor, now: datetime, *, entry_id: str, text: str, key: str
) -> RoomEntry:
    """Answer a raised hand or a reply; without words it is only said to be settled.

    Answered already, the answer of that time is returned. Raises `NotFound` and `Refused`.
    """
    call = _get_call(session, entry_id)
    booking = get_booking(session, call.booking_id or "")
    _refuse_own(actor, booking)
    lock(session, booking.id)
    earlier = _find_end(session, call.id)
    return earlier or _append(
        session, actor, now, EntryKind.HAND_ANSWERED, booking.sitting_id, booking.id,
        words=_read_words(text, needed=False), key=read_key(key), refers_to=call.id,
    )  # fmt: skip


@operation()
def raise_hand(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    booking_id: str,
    topic: Topic,
    text: str,
    key: str,
    item_id: str | None = None,
    claimed_age: timedelta | None = None,
) -> RoomEntry:
    """Call the invigilator.

    `claimed_age` is how long ago the page says it was pressed. Raises `NotFound` for another's
    booking or a question that the exam does not have, `Invalid` for too many words, and `TooMany`.
    """
    booking = _lock_own(session, actor, booking_id)
    earlier = _find_command(session, actor, key)
    if earlier is not None:
        return earlier
    _refuse_flood(session, booking_id, now)
    if item_id is not None and item_id not in _items_of(session, booking):
        raise NotFound(_("There is no such question in this exam."))
    return _append(
        session, actor, now, EntryKind.HAND_RAISED, booking.sitting_id, booking_id,
        words=_read_words(text, needed=False), key=read_key(key), topic=topic, item_id=item_id,
        claimed_age=claimed_age,
    )  # fmt: skip


@operation()
def lower_hand(session: Session, actor: Actor, now: datetime, *, entry_id: str) -> RoomEntry:
    """Say that a call has settled itself; ended already, that end is returned.

    Raises `NotFound` for another's.
    """
    call = _get_call(session, entry_id)
    booking = _lock_own(session, actor, call.booking_id or "")
    return _find_end(session, call.id) or _append(
        session, actor, now, EntryKind.HAND_LOWERED, booking.sitting_id, booking.id,
        refers_to=call.id,
    )  # fmt: skip


@operation()
def reply_to(
    session: Session, actor: Actor, now: datetime, *, booking_id: str, entry_id: str, text: str,
    key: str,
) -> RoomEntry:  # fmt: skip
    """Answer what the invigilator said. Raises as `raise_hand` does."""
    booking = _lock_own(session, actor, booking_id)
    earlier = _find_command(session, actor, key)
    if earlier is not None:
        return earlier
    _refuse_flood(session, booking_id, now)
    told = _get_told(session, booking, entry_id)
    return _append(
        session, actor, now, EntryKind.REPLIED, booking.sitting_id, booking_id,
        words=_read_words(text), key=read_key(key), refers_to=told.id,
    )  # fmt: skip


@operation()
def mark_seen(
    session: Session, actor: Actor, now: datetime, *, booking_id: str, entry_ids: Collection[str]
) -> int:
    """Record that the candidate's page showed these messages; return how many were new to it.

    Raises `NotFound` for another's booking or a message that was not for it.
    """
    booking = _lock_own(session, actor, booking_id)
    seen = set(
        session.scalars(
            sa.select(RoomEntry.refers_to).where(
                RoomEntry.aggregate_id == booking_id, RoomEntry.kind == EntryKind.SEEN
            )
        )
    )
    new = sorted(set(entry_ids) - seen)
    for entry_id in new:
        told = _get_told(session, booking, entry_id)
        _append(
            session, actor, now, EntryKind.SEEN, booking.sitting_id, booking_id, refers_to=told.id
        )
    return len(new)


def read_key(key: str) -> str:
    """Return the key of a command. Raises `Invalid` for what no page of ours sends."""
    if not (key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY):
        raise Invalid(_("This command has no key that we know. Load the page again."))
    return key


def _write(
    session: Session,
    actor: Actor,
    now: datetime,
    kind: EntryKind,
    sitting_id: str,
    booking_id: str | None,
    text: str,
    key: str,
    happened_at: datetime | None = None,
) -> RoomEntry:
    words = _read_words(text)
    get_sitting(session, sitting_id)
    lock(session, booking_id or sitting_id)
    if booking_id is not None:
        booking = get_booking(session, booking_id)
        _refuse_own(actor, booking)
        if booking.sitting_id != sitting_id:
            raise NotFound(_("There is no such booking."))
    earlier = _find_command(session, actor, key)
    if earlier is not None and (earlier.kind, earlier.booking_id) != (kind, booking_id):
        raise Conflict(_("This command was already used for something else."))
    return earlier or _append(
        session, actor, now, kind, sitting_id, booking_id,
        words=words, key=read_key(key), happened_at=happened_at,
    )  # fmt: skip


def _read_words(text: str, *, needed: bool = True) -> str | None:
    words = clean_text(text).strip()
    if len(words) > LONGEST_WORDS:
        raise Invalid(_("Write up to 2000 characters."))
    if needed and not words:
        raise Invalid(_("Write some words first."))
    return words or None


def _refuse_own(actor: Actor, booking: BookingView) -> None:
    if booking.candidate_id == actor.id:
        raise Refused(_("This is your own exam. Somebody else watches over it."))


def _lock_own(session: Session, actor: Actor, booking_id: str) -> BookingView:
    lock(session, booking_id)
    return get_own_booking(session, booking_id, actor.id)


def _items_of(session: Session, booking: BookingView) -> Collection[str]:
    return get_paper(session, get_sitting(session, booking.sitting_id).form_id).by_id


def _find_command(session: Session, actor: Actor, key: str) -> RoomEntry | None:
    return session.scalar(
        sa.select(RoomEntry).where(
            RoomEntry.actor_id == actor.id, RoomEntry.command_key == read_key(key)
        )
    )


def _get_call(session: Session, entry_id: str) -> RoomEntry:
    """A raised hand or a reply: what somebody waits for an answer to."""
    found = session.get(RoomEntry, entry_id)
    if found is None or found.kind not in OPENS:
        raise NotFound(_("There is no such call."))
    return found


def _find_end(session: Session, entry_id: str) -> RoomEntry | None:
    return session.scalar(
        sa.select(RoomEntry).where(
            RoomEntry.refers_to == entry_id, RoomEntry.kind.in_(sorted(CLOSES_HAND))
        )
    )


def _get_told(session: Session, booking: BookingView, entry_id: str) -> RoomEntry:
    """Something that this candidate's page shows."""
    found = session.get(RoomEntry, entry_id)
    if (
        found is None
        or found.kind not in TOLD
        or found.aggregate_id not in {booking.id, booking.sitting_id}
    ):
        raise NotFound(_("There is no such message."))
    return found


def _refuse_flood(session: Session, booking_id: str, now: datetime) -> None:
    said = session.scalar(
        sa.select(sa.func.count()).where(
            RoomEntry.aggregate_id == booking_id,
            RoomEntry.kind.in_(sorted(BY_CANDIDATE - {EntryKind.SEEN})),
            RoomEntry.at > now - timedelta(minutes=1),
        )
    )
    if (said or 0) >= MOST_IN_A_MINUTE:
        raise TooMany(_("That is a lot in one minute. Wait a minute, or ring the number given."))


def _append(
    session: Session,
    actor: Actor,
    now: datetime,
    kind: EntryKind,
    sitting_id: str,
    booking_id: str | None,
    *,
    words: str | None = None,
    key: str | None = None,
    topic: Topic | None = None,
    item_id: str | None = None,
    refers_to: str | None = None,
    happened_at: datetime | None = None,
    claimed_age: timedelta | None = None,
) -> RoomEntry:
    entry = RoomEntry(
        aggregate_id=booking_id or sitting_id,
        at=now,
        actor_id=actor.id,
        sitting_id=sitting_id,
        booking_id=booking_id,
        kind=kind,
        topic=topic,
        item_id=item_id,
        refers_to=refers_to,
        command_key=key,
        happened_at=happened_at,
        claimed_age=None if claimed_age is None else claimed_age // timedelta(microseconds=1),
    )
    return append(session, entry, text=words)
