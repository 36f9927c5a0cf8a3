"""The states of a booking and of a sitting, as pure functions. No database, no clock."""

from datetime import datetime
from enum import StrEnum


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


def sitting_phase(
    opens_at: datetime, last_start_at: datetime, cancelled_at: datetime | None, now: datetime
) -> SittingPhase:
    """Return where a sitting stands at `now`; a start is allowed in [opens_at, last_start_at]."""
    if cancelled_at is not None:
        return SittingPhase.CANCELLED
    if now < opens_at:
        return SittingPhase.SCHEDULED
    return SittingPhase.OPEN if now <= last_start_at else SittingPhase.RUNNING
