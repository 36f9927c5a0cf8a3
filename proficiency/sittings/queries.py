"""Reading sittings, bookings and access arrangements."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from proficiency.accounts.queries import Person, people_by_id
from proficiency.accounts.rules import Role
from proficiency.core.audit import AuditEvent
from proficiency.core.chain import find_words
from proficiency.core.errors import NotFound
from proficiency.core.sights import Sight
from proficiency.core.text import _
from proficiency.exams.queries import list_form_cases
from proficiency.exams.rules import SchemeSettings
from proficiency.sittings.models import AccessArrangement, Booking, LateStart, Sitting
from proficiency.sittings.rules import (
    BookingState,
    Breaks,
    Measure,
    SittingPhase,
    breaks_of,
    sitting_phase,
)


@dataclass(frozen=True)
class SittingView:
    """One sitting."""

    id: str
    title: str
    form_id: str
    opens_at: datetime
    last_start_at: datetime
    cancelled_at: datetime | None
    practice_of: str | None = None

    def phase(self, now: datetime) -> SittingPhase:
        """Where the sitting stands at `now`."""
        return sitting_phase(self.opens_at, self.last_start_at, self.cancelled_at, now)


@dataclass(frozen=True)
class BookingView:
    """One candidate's place in a sitting."""

    id: str
    sitting_id: str
    candidate_id: str
    candidate_number: str
    state: BookingState

    @property
    def is_booked(self) -> bool:
        """Whether the booking stands."""
        return self.state is BookingState.BOOKED


@dataclass(frozen=True)
class Arrangement:
    """What is arranged for a booking. Its reason is health data: see `find_words`."""

    id: str
    booking_id: str
    extra_percent: int
    extra_minutes: int
    recorded_at: datetime
    recorded_by: str
    rest_minutes: int = 0
    longest_rest_minutes: int = 0
    measures: tuple[Measure, ...] = ()


def _sitting_view(row: Sitting) -> SittingView:
    return SittingView(
        row.id, row.title, row.form_id, row.opens_at, row.last_start_at, row.cancelled_at,
        row.practice_of,
    )  # fmt: skip


def _booking_view(row: Booking) -> BookingView:
    return BookingView(
        row.id, row.sitting_id, row.candidate_id, row.candidate_number, BookingState(row.state)
    )


def _arrangement(row: AccessArrangement) -> Arrangement:
    return Arrangement(
        row.id, row.booking_id, row.extra_percent, row.extra_minutes, row.at, row.actor_id,
        row.rest_minutes or 0, row.longest_rest_minutes or 0,
        tuple(Measure(name) for name in json.loads(row.measures or "[]")),
    )  # fmt: skip


def get_sitting(session: Session, sitting_id: str) -> SittingView:
    """Return one sitting. Raises `NotFound`."""
    row = session.get(Sitting, sitting_id)
    if row is None:
        raise NotFound(_("There is no such sitting."))
    return _sitting_view(row)


def list_sittings(session: Session) -> list[SittingView]:
    """Return every sitting that officers scheduled, the latest first; none that is practice."""
    rows = session.scalars(
        sa.select(Sitting)
        .where(Sitting.practice_of.is_(None))
        .order_by(Sitting.opens_at.desc(), Sitting.id)
    )
    return [_sitting_view(row) for row in rows]


def count_bookings(session: Session) -> dict[str, int]:
    """Return how many bookings stand, by the id of the sitting."""
    rows = session.execute(
        sa.select(Booking.sitting_id, sa.func.count().label("bookings"))
        .where(Booking.state == BookingState.BOOKED)
        .group_by(Booking.sitting_id)
    )
    return {row.sitting_id: row.bookings for row in rows}


def list_bookings(session: Session, sitting_id: str) -> list[BookingView]:
    """Return the bookings of a sitting, cancelled ones too, by candidate number."""
    rows = session.scalars(
        sa.select(Booking)
        .where(Booking.sitting_id == sitting_id)
        .order_by(Booking.candidate_number)
    )
    return [_booking_view(row) for row in rows]


def get_booking(session: Session, booking_id: str) -> BookingView:
    """Return one booking as it stands now, also when this session has read it before a lock.

    Raises `NotFound`.
    """
    row = session.get(Booking, booking_id, populate_existing=True)
    if row is None:
        raise NotFound(_("There is no such booking."))
    return _booking_view(row)


def get_own_booking(session: Session, booking_id: str, candidate_id: str) -> BookingView:
    """Return a candidate's own booking. Raises `NotFound`, also for another's."""
    booking = get_booking(session, booking_id)
    if booking.candidate_id != candidate_id:
        raise NotFound(_("There is no such booking."))
    return booking


def get_own_sitting_id(session: Session, booking_id: str, candidate_id: str) -> str:
    """Return which sitting a candidate's own booking is for: it stays so. Raises `NotFound`."""
    found = session.scalar(_OWN_SITTING, {"booking_id": booking_id, "candidate_id": candidate_id})
    if found is None:
        raise NotFound(_("There is no such booking."))
    return found


_OWN_SITTING = sa.select(Booking.sitting_id).where(
    Booking.id == sa.bindparam("booking_id"), Booking.candidate_id == sa.bindparam("candidate_id")
)


def find_booking(session: Session, sitting_id: str, candidate_id: str) -> BookingView | None:
    """Return a person's booking in a sitting, also a cancelled one, or None."""
    row = session.scalar(
        sa.select(Booking).where(
            Booking.sitting_id == sitting_id, Booking.candidate_id == candidate_id
        )
    )
    return None if row is None else _booking_view(row)


