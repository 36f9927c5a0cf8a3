"""Where a candidate stands, and who needs the invigilator first. Pure.

With three hundred people in a room nobody reads three hundred rows: the order is the work. Somebody
unwell comes before everybody else, then who calls, who waits at the door, whose page is silent.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from proficiency.core.text import _
from proficiency.delivery.admission import Admission
from proficiency.delivery.presence import SILENCE
from proficiency.delivery.rules import EventKind, Phase, Window
from proficiency.invigilation.rules import Topic

LONG_UNSENT = timedelta(minutes=1)
"""An answer that waits for so long on a device, though its page is heard, needs a look."""


class Place(StrEnum):
    """Where a candidate stands, in one word."""

    ABSENT = "absent"
    WAITING = "waiting"
    TURNED_AWAY = "turned_away"
    ADMITTED = "admitted"
    WRITING = "writing"
    RESTING = "resting"
    PAUSED = "paused"
    OFFLINE = "offline"
    ENDED = "ended"  # the time is over, and the end is not recorded yet
    FINISHED = "finished"


PLACE_NAMES: Mapping[Place, str] = {
    Place.ABSENT: _("Not here yet"),
    Place.WAITING: _("Waits to be let in"),
    Place.TURNED_AWAY: _("Turned away"),
    Place.ADMITTED: _("Let in, not started"),
    Place.WRITING: _("Writing"),
    Place.RESTING: _("On a break"),
    Place.PAUSED: _("Clock stopped"),
    Place.OFFLINE: _("Offline"),
    Place.ENDED: _("Time is over"),
    Place.FINISHED: _("Finished"),
}

PLACE_TONES: Mapping[Place, str] = {
    Place.ABSENT: "neutral",
    Place.WAITING: "warn",
    Place.TURNED_AWAY: "bad",
    Place.ADMITTED: "info",
    Place.WRITING: "good",
    Place.RESTING: "info",
    Place.PAUSED: "info",
    Place.OFFLINE: "bad",
    Place.ENDED: "neutral",
    Place.FINISHED: "neutral",
}

if set(PLACE_NAMES) != set(Place) or set(PLACE_TONES) != set(Place):
    raise RuntimeError("every place needs a name and a tone")


class Rank(IntEnum):
    """Who comes first. Within a rank it is whoever has waited longest."""

    UNWELL = 0
    CALLS = 1
    ASKS_FOR_DEVICE = 2
    AT_THE_DOOR = 3
    SILENT = 4
    UNSENT = 5
    STOPPED = 6
    NOTHING = 7
    NOT_STARTED = 8
    OVER = 9


@dataclass(frozen=True)
class Call:
    """Something that a candidate waits for an answer to; `topic` is None for a reply."""

    id: str
    topic: Topic | None
    at: datetime


@dataclass(frozen=True)
class Facts:
    """What is known of one candidate at one moment.

    `heard_at`, `unsent` and `waiting` are what the writing page last said of itself; `asked_at` is
    when another device asked to go on and was not permitted yet.
    """

    admission: Admission = Admission.ABSENT
    arrived_at: datetime | None = None
    phase: Phase | None = None
    closing: EventKind | None = None
    closed_at: datetime | None = None
    window: Window | None = None
    transit: timedelta = timedelta(0)
    last_event_at: datetime | None = None
    heard_at: datetime | None = None
    unsent: int = 0
    waiting: timedelta = timedelta(0)
    asked_at: datetime | None = None
    calls: Collection[Call] = ()


@dataclass(frozen=True)
class Standing:
    """What the room shows of one candidate: a place, since when, and how urgent it is."""

    place: Place
    since: datetime | None
    rank: Rank
    rank_since: datetime | None


def judge(facts: Facts, now: datetime) -> Standing:
    """Return where somebody stands at `now` and how much they need attention."""
    place, since = find_place(facts, now)
    rank, rank_since = _rank(facts, place, since, now)
    return Standing(place, since, rank, rank_since)


def find_place(facts: Facts, now: datetime) -> tuple[Place, datetime | None]:
    """Return where somebody stands at `now`, and since when, as far as that is known."""
    if facts.window is None:
        return _AT_THE_DOOR[facts.admission], facts.arrived_at
    if facts.phase is Phase.CLOSED:
        return Place.FINISHED, facts.closed_at
    window = facts.window
    if window.is_over(now):
        return Place.ENDED, window.deadline
    if window.is_stopped(now):
        return (Place.PAUSED if window.is_paused else Place.RESTING), window.at
    heard = last_heard(facts)
    if heard is not None and now - heard > SILENCE:
        return Place.OFFLINE, heard
    return Place.WRITING, None


_AT_THE_DOOR: Mapping[Admission, Place] = {
    Admission.ABSENT: Place.ABSENT,
    Admission.WAITING: Place.WAITING,
    Admission.ADMITTED: Place.ADMITTED,
    Admission.TURNED_AWAY: Place.TURNED_AWAY,
}


def last_heard(facts: Facts) -> datetime | None:
    """Return when the page was last heard from: a sign of life, or the start."""
    known = [moment for moment in (facts.heard_at, facts.last_event_at) if moment is not None]
    return max(known, default=None)


def unsent_since(facts: Facts) -> datetime | None:
    """Return since when the oldest unsent answer has waited on the device, if there is one."""
    if not facts.unsent or facts.heard_at is None:
        return None
    return facts.heard_at - facts.waiting


def _rank(
    facts: Facts, place: Place, since: datetime | None, now: datetime
) -> tuple[Rank, datetime | None]:
    unwell = [call.at for call in facts.calls if call.topic is Topic.UNWELL]
    if unwell:
        return Rank.UNWELL, min(unwell)
    if facts.calls:
        return Rank.CALLS, min(call.at for call in facts.calls)
    if place is Place.FINISHED:
        return Rank.OVER, since
    if facts.asked_at is not None:
        return Rank.ASKS_FOR_DEVICE, facts.asked_at
    waits = unsent_since(facts)
    if place is Place.WRITING and waits is not None and now - waits > LONG_UNSENT:
        return Rank.UNSENT, waits
    return _RANKS[place], since


_RANKS: Mapping[Place, Rank] = {
    Place.ABSENT: Rank.NOT_STARTED,
    Place.WAITING: Rank.AT_THE_DOOR,
    Place.TURNED_AWAY: Rank.NOT_STARTED,
    Place.ADMITTED: Rank.NOT_STARTED,
    Place.WRITING: Rank.NOTHING,
    Place.RESTING: Rank.STOPPED,
    Place.PAUSED: Rank.STOPPED,
    Place.OFFLINE: Rank.SILENT,
    Place.ENDED: Rank.OVER,
    Place.FINISHED: Rank.OVER,
}

if set(_AT_THE_DOOR) != set(Admission) or set(_RANKS) != set(Place):
    raise RuntimeError("every place needs a rank")
