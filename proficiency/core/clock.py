"""The one clock. Only this module reads the time of day (invariant 5).

A request, a job or a command reads it once and hands the value on as `now`.
"""

import datetime as dt
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def read_clock() -> datetime:
    """Return the present moment, in UTC, to the microsecond."""
    return datetime.now(UTC)


def to_micros(moment: datetime) -> int:
    """Return microseconds since 1970-01-01T00:00Z. Raises `ValueError` for a time without zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is not a moment")
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the moment that lies `micros` microseconds after 1970-01-01T00:00Z, in UTC."""
    return EPOCH + dt.timedelta(microseconds=micros)
