"""Cross-row rules of this room, for `proficiency verify`.

Sittings and bookings are state: the audit trail, which can't be changed, must lead to it.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.audit import AuditEvent
from proficiency.core.sights import Sight
from proficiency.exams.queries import list_form_cases
from proficiency.scenarios.operations import SIGHT
from proficiency.sittings.models import AccessArrangement, Booking, Sitting
from proficiency.sittings.numbers import NUMBER_DIGITS
from proficiency.sittings.rules import BookingState
from proficiency.sittings.sights import ASSESSMENT
from proficiency.sittings.time_operations import SITTING_MOVED
from proficiency.sittings.times import list_moves


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for each sitting, booking or arrangement that contradicts its evidence."""
    last = _last_actions(session)
    cases: dict[str, list[str]] = {}
    for sitting in session.scalars(sa.select(Sitting).order_by(Sitting.id)):
        yield from _check_times(session, sitting, last.get(sitting.id, ("", None))[0])
        cases[sitting.id] = [case.name for case in list_form_cases(session, sitting.form_id)]
        if sitting.practice_of is not None:
            cases[sitting.id] = []  # public samples, practised as often as somebody likes
    for booking in session.scalars(sa.select(Booking).order_by(Booking.id)):
        yield from _check_booking(session, booking, last, cases[booking.sitting_id])
        yield from _check_closed(session, booking, last, cases[booking.sitting_id])
    for row in session.scalars(sa.select(AccessArrangement).order_by(AccessArrangement.id)):
        if row.aggregate_id != row.booking_id:
            yield f"access_arrangement {row.id}: it is in the chain of another booking"


def _last_actions(session: Session) -> dict[str, tuple[str, datetime]]:
    """Return the newest audit event of every sitting and booking: what and when."""
    rows = session.execute(
        sa.select(AuditEvent.aggregate_id, AuditEvent.action, AuditEvent.at)
        .where(AuditEvent.subject.in_(["sitting", "booking"]))
        .order_by(AuditEvent.aggregate_id, AuditEvent.pos)
    )
    return {row.aggregate_id: (row.action, row.at) for row in rows}


def _check_times(session: Session, sitting: Sitting, last: str) -> Iterator[str]:
    """A sitting stands at the times to which it was last moved, and is cancelled or not."""
    moves = list_moves(session, sitting.id)
    standing = SITTING_MOVED if moves else "sitting_scheduled"
    expected = standing if sitting.cancelled_at is None else "sitting_cancelled"
    if last != expected:
        yield f"sitting {sitting.id}: its audit trail does not end with {expected}"
    if not moves:
        return
    if (moves[0].opens_at, moves[0].last_start_at) != (sitting.opens_at, sitting.last_start_at):
        yield f"sitting {sitting.id}: its times are not those to which it was moved"
    for later, earlier in pairwise(moves):
        if (later.opened_at, later.last_started_at) != (earlier.opens_at, earlier.last_start_at):
            yield f"sitting {sitting.id}: a move does not begin where the one before it ended"


def _check_booking(
    session: Session,
    booking: Booking,
    last: dict[str, tuple[str, datetime]],
    case_names: list[str],
) -> Iterator[str]:
    number = booking.candidate_number
    if len(number) != NUMBER_DIGITS or not number.isdecimal():
        yield f"booking {booking.id}: its candidate number is not {NUMBER_DIGITS} digits"
    is_booked = booking.state == BookingState.BOOKED
    expected = "booking_made" if is_booked else "booking_cancelled"
    action, at = last.get(booking.id, ("", booking.created_at))
    if action != expected:
        yield f"booking {booking.id}: its audit trail does not end with {expected}"
    elif is_booked and _saw_before(session, booking.candidate_id, case_names, at):
        yield f"booking {booking.id}: the candidate had seen a case of the form when booked"


def _saw_before(session: Session, person_id: str, case_names: list[str], at: datetime) -> bool:
    found = session.scalar(
        sa.select(Sight.id)
        .where(Sight.aggregate_id == person_id, Sight.subject_id.in_(case_names), Sight.at < at)
        .limit(1)
    )
    return found is not None


def _check_closed(
    session: Session,
    booking: Booking,
    last: dict[str, tuple[str, datetime]],
    case_names: list[str],
) -> Iterator[str]:
    """A booking that stands closes its cases from when it was made until the last start."""
    sitting = session.get_one(Sitting, booking.sitting_id)
    if booking.state != BookingState.BOOKED or sitting.cancelled_at is not None:
        return
    found = session.scalar(
        sa.select(Sight.id)
        .where(
            Sight.aggregate_id == booking.candidate_id,
            Sight.subject == SIGHT,
            Sight.subject_id.in_(case_names),
            Sight.purpose != ASSESSMENT,
            Sight.at >= last.get(booking.id, ("", booking.created_at))[1],
            Sight.at <= sitting.last_start_at,
        )
        .limit(1)
    )
    if found is not None:
        yield f"booking {booking.id}: the candidate saw a case of the form though it was closed"
