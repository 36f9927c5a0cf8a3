"""The pages before the day: whose they are, what they do and refuse, and who never sees it."""

import ast
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import SYSTEM
from proficiency.core.chain import append
from proficiency.core.config import ROOT
from proficiency.core.operation import transaction
from proficiency.preparation.arrangement_operations import decide_request
from proficiency.preparation.arrangements import list_requests, list_waiting_requests
from proficiency.preparation.checks import find_checks
from proficiency.preparation.details import find_details, staff_connections_of
from proficiency.preparation.documents import current_documents, first_words
from proficiency.preparation.models import BookingDetails
from proficiency.preparation.practice import find_practice_form
from proficiency.preparation.rules import (
    Asked,
    Connection,
    Decision,
    Document,
    Link,
    Reason,
    connections_to_text,
)
from proficiency.sittings.queries import find_arrangement, list_candidate_bookings
from tests.delivery import factory as delivery
from tests.factories import NOW, act, person, sign_in_as
from tests.marking import factory as marking
from tests.marking.test_views import every_page_of_an_assessor
from tests.preparation import factory
from tests.sittings import factory as sittings
from tests.starting import check_in_form, start_attempt

HOUR = timedelta(hours=1)


@pytest.fixture
def place(sqlite_database):
    """A candidate with a place in a sitting that is open at this moment."""
    now = web.read_clock()
    form = delivery.small_form(sqlite_database)
    sitting = sittings.sitting(
        sqlite_database, form.id, opens_at=now - timedelta(minutes=5), now=now - HOUR
    )
    who = sittings.candidate(sqlite_database, "Ann Other")
    booking = sittings.booking(sqlite_database, sitting.id, who.id, now=now - HOUR)
    return delivery.Sat(sqlite_database, who, sitting.id, booking.id, form.id, "")


@pytest.fixture
def candidate(client, place):
    """The candidate's browser, signed in."""
    sign_in_as(client, place.candidate)
    return client


@pytest.fixture
def office(app, sqlite_database):
    """An exam officer's browser, signed in."""
    client = app.test_client()
    sign_in_as(client, person(sqlite_database, Role.EXAM_OFFICER, name="Olive Officer"))
    return client


def booking_page(place, rest=""):
    return f"/bookings/{place.booking_id}{rest}"


PAGES = ("", "/details", "/adjustments", "/device", "/device/ping", "/calendar.ics")


@pytest.mark.parametrize("rest", PAGES)
def test_a_booking_is_nobody_elses(app, place, rest) -> None:
    stranger = app.test_client()
    assert stranger.get(booking_page(place, rest)).status_code == 303  # to the sign-in
    sign_in_as(stranger, person(place.database, *Role))
    assert stranger.get(booking_page(place, rest)).status_code == 404
    assert stranger.post(booking_page(place, "/practice")).status_code == 404


def test_the_booking_page_leads_to_everything(candidate, place) -> None:
    factory.offer_practice(place.database)
    shown = candidate.get(booking_page(place)).text
    for rest in ("/details", "/adjustments", "/device", "/calendar.ics", "/practice"):
        assert booking_page(place, rest) in shown
    for words in ("Tell us four things", "/documents", "2 h", "GMT", "Start a practice exam"):
        assert words in shown


DETAILS = {
    "reason": "existing_registrant", "needed_by": "2027-03-31", "nation": "northern_ireland",
    "employer": "Harbour Ltd\r\nMy own firm", "supervisor": "", "trainer": "Dr Parry",
}  # fmt: skip


def test_a_candidate_tells_and_corrects(candidate, place) -> None:
    assert "tell us four things" in candidate.get("/").text
    reply = candidate.post(booking_page(place, "/details"), data=DETAILS)
    assert reply.status_code == 303
    with place.database.read() as session:
        held = find_details(session, place.booking_id)
    assert held.reason is Reason.EXISTING_REGISTRANT
    assert [each.name for each in held.connections] == ["Harbour Ltd", "My own firm", "Dr Parry"]
    assert "tell us four things" not in candidate.get("/").text
    shown = candidate.get(booking_page(place, "/details")).text
    assert "2027-03-31" in shown
    assert "My own firm" in shown
    again = candidate.post(booking_page(place, "/details"), data=DETAILS | {"nation": "wales"})
    assert again.status_code == 303
    with place.database.read() as session:
        assert find_details(session, place.booking_id).number == 2


