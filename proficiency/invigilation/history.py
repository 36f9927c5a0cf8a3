"""All that happened in a room, from each chain that tells of it: of a candidate, and of all.

Answers are no part of it: only what an invigilator, an officer or a panel needs to see how somebody
sat. It names tables of lower rooms and only reads them, as `statements` does.
"""
# ruff: noqa: S608 - only constants of this program are put into the texts

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup
from sqlalchemy.orm import Session

from proficiency.core.clock import from_micros
from proficiency.core.show import HOME_ZONE, clock, clock_text, duration, when
from proficiency.core.text import _
from proficiency.delivery.admission import BY_CANDIDATE as AT_THE_DOOR
from proficiency.delivery.admission import DOCUMENT_NAMES, CheckInKind, DocumentType
from proficiency.delivery.rules import EventKind
from proficiency.invigilation.rules import (
    BY_CANDIDATE,
    ENTRY_NAMES,
    SIGNAL_NAMES,
    TOPIC_NAMES,
    EntryKind,
    SignalKind,
    Topic,
)
from proficiency.invigilation.statements import WAS_SITTING

ATTEMPT_NAMES: Mapping[EventKind, str | None] = {
    EventKind.STARTED: _("Started"),
    EventKind.WRITER_ASKED: _("Asked to go on with another device"),
    EventKind.WRITER_PERMITTED: _("Another device permitted"),
    EventKind.WRITER_CHANGED: _("Went on with another device"),
    EventKind.STAGE_OPENED: _("Opened the next stage"),
    EventKind.PAUSED: _("Clock stopped"),
    EventKind.RESUMED: _("Clock runs again"),
    EventKind.CREDITED: _("Time given back"),
    EventKind.REST_STARTED: _("Break began"),
    EventKind.REST_ENDED: _("Break ended"),
    EventKind.SUBMITTED: _("Handed in"),
    EventKind.FORCED: _("Exam ended by an invigilator"),
    EventKind.LOCKED: _("Time over, locked"),
    EventKind.ANSWER_SAVED: None,
    EventKind.ANSWER_OUTDATED: None,
    EventKind.ANSWER_CONFLICTED: None,
    EventKind.ANSWER_LATE: None,
    EventKind.ANSWER_FILED: None,
    EventKind.ANSWER_ACCEPTED: None,
    EventKind.FLAGGED: None,
    EventKind.UNFLAGGED: None,
    EventKind.CONTACTED: None,
}
"""What of an attempt is told here. Answers, flags and signs of life (None) are not."""

DOOR_NAMES: Mapping[CheckInKind, str] = {
    CheckInKind.ARRIVED: _("Arrived"),
    CheckInKind.OTHER_WAY_ASKED: _("Asked to be checked without a camera"),
    CheckInKind.IDENTITY_CHECKED: _("Identity checked"),
    CheckInKind.NOT_CHECKED: _("Identity could not be checked"),
    CheckInKind.ADMITTED: _("Let in"),
    CheckInKind.TURNED_AWAY: _("Turned away"),
}

if set(DOOR_NAMES) != set(CheckInKind) or set(ATTEMPT_NAMES) != set(EventKind):
    raise RuntimeError("everything that can happen needs a name, or none on purpose")

_BY_CANDIDATE = {kind.value for kind in AT_THE_DOOR | BY_CANDIDATE} | {
    EventKind.STARTED.value,
    EventKind.WRITER_ASKED.value,
    EventKind.WRITER_CHANGED.value,
    EventKind.STAGE_OPENED.value,
    EventKind.REST_STARTED.value,
    EventKind.REST_ENDED.value,
    EventKind.SUBMITTED.value,
}
"""What a candidate does themselves; all else is done by staff or by the system."""

_KINDS = ", ".join(
    f"'{kind}'" for kind in sorted(kind for kind, name in ATTEMPT_NAMES.items() if name)
)

DOOR = """
SELECT check_in_event.id, 'door' AS source, check_in_event.booking_id, check_in_event.kind,
  check_in_event.at, payload.text AS words, account.display_name AS by_name,
  check_in_event.document AS detail, CAST(NULL AS BIGINT) AS amount,
  CAST(NULL AS BIGINT) AS happened_at, CAST(NULL AS BIGINT) AS question
FROM check_in_event LEFT JOIN payload ON payload.id = check_in_event.id
LEFT JOIN account ON account.id = check_in_event.actor_id
WHERE check_in_event.sitting_id = :sitting_id"""

