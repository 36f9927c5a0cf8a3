"""Replays the door of every watched exam from its chain alone, and compares."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.delivery.admission import (
    BY_CANDIDATE,
    DECIDES_IDENTITY,
    Admission,
    CheckInKind,
    after,
    can_follow,
)
from proficiency.delivery.checking_in import is_watched
from proficiency.delivery.models import Attempt, CheckInEvent
from proficiency.sittings.queries import find_all_bookings


def check_doors(session: Session) -> Iterator[str]:
    """Yield a sentence for each event that can't follow, and each start that nobody allowed."""
    bookings = find_all_bookings(session)
    stands: dict[str, Admission] = {}
    checked: set[str] = set()
    rows = session.scalars(
        sa.select(CheckInEvent).order_by(CheckInEvent.aggregate_id, CheckInEvent.pos)
    )
    for row in rows:
        kind, before = CheckInKind(row.kind), stands.get(row.booking_id, Admission.ABSENT)
        named = f"check_in_event {row.id}"
        if not can_follow(before, kind) or after(before, kind) != row.admission:
            yield f"{named}: {kind} can't follow {before}"
        booking = bookings.get(row.booking_id)
        is_own = booking is not None and row.actor_id == booking.candidate_id
        if booking is None or booking.sitting_id != row.sitting_id:
            yield f"{named}: its booking is of another sitting"
        elif is_own is not (kind in BY_CANDIDATE):
            yield f"{named}: {kind} is by the wrong person"
        if kind in DECIDES_IDENTITY:
            checked.add(row.booking_id)
        if kind is CheckInKind.ADMITTED and row.booking_id not in checked:
            yield f"{named}: nobody had decided who it was"
        stands[row.booking_id] = Admission(row.admission)
    yield from _uninvited(session, stands)


def _uninvited(session: Session, stands: dict[str, Admission]) -> Iterator[str]:
    watched: dict[str, bool] = {}
    for attempt in session.scalars(sa.select(Attempt).order_by(Attempt.id)):
        if attempt.sitting_id not in watched:
            watched[attempt.sitting_id] = is_watched(session, attempt.sitting_id)
        let_in = stands.get(attempt.booking_id) is Admission.ADMITTED
        if watched[attempt.sitting_id] and not let_in:
            yield f"attempt {attempt.id}: it was started and nobody had let the candidate in"