@pytest.mark.parametrize(
    "change", [{"reason": ""}, {"nation": "france"}, {"needed_by": ""}, {"needed_by": "soon"}]
)
def test_what_is_missing_is_said_at_its_field(candidate, place, change) -> None:
    reply = candidate.post(booking_page(place, "/details"), data=DETAILS | change)
    assert reply.status_code == 422
    assert f'id="{next(iter(change))}-error"' in reply.text
    assert "<title>Error:" in reply.text
    with place.database.read() as session:
        assert find_details(session, place.booking_id) is None


def test_an_officer_tells_it_for_them_and_sees_who_is_ready(office, candidate, place) -> None:
    path = f"/sittings/bookings/{place.booking_id}/told"
    assert "asked for it on their booking page" in office.get(path).text
    ready = office.get(f"/sittings/{place.sitting_id}/readiness").text
    assert "not told" in ready
    assert "not checked" in ready
    assert office.post(path, data=DETAILS).status_code == 303
    shown = office.get(path).text
    for words in ("Northern Ireland", "31 March 2027", "Employer: Harbour Ltd", "Olive Officer"):
        assert words in shown
    assert ">not told<" not in office.get(f"/sittings/{place.sitting_id}/readiness").text
    assert "Harbour Ltd" in candidate.get(booking_page(place, "/details")).text


def test_the_calendar_file_is_one(candidate, place) -> None:
    reply = candidate.get(booking_page(place, "/calendar.ics"))
    assert reply.content_type.startswith("text/calendar")
    assert "attachment" in reply.headers["Content-Disposition"]
    assert b"BEGIN:VEVENT\r\n" in reply.data
    assert reply.data.endswith(b"END:VCALENDAR\r\n")


# Adjustments

ASKED = {"extra_percent": "25", "rest_minutes": "30", "measures": ["reader"], "words": "Migraine."}


def ask(candidate, place, **changes):
    letter = {"letters": [(io.BytesIO(factory.PNG), "my doctor's letter.png")]}
    return candidate.post(
        booking_page(place, "/adjustments"), data=ASKED | letter | changes,
        content_type="multipart/form-data",
    )  # fmt: skip


def test_a_request_goes_from_the_candidate_to_the_officer_and_back(
    candidate, office, place
) -> None:
    assert ask(candidate, place).status_code == 303
    with place.database.read() as session:
        request = list_waiting_requests(session)[0]
    assert "1 to decide" in office.get("/").text
    assert "Ann Other" in office.get("/requests").text
    shown = office.get(f"/requests/{request.id}").text
    for words in ("Migraine.", "A person who reads to me", "Letter"):
        assert words in shown
    kept = office.get(f"/bookings/letters/{request.letters[0].id}")
    assert kept.data == factory.PNG
    assert kept.headers["Content-Disposition"].startswith("attachment")
    assert "doctor" not in str(kept.headers)
    refused = office.post(f"/requests/{request.id}", data={"decision": "refused"})
    assert refused.status_code == 422
    decided = {"decision": "granted", "reason": "The letter says so."}
    assert office.post(f"/requests/{request.id}", data=decided).status_code == 303
    shown = candidate.get(booking_page(place, "/adjustments")).text
    for words in ("Granted as asked", "The letter says so.", "2 h + 25 % = 2 h 30 min, breaks"):
        assert words in shown
    assert "2 h + 25 % = 2 h 30 min, breaks 30 min" in candidate.get(
        f"/exam/{place.booking_id}"
    ).text.replace(", at most", " at most")
    with place.database.read() as session:
        assert find_arrangement(session, place.booking_id).measures == factory.WANTED.measures


def test_only_its_sender_and_officers_read_a_letter(app, candidate, place) -> None:
    ask(candidate, place)
    with place.database.read() as session:
        letter = list_requests(session, place.booking_id)[0].letters[0]
    path = f"/bookings/letters/{letter.id}"
    assert candidate.get(path).status_code == 200
    others = app.test_client()
    everything_else = [role for role in Role if role is not Role.EXAM_OFFICER]
    sign_in_as(others, person(place.database, *everything_else))
    assert others.get(path).status_code == 404
    for page in ("/requests", f"/sittings/bookings/{place.booking_id}/told"):
        assert others.get(page).status_code == 403


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"words": ""}, "why you need it"),
        ({"extra_percent": "0", "rest_minutes": "", "measures": []}, "Say what you ask for"),
        ({"letters": [(io.BytesIO(b"<svg>"), "letter.png")]}, "can’t be taken"),
    ],
)
def test_a_request_that_lacks_something_is_shown_again(candidate, place, changes, words) -> None:
    reply = ask(candidate, place, **changes)
    assert reply.status_code == 422
    assert words in reply.text
    with place.database.read() as session:
        assert list_requests(session, place.booking_id) == []


