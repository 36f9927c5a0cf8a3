"""A candidate's pages without a browser: who may, what they show, and what is refused."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from proficiency.core.show import grouped
from proficiency.core.sights import has_seen
from proficiency.delivery.models import AttemptEvent
from proficiency.delivery.operations import change_writer, record_pause, submit_attempt
from proficiency.delivery.queries import (
    current_answers,
    find_attempt_of_booking,
    find_writer,
)
from proficiency.delivery.receipt_queries import find_receipt
from proficiency.delivery.rules import EventKind
from proficiency.simulate.pages import list_files, list_imports
from tests.delivery import factory
from tests.delivery.factory import DEVICE, MINUTE, OTHER_DEVICE, Sat
from tests.factories import act, person, sign_in_as
from tests.sittings import factory as sittings
from tests.starting import check_in_form
from tests.statements import asked, scanned

PAGES = ("", "/overview", "/close-stage", "/finish")


@pytest.fixture
def place(client: FlaskClient, sqlite_database: Database) -> Sat:
    """A candidate who is signed in and has a place that can be started now."""
    now = read_clock()
    form = factory.small_form(sqlite_database)
    sitting = sittings.sitting(
        sqlite_database, form.id, opens_at=now - MINUTE, now=now - 2 * MINUTE
    )
    candidate = sittings.candidate(sqlite_database)
    booking = sittings.booking(sqlite_database, sitting.id, candidate.id, now=now)
    sign_in_as(client, candidate)
    return Sat(sqlite_database, candidate, sitting.id, booking.id, form.id, "")


@pytest.fixture
def sat(client: FlaskClient, place: Sat) -> Sat:
    """The same candidate, writing on this device."""
    client.set_cookie("device", DEVICE)
    return factory.started(place.database, read_clock(), place=place)


def kinds(sat: Sat) -> list[EventKind]:
    with sat.database.read() as session:
        rows = session.query(AttemptEvent.kind).filter_by(aggregate_id=sat.attempt_id)
        return [EventKind(row.kind) for row in rows.order_by(AttemptEvent.pos)]


def page(client: FlaskClient, sat: Sat, place: str = "") -> str:
    reply = client.get(f"/attempt/{sat.attempt_id}{place}")
    assert reply.status_code == 200
    return reply.get_data(as_text=True)


# Check-in


def test_check_in_shows_the_time_as_it_is_made_up(client, place: Sat) -> None:
    sittings.extra_time(place.database, place.booking_id, percent=25, minutes=10)
    shown = client.get(f"/exam/{place.booking_id}").get_data(as_text=True)
    assert "2 h + 25 % + 10 min = 2 h 40 min" in shown
    assert "I have not seen these cases before" in shown
    assert "Two people decide, each by themselves" in shown
    assert "3 stages, 5 questions" in shown


def test_looking_at_check_in_starts_nothing_and_shows_no_case(client, place: Sat) -> None:
    shown = client.get(f"/exam/{place.booking_id}").get_data(as_text=True)
    assert "Owen" not in shown
    with place.database.read() as session:
        assert find_attempt_of_booking(session, place.booking_id) is None
        assert not has_seen(session, place.candidate.id, "the-spare-key")


def test_check_in_fetches_beforehand_all_that_the_page_of_the_exam_loads(client, place) -> None:
    shown = client.get(f"/exam/{place.booking_id}")
    begun = client.post(
        f"/exam/{place.booking_id}", data=check_in_form(place.database, place.booking_id)
    )
    exam = client.get(begun.location)
    wanted = [*list_files(exam.get_data(as_text=True))]
    for path in wanted:
        if path.endswith(".js"):
            script = client.get(path).get_data(as_text=True)
            found = [urljoin(path, each) for each in list_imports(script)]
            wanted += [each for each in found if each not in wanted]
    assert len(wanted) > 20
    assert set(wanted) <= set(list_files(shown.get_data(as_text=True)))


def test_a_start_asks_little_and_reads_no_table_that_grows_with_the_room(client, place) -> None:
    factory.started(place.database)  # the first to start makes the documents that hold
    form = check_in_form(place.database, place.booking_id)
    with asked(place.database) as statements:
        begun = client.post(f"/exam/{place.booking_id}", data=form)
        assert client.get(begun.location).status_code == 200
    reads = [each for each in statements if each.startswith("SELECT")]
    assert scanned(place.database, reads) <= {
        "document_version", "pragma_synchronous", "pragma_journal_mode",
    }  # fmt: skip
    assert len(statements) <= 19  # six of them read the form, once per process


@pytest.mark.parametrize("left_out", [("rules", "time", "fit"), ("rules",), ("time",), ("fit",)])
def test_the_clock_starts_only_when_all_is_confirmed(client, place, left_out) -> None:
    form = check_in_form(place.database, place.booking_id)
    confirmed = {name: value for name, value in form.items() if name not in left_out}
    reply = client.post(f"/exam/{place.booking_id}", data=confirmed)
    assert reply.status_code == 422
    assert "There is a problem" in reply.get_data(as_text=True)
    with place.database.read() as session:
        assert find_attempt_of_booking(session, place.booking_id) is None


def test_starting_makes_this_browser_the_writing_device(client, place: Sat) -> None:
    form = check_in_form(place.database, place.booking_id)
    reply = client.post(f"/exam/{place.booking_id}", data=form)
    assert reply.status_code == 303
    cookie = client.get_cookie("device")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    with place.database.read() as session:
        attempt = find_attempt_of_booking(session, place.booking_id)
        assert attempt is not None
        assert find_writer(session, attempt.id) == cookie.value
        assert has_seen(session, place.candidate.id, "the-spare-key")
    assert reply.location == f"/attempt/{attempt.id}"
    again = client.get(f"/exam/{place.booking_id}")
    assert (again.status_code, again.location) == (303, reply.location)


def test_before_it_opens_and_after_the_last_start_there_is_no_button(client, place: Sat) -> None:
    for shift, words in ((timedelta(hours=2), "not open yet"), (-timedelta(hours=3), "has passed")):
        now = read_clock() + shift
        sitting = sittings.sitting(
            place.database, place.form_id, opens_at=now, now=now - timedelta(hours=1)
        )
        booking = sittings.booking(
            place.database, sitting.id, place.candidate.id, now=now - timedelta(minutes=30)
        )
        shown = client.get(f"/exam/{booking.id}").get_data(as_text=True)
        assert words in shown
        assert "Start the exam" not in shown
        form = check_in_form(place.database, booking.id)
        refused = client.post(f"/exam/{booking.id}", data=form)
        assert refused.status_code in (303, 409)
        with place.database.read() as session:
            assert find_attempt_of_booking(session, booking.id) is None


def test_my_exams_lists_each_place_with_what_can_be_done(client, sat: Sat) -> None:
    shown = client.get("/exams").get_data(as_text=True)
    assert f"/attempt/{sat.attempt_id}" in shown
    sat.do(submit_attempt, read_clock(), epoch=1)
    shown = client.get("/exams").get_data(as_text=True)
    assert "What was received" in shown


# Who may


@pytest.mark.parametrize("place_name", [*PAGES, "/stage/1", "/finished", "/signed-in"])
def test_nobody_else_sees_an_attempt(client, app: Flask, sat: Sat, place_name: str) -> None:
    stranger = app.test_client()
    address = f"/attempt/{sat.attempt_id}{place_name}"
    assert stranger.get(address).status_code == 303  # to the sign-in
    everybody = person(sat.database, *Role)
    sign_in_as(stranger, everybody)
    assert stranger.get(address).status_code in (404, 409)


@pytest.mark.parametrize(
    "place_name", ["/answers", "/take-over", "/close-stage", "/finish", "/connect"]
)
def test_nobody_else_does_anything_to_an_attempt(app: Flask, sat: Sat, place_name: str) -> None:
    stranger = app.test_client()
    sign_in_as(stranger, person(sat.database, *Role))
    reply = stranger.post(
        f"/attempt/{sat.attempt_id}{place_name}",
        data={"epoch": "1", "stage": "1"},
        headers={"Origin": "http://localhost"},
    )
    assert reply.status_code == 404
    assert kinds(sat) == [EventKind.STARTED]


def test_nobody_else_checks_in(app: Flask, place: Sat) -> None:
    stranger = app.test_client()
    sign_in_as(stranger, person(place.database, *Role))
    address = f"/exam/{place.booking_id}"
    assert stranger.get(address).status_code == 404
    form = check_in_form(place.database, place.booking_id)
    assert stranger.post(address, data=form).status_code == 404


def test_a_form_without_its_token_is_refused(app: Flask, client, sat: Sat) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    for place_name in ("/answers", "/take-over", "/close-stage", "/finish"):
        reply = client.post(f"/attempt/{sat.attempt_id}{place_name}", data={"epoch": "1"})
        assert reply.status_code == 400
    assert kinds(sat) == [EventKind.STARTED]


# The exam page


def test_the_page_holds_what_a_candidate_may_see_and_nothing_else(client, sat: Sat) -> None:
    shown = page(client, sat)
    assert "Owen does. Let us ask him" in shown
    for secret in (
        "It takes the decision from him", "His home, his decision", "Expected response",
        "Makes the flat safe", "advocate", "hides the loss", "Locksmith", "Decides alone",
        "Good answers begin", "who-decides", "standards 2.3", "Elin Prys", "The key is missing",
    ):  # fmt: skip
        assert secret not in shown
    for item in sat.paper.items:
        assert (item.id in shown) is (item.stage == 1)
    for key in sat.item("best_answer").ids:
        assert f'"{key}"' not in shown


def test_the_page_is_never_kept_by_a_cache_and_runs_no_inline_script(client, sat: Sat) -> None:
    reply = client.get(f"/attempt/{sat.attempt_id}")
    assert reply.headers["Cache-Control"] == "no-store"
    shown = reply.get_data(as_text=True)
    for script in re.findall(r"<script[^>]*>", shown):
        assert "src=" in script or 'type="application/json"' in script
    assert " style=" not in shown


def test_the_page_tells_its_script_where_it_stands(client, sat: Sat) -> None:
    sat.write("Words", 7, read_clock())
    shown = page(client, sat)
    found = re.search(r'id="exam-config">(.*?)</script>', shown)
    assert found is not None
    config = json.loads(found[1])
    assert (config["epoch"], config["seq"], config["writer"], config["stage"]) == (1, 7, True, 1)
    assert config["token"].startswith("1.")
    assert 0 < config["remaining"] <= 2 * 3600 * 1000


def test_words_that_look_like_markup_come_back_as_words(client, sat: Sat) -> None:
    words = "</textarea><script>alert(1)</script> & \u202e"
    sat.write(words, 1, read_clock())
    shown = page(client, sat)
    assert "<script>alert" not in shown
    assert "&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; \u202e" in shown


def test_another_device_only_reads_and_gets_no_token(client, app: Flask, sat: Sat) -> None:
    sat.write("Mine", 1, read_clock())
    other = app.test_client()
    sign_in_as(other, sat.candidate)
    shown = page(other, sat)
    assert "You are writing on another device" in shown
    assert "readonly" in shown
    assert '"token": null' in shown
    assert "Save answers" not in shown
    reply = other.post(f"/attempt/{sat.attempt_id}/take-over")
    assert reply.status_code == 303
    assert '"token": "2.' in page(other, sat)
    assert '"token": "1.' in page(client, sat)  # for what it wrote before, and nothing newer
    assert "Save answers" not in page(client, sat)


def test_a_stopped_clock_is_said_and_covers_case_and_questions(client, sat: Sat) -> None:
    story = sat.paper.stage(1).candidate["blocks"][0]["html"]
    assert story in page(client, sat)
    officer = person(sat.database, Role.INVIGILATOR)
    act(
        sat.database, record_pause, officer, read_clock(),
        attempt_id=sat.attempt_id, reason="Alarm.",
    )  # fmt: skip
    shown = page(client, sat)
    assert "The clock" in shown
    assert story not in shown
    assert "data-item" not in shown


# Without a script


def form_of(sat: Sat, words: str, **more: Any) -> dict[str, Any]:
    item = sat.item()
    return {"epoch": "1", f"{item.id}:present": "1", f"{item.id}:text": words, **more}


def words_of(sat: Sat) -> str | None:
    with sat.database.read() as session:
        answer = current_answers(session, sat.attempt_id).get(sat.item().id)
    return None if answer is None else answer.text


@pytest.mark.parametrize(
    ("go", "target"),
    [("stay", ""), ("overview", "/overview"), ("close", "/close-stage"), ("finish", "/finish"),
     ("//elsewhere.example", "")],
)  # fmt: skip
def test_a_posted_page_is_saved_and_leads_where_the_button_says(client, sat, go, target) -> None:
    reply = client.post(f"/attempt/{sat.attempt_id}/answers", data=form_of(sat, "Words", go=go))
    assert (reply.status_code, reply.location) == (303, f"/attempt/{sat.attempt_id}{target}")
    assert words_of(sat) == '{"text":"Words"}'


def test_a_posted_answer_that_is_too_long_says_so(client, sat: Sat) -> None:
    data = form_of(sat, "x" * 200_000)
    reply = client.post(f"/attempt/{sat.attempt_id}/answers", data=data, follow_redirects=True)
    assert "200,000 characters" in reply.get_data(as_text=True)
    assert words_of(sat) is None


def test_a_page_posted_after_the_end_is_kept_as_late_and_said(client, sat: Sat) -> None:
    sat.do(submit_attempt, read_clock(), epoch=1)
    reply = client.post(
        f"/attempt/{sat.attempt_id}/answers", data=form_of(sat, "Late"), follow_redirects=True
    )
    assert "kept as late" in reply.get_data(as_text=True)
    assert kinds(sat)[-1] is EventKind.ANSWER_LATE


@pytest.mark.parametrize("epoch", ["", "0", "2", "x", "-1", "1" * 40, "٣"])
def test_a_page_with_an_epoch_that_nobody_gave_out_is_refused(client, sat: Sat, epoch) -> None:
    data = form_of(sat, "Words") | {"epoch": epoch}
    reply = client.post(f"/attempt/{sat.attempt_id}/answers", data=data)
    assert reply.status_code == 409
    assert kinds(sat) == [EventKind.STARTED]


# Stages and the end


def test_the_closing_page_lists_what_is_open_and_no_button_is_the_default(client, sat) -> None:
    sat.write("Words", 1, read_clock())
    shown = page(client, sat, "/close-stage")
    listed = re.findall(r'data-question="[^"]*"( hidden)?>(Question \d)</a>', shown)
    assert [name for hidden, name in listed if not hidden] == ["Question 1", "Question 2"]
    assert "data-time-left" in shown
    buttons = re.findall(r'<(?:button|a) class="(button[^"]*)"', shown.split("data-flush")[-1])
    assert [found for found in buttons if "small" not in found] == ["button secondary"] * 2


def test_closing_a_stage_twice_opens_one(client, sat: Sat) -> None:
    for _time in range(2):
        reply = client.post(
            f"/attempt/{sat.attempt_id}/close-stage", data={"epoch": "1", "stage": "1"}
        )
        assert reply.location == f"/attempt/{sat.attempt_id}"
    assert kinds(sat).count(EventKind.STAGE_OPENED) == 1
    shown = page(client, sat)
    assert "The key is missing" in shown
    assert "Earlier in this case" in shown


def test_an_earlier_stage_can_be_read_and_a_later_one_is_not_there(client, sat: Sat) -> None:
    sat.write("Mine", 1, read_clock())
    address = f"/attempt/{sat.attempt_id}"
    assert client.get(f"{address}/stage/2").status_code == 404
    assert client.get(f"{address}/stage/0").status_code == 404
    assert client.get(f"{address}/stage/1").location == address
    client.post(f"{address}/close-stage", data={"epoch": "1", "stage": "1"})
    shown = page(client, sat, "/stage/1")
    assert "Mine" in shown
    assert "readonly" in shown


def test_only_the_writing_device_closes_a_stage_or_submits(client, sat: Sat) -> None:
    sat.do(change_writer, read_clock(), device_id=OTHER_DEVICE)
    for place_name in ("/close-stage", "/finish"):
        reply = client.post(
            f"/attempt/{sat.attempt_id}{place_name}", data={"epoch": "1", "stage": "1"}
        )
        assert reply.status_code == 409
        assert "another device" in reply.get_data(as_text=True)
    assert kinds(sat) == [EventKind.STARTED, EventKind.WRITER_CHANGED]


def test_submitting_twice_is_the_same_as_once(client, sat: Sat) -> None:
    for _time in range(2):
        reply = client.post(f"/attempt/{sat.attempt_id}/finish", data={"epoch": "1"})
        assert reply.location == f"/attempt/{sat.attempt_id}/finished"
    assert kinds(sat) == [EventKind.STARTED, EventKind.SUBMITTED]
    shown = page(client, sat, "/finished")
    assert "You handed in your answers" in shown
    assert "0 of 5 questions" in shown
    with sat.database.read() as session:
        receipt = find_receipt(session, sat.attempt_id)
    assert grouped(receipt.digest, 64)[:19] in shown


def test_after_the_end_every_page_leads_to_what_was_received(client, sat: Sat) -> None:
    sat.do(submit_attempt, read_clock(), epoch=1)
    for place_name in (*PAGES, "/stage/1"):
        reply = client.get(f"/attempt/{sat.attempt_id}{place_name}")
        assert (reply.status_code, reply.location) == (
            303,
            f"/attempt/{sat.attempt_id}/finished",
        )


def test_before_the_end_there_is_no_finished_page(client, sat: Sat) -> None:
    reply = client.get(f"/attempt/{sat.attempt_id}/finished")
    assert reply.location == f"/attempt/{sat.attempt_id}"


def test_when_the_time_has_passed_the_page_says_so_before_anything_is_recorded(
    client, place: Sat
) -> None:
    client.set_cookie("device", DEVICE)
    past = read_clock() - timedelta(hours=5)
    sitting = sittings.sitting(place.database, place.form_id, opens_at=past, now=past)
    candidate = sittings.candidate(place.database)
    booking = sittings.booking(place.database, sitting.id, candidate.id, now=past)
    there = replace(place, candidate=candidate, sitting_id=sitting.id, booking_id=booking.id)
    sat = factory.started(place.database, past, place=there)
    sign_in_as(client, candidate)
    shown = page(client, sat, "/finished")
    assert "Your time has ended" in shown
    assert kinds(sat) == [EventKind.STARTED]


def test_a_get_writes_nothing(client, sat: Sat) -> None:
    before = kinds(sat)
    for place_name in PAGES:
        page(client, sat, place_name)
    assert kinds(sat) == before
