"""Who may start when: late with leave, and at other times when a sitting moves."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Invalid, NotFound, Refused
from proficiency.core.jobs import Message
from proficiency.core.show import HOME_ZONE
from proficiency.delivery.shift_operations import shift_sitting
from proficiency.sittings import verify
from proficiency.sittings.news import BOOKING_CHANGED
from proficiency.sittings.operations import cancel_booking, cancel_sitting
from proficiency.sittings.queries import get_sitting
from proficiency.sittings.time_operations import allow_late_start
from proficiency.sittings.times import find_late_start, list_late_starts, list_moves
from tests.delivery import factory
from tests.delivery.factory import MINUTE, Sat
from tests.exams import factory as exams
from tests.factories import NOW, act, person, sign_in_as
from tests.sittings import factory as sittings

HOUR = timedelta(hours=1)
LAST_START = NOW + HOUR  # as the factory makes sittings
AFTER = LAST_START + 10 * MINUTE


def allow(place: Sat, until=AFTER, now=AFTER - MINUTE, who: Actor | None = None, **more) -> object:
    usual = {"booking_id": place.booking_id, "until": until, "reason": "The train was late."}
    by = who or person(place.database, Role.INVIGILATOR)
    return act(place.database, allow_late_start, by, now, **(usual | more))


def problems(database: Database) -> list[str]:
    with database.read() as session:
        return list(verify.check(session))


def test_who_has_leave_starts_late_with_the_whole_time(database: Database) -> None:
    place = factory.booked(database)
    with pytest.raises(Refused, match="last time to start"):
        factory.started(database, AFTER, place=place)
    allow(place)
    with pytest.raises(Refused, match="last time to start"):
        factory.started(database, AFTER + MINUTE, place=place)
    factory.started(database, AFTER, place=place)
    with database.read() as session:
        assert find_late_start(session, place.booking_id) == AFTER
        (leave,) = list_late_starts(session, place.booking_id)
    assert leave.reason == "The train was late."
    assert problems(database) == []


def test_the_newest_leave_holds_and_is_for_one_candidate_only(database: Database) -> None:
    place = factory.booked(database)
    other = sittings.candidate(database)
    booking = sittings.booking(database, place.sitting_id, other.id)
    allow(place, AFTER + HOUR)
    allow(place, AFTER + MINUTE, AFTER)
    with pytest.raises(Refused):
        factory.started(database, AFTER + 2 * MINUTE, place=place)
    stranger = Sat(database, other, place.sitting_id, booking.id, place.form_id, "")
    with pytest.raises(Refused):
        factory.started(database, AFTER, place=stranger)


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (LAST_START, "still to come"),
        (AFTER - 2 * MINUTE, "still to come"),
        (LAST_START + timedelta(hours=24, minutes=1), "24 hours"),
    ],
)
def test_a_moment_that_helps_nobody_is_refused(database: Database, until, words) -> None:
    place = factory.booked(database)
    with pytest.raises(Invalid, match=words):
        allow(place, until)
    with pytest.raises(Invalid, match="reason"):
        allow(place, reason="  ")


def test_leave_is_given_by_somebody_else_for_a_place_that_stands(database: Database) -> None:
    place = factory.booked(database)
    with pytest.raises(Forbidden):
        allow(place, who=person(database, Role.CANDIDATE))
    both = Actor(place.candidate.id, "Both", frozenset({Role.INVIGILATOR}), None)
    with pytest.raises(Refused, match="own booking"):
        allow(place, who=both)
    with pytest.raises(Refused, match="not opened"):
        allow(place, now=NOW - MINUTE)
    officer = person(database, Role.EXAM_OFFICER)
    act(database, cancel_booking, officer, NOW, booking_id=place.booking_id, reason="Ill.")
    with pytest.raises(Refused, match="no longer stands"):
        allow(place)


# Moving a sitting


def coming(database: Database) -> tuple[str, Sat]:
    """A sitting that opens tomorrow, with one candidate."""
    form = factory.small_form(database)
    sitting = sittings.sitting(database, form.id, opens_at=NOW + timedelta(days=1))
    candidate = sittings.candidate(database)
    booking = sittings.booking(database, sitting.id, candidate.id)
    return sitting.id, Sat(database, candidate, sitting.id, booking.id, form.id, "")


def move(database: Database, sitting_id: str, to=NOW + timedelta(days=3), now=NOW, **more) -> None:
    usual = {"opens_at": to, "last_start_at": to + HOUR, "reason": "The venue is flooded."}
    by = more.pop("by", None) or person(database, Role.EXAM_OFFICER)
    act(database, shift_sitting, by, now, sitting_id=sitting_id, **(usual | more))


def test_a_sitting_moves_and_everybody_who_is_booked_is_told(database: Database) -> None:
    sitting_id, place = coming(database)
    move(database, sitting_id)
    move(database, sitting_id, NOW + timedelta(days=5))
    with database.read() as session:
        sitting = get_sitting(session, sitting_id)
        moves = list_moves(session, sitting_id)
        told = session.scalars(
            sa.select(Message.subject_id).where(Message.topic == BOOKING_CHANGED)
        ).all()
    assert sitting.opens_at == NOW + timedelta(days=5)
    assert [each.opens_at for each in moves] == [NOW + timedelta(days=5), NOW + timedelta(days=3)]
    assert moves[1].opened_at == NOW + timedelta(days=1)
    assert moves[0].reason == "The venue is flooded."
    assert len(told) == 2
    assert all(subject.startswith(place.booking_id) for subject in told)
    assert problems(database) == []


def test_an_open_sitting_moves_only_while_nobody_has_started(database: Database) -> None:
    place = factory.booked(database)
    move(database, place.sitting_id, NOW + HOUR)
    with pytest.raises(Refused, match="not open"):
        factory.started(database, NOW + MINUTE, place=place)
    factory.started(database, NOW + HOUR, place=place)
    with pytest.raises(Refused, match="give time back"):
        move(database, place.sitting_id, NOW + 2 * HOUR, NOW + HOUR)


def test_what_cannot_be_moved(database: Database) -> None:
    sitting_id, _place = coming(database)
    officer = person(database, Role.EXAM_OFFICER)
    with pytest.raises(Invalid, match="reason"):
        move(database, sitting_id, reason="")
    with pytest.raises(Invalid, match="passed already"):
        move(database, sitting_id, NOW - 2 * HOUR)
    with pytest.raises(Refused, match="already"):
        move(database, sitting_id, NOW + timedelta(days=1))
    with pytest.raises(Forbidden):
        move(database, sitting_id, by=person(database, Role.INVIGILATOR))
    with pytest.raises(NotFound):
        move(database, "nothing")
    with pytest.raises(Refused, match="last start has passed"):
        move(database, sitting_id, NOW + timedelta(days=9), NOW + timedelta(days=2))
    act(database, cancel_sitting, officer, NOW, sitting_id=sitting_id, reason="Flood.")
    with pytest.raises(Refused, match="cancelled"):
        move(database, sitting_id)


def test_a_cancelled_sitting_that_was_moved_is_in_order(database: Database) -> None:
    sitting_id, _place = coming(database)
    move(database, sitting_id)
    officer = person(database, Role.EXAM_OFFICER)
    act(database, cancel_sitting, officer, NOW, sitting_id=sitting_id, reason="Flood.")
    assert problems(database) == []


# The pages


def fields(opens_at, last_start_at, reason: str) -> dict[str, str]:
    opens, last = opens_at.astimezone(HOME_ZONE), last_start_at.astimezone(HOME_ZONE)
    return {
        "opens_on": f"{opens:%Y-%m-%d}", "opens_time": f"{opens:%H:%M}",
        "last_on": f"{last:%Y-%m-%d}", "last_time": f"{last:%H:%M}", "reason": reason,
    }  # fmt: skip


def test_an_officer_moves_a_sitting_and_the_candidate_sees_it(
    client: FlaskClient, sqlite_database: Database
) -> None:
    now = read_clock().replace(second=0, microsecond=0)
    opens = now + timedelta(days=2)
    sitting = sittings.sitting(
        sqlite_database, exams.form(sqlite_database).id, opens_at=opens, now=now
    )
    candidate = sittings.candidate(sqlite_database)
    booking = sittings.booking(sqlite_database, sitting.id, candidate.id, now=now)
    sign_in_as(client, person(sqlite_database, Role.EXAM_OFFICER))
    assert "Move this sitting" in client.get(f"/sittings/{sitting.id}").text
    page = f"/sittings/{sitting.id}/move"
    assert f"{opens.astimezone(HOME_ZONE):%Y-%m-%d}" in client.get(page).text
    later = opens + timedelta(days=1)
    assert client.post(page, data=fields(later, later + HOUR, "")).status_code == 422
    done = client.post(page, data=fields(later, later + HOUR, "The venue is flooded."))
    assert done.headers["Location"] == f"/sittings/{sitting.id}"
    again = client.post(page, data=fields(later, later + HOUR, "Again."))
    assert again.status_code == 409
    assert "The venue is flooded." in again.text
    sign_in_as(client, candidate)
    seen = client.get(f"/bookings/{booking.id}").text
    assert "The time of your exam has changed" in seen
    assert "The venue is flooded." not in seen


def test_an_invigilator_lets_somebody_start_late(
    client: FlaskClient, sqlite_database: Database
) -> None:
    now = read_clock().replace(second=0, microsecond=0)
    sitting = sittings.sitting(
        sqlite_database, exams.form(sqlite_database).id, opens_at=now - 2 * HOUR, now=now - 3 * HOUR
    )
    candidate = sittings.candidate(sqlite_database)
    booking = sittings.booking(sqlite_database, sitting.id, candidate.id, now=now - 2 * HOUR)
    sign_in_as(client, person(sqlite_database, Role.INVIGILATOR))
    page = f"/sittings/bookings/{booking.id}/late-start"
    assert client.get(page).status_code == 200
    until = (now + HOUR).astimezone(HOME_ZONE)
    filled = {"until_on": f"{until:%Y-%m-%d}", "until_time": f"{until:%H:%M}", "reason": "Train."}
    assert client.post(page, data=filled | {"reason": ""}).status_code == 422
    assert client.post(page, data=filled).status_code == 303
    past = (now - HOUR).astimezone(HOME_ZONE)
    early = filled | {"until_on": f"{past:%Y-%m-%d}", "until_time": f"{past:%H:%M}"}
    assert client.post(page, data=early).status_code == 422
    sign_in_as(client, person(sqlite_database, Role.EXAM_OFFICER))
    record = client.get(f"/sittings/bookings/{booking.id}").text
    assert "May start late, until" in record
    assert "Train." in record
    sign_in_as(client, candidate)
    assert "You can start now" in client.get(f"/bookings/{booking.id}").text