# Who marks never learns of it

MARKERS = ("marking", "moderation", "standard_setting", "results")
MAY_READ = [("connections.py", {"connected_places"})]
"""Who is to be kept apart from whom, and nothing else of what was told before the day."""


@pytest.mark.parametrize("room", MARKERS)
def test_no_room_of_those_who_mark_reads_adjustments(room) -> None:
    forbidden = {"find_arrangement", "find_arrangements", "list_arrangements", "AccessArrangement"}
    for path in sorted(Path(ROOT / "proficiency" / room).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = {alias.name for alias in node.names}
                assert forbidden.isdisjoint(names), path
                reads = (node.module or "").startswith("proficiency.preparation")
                assert not reads or (path.name, names) in MAY_READ, path


def test_no_page_of_an_assessor_holds_anything_of_it(client, sqlite_database) -> None:
    world = marking.in_marking(sqlite_database, candidates=2)
    with sqlite_database.read() as session:
        bookings = [list_candidate_bookings(session, who.id)[0].id for who in world.candidates]
    for who, booking_id in zip(world.candidates, bookings, strict=True):
        asked = Asked(factory.WANTED, "canary-of-health")
        request = factory.ask(sqlite_database, who, booking_id, asked=asked)
        act(
            sqlite_database, decide_request, SYSTEM, request_id=request.id,
            decision=Decision.GRANTED, adjustment=None, reason="canary-of-the-reason",
        )  # fmt: skip
        told = BookingDetails(
            aggregate_id=booking_id, at=NOW, actor_id=who.id, booking_id=booking_id,
            reason="after_finding", nation="wales", needed_by=None,
        )  # fmt: skip
        names = (Connection(Link.EMPLOYER, "canary-of-an-employer"),)
        with transaction(sqlite_database) as session:
            append(session, told, text=connections_to_text(names))
    sign_in_as(client, world.ann)
    canaries = ("canary-of", "after_finding", "25 %", "reads to me", *bookings)
    for name, page in every_page_of_an_assessor(client, world).items():
        for canary in canaries:
            assert canary.encode() not in page, f"{canary} is on the page {name}"


# Documents


def test_everybody_reads_the_documents_and_officers_write_the_next(office, candidate) -> None:
    for name in Document:
        shown = candidate.get(f"/documents/{name}")
        assert shown.status_code == 200
        assert "Write the next version" not in shown.text
        assert candidate.get(f"/documents/{name}/write").status_code == 403
    assert candidate.get("/documents/secrets").status_code == 404
    held = first_words(Document.RULES)
    path = "/documents/rules/write"
    new = {"text": "### Just one\n\nBe kind. <b>Really</b>.", "base": held.digest}
    tried = office.post(path, data=new | {"go": "show"})
    assert "So it will look" in tried.text
    assert "<b>Really</b>" not in tried.text
    assert office.post(path, data=new).status_code == 303
    assert "Be kind." in candidate.get("/documents/rules").text
    late = office.post(path, data=new | {"text": "Something else."})
    assert late.status_code == 409
    assert "meanwhile" in late.text
    assert "Version 1" in office.get("/documents/rules?version=1").text
    assert office.get("/documents/rules?version=7").status_code == 404


def test_check_in_shows_and_takes_exactly_what_holds(office, candidate, place) -> None:
    form = check_in_form(place.database, place.booking_id)
    shown = candidate.get(f"/exam/{place.booking_id}").text
    for name, value in form.items():
        assert f'name="{name}"' in shown
        assert name in ("rules", "time", "fit") or f'value="{value}"' in shown
    assert "No, this is wrong" in shown
    assert "Nothing has started" in candidate.get(f"/exam/{place.booking_id}?wrong=time").text
    assert "if you are not well" in candidate.get(f"/exam/{place.booking_id}?wrong=health").text
    new = {"text": "Other rules.", "base": first_words(Document.RULES).digest}
    assert office.post("/documents/rules/write", data=new).status_code == 303
    reply = candidate.post(f"/exam/{place.booking_id}", data=form, follow_redirects=True)
    assert "Rules of the exam" in reply.text
    assert "changed since you opened the page" in reply.text
    fresh = check_in_form(place.database, place.booking_id)
    started = candidate.post(f"/exam/{place.booking_id}", data=fresh)
    assert started.location.startswith("/attempt/")


# Device and practice


def test_the_device_check_is_sent_and_seen(office, candidate, place) -> None:
    found = [{"probe": "network", "verdict": "bad", "detail": "3 of 20 lost"}]
    path = booking_page(place, "/device")
    assert candidate.post(path, data={"findings": json.dumps(found)}).status_code == 303
    with place.database.read() as session:
        assert find_checks(session, [place.booking_id])[place.booking_id].troubles
    assert "Connection" in office.get(f"/sittings/{place.sitting_id}/readiness").text
    assert "3 of 20 lost" in office.get(f"/sittings/bookings/{place.booking_id}/told").text
    for wrong in ("", "{", "[]", '[{"probe": "x"}]'):
        assert candidate.post(path, data={"findings": wrong}).status_code in (303, 422)
    with place.database.read() as session:
        assert find_checks(session, [place.booking_id])[place.booking_id].troubles
    ping = candidate.get(booking_page(place, "/device/ping")).get_json()
    assert abs(ping["now"] / 1000 - web.read_clock().timestamp()) < 60


def test_practice_from_the_button_to_the_comparison(office, candidate, place) -> None:
    form = factory.practice_form(place.database)
    assert office.post("/practice", data={"form_id": place.form_id}).status_code == 422
    assert office.post("/practice", data={"form_id": form.id}).status_code == 303
    assert "Practice paper" in office.get("/practice").text
    with place.database.read() as session:
        assert find_practice_form(session) == form.id
    door = candidate.post(booking_page(place, "/practice")).location
    booking_id = door.rsplit("/", 1)[1]
    assert "Practice" in candidate.get(door).text
    form = check_in_form(place.database, booking_id)
    exam = candidate.post(door, data=form).location
    attempt_id = exam.rsplit("/", 1)[1]
    assert candidate.get(f"{exam}/practised").status_code == 303  # not before it is over
    candidate.post(f"{exam}/finish", data={"epoch": "1"})
    shown = candidate.get(f"{exam}/practised")
    assert shown.status_code == 200
    for words in (
        "0 of 2 questions",
        "What was looked for",
        "You did not answer",
        "judged by people",
    ):
        assert words in shown.text
    assert f"/attempt/{attempt_id}/practised" in candidate.get("/exams").text
    assert "Practice" not in office.get("/sittings").text.replace("Practice exam", "")
    with place.database.read() as session:
        assert len(list_candidate_bookings(session, place.candidate.id, practice=True)) == 1


def test_a_real_exam_is_never_compared(candidate, place) -> None:
    made = act(
        place.database, start_attempt, place.candidate, web.read_clock(),
        booking_id=place.booking_id, device_id="one",
    )  # fmt: skip
    assert candidate.get(f"/attempt/{made.id}/practised").status_code == 404


def test_assessors_keep_their_connections_current(app, sqlite_database) -> None:
    client = app.test_client()
    who = person(sqlite_database, Role.ASSESSOR)
    sign_in_as(client, who)
    assert "/my-connections" in client.get("/account").text
    reply = client.post("/my-connections", data={"employer": "Harbour Ltd", "trainer": "Ann"})
    assert reply.status_code == 303
    assert "Harbour Ltd" in client.get("/my-connections").text
    with sqlite_database.read() as session:
        assert len(staff_connections_of(session, who.id)) == 2
    long = client.post("/my-connections", data={"employer": "x" * 201})
    assert long.status_code == 422


def test_no_document_of_ours_is_without_its_parts() -> None:
    for document in Document:
        found = first_words(document)
        assert found.html.count("<h3>") >= 4
        assert len(found.digest) == 64


def test_current_documents_are_the_first_words_before_anybody_wrote(sqlite_database) -> None:
    with sqlite_database.read() as session:
        assert list(current_documents(session)) == list(Document)