def list_candidate_bookings(
    session: Session, candidate_id: str, *, practice: bool = False
) -> list[BookingView]:
    """Return a person's bookings for exams, or for `practice`, the latest sitting first."""
    kind = Sitting.practice_of.is_not(None) if practice else Sitting.practice_of.is_(None)
    rows = session.scalars(
        sa.select(Booking)
        .join(Sitting, Sitting.id == Booking.sitting_id)
        .where(Booking.candidate_id == candidate_id, kind)
        .order_by(Sitting.opens_at.desc(), Booking.id)
    )
    return [_booking_view(row) for row in rows]


def find_arrangement(session: Session, booking_id: str) -> Arrangement | None:
    """Return the extra time that holds for a booking now, or None."""
    return find_arrangements(session, [booking_id]).get(booking_id)


@dataclass(frozen=True)
class Seat:
    """A booking with its sitting, what is arranged for it, and until when it may start late."""

    booking: BookingView
    sitting: SittingView
    arrangement: Arrangement | None
    late_until: datetime | None


def get_seat(session: Session, booking_id: str) -> Seat:
    """Return all of a booking's seat in one statement: 500 start together. Raises `NotFound`."""
    row = session.execute(_SEAT, {"booking_id": booking_id}, execution_options=_ANEW).first()
    if row is None:
        raise NotFound(_("There is no such booking."))
    arranged = None if row.AccessArrangement is None else _arrangement(row.AccessArrangement)
    return Seat(_booking_view(row.Booking), _sitting_view(row.Sitting), arranged, row.until_at)


def _newest(model: type[AccessArrangement | LateStart]) -> sa.ColumnElement[bool]:
    """Whether a row of `model` is the one that holds for its booking."""
    other = aliased(model)
    last = sa.select(sa.func.max(other.pos)).where(other.aggregate_id == Booking.id)
    return sa.and_(model.aggregate_id == Booking.id, model.pos == last.scalar_subquery())


_ANEW = {"populate_existing": True}  # as it stands now, also when it was read before a lock
_SEAT = (
    sa.select(Booking, Sitting, AccessArrangement, LateStart.until_at)
    .join(Sitting, Sitting.id == Booking.sitting_id)
    .outerjoin(AccessArrangement, _newest(AccessArrangement))
    .outerjoin(LateStart, _newest(LateStart))
    .where(Booking.id == sa.bindparam("booking_id"))
)


def find_arrangements(session: Session, booking_ids: Collection[str]) -> dict[str, Arrangement]:
    """Return the extra time that holds now for each of `booking_ids` that has any."""
    rows = session.scalars(
        sa.select(AccessArrangement)
        .where(AccessArrangement.aggregate_id.in_(booking_ids))
        .order_by(AccessArrangement.pos)
    )
    return {row.booking_id: _arrangement(row) for row in rows}


def breaks_for(settings: SchemeSettings, arrangement: Arrangement | None) -> Breaks:
    """Return how long breaks may stop the clock of one candidate."""
    return breaks_of(
        settings.break_minutes,
        settings.longest_break_minutes,
        arrangement.rest_minutes if arrangement else 0,
        arrangement.longest_rest_minutes if arrangement else 0,
    )


def list_arrangements(session: Session, booking_id: str) -> list[Arrangement]:
    """Return all that was ever arranged for a booking, the newest first."""
    rows = session.scalars(
        sa.select(AccessArrangement)
        .where(AccessArrangement.aggregate_id == booking_id)
        .order_by(AccessArrangement.pos.desc())
    )
    return [_arrangement(row) for row in rows]


@dataclass(frozen=True)
class BookingEvent:
    """Something that was done to a booking, apart from its arrangements."""

    at: datetime
    by: str
    action: str
    reason: str | None


def list_booking_events(session: Session, booking_id: str) -> list[BookingEvent]:
    """Return what was done to a booking, the newest first."""
    rows = session.scalars(
        sa.select(AuditEvent)
        .where(AuditEvent.aggregate_id == booking_id, AuditEvent.subject == "booking")
        .order_by(AuditEvent.pos.desc())
    ).all()
    return [
        BookingEvent(row.at, row.actor_id, row.action, find_words(session, row.id)) for row in rows
    ]


def find_refusals(session: Session, sitting: SittingView, ids: Collection[str]) -> dict[str, str]:
    """Return why each person in `ids` can't be booked into a sitting; who can be is left out."""
    people = people_by_id(session, ids)
    booked = set(
        session.scalars(
            sa.select(Booking.candidate_id).where(
                Booking.sitting_id == sitting.id, Booking.state == BookingState.BOOKED
            )
        )
    )
    seen = _who_has_seen(session, ids, sitting.form_id)
    refusals = {
        person_id: _refusal(people.get(person_id), person_id in booked, person_id in seen)
        for person_id in ids
    }
    return {person_id: words for person_id, words in refusals.items() if words is not None}


def _refusal(person: Person | None, is_booked: bool, has_seen: bool) -> str | None:
    if person is None:
        return _("There is no such account.")
    if not person.is_active:
        return _("This account is deactivated.")
    if Role.CANDIDATE not in person.roles:
        return _("This person doesn’t have the role of a candidate.")
    if is_booked:
        return _("This person is booked already.")
    if has_seen:
        return _("This person has seen a case of this exam, so they can’t sit it.")
    return None


def _who_has_seen(session: Session, ids: Collection[str], form_id: str) -> set[str]:
    """Return who of `ids` was ever shown a case of the form, for whatever purpose."""
    names = [case.name for case in list_form_cases(session, form_id)]
    return set(
        session.scalars(
            sa.select(Sight.aggregate_id)
            .where(Sight.aggregate_id.in_(ids), Sight.subject_id.in_(names))
            .distinct()
        )
    )


def find_all_bookings(session: Session) -> dict[str, BookingView]:
    """Return every booking by its id, for checks across rooms."""
    return {row.id: _booking_view(row) for row in session.scalars(sa.select(Booking))}
