"""A booking closes its cases: at the one place that every sight goes through, and on every page."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.authoring.operations import begin_case, save_revision
from proficiency.core import web
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Refused
from proficiency.core.operation import transaction
from proficiency.core.sights import append_sight, has_seen, record_sight
from proficiency.scenarios.operations import publish_case
from proficiency.scenarios.queries import list_cases
from proficiency.sittings.operations import book_candidate, cancel_booking, cancel_sitting
from proficiency.sittings.sights import ASSESSMENT
from tests.exams import factory as exams
from tests.factories import NOW, act, person, sign_in_as
from tests.sittings.factory import booking, sitting

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
CASE, OTHER = "a-place-to-land", "another-case"


def author(database: Database) -> Actor:
    """Somebody who writes cases and has to sit the exam like everybody."""
    return person(database, Role.CANDIDATE, Role.CONTENT_AUTHOR, Role.EXAM_OFFICER)


def look(database: Database, who: Actor, now: datetime = NOW, case: str = CASE) -> None:
    record_sight(database, who, now, "case", case, "preview")


def test_a_booking_closes_its_cases_until_the_last_start_and_no_others(database: Database) -> None:
    who, made = author(database), sitting(database, opens_at=NOW + HOUR)
    booking(database, made.id, who.id)
    for now in (NOW, NOW + 2 * HOUR):
        with pytest.raises(Forbidden, match="until it is over this case is closed to you"):
            look(database, who, now)
    look(database, who, case=OTHER)
    look(database, author(database))
    with database.read() as session:
        assert not has_seen(session, who.id, CASE)
    look(database, who, NOW + 2 * HOUR + SECOND)


def test_what_was_seen_before_is_closed_too(database: Database) -> None:
    who, made = author(database), sitting(database)
    booking(database, made.id, who.id)
    with transaction(database) as session:
        append_sight(session, who, NOW, "case", CASE, ASSESSMENT)
    with pytest.raises(Forbidden):
        record_sight(database, who, NOW, "case", CASE, "marking")


@pytest.mark.parametrize("what", ["booking", "sitting"])
def test_a_cancelled_booking_or_sitting_closes_nothing(database: Database, what: str) -> None:
    who, made = author(database), sitting(database, opens_at=NOW + HOUR)
    place = booking(database, made.id, who.id)
    if what == "booking":
        act(database, cancel_booking, SYSTEM, booking_id=place.id, reason="Ill.")
    else:
        act(database, cancel_sitting, SYSTEM, sitting_id=made.id, reason="No room.")
    look(database, who)


def test_a_place_that_is_given_back_closes_again(database: Database) -> None:
    who, made = author(database), sitting(database)
    place = booking(database, made.id, who.id)
    act(database, cancel_booking, SYSTEM, booking_id=place.id, reason="Ill.")
    booking(database, made.id, who.id)
    with pytest.raises(Forbidden):
        look(database, who)


def test_the_exam_itself_is_what_the_booking_is_for(database: Database) -> None:
    who, made = author(database), sitting(database)
    booking(database, made.id, who.id)
    with transaction(database) as session:
        append_sight(session, who, NOW, "case", CASE, ASSESSMENT)
    with database.read() as session:
        assert has_seen(session, who.id, CASE)


def test_operations_that_show_a_case_are_closed_with_it_and_change_nothing(
    database: Database,
) -> None:
    who, colleague, made = author(database), author(database), sitting(database)
    text = exams.case_text("a-place-to-land.md")
    begun = act(database, begin_case, colleague, text=text)
    booking(database, made.id, who.id)
    with pytest.raises(Forbidden):
        act(database, publish_case, who, text=text.replace("the", "that"), file="case.md")
    with pytest.raises(Forbidden):
        act(
            database, save_revision, who, work_id=begun.work_id, base_id=begun.id,
            text=text.replace("the", "that"),
        )  # fmt: skip
    with database.read() as session:
        assert max(case.version for case in list_cases(session) if case.name == CASE) == 1
        assert not has_seen(session, who.id, CASE)


def test_a_sight_and_a_booking_at_once_never_both_happen(database: Database) -> None:
    who, made = author(database), sitting(database)
    with ThreadPoolExecutor(1) as threads:
        with transaction(database) as session:
            book_candidate(session, SYSTEM, NOW, sitting_id=made.id, candidate_id=who.id)
            looking = threads.submit(look, database, who)
            with pytest.raises(TimeoutError):  # it waits until this transaction has ended
                looking.result(timeout=0.3)
        with pytest.raises(Forbidden):
            looking.result(timeout=30)


def test_a_booking_that_waits_for_a_sight_is_refused(database: Database) -> None:
    who, made = author(database), sitting(database)
    with ThreadPoolExecutor(1) as threads:
        with transaction(database) as session:
            append_sight(session, who, NOW, "case", CASE, "preview")
            booked = threads.submit(booking, database, made.id, who.id)
            with pytest.raises(TimeoutError):
                booked.result(timeout=0.3)
        with pytest.raises(Refused, match="has seen a case"):
            booked.result(timeout=30)


# Pages


@pytest.fixture
def booked(client: FlaskClient, sqlite_database: Database) -> Actor:
    """A content author, signed in, with a place in a sitting that is open now."""
    who, now = author(sqlite_database), web.read_clock()
    made = sitting(sqlite_database, opens_at=now - HOUR / 2, now=now)
    booking(sqlite_database, made.id, who.id, now=now)
    sign_in_as(client, who)
    return who


PAGES = ("preview", "mark-scheme", "source", "write")


@pytest.mark.parametrize("which", PAGES)
def test_no_page_of_a_published_case_opens_for_whoever_is_booked_for_it(
    client: FlaskClient, booked: Actor, sqlite_database: Database, which: str
) -> None:
    with sqlite_database.read() as session:
        version = next(case for case in list_cases(session) if case.name == CASE)
    answer = client.get(f"/cases/versions/{version.id}/{which}")
    assert answer.status_code == 403
    words = answer.get_data(as_text=True)
    assert "You are booked for an exam" in words
    assert "Exhibit" not in words
    with sqlite_database.read() as session:
        assert not has_seen(session, booked.id, CASE)


def test_the_editor_and_the_check_of_a_draft_are_closed_too(
    client: FlaskClient, booked: Actor, sqlite_database: Database
) -> None:
    text = exams.case_text("a-place-to-land.md")
    begun = act(sqlite_database, begin_case, author(sqlite_database), text=text)
    assert client.get(f"/cases/works/{begun.work_id}/edit").status_code == 403
    checked = client.post("/cases/drafts/check", data={"text": text, "use": "sample"})
    assert checked.status_code == 403


def test_the_list_and_other_cases_stay_open(
    client: FlaskClient, booked: Actor, sqlite_database: Database
) -> None:
    other = exams.published(sqlite_database, "which-hat.md")
    assert client.get("/cases").status_code == 200
    assert client.get(f"/cases/{CASE}").status_code == 200
    assert client.get(f"/cases/versions/{other.id}/preview").status_code == 200
