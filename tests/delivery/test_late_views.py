"""The pages of late work: who may, what they show, and what they never show."""

import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from proficiency.delivery.late_views import answer_file_secret
from proficiency.delivery.operations import lock_overdue_attempts
from tests.delivery import factory, test_late
from tests.delivery.factory import MINUTE, Sat
from tests.factories import act, person, sign_in_as


@pytest.fixture
def late(sqlite_database: Database) -> Sat:
    now = read_clock()
    start = now - timedelta(hours=3)
    place = factory.booked(sqlite_database, start)
    sat = factory.started(sqlite_database, start, place=place)
    sat.write("in time", seq=1, now=start + MINUTE)
    act(sqlite_database, lock_overdue_attempts, SYSTEM, now - 50 * MINUTE)
    sat.write("words that nobody may see here", seq=2, now=now - 40 * MINUTE)
    return sat


def page(client: FlaskClient, address: str) -> str:
    reply = client.get(address)
    assert reply.status_code == 200
    return reply.get_data(as_text=True)


def decide(client: FlaskClient, late: Sat, **fields: str) -> tuple[int, str]:
    (answer,) = test_late.answers(late)
    reply = client.post(f"/late/answers/{answer.event_id}", data=fields, follow_redirects=True)
    return reply.status_code, reply.get_data(as_text=True)


def test_two_people_decide_on_the_page_without_seeing_the_words_or_each_other(
    client: FlaskClient, late: Sat
) -> None:
    first = person(late.database, Role.EXAM_OFFICER, name="Ada First")
    sign_in_as(client, first)
    assert late.sitting_id in page(client, "/late")
    shown = page(client, f"/late/{late.sitting_id}")
    assert "nobody may see" not in shown
    assert "an earlier answer to this question counts" in shown
    status, shown = decide(client, late, ground="written_in_time", reason="It fits")
    assert status == 200
    assert "Somebody else decides next" in shown
    sign_in_as(client, person(late.database, Role.ASSESSMENT_BOARD))
    shown = page(client, f"/late/{late.sitting_id}")
    assert "Ada First" not in shown
    assert "It fits" not in shown
    status, shown = decide(client, late, ground="service_at_fault", reason="We were away")
    assert "Decided: the answer counts." in shown
    assert "Ada First" in shown
    assert test_late.counting_text(late) == "words that nobody may see here"


def test_the_page_says_when_too_few_people_are_left_to_decide(
    client: FlaskClient, late: Sat
) -> None:
    sign_in_as(client, person(late.database, Role.EXAM_OFFICER))
    assert "Too few people are left" in page(client, f"/late/{late.sitting_id}")
    person(late.database, Role.INVIGILATOR)
    assert "Too few people are left" not in page(client, f"/late/{late.sitting_id}")


def test_what_is_missing_is_said_beside_it_and_nothing_typed_is_lost(
    client: FlaskClient, late: Sat
) -> None:
    sign_in_as(client, person(late.database, Role.EXAM_OFFICER))
    status, shown = decide(client, late, reason="typed already")
    assert status == 422
    assert "Choose whether it counts, and why." in shown
    assert "typed already" in shown
    status, shown = decide(client, late, ground="not_shown", reason=" ")
    assert status == 422
    assert re.search(r'value="not_shown"[^>]*checked', shown)


@pytest.mark.parametrize("role", [Role.ASSESSOR, Role.CANDIDATE, Role.MODERATOR])
def test_late_work_is_for_those_who_decide(client: FlaskClient, late: Sat, role: Role) -> None:
    sign_in_as(client, person(late.database, role))
    assert client.get("/late").status_code == 403
    assert client.get(f"/late/{late.sitting_id}").status_code == 403
    assert decide(client, late, ground="not_shown", reason="why")[0] == 403


def test_an_answer_file_is_taken_in_by_one_and_opened_by_another(
    client: FlaskClient, late: Sat, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client.application.test_request_context():
        monkeypatch.setattr(test_late, "SECRET", answer_file_secret())
    content = test_late.seal(late, read_clock() - 70 * MINUTE, {"text": ["from the file"]})
    sign_in_as(client, person(late.database, Role.EXAM_OFFICER))
    sent = {"file": (io.BytesIO(content), "answers.json")}
    assert "A second person opens it" in client.post(
        "/late/files", data=sent, follow_redirects=True
    ).get_data(as_text=True)
    assert "Waits for somebody else" in page(client, "/late")
    sign_in_as(client, person(late.database, Role.INVIGILATOR))
    (address,) = re.findall(r'action="(/late/files/[^"]+/open)"', page(client, "/late"))
    shown = client.post(address, follow_redirects=True).get_data(as_text=True)
    assert "The file held one answer" in shown
    assert "from the file" not in page(client, f"/late/{late.sitting_id}")


def test_a_file_that_is_none_is_refused_where_it_was_chosen(client: FlaskClient, late: Sat) -> None:
    sign_in_as(client, person(late.database, Role.EXAM_OFFICER))
    for sent in ({}, {"file": (io.BytesIO(b"a letter"), "letter.txt")}):
        reply = client.post("/late/files", data=sent)
        assert reply.status_code == 422
        assert 'class="error-message" id="file-error"' in reply.get_data(as_text=True)


def test_the_home_page_says_that_late_answers_wait(client: FlaskClient, late: Sat) -> None:
    sign_in_as(client, person(late.database, Role.EXAM_OFFICER))
    assert "decide about late answers" in page(client, "/")
