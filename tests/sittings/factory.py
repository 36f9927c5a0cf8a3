"""Sittings and bookings for tests, made by the real operations."""

from datetime import datetime, timedelta
from typing import Any

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.sittings.operations import book_candidate, record_arrangement, schedule_sitting
from tests.exams import factory as exams
from tests.factories import NOW, act, person


def sitting(
    database: Database,
    form_id: str | None = None,
    *,
    opens_at: datetime = NOW,
    last_start_at: datetime | None = None,
    now: datetime = NOW,
    **settings: Any,
) -> Any:
    """A sitting that opens now and may be started for an hour, of a form made for it."""
    return act(
        database,
        schedule_sitting,
        SYSTEM,
        now,
        form_id=form_id or exams.form(database, **settings).id,
        title="November sitting",
        opens_at=opens_at,
        last_start_at=last_start_at or opens_at + timedelta(hours=1),
    )


def candidate(database: Database, name: str = "") -> Actor:
    """Somebody who may be booked."""
    return person(database, Role.CANDIDATE, name=name)


def booking(database: Database, sitting_id: str, candidate_id: str, *, now: datetime = NOW) -> Any:
    """A candidate's place in a sitting."""
    return act(
        database, book_candidate, SYSTEM, now, sitting_id=sitting_id, candidate_id=candidate_id
    )


def extra_time(database: Database, booking_id: str, percent: int = 25, minutes: int = 0) -> Any:
    """Extra time for one booking."""
    return act(
        database,
        record_arrangement,
        SYSTEM,
        booking_id=booking_id,
        extra_percent=percent,
        extra_minutes=minutes,
        reason="Slower reading, letter seen.",
    )