ATTEMPT = f"""
SELECT attempt_event.id, 'attempt', attempt.booking_id, attempt_event.kind, attempt_event.at,
  payload.text, account.display_name, attempt_event.room_event_id, attempt_event.amount,
  CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)
FROM attempt JOIN attempt_event ON attempt_event.aggregate_id = attempt.id
LEFT JOIN payload ON payload.id = attempt_event.id
LEFT JOIN account ON account.id = attempt_event.actor_id
WHERE attempt.sitting_id = :sitting_id AND attempt_event.kind IN ({_KINDS})"""

ENTRY = """
SELECT room_entry.id, 'entry', room_entry.booking_id, room_entry.kind, room_entry.at,
  payload.text, account.display_name, room_entry.topic, CAST(NULL AS BIGINT),
  room_entry.happened_at, form_item.number
FROM room_entry LEFT JOIN payload ON payload.id = room_entry.id
LEFT JOIN account ON account.id = room_entry.actor_id
LEFT JOIN form_item ON form_item.id = room_entry.item_id
WHERE room_entry.sitting_id = :sitting_id AND room_entry.kind <> 'seen'"""

ROOM = """
SELECT room_event.id, 'room', NULL, room_event.kind, room_event.at, payload.text,
  account.display_name, NULL, room_event.amount, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)
FROM room_event LEFT JOIN payload ON payload.id = room_event.id
LEFT JOIN account ON account.id = room_event.actor_id
WHERE room_event.aggregate_id = :sitting_id"""

LATE = """
SELECT late_start.id, 'late', booking.id, 'late_start', late_start.at, payload.text,
  account.display_name, NULL, CAST(NULL AS BIGINT), late_start.until_at, CAST(NULL AS BIGINT)
FROM booking JOIN late_start ON late_start.aggregate_id = booking.id
LEFT JOIN payload ON payload.id = late_start.id
LEFT JOIN account ON account.id = late_start.actor_id
WHERE booking.sitting_id = :sitting_id"""

_SERVICE = """
SELECT service_outage.id, 'service', NULL, 'outage', service_outage.to_at, NULL, NULL, NULL,
  service_outage.to_at - service_outage.from_at, service_outage.from_at, CAST(NULL AS BIGINT)
FROM service_outage WHERE EXISTS (
  SELECT 1 FROM attempt WHERE attempt.{whose} AND {sitting})"""
SERVICE = _SERVICE.format(whose="sitting_id = :sitting_id", sitting=WAS_SITTING)
SERVICE_OF_ONE = _SERVICE.format(whose="booking_id = :booking_id", sitting=WAS_SITTING)

ALL = sa.text(
    f"{DOOR} UNION ALL {ATTEMPT} UNION ALL {ENTRY} UNION ALL {ROOM} UNION ALL {LATE} "
    f"UNION ALL {SERVICE} ORDER BY 5, 1"
)

OF_ONE = sa.text(
    f"{DOOR} AND check_in_event.booking_id = :booking_id UNION ALL "
    f"{ATTEMPT} AND attempt.booking_id = :booking_id UNION ALL "
    f"{ENTRY} AND coalesce(room_entry.booking_id, :booking_id) = :booking_id UNION ALL "
    f"{LATE} AND booking.id = :booking_id UNION ALL {SERVICE_OF_ONE} ORDER BY 5, 1"
)

SIGNALS = sa.text("""
SELECT booking_id, kind, at, size, claimed_age FROM signal
WHERE sitting_id = :sitting_id ORDER BY at, pos""")

SIGNALS_OF_ONE = sa.text("""
SELECT booking_id, kind, at, size, claimed_age FROM signal
WHERE aggregate_id = :booking_id ORDER BY pos""")


def name_of(kind: EventKind) -> str:
    """Return what an event of an attempt is called here. Raises `ValueError` if it isn't told."""
    name = ATTEMPT_NAMES[kind]
    if name is None:
        raise ValueError(f"{kind} is not told here")
    return name


@dataclass(frozen=True)
class Line:
    """Something that happened. `booking_id` is None when it concerned the whole room.

    `of_room` says that it came from a command for the whole room.
    """

    source: str
    booking_id: str | None
    kind: str
    at: datetime
    what: str
    words: str | None
    by: str
    amount: timedelta
    of_room: bool
    by_candidate: bool = False


