"""What candidates are told by mail about their place: put into the outbox of the same transaction.

The room that prepares candidates for the day writes the words and sends them.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.core.jobs import enqueue
from proficiency.sittings.queries import list_bookings

BOOKING_MADE, BOOKING_CHANGED, BOOKING_CANCELLED, BOOKING_SOON = (
    "booking_made_mail",
    "booking_changed_mail",
    "booking_cancelled_mail",
    "booking_soon_mail",
)


def tell_candidate(
    session: Session, now: datetime, topic: str, booking_id: str, cause: str
) -> None:
    """Have one candidate told. `cause` is the id of what was recorded: it makes the mail unique."""
    enqueue(session, now, topic, f"{booking_id}:{cause}")


def tell_booked(session: Session, now: datetime, topic: str, sitting_id: str, cause: str) -> None:
    """Have everybody told who is booked into a sitting."""
    for booking in list_bookings(session, sitting_id):
        if booking.is_booked:
            tell_candidate(session, now, topic, booking.id, cause)
