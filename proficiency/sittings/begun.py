"""Whether somebody has begun to write under a booking.

Attempts belong to a room above this one, which may not be imported here. Cancelling has to know all
the same, so the table is asked by its name. Both starting and cancelling lock the booking first:
what is read here stays true until the transaction ends.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

_ATTEMPT = sa.table("attempt", sa.column("booking_id"))


def has_begun(session: Session, booking_id: str) -> bool:
    """Whether the exam of this booking was started; the caller holds the booking's lock."""
    query = sa.select(sa.exists().where(_ATTEMPT.c.booking_id == booking_id))
    return bool(session.scalar(query))
