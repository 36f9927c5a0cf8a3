"""A candidate's place with all that belongs to it: when, how long, how often it was changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.audit import AuditEvent
from proficiency.core.text import _
from proficiency.exams.queries import FormView, get_form
from proficiency.preparation.calendar import Entry
from proficiency.sittings.queries import (
    Arrangement,
    BookingView,
    SittingView,
    breaks_for,
    get_seat,
    list_arrangements,
)
from proficiency.sittings.rules import (
    MEASURE_NAMES,
    Breaks,
    SittingPhase,
    allowed_text,
    allowed_time,
    phase_with_leave,
)
from proficiency.sittings.times import list_late_starts


@dataclass(frozen=True)
class Place:
    """A booking, its sitting, what is sat there, and what is arranged for this candidate."""

    booking: BookingView
    sitting: SittingView
    form: FormView
    arrangement: Arrangement | None
    late_until: datetime | None = None

    @property
    def start_by(self) -> datetime:
        """Until when this candidate may start: the last start, or later where leave was given."""
        return max(self.sitting.last_start_at, self.late_until or self.sitting.last_start_at)

    @property
    def _extra(self) -> tuple[int, int]:
        held = self.arrangement
        return (0, 0) if held is None else (held.extra_percent, held.extra_minutes)

    @property
    def allowed(self) -> timedelta:
        """How long this candidate may write."""
        return allowed_time(self.form.settings.minutes, *self._extra)

    @property
    def breaks(self) -> Breaks:
        """How long this candidate's breaks may stop the clock."""
        return breaks_for(self.form.settings, self.arrangement)

    @property
    def rest(self) -> timedelta:
        """How long all breaks that stop the clock may take together."""
        return self.breaks.total

    @property
    def time_text(self) -> str:
        """The sum that a candidate checks: `3 h + 25 % = 3 h 45 min, breaks 30 min`."""
        words = allowed_text(self.form.settings.minutes, *self._extra)
        if not self.breaks.text:
            return words
        return _("{time}, breaks {rest}").format(time=words, rest=self.breaks.text)

    @property
    def has_extra(self) -> bool:
        """Whether anything but the usual time is arranged."""
        return any(self._extra) or bool(self.arrangement and self.arrangement.rest_minutes)

    @property
    def measures(self) -> tuple[str, ...]:
        """What is arranged beyond time, in words."""
        held = () if self.arrangement is None else self.arrangement.measures
        return tuple(MEASURE_NAMES[measure] for measure in held)

    @property
    def is_practice(self) -> bool:
        return self.sitting.practice_of is not None

    def phase(self, now: datetime) -> SittingPhase:
        """Where the sitting stands for this place: leave to start late keeps it open."""
        return phase_with_leave(self.sitting.phase(now), self.late_until, now)

    def stands(self, now: datetime) -> bool:
        """Whether the exam may still be started, now or later."""
        is_off = not self.booking.is_booked or self.sitting.cancelled_at is not None
        return not is_off and now <= self.start_by


def get_place(session: Session, booking_id: str) -> Place:
    """Return a place. Raises `NotFound`."""
    seat = get_seat(session, booking_id)
    form = get_form(session, seat.sitting.form_id)
    return Place(seat.booking, seat.sitting, form, seat.arrangement, seat.late_until)


def calendar_entry(session: Session, place: Place, now: datetime, address: str) -> Entry:
    """Return a place as an entry of a calendar; `address` is this installation's.

    It lasts from the opening to the latest end, so that nothing else is put there.
    """
    changes = _moments_of_changes(session, place)
    host = address.partition("://")[2].partition("/")[0].partition(":")[0]
    url = f"{address}/bookings/{place.booking.id}"
    text = _(
        "You may start from {start}. Your time to write: {time}. Sign in and check in at {url}"
    )
    return Entry(
        uid=f"booking-{place.booking.id}@{host}",
        changes=max(len(changes) - 1, 0),
        changed_at=max(changes, default=now),
        starts_at=place.sitting.opens_at,
        ends_at=place.start_by + place.allowed + place.rest,
        title=f"{place.form.scheme_title}: {place.sitting.title}",
        text=text.format(
            start=place.sitting.opens_at.strftime("%H:%M UTC"), time=place.time_text, url=url
        ),
        url=url,
        is_cancelled=not place.booking.is_booked or place.sitting.cancelled_at is not None,
    )


def _moments_of_changes(session: Session, place: Place) -> list[datetime]:
    """When the place became as it is: each change of sitting, booking, arrangement and leave."""
    ids = (place.sitting.id, place.booking.id)
    rows = session.scalars(
        sa.select(AuditEvent.at).where(
            AuditEvent.aggregate_id.in_(ids), AuditEvent.subject.in_(["sitting", "booking"])
        )
    )
    arranged = [each.recorded_at for each in list_arrangements(session, place.booking.id)]
    return [*rows, *arranged, *(each.at for each in list_late_starts(session, place.booking.id))]
