"""Checks again that each event that moves a clock, changes the writer or ends an attempt could.

For the replay of an attempt (`verify.py`), which asks here with the window as it stood before the
event. What was done to a whole room must be what its event says, in the same sitting; a credit for
an outage must be what this attempt lost in it and had not got back; a break must have been left
to take.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.access import SYSTEM
from proficiency.delivery.lost_rules import Clock, Happened, Span, read_ledger
from proficiency.delivery.models import Attempt, AttemptEvent, RoomEvent, ServiceOutage
from proficiency.delivery.outages import made_good
from proficiency.delivery.queries import allowance_of
from proficiency.delivery.rules import EventKind, Window
from proficiency.exams.rules import SchemeSettings

MICROSECOND = timedelta(microseconds=1)
BEFORE_THE_END = frozenset(
    {EventKind.WRITER_CHANGED, EventKind.STAGE_OPENED, EventKind.REST_STARTED}
    | {EventKind.REST_ENDED, EventKind.PAUSED, EventKind.RESUMED}
)
BY_CANDIDATE = frozenset(
    {EventKind.REST_STARTED, EventKind.REST_ENDED, EventKind.WRITER_ASKED}
    | {EventKind.WRITER_CHANGED, EventKind.STAGE_OPENED, EventKind.SUBMITTED}
)
BY_OTHERS = frozenset(
    {EventKind.PAUSED, EventKind.RESUMED, EventKind.FORCED, EventKind.WRITER_PERMITTED}
)
WITH_REASON = frozenset({EventKind.PAUSED, EventKind.RESUMED, EventKind.CREDITED, EventKind.FORCED})


@dataclass(frozen=True)
class Rooms:
    """What was done to rooms, and when the service was away, by their ids."""

    events: Mapping[str, RoomEvent]
    outages: Mapping[str, ServiceOutage]


def load_rooms(session: Session) -> Rooms:
    """Return all of it."""
    return Rooms(
        {row.id: row for row in session.scalars(sa.select(RoomEvent))},
        {row.id: row for row in session.scalars(sa.select(ServiceOutage))},
    )


@dataclass
class TimeReplay:
    """What of one attempt matters here, as far as it was read."""

    attempt: Attempt
    settings: SchemeSettings
    rooms: Rooms
    own_pauses: int = 0
    room_pauses: int = 0
    asked: dict[str, datetime] = field(default_factory=dict)
    permitted: set[str] = field(default_factory=set)
    """Which devices asked, and were permitted, since the writer changed last."""

    def outage_of(self, event: AttemptEvent) -> Span | None:
        """Return when the service was away, of a credit for that."""
        room = self.rooms.events.get(event.room_event_id or "")
        outage = self.rooms.outages.get(room.outage_id or "") if room else None
        return Span(outage.from_at, outage.to_at) if outage else None

    def problem(
        self, event: AttemptEvent, kind: EventKind, window: Window, before: Sequence[Happened]
    ) -> str | None:
        """Return what is wrong with the next event, if anything.

        `window` follows from what happened `before`.
        """
        found = (
            self._person(event, kind)
            or self._moment(event, kind, window)
            or self._stop(event, kind, window)
            or self._room(event, kind, window, before)
            or self._device(event, kind)
        )
        self._note(event, kind)
        return found

    def _person(self, event: AttemptEvent, kind: EventKind) -> str | None:
        is_own = event.actor_id == self.attempt.actor_id
        if (kind in BY_CANDIDATE and not is_own) or (kind in BY_OTHERS and is_own):
            return f"{kind} is by the wrong person"
        if kind is EventKind.FORCED and event.actor_id == SYSTEM.id:
            return "was ended by nobody"
        if kind in WITH_REASON and event.commitment is None:
            return f"{kind} has no reason"
        return None

    def _moment(self, event: AttemptEvent, kind: EventKind, window: Window) -> str | None:
        transit = timedelta(seconds=self.attempt.transit_seconds)
        is_over = window.is_over(event.at, transit)
        if kind is EventKind.LOCKED and not is_over:
            return "was locked before its time had passed"
        if kind in BEFORE_THE_END | {EventKind.SUBMITTED} and is_over:
            return f"{kind} came after the time had passed"
        return None

    def _stop(self, event: AttemptEvent, kind: EventKind, window: Window) -> str | None:
        is_stopped = window.is_stopped(event.at)
        if kind is EventKind.STAGE_OPENED and is_stopped:
            return "opened a stage while the clock stood still"
        if kind is EventKind.REST_STARTED and is_stopped:
            return "began a break while the clock stood still"
        if kind is EventKind.REST_STARTED and not window.rest_remaining(event.at):
            return "took a break that was not left"
        if kind is EventKind.REST_ENDED and not window.break_remaining(event.at):
            return "ended a break that was not taken"
        if kind is EventKind.RESUMED and not self._pauses(event):
            return "resumed what was not paused"
        return None

    def _pauses(self, event: AttemptEvent) -> int:
        return self.own_pauses if event.room_event_id is None else self.room_pauses

    def _room(
        self, event: AttemptEvent, kind: EventKind, window: Window, before: Sequence[Happened]
    ) -> str | None:
        if event.room_event_id is None:
            return None
        room = self.rooms.events[event.room_event_id]
        if (room.kind, room.sitting_id) != (kind, self.attempt.sitting_id):
            return f"{kind} is not what was done to its room"
        outage = self.outage_of(event)
        if outage is not None:
            clock = Clock(self.attempt.at, allowance_of(self.attempt))
            lost = read_ledger(clock, before).lost(outage)
            if event.amount != made_good(lost, window, event.at) // MICROSECOND:
                return "gives back another time than was lost while the service was away"
        elif event.amount != room.amount:
            return "gives back another time than its room got"
        return None

    def _device(self, event: AttemptEvent, kind: EventKind) -> str | None:
        device = event.device_id or ""
        if kind is EventKind.WRITER_PERMITTED:
            if device not in self.asked:
                return "permits a device that did not ask"
            patience = timedelta(minutes=self.settings.unanswered_minutes)
            if event.actor_id == SYSTEM.id and event.at < self.asked[device] + patience:
                return "permits a device by rule before its time"
        if kind is EventKind.WRITER_CHANGED and self.settings.invigilated:
            return None if device in self.permitted else "changes to a device without a word"
        return None

    def _note(self, event: AttemptEvent, kind: EventKind) -> None:
        step = {EventKind.PAUSED: 1, EventKind.RESUMED: -1}.get(kind, 0)
        if event.room_event_id is None:
            self.own_pauses += step
        else:
            self.room_pauses += step
        if kind is EventKind.WRITER_ASKED:
            self.asked.setdefault(event.device_id or "", event.at)
        if kind is EventKind.WRITER_PERMITTED:
            self.permitted.add(event.device_id or "")
        if kind is EventKind.WRITER_CHANGED:
            self.asked.clear()
            self.permitted.clear()
