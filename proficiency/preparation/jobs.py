"""Telling candidates by mail that their place was made, changed or cancelled, and that it is soon.

A message may be handled twice; its `Message-ID` comes from the record that it tells about, so a
second copy is recognised as the same. What is past is not told.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.queries import get_account
from proficiency.core.config import read_config
from proficiency.core.db import Database
from proficiency.core.jobs import every, handles
from proficiency.core.mail import Mail, render, send
from proficiency.core.operation import transaction
from proficiency.core.show import when_text
from proficiency.preparation.models import Reminder
from proficiency.preparation.news import REQUEST_DECIDED
from proficiency.preparation.place import Place, get_place
from proficiency.sittings.news import (
    BOOKING_CANCELLED,
    BOOKING_CHANGED,
    BOOKING_MADE,
    BOOKING_SOON,
    tell_candidate,
)
from proficiency.sittings.queries import list_bookings, list_sittings

REMIND_BEFORE = timedelta(hours=24)
TEMPLATES: Mapping[str, str] = {
    BOOKING_MADE: "booking_made.txt",
    BOOKING_CHANGED: "booking_changed.txt",
    BOOKING_CANCELLED: "booking_cancelled.txt",
    BOOKING_SOON: "booking_soon.txt",
    REQUEST_DECIDED: "request_decided.txt",
}


@handles(BOOKING_MADE)
def tell_made(database: Database, subject_id: str, now: datetime) -> None:
    """Tell a candidate that they have a place."""
    _tell(database, subject_id, now, BOOKING_MADE)


@handles(BOOKING_CHANGED)
def tell_changed(database: Database, subject_id: str, now: datetime) -> None:
    """Tell a candidate that the time of their exam, or their time to write, has changed."""
    _tell(database, subject_id, now, BOOKING_CHANGED)


@handles(BOOKING_CANCELLED)
def tell_cancelled(database: Database, subject_id: str, now: datetime) -> None:
    """Tell a candidate that their place, or the whole sitting, is cancelled."""
    _tell(database, subject_id, now, BOOKING_CANCELLED)


@handles(BOOKING_SOON)
def tell_soon(database: Database, subject_id: str, now: datetime) -> None:
    """Remind a candidate the day before."""
    _tell(database, subject_id, now, BOOKING_SOON)


@handles(REQUEST_DECIDED)
def tell_decided(database: Database, subject_id: str, now: datetime) -> None:
    """Tell a candidate that their request is decided."""
    _tell(database, subject_id, now, REQUEST_DECIDED)


def _tell(database: Database, subject_id: str, now: datetime, topic: str) -> None:
    """Send the mail of `topic`, unless it would tell something that is not so any more.

    Raises `OSError` or `SMTPException` when it cannot be sent; it is then tried again later.
    """
    booking_id = subject_id.partition(":")[0]
    with database.read() as session:
        place = get_place(session, booking_id)
        account = get_account(session, place.booking.candidate_id)
    is_off = not place.booking.is_booked or place.sitting.cancelled_at is not None
    if now > place.start_by or is_off is not (topic == BOOKING_CANCELLED):
        return
    config = read_config()
    subject, text = render(
        TEMPLATES[topic],
        name=account.display_name,
        exam=place.form.scheme_title,
        sitting=place.sitting.title,
        opens=when_text(place.sitting.opens_at),
        last_start=when_text(place.start_by),
        time=place.time_text,
        address=f"{config.address}/bookings/{booking_id}",
        phone=place.form.settings.help_phone,
        institution=config.institution,
    )
    send(config, Mail(f"{topic}:{subject_id}", account.email, subject, text), now)


@every(timedelta(minutes=10))
def remind(database: Database, now: datetime) -> None:
    """Remind everybody whose sitting opens within a day, once for each time that it is to open."""
    with database.read() as session:
        soon = [
            sitting
            for sitting in list_sittings(session)
            if sitting.cancelled_at is None and now < sitting.opens_at <= now + REMIND_BEFORE
        ]
    for sitting in soon:
        with transaction(database) as session:
            for booking in list_bookings(session, sitting.id):
                if booking.is_booked:
                    _remind_one(session, get_place(session, booking.id), now)


def _remind_one(session: Session, place: Place, now: datetime) -> None:
    booking_id, opens_at = place.booking.id, place.sitting.opens_at
    known = session.scalar(
        sa.select(Reminder.sent_at).where(
            Reminder.booking_id == booking_id, Reminder.opens_at == opens_at
        )
    )
    if known is None:
        session.add(Reminder(booking_id=booking_id, opens_at=opens_at, sent_at=now))
        session.flush()
        cause = f"{int(opens_at.timestamp())}"
        tell_candidate(session, now, BOOKING_SOON, booking_id, cause)
