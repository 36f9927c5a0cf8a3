"""A place to practise, which a candidate opens for themselves as often as they like.

Each is a sitting of its own, so that "again" means a fresh paper. Only public samples are practised
on, so nothing that was seen here can be met again in an exam that counts.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.audit import record
from proficiency.core.chance import new_id
from proficiency.core.db import lock
from proficiency.core.text import _
from proficiency.sittings.models import Booking, Sitting
from proficiency.sittings.numbers import draw_number
from proficiency.sittings.practice import refuse_unbooked, refuse_unfit
from proficiency.sittings.rules import BookingState

OPEN_FOR = timedelta(days=1)
"""Within this somebody presses start, or opens another place to practise."""


@operation(Role.CANDIDATE)
def open_practice(session: Session, actor: Actor, now: datetime, *, form_id: str) -> str:
    """Open a place on a practice form for whoever asks, and return the id of its booking.

    Raises `Refused` for somebody who is booked for no exam, for a form that isn't
    for practice, and for one with a case of an exam that they are booked for.
    """
    sitting_id, booking_id = new_id(), new_id()
    for each in (sitting_id, booking_id, actor.id):  # their chains are written below, in this order
        lock(session, each)
    refuse_unfit(session, form_id)
    refuse_unbooked(session, actor.id, now, form_id)
    sitting = Sitting(
        id=sitting_id,
        title=_("Practice"),
        form_id=form_id,
        opens_at=now,
        last_start_at=now + OPEN_FOR,
        created_at=now,
        practice_of=actor.id,
    )
    booking = Booking(
        id=booking_id,
        sitting_id=sitting_id,
        candidate_id=actor.id,
        candidate_number=draw_number(session),
        state=BookingState.BOOKED,
        created_at=now,
    )
    session.add(sitting)
    session.flush()
    session.add(booking)
    session.flush()
    details = {"form_id": form_id, "practice": True}
    record(session, actor, now, "sitting_scheduled", "sitting", sitting.id, details=details)
    details = {"sitting_id": sitting.id, "candidate_id": actor.id}
    record(session, actor, now, "booking_made", "booking", booking.id, details=details)
    return booking.id
