"""Reading a room: where everybody stands now, who calls, and what was written down.

A room is read in a fixed number of statements, however many are in it. What a page shows is frozen
values, rounded so that they change only when a person would see a change: from them the page's
pieces and the marks follow by which it asks only for what is new.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from proficiency.core.clock import from_micros
from proficiency.core.show import clock_text, duration
from proficiency.core.text import _
from proficiency.delivery.admission import Admission, CheckInKind
from proficiency.delivery.outages import Outage, find_outages
from proficiency.delivery.queries import allowance_of
from proficiency.delivery.rules import EventKind, Phase, RoomEventKind, WindowEvent, compute_window
from proficiency.invigilation.attention import (
    Call,
    Facts,
    Place,
    Rank,
    judge,
    unsent_since,
)
from proficiency.invigilation.history import name_of
from proficiency.invigilation.rules import ENTRY_NAMES, TOPIC_NAMES, EntryKind, Topic
from proficiency.invigilation.statements import (
    ASKS,
    CANDIDATES,
    ENTRIES,
    LATE_STARTS,
    MOVES,
    OPEN_CALLS,
    OUTAGES,
    OWN_CALLS,
    ROOM_MOVES,
    TOLD,
)

MOST_LINES = 60
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class OpenCall:
    """A raised hand or a reply that nobody has answered."""

    id: str
    booking_id: str
    name: str
    number: str
    topic: Topic | None
    title: str
    words: str | None
    at: datetime
    made_at: datetime | None  # when the page says it was pressed, if it was offline then


@dataclass(frozen=True)
class Candidate:
    """One row of the room. Moments that move with every sign of life are whole minutes."""

    booking_id: str
    attempt_id: str | None
    number: str
    name: str
    place: Place
    since: datetime | None
    rank: Rank
    rank_since: datetime | None
    deadline: datetime | None
    left: timedelta | None
    stage: int | None
    saved_at: datetime | None
    unsent: int
    unsent_since: datetime | None
    is_hidden: bool
    is_identified: bool
    pictures: int
    asks_other_way: bool
    asks_for_device: bool
    calls: tuple[str, ...]
    signals: int
    late_until: datetime | None = None

    @property
    def sort_key(self) -> tuple[int, datetime, str, str]:
        """First who needs somebody, then who waited longest, then by name."""
        since = self.rank_since or from_micros(0)
        return self.rank, since, self.name.casefold(), self.number


@dataclass(frozen=True)
class LogLine:
    """One line of the log: who did what to whom, in which words."""

    id: str
    at: datetime
    what: str
    by: str
    whom: str | None
    words: str | None
    kind: str


@dataclass(frozen=True)
class Room:
    """A room at one moment. `outages` are those of the service that cost somebody here time."""

    sitting_id: str
    candidates: Sequence[Candidate]
    calls: Sequence[OpenCall]
    lines: Sequence[LogLine]
    is_paused: bool
    outages: Sequence[Outage] = ()

    @property
    def counts(self) -> Mapping[Place, int]:
        """How many stand where, every place named."""
        places = [each.place for each in self.candidates]
        return {place: places.count(place) for place in Place}


@dataclass(frozen=True)
class Told:
    """Something that a candidate was told. `is_seen` is whether their page has shown it."""

    id: str
    at: datetime
    words: str | None
    answers: str | None
    is_seen: bool


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _minute(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(second=0, microsecond=0)


def read_room(session: Session, sitting_id: str, now: datetime) -> Room:
    """Return a room as it is at `now`."""
    asked = {"sitting_id": sitting_id}
    people = session.execute(CANDIDATES, asked).all()
    moves = session.execute(MOVES, asked).all()
    room_moves = session.execute(ROOM_MOVES, asked).all()
    asks = _asking(session.execute(ASKS, asked))
    names = {row.booking_id: (row.display_name, row.candidate_number) for row in people}
    calls = [_call(row, names) for row in session.execute(OPEN_CALLS, asked)]
    entries = session.execute(ENTRIES, {**asked, "most": MOST_LINES}).all()
    late = session.execute(LATE_STARTS, asked).all()
    away = session.execute(OUTAGES, asked).all()
    until = {row.booking_id: from_micros(row.until_at) for row in late}
    made = _Maker(now, _by_attempt(moves), asks, _calls_by_booking(calls), until)
    lines = [
        *(_entry_line(row, names) for row in entries),
        *(_move_line(row, names) for row in moves if _is_of_staff(row)),
        *(_move_line(row, names) for row in room_moves),
        *_forced_lines(people),
        *(_late_line(row, names) for row in late),
        *(_outage_line(row) for row in away),
    ]
    return Room(
        sitting_id=sitting_id,
        candidates=sorted((made.candidate(row) for row in people), key=lambda each: each.sort_key),
        calls=sorted(calls, key=lambda each: (each.topic is not Topic.UNWELL, each.at)),
        lines=sorted(lines, key=lambda line: (line.at, line.id), reverse=True)[:MOST_LINES],
        is_paused=_is_paused(room_moves),
        outages=find_outages(session, sitting_id) if away else (),
    )


def _asking(rows: Iterable[Any]) -> dict[str, datetime]:
    """Since when a device asks that nobody has permitted, by the booking."""
    permitted = set()
    asked: dict[tuple[str, str | None], datetime] = {}
    for row in rows:
        if row.kind == EventKind.WRITER_PERMITTED:
            permitted.add((row.booking_id, row.device_id))
        else:
            asked.setdefault((row.booking_id, row.device_id), from_micros(row.at))
    return {key[0]: at for key, at in asked.items() if key not in permitted}


def _call(row: Any, names: Mapping[str, tuple[str, str]]) -> OpenCall:
    topic = None if row.topic is None else Topic(row.topic)
    name, number = names.get(row.booking_id, ("", ""))
    at = from_micros(row.at)
    age = timedelta(microseconds=row.claimed_age or 0)
    return OpenCall(
        id=row.id,
        booking_id=row.booking_id,
        name=name,
        number=number,
        topic=topic,
        title=_entry_title(row),
        words=row.words,
        at=at,
        made_at=at - age if age > MINUTE else None,
    )


def _entry_title(row: Any) -> str:
    if row.topic is None:
        return ENTRY_NAMES[EntryKind(row.kind)]
    title = TOPIC_NAMES[Topic(row.topic)]
    if row.question is None:
        return title
    return _("{title}: question {n}").format(title=title, n=row.question)


def _calls_by_booking(calls: Iterable[OpenCall]) -> dict[str, list[OpenCall]]:
    found: dict[str, list[OpenCall]] = {}
    for call in calls:
        found.setdefault(call.booking_id, []).append(call)
    return found


def _by_attempt(moves: Iterable[Any]) -> dict[str, list[WindowEvent]]:
    found: dict[str, list[WindowEvent]] = {}
    for row in moves:
        event = WindowEvent(
            EventKind(row.kind), from_micros(row.at), timedelta(microseconds=row.amount or 0)
        )
        found.setdefault(row.attempt_id, []).append(event)
    return found


@dataclass(frozen=True)
class _Maker:
    """Makes the rows of one moment."""

    now: datetime
    moves: Mapping[str, Sequence[WindowEvent]]
    asks: Mapping[str, datetime]
    calls: Mapping[str, Sequence[OpenCall]]
    late: Mapping[str, datetime]

    def candidate(self, row: Any) -> Candidate:
        calls = self.calls.get(row.booking_id, ())
        facts = self._facts(row, calls)
        standing = judge(facts, self.now)
        window = facts.window if facts.phase is Phase.WRITING else None
        stopped = window is not None and window.is_stopped(self.now)
        return Candidate(
            booking_id=row.booking_id,
            attempt_id=row.attempt_id,
            number=row.candidate_number,
            name=row.display_name,
            place=standing.place,
            since=standing.since,
            rank=standing.rank,
            rank_since=_minute(standing.rank_since),
            deadline=None if window is None or stopped else window.deadline,
            left=window.remaining(self.now) if window is not None and stopped else None,
            stage=row.stage,
            saved_at=_minute(_moment(row.saved_at)),
            unsent=facts.unsent if window is not None else 0,
            unsent_since=_minute(unsent_since(facts)) if window is not None else None,
            is_hidden=window is not None and bool(row.is_hidden),
            is_identified=row.identity_at is not None,
            pictures=row.pictures,
            asks_other_way=row.identity_state == CheckInKind.OTHER_WAY_ASKED,
            asks_for_device=facts.asked_at is not None,
            calls=tuple(call.title for call in calls),
            signals=row.signals or 0,
            late_until=self.late.get(row.booking_id) if row.attempt_id is None else None,
        )

    def _facts(self, row: Any, calls: Sequence[OpenCall]) -> Facts:
        own = [Call(call.id, call.topic, call.at) for call in calls]
        door = Admission.ABSENT if row.admission is None else Admission(row.admission)
        if row.attempt_id is None:
            return Facts(door, _moment(row.arrived_at), calls=own)
        started_at = from_micros(row.started_at)
        return Facts(
            admission=door,
            arrived_at=_moment(row.arrived_at),
            phase=Phase(row.phase),
            closing=None if row.closing is None else EventKind(row.closing),
            closed_at=_moment(row.closed_at),
            window=compute_window(
                started_at, allowance_of(row), self.moves.get(row.attempt_id, ())
            ),
            transit=timedelta(seconds=row.transit_seconds),
            last_event_at=max(started_at, _moment(row.saved_at) or started_at),
            heard_at=_moment(row.heard_at),
            unsent=row.unsent or 0,
            waiting=timedelta(milliseconds=row.waiting or 0),
            asked_at=self.asks.get(row.booking_id),
            calls=own,
        )


def _is_of_staff(row: Any) -> bool:
    """Whether a move was somebody's command for this one attempt; breaks are the candidate's."""
    resting = {EventKind.REST_STARTED, EventKind.REST_ENDED}
    return row.room_event_id is None and EventKind(row.kind) not in resting


def _is_paused(room_moves: Sequence[Any]) -> bool:
    last = [row.kind for row in room_moves if row.kind != RoomEventKind.CREDITED]
    return bool(last) and last[-1] == RoomEventKind.PAUSED


def _whom(booking_id: str | None, names: Mapping[str, tuple[str, str]]) -> str | None:
    if booking_id is None or booking_id not in names:
        return None
    return _("{name}, {number}").format(name=names[booking_id][0], number=names[booking_id][1])


def _entry_line(row: Any, names: Mapping[str, tuple[str, str]]) -> LogLine:
    what = _entry_title(row)
    if row.happened_at is not None:
        what = _("{what}, at {time}").format(
            what=what, time=clock_text(from_micros(row.happened_at))
        )
    return LogLine(
        row.id, from_micros(row.at), what, row.by_name or "", _whom(row.booking_id, names),
        row.words, row.kind,
    )  # fmt: skip


def _move_line(row: Any, names: Mapping[str, tuple[str, str]]) -> LogLine:
    what = name_of(EventKind(row.kind))
    if row.amount:
        what = _("{what}: {time}").format(
            what=what, time=duration(timedelta(microseconds=row.amount))
        )
    whom = _whom(getattr(row, "booking_id", None), names)
    return LogLine(row.id, from_micros(row.at), what, row.by_name or "", whom, row.words, row.kind)


def _forced_lines(people: Iterable[Any]) -> Iterable[LogLine]:
    for row in people:
        if row.closing == EventKind.FORCED:
            whom = _("{name}, {number}").format(name=row.display_name, number=row.candidate_number)
            yield LogLine(
                row.booking_id, from_micros(row.closed_at), _("Exam ended by an invigilator"),
                "", whom, None, "forced",
            )  # fmt: skip


def _late_line(row: Any, names: Mapping[str, tuple[str, str]]) -> LogLine:
    until = clock_text(from_micros(row.until_at))
    what = _("May start late, until {time}").format(time=until)
    return LogLine(
        row.id, from_micros(row.at), what, row.by_name or "", _whom(row.booking_id, names),
        row.words, "late_start",
    )  # fmt: skip


def _outage_line(row: Any) -> LogLine:
    since, until = from_micros(row.from_at), from_micros(row.to_at)
    what = _("The service was away from {since}: {time}").format(
        since=clock_text(since), time=duration(until - since)
    )
    return LogLine(row.id, until, what, "", None, None, "outage")


def list_told(session: Session, sitting_id: str, booking_id: str) -> list[Told]:
    """Return what a candidate was told, the oldest first."""
    rows = session.execute(TOLD, {"sitting_id": sitting_id, "booking_id": booking_id})
    return [
        Told(row.id, from_micros(row.at), row.words, row.refers_to, row.seen_id is not None)
        for row in rows
    ]


@dataclass(frozen=True)
class OwnCall:
    """A call of the candidate's own that nobody has answered yet."""

    id: str
    title: str
    at: datetime


def list_own_calls(session: Session, booking_id: str) -> list[OwnCall]:
    """Return which calls of a candidate wait for an answer, the oldest first."""
    rows = session.execute(OWN_CALLS, {"booking_id": booking_id})
    return [OwnCall(row.id, _entry_title(row), from_micros(row.at)) for row in rows]