@dataclass(frozen=True)
class SignalLine:
    """Something that a page noticed, with when it says that it happened."""

    booking_id: str
    kind: SignalKind
    at: datetime
    size: int | None

    @property
    def what(self) -> str:
        return SIGNAL_NAMES[self.kind]

    @property
    def size_text(self) -> str:
        """The size with its unit."""
        if self.size is None:
            return ""
        if self.kind in {SignalKind.ABSENT, SignalKind.RETURNED}:
            return duration(timedelta(seconds=self.size))
        return _("{n} characters").format(n=self.size)


@dataclass(frozen=True)
class History:
    """What happened to one candidate, the newest first."""

    lines: Sequence[Line]
    signals: Sequence[SignalLine]

    def rows(self, day: datetime) -> list[list[Any]]:
        return [[on_day(each.at, day), each.what, each.words or "", each.by] for each in self.lines]

    def signal_rows(self, day: datetime) -> list[list[Any]]:
        return [[on_day(each.at, day), each.what, each.size_text] for each in self.signals]


def on_day(moment: datetime | None, day: datetime) -> Markup:
    """Return a moment of a page that names its `day`: the time, and the date of another day."""
    if moment is None:
        return Markup()
    same = moment.astimezone(HOME_ZONE).date() == day.astimezone(HOME_ZONE).date()
    return clock(moment) if same else when(moment)


def read_history(session: Session, sitting_id: str, booking_id: str) -> History:
    """Return what happened to one candidate and to their whole room while they sat."""
    asked = {"sitting_id": sitting_id, "booking_id": booking_id}
    lines = [_line(row) for row in session.execute(OF_ONE, asked)]
    signals = [_signal(row) for row in session.execute(SIGNALS_OF_ONE, {"booking_id": booking_id})]
    return History(lines[::-1], signals[::-1])


def list_lines(session: Session, sitting_id: str) -> list[Line]:
    """Return all that happened in a room, the oldest first."""
    return [_line(row) for row in session.execute(ALL, {"sitting_id": sitting_id})]


def list_signals(session: Session, sitting_id: str) -> list[SignalLine]:
    """Return every signal of a room, the oldest first."""
    return [_signal(row) for row in session.execute(SIGNALS, {"sitting_id": sitting_id})]


def _line(row: Any) -> Line:
    return Line(
        source=row.source,
        booking_id=row.booking_id,
        kind=row.kind,
        at=from_micros(row.at),
        what=_what(row),
        words=row.words,
        by=row.by_name or _("the system"),
        amount=timedelta(microseconds=row.amount or 0),
        of_room=row.source == "room" or (row.source == "attempt" and row.detail is not None),
        by_candidate=row.kind in _BY_CANDIDATE,
    )


def _what(row: Any) -> str:
    if row.source == "late":
        until = clock_text(from_micros(row.happened_at))
        return _("May start late, until {time}").format(time=until)
    if row.source == "service":
        since = clock_text(from_micros(row.happened_at))
        lasted = duration(timedelta(microseconds=row.amount))
        return _("The service was away from {since}: {time}").format(since=since, time=lasted)
    if row.source == "door":
        name = DOOR_NAMES[CheckInKind(row.kind)]
        if row.detail is None:
            return name
        document = DOCUMENT_NAMES[DocumentType(row.detail)]
        return _("{what}: {detail}").format(what=name, detail=document)
    if row.source == "entry":
        return _entry(row)
    name = name_of(EventKind(row.kind))
    if not row.amount:
        return name
    amount = duration(timedelta(microseconds=row.amount))
    return _("{what}: {detail}").format(what=name, detail=amount)


def _entry(row: Any) -> str:
    name = ENTRY_NAMES[EntryKind(row.kind)]
    if row.detail is not None:
        name = TOPIC_NAMES[Topic(row.detail)]
    if row.question is not None:
        name = _("{title}: question {n}").format(title=name, n=row.question)
    if row.happened_at is not None:
        at = clock_text(from_micros(row.happened_at))
        name = _("{what}, at {time}").format(what=name, time=at)
    return name


def _signal(row: Any) -> SignalLine:
    at = from_micros(row.at) - timedelta(microseconds=row.claimed_age or 0)
    return SignalLine(row.booking_id, SignalKind(row.kind), at, row.size)
