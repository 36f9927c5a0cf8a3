"""A booking is not taken back from somebody who is writing."""

import pytest

from proficiency.accounts.rules import Role
from proficiency.core.db import Database
from proficiency.core.errors import Refused
from proficiency.delivery.models import Attempt
from proficiency.sittings import begun
from proficiency.sittings.operations import cancel_booking
from proficiency.sittings.queries import get_booking
from tests.delivery.factory import booked, started
from tests.factories import act, person


def test_a_booking_stays_once_its_exam_was_started(database: Database) -> None:
    sat = started(database)
    officer = person(database, Role.EXAM_OFFICER)
    with pytest.raises(Refused, match="has started this exam"):
        act(database, cancel_booking, officer, booking_id=sat.booking_id, reason="A mistake.")
    with database.read() as session:
        assert get_booking(session, sat.booking_id).is_booked


def test_a_booking_that_nobody_started_is_taken_back(database: Database) -> None:
    sat = booked(database)
    officer = person(database, Role.EXAM_OFFICER)
    act(database, cancel_booking, officer, booking_id=sat.booking_id, reason="Moved to May.")
    with database.read() as session:
        assert not get_booking(session, sat.booking_id).is_booked


def test_what_is_asked_by_name_is_the_table_of_attempts() -> None:
    assert begun._ATTEMPT.name == Attempt.__tablename__
    assert set(begun._ATTEMPT.c.keys()) <= set(Attempt.__table__.c.keys())
