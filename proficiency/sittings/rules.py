"""The states of a booking and of a sitting, and the time allowed, as pure functions."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from urllib.parse import urlsplit

from proficiency.core.show import duration
from proficiency.core.text import _


class BookingState(StrEnum):
    """Whether a booking stands."""

    BOOKED = "booked"
    CANCELLED = "cancelled"


class SittingPhase(StrEnum):
    """Where a sitting stands in time. What marking and later rooms do is their own state."""

    SCHEDULED = "scheduled"
    OPEN = "open"  # candidates may start
    RUNNING = "running"  # nobody may start any more; some may still write
    CANCELLED = "cancelled"


PHASE_NAMES = {
    SittingPhase.SCHEDULED: _("Scheduled"),
    SittingPhase.OPEN: _("Open for starting"),
    SittingPhase.RUNNING: _("Starting has ended"),
    SittingPhase.CANCELLED: _("Cancelled"),
}

STATE_NAMES = {
    BookingState.BOOKED: _("Booked"),
    BookingState.CANCELLED: _("Cancelled"),
}

if set(PHASE_NAMES) != set(SittingPhase) or set(STATE_NAMES) != set(BookingState):
    raise AssertionError("every phase and state needs a name")


class Measure(StrEnum):
    """What can be arranged for a candidate beyond time, so that the exam is fair to them."""

    READER = "reader"
    SCRIBE = "scribe"
    SIGNER = "signer"
    COMPANION = "companion"
    ANOTHER_TIME = "another_time"
    ROOM = "room"
    TYPE = "type"
    SOFT_WARNINGS = "soft_warnings"
    OWN_TECHNOLOGY = "own_technology"
    PAPER = "paper"
    FOOD = "food"
    NO_CAMERA = "no_camera"
    OTHER = "other"


MEASURE_NAMES = {
    Measure.READER: _("A person who reads to me"),
    Measure.SCRIBE: _("A person who writes for me"),
    Measure.SIGNER: _("A sign language interpreter"),
    Measure.COMPANION: _("Somebody with me, such as a carer"),
    Measure.ANOTHER_TIME: _("Another time of day, or another day"),
    Measure.ROOM: _("A room with somebody on site instead of a camera at home"),
    Measure.TYPE: _("Font, spacing and contrast set up for me beforehand"),
    Measure.SOFT_WARNINGS: _("Quieter warnings of time"),
    Measure.OWN_TECHNOLOGY: _("My own assistive technology, such as a screen reader or dictation"),
    Measure.PAPER: _("A copy on paper"),
    Measure.FOOD: _("Food, drink, medicine or a medical device at hand"),
    Measure.NO_CAMERA: _("Proving who I am without a camera"),
    Measure.OTHER: _("Something else, which I describe"),
}

if set(MEASURE_NAMES) != set(Measure):
    raise AssertionError("every measure needs a name")


def sitting_phase(
    opens_at: datetime, last_start_at: datetime, cancelled_at: datetime | None, now: datetime
) -> SittingPhase:
    """Return where a sitting stands at `now`; a start is allowed in [opens_at, last_start_at]."""
    if cancelled_at is not None:
        return SittingPhase.CANCELLED
    if now < opens_at:
        return SittingPhase.SCHEDULED
    return SittingPhase.OPEN if now <= last_start_at else SittingPhase.RUNNING


def phase_with_leave(phase: SittingPhase, until: datetime | None, now: datetime) -> SittingPhase:
    """Return the phase for whom has leave to start `until` a moment: it keeps the sitting open."""
    may_start = phase is SittingPhase.RUNNING and until is not None and now <= until
    return SittingPhase.OPEN if may_start else phase


LONGEST_START = timedelta(days=31)
"""How long a sitting may stay open for starting; a longer one is most likely a mistyped year."""


def time_problem(opens_at: datetime, last_start_at: datetime, now: datetime) -> str | None:
    """Return what is wrong with the times of a new sitting, in words, or None."""
    if last_start_at < opens_at:
        return _("The last start is before the opening. Put the times in order.")
    if last_start_at <= now:
        return _("Nobody could start this sitting: its last start has passed already.")
    if last_start_at - opens_at > LONGEST_START:
        return _("A sitting can be open for starting for 31 days at most. Check the dates.")
    return None


def allowed_time(minutes: int, extra_percent: int, extra_minutes: int) -> timedelta:
    """Return how long a candidate may write: ⌈minutes × (1 + percent)⌉ to the second, plus minutes.

    An attempt computes the same from the values that it copied at its start.
    """
    seconds = -(-minutes * 60 * (100 + extra_percent) // 100)
    return timedelta(seconds=seconds, minutes=extra_minutes)


def sum_of_extra(extra_percent: int, extra_minutes: int) -> str:
    """Return extra time in words, such as `25 % + 10 min`; empty for none."""
    parts = [f"{extra_percent} %"] * bool(extra_percent)
    parts += [duration(timedelta(minutes=extra_minutes))] * bool(extra_minutes)
    return " + ".join(parts)


def allowed_text(minutes: int, extra_percent: int, extra_minutes: int) -> str:
    """Return the time allowed as a sum that a candidate can check: `2 h + 25 % = 2 h 30 min`."""
    base, extra = duration(timedelta(minutes=minutes)), sum_of_extra(extra_percent, extra_minutes)
    if not extra:
        return base
    return f"{base} + {extra} = {duration(allowed_time(minutes, extra_percent, extra_minutes))}"


@dataclass(frozen=True)
class Breaks:
    """How long a candidate's breaks may stop the clock: all together, and each at most."""

    total: timedelta
    longest: timedelta

    @property
    def text(self) -> str:
        """Return them in words, such as `30 min, at most 15 min at a time`; empty for none."""
        if not self.total:
            return ""
        if self.longest >= self.total:
            return duration(self.total)
        words = _("{total}, at most {longest} at a time")
        return words.format(total=duration(self.total), longest=duration(self.longest))


def breaks_of(
    break_minutes: int, longest_minutes: int, rest_minutes: int = 0, longest_rest_minutes: int = 0
) -> Breaks:
    """Return the breaks of one candidate: everybody's, and what was arranged on top.

    One break may be as long as the longer of what holds for everybody and what was arranged.
    """
    return Breaks(
        timedelta(minutes=break_minutes + rest_minutes),
        timedelta(minutes=max(longest_minutes, longest_rest_minutes)),
    )


def local_moment(day: date, at: time, zone: tzinfo) -> datetime:
    """Return the moment that a clock in `zone` shows as `day`, `at`; the first one of two.

    Raises `ValueError` for an hour that the clock leaves out in spring.
    """
    moment = datetime.combine(day, at, zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != datetime.combine(day, at):
        raise ValueError(_("The clock leaves out this hour on that day. Choose another time."))
    return moment


_ADDRESS = re.compile(r"[^\s,;<>\"()]+@[^\s,;<>\"()]+")


def read_addresses(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the addresses in pasted text, in small letters and once each, and what is none.

    Understands a column of a sheet, lists with commas or semicolons, and `Ann <ann@example.org>`.
    """
    found = dict.fromkeys(match.lower().rstrip(".") for match in _ADDRESS.findall(text))
    lines = [line.strip() for line in re.split(r"[\n;]", text)]
    strays = [line for line in lines if line and not _ADDRESS.search(line)]
    return tuple(found), tuple(dict.fromkeys(strays))


LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_safe_address(address: str) -> bool:
    """Whether an exam may be served at `address`: over HTTPS, or on this very machine.

    Without it a browser offers no service worker and no Web Crypto, and others can read along.
    """
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in LOOPBACK
