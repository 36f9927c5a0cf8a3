"""Breaks of a candidate's own: what is left, what is covered, and when the clock runs again."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from proficiency.core.errors import Conflict, NotFound, Refused
from proficiency.delivery import verify
from proficiency.delivery.operations import (
    change_writer,
    open_next_stage,
    submit_attempt,
)
from proficiency.delivery.queries import get_attempt_state
from proficiency.delivery.rules import EventKind
from proficiency.delivery.time_operations import (
    end_break,
    record_pause,
    record_resume,
    start_break,
)
from proficiency.sittings.operations import record_arrangement
from tests.delivery import factory
from tests.delivery.factory import DEVICE, MINUTE, Sat
from tests.factories import NOW, act, person, sign_in_as
from tests.sittings import factory as sittings

HOURS = timedelta(hours=2)


def state(sat: Sat):
    with sat.database.read() as session:
        return get_attempt_state(session, sat.attempt_id)


def problems(database: Database) -> list[str]:
    with database.read() as session:
        return list(verify.check(session))


@pytest.fixture
def sat(database: Database) -> Sat:
    """Somebody with 20 minutes of breaks, 15 at a time."""
    return factory.started(database, break_minutes=20)


def test_a_break_stops_the_clock_and_ends_by_itself(sat: Sat) -> None:
    until = sat.do(start_break, NOW + 10 * MINUTE, epoch=1)
    assert until == NOW + 25 * MINUTE
    window = state(sat).window
    assert window.is_stopped(NOW + 24 * MINUTE)
    assert window.remaining(NOW + 24 * MINUTE) == HOURS - 10 * MINUTE
    assert not window.is_stopped(NOW + 25 * MINUTE)
    assert window.deadline == NOW + HOURS + 15 * MINUTE
    assert window.rest_remaining(NOW + 40 * MINUTE) == 5 * MINUTE
    assert problems(sat.database) == []


def test_what_is_not_used_can_be_taken_later(sat: Sat) -> None:
    sat.do(start_break, NOW, epoch=1)
    sat.do(end_break, NOW + 4 * MINUTE)
    sat.do(start_break, NOW + 60 * MINUTE, epoch=1)
    window = state(sat).window
    assert window.rest_remaining(NOW + 60 * MINUTE) == 16 * MINUTE
    assert window.stopped_until == NOW + 75 * MINUTE
    sat.do(end_break, NOW + 90 * MINUTE)  # it is over already, so this changes nothing
    assert state(sat).window == window
    assert state(sat).window.rest_remaining(NOW + 90 * MINUTE) == MINUTE


def test_a_second_press_changes_nothing_and_the_allowance_is_never_exceeded(sat: Sat) -> None:
    first = sat.do(start_break, NOW, epoch=1)
    assert sat.do(start_break, NOW + MINUTE, epoch=1) == first
    sat.do(start_break, NOW + 16 * MINUTE, epoch=1)
    with pytest.raises(Refused, match="no break left"):
        sat.do(start_break, NOW + 30 * MINUTE, epoch=1)
    assert state(sat).window.deadline == NOW + HOURS + 20 * MINUTE


def test_without_an_allowance_there_is_no_break(database: Database) -> None:
    sat = factory.started(database)
    with pytest.raises(Refused, match="no break left"):
        sat.do(start_break, epoch=1)


def test_what_was_arranged_comes_on_top_and_may_last_longer(database: Database) -> None:
    place = factory.booked(database, break_minutes=10)
    act(
        database, record_arrangement, SYSTEM, booking_id=place.booking_id, extra_percent=0,
        extra_minutes=0, rest_minutes=30, longest_rest_minutes=25, reason="Needs to lie down.",
    )  # fmt: skip
    sat = factory.started(database, place=place)
    assert sat.do(start_break, epoch=1) == NOW + 25 * MINUTE
    assert state(sat).window.rest_remaining(NOW) == 40 * MINUTE


def test_a_pause_keeps_the_break_and_uses_nothing_of_it(sat: Sat) -> None:
    invigilator = person(sat.database, Role.INVIGILATOR)
    sat.do(start_break, NOW, epoch=1)
    pause = {"attempt_id": sat.attempt_id, "reason": "The alarm."}
    act(sat.database, record_pause, invigilator, NOW + 5 * MINUTE, **pause)
    assert state(sat).window.rest_remaining(NOW + 50 * MINUTE) == 15 * MINUTE
    with pytest.raises(Refused, match="stopped already"):
        sat.do(start_break, NOW + 50 * MINUTE, epoch=1)
    act(sat.database, record_resume, invigilator, NOW + 60 * MINUTE, **pause)
    assert state(sat).window.stopped_until == NOW + 70 * MINUTE
    assert problems(sat.database) == []


def test_only_the_writing_device_begins_a_break_and_any_ends_it(sat: Sat) -> None:
    sat.do(change_writer, device_id="another")
    with pytest.raises(Conflict):
        sat.do(start_break, epoch=1)
    sat.do(start_break, epoch=2)
    sat.do(end_break, NOW + MINUTE)
    assert not state(sat).window.is_stopped(NOW + MINUTE)


def test_nobody_takes_or_ends_a_break_of_somebody_else_or_after_the_end(sat: Sat) -> None:
    stranger = person(sat.database, Role.CANDIDATE)
    for operation, more in ((start_break, {"epoch": 1}), (end_break, {})):
        with pytest.raises(NotFound):
            act(sat.database, operation, stranger, attempt_id=sat.attempt_id, **more)
    sat.do(submit_attempt, epoch=1)
    with pytest.raises(Refused, match="ended"):
        sat.do(start_break, epoch=1)
    sat.do(end_break)


def test_the_next_part_stays_shut_while_the_clock_stands_and_answers_still_arrive(sat: Sat) -> None:
    sat.do(start_break, epoch=1)
    with pytest.raises(Refused, match="clock is stopped"):
        sat.do(open_next_stage, NOW + MINUTE, epoch=1)
    assert sat.write("caught up", now=NOW + MINUTE).kind is EventKind.ANSWER_SAVED
    sat.do(open_next_stage, NOW + 15 * MINUTE, epoch=1)


# The pages


@pytest.fixture
def writing(sqlite_database: Database, client: FlaskClient) -> Sat:
    """Somebody who writes now, on the device of this browser, with breaks."""
    return writing_now(sqlite_database, client, break_minutes=20)


def writing_now(database: Database, client: FlaskClient, **settings: int) -> Sat:
    now = read_clock()
    form = factory.small_form(database, **settings)
    sitting = sittings.sitting(database, form.id, opens_at=now - MINUTE, now=now - 2 * MINUTE)
    candidate = sittings.candidate(database)
    booking = sittings.booking(database, sitting.id, candidate.id, now=now)
    place = Sat(database, candidate, sitting.id, booking.id, form.id, "")
    sign_in_as(client, candidate)
    client.set_cookie("device", DEVICE)
    return factory.started(database, now, place=place)


def stop(sat: Sat) -> None:
    invigilator = person(sat.database, Role.INVIGILATOR)
    act(
        sat.database, record_pause, invigilator, read_clock(), attempt_id=sat.attempt_id,
        reason="The alarm.",
    )  # fmt: skip


@pytest.mark.parametrize(("minutes", "is_there"), [(20, True), (0, False)])
def test_the_button_stands_only_where_there_is_something_to_take(
    sqlite_database: Database, client: FlaskClient, minutes: int, is_there: bool
) -> None:
    sat = writing_now(sqlite_database, client, break_minutes=minutes)
    assert ("Take a break" in client.get(f"/attempt/{sat.attempt_id}").text) is is_there


def test_a_break_by_plain_html(writing: Sat, client: FlaskClient) -> None:
    base = f"/attempt/{writing.attempt_id}"
    posted = client.post(f"{base}/answers", data={"epoch": "1", "go": "break"})
    assert posted.headers["Location"] == f"{base}/break"
    page = client.get(f"{base}/break").text
    assert "20 min" in page
    assert "15 min" in page
    began = client.post(f"{base}/break", data={"epoch": "1"})
    assert began.headers["Location"] == base
    covered = client.get(base).text
    assert "Your break" in covered
    assert "Go on with the exam" in covered
    ended = client.post(f"{base}/break/end")
    assert ended.headers["Location"] == base
    assert 'id="answers"' in client.get(base).text


PAGES = ("", "/stage/1", "/overview", "/close-stage", "/finish", "/break")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("how", ["break", "pause"])
def test_no_page_sends_a_word_of_the_exam_while_the_clock_stands_still(
    writing: Sat, client: FlaskClient, page: str, how: str
) -> None:
    writing.do(open_next_stage, read_clock(), epoch=1)
    if how == "break":
        writing.do(start_break, read_clock(), epoch=1)
    else:
        stop(writing)
    reply = client.get(f"/attempt/{writing.attempt_id}{page}")
    assert reply.status_code == 200
    stage = writing.paper.stage(1).candidate
    for item in writing.paper.items:
        assert item.id not in reply.text
    assert stage["title"] not in reply.text
    assert 'id="answers"' not in reply.text
    assert 'id="cover"' in reply.text


def test_the_reply_to_a_heartbeat_says_when_the_clock_runs_on(
    writing: Sat, client: FlaskClient
) -> None:
    def heard() -> dict[str, Any]:
        address = f"/attempt/{writing.attempt_id}/connect"
        return client.post(address, headers={"Origin": "http://localhost"}).get_json()

    reply = heard()
    assert (reply["stopped"], reply["resumes_in"], reply["rest"]) == (False, None, 1_200_000)
    writing.do(start_break, read_clock(), epoch=1)
    reply = heard()
    assert reply["stopped"]
    assert 840_000 < reply["resumes_in"] <= 900_000
    stop(writing)
    reply = heard()
    assert (reply["stopped"], reply["resumes_in"]) == (True, None)


def test_a_break_needs_the_epoch_that_the_page_was_made_for(
    writing: Sat, client: FlaskClient
) -> None:
    refused = client.post(f"/attempt/{writing.attempt_id}/break", data={})
    assert refused.status_code in {303, 409}
    assert not state(writing).window.is_stopped(read_clock())
