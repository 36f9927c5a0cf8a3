"""The pictures and documents of an exam: for its candidate, from when a stage opens to the end."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from proficiency.core.sights import Sight, append_sight
from proficiency.delivery.operations import open_next_stage, submit_attempt
from proficiency.exams.models import FormFile
from proficiency.exams.operations import assemble_form
from proficiency.exams.verify import check
from proficiency.scenarios.content import from_content
from proficiency.scenarios.operations import publish_case
from proficiency.scenarios.queries import get_case_version
from tests.delivery.factory import DEVICE, FIRST_CASE, MINUTE, Sat, started
from tests.exams import factory as exams
from tests.factories import act, person, sign_in_as
from tests.scenarios.file_samples import FILES, LETTER, PLAN, png, with_lines
from tests.sittings import factory as sittings

MAP = "![Map of the bus line: no step-free stop](map.png)"
TEXT = with_lines(PLAN, LETTER, text=FIRST_CASE).replace(
    "## Question 4", f"> **Exhibit 3: the bus line**\n>\n> {MAP}\n\n## Question 4"
)
ALL = {**FILES, "map.png": png(8, 2)}


def form_with_files(database: Database) -> str:
    version = act(database, publish_case, SYSTEM, text=TEXT, file="case.md", files=ALL)
    form = act(
        database,
        assemble_form,
        SYSTEM,
        scheme_version_id=exams.scheme(database).id,
        title="Paper A",
        case_version_ids=[version.id],
    )
    return str(form.id)


@pytest.fixture
def sat(client: FlaskClient, sqlite_database: Database) -> Sat:
    """A candidate who is writing an exam whose two stages have files."""
    now = read_clock()
    form_id = form_with_files(sqlite_database)
    sitting = sittings.sitting(
        sqlite_database, form_id, opens_at=now - MINUTE, now=now - 2 * MINUTE
    )
    candidate = sittings.candidate(sqlite_database)
    booking = sittings.booking(sqlite_database, sitting.id, candidate.id, now=now)
    sign_in_as(client, candidate)
    client.set_cookie("device", DEVICE)
    place = Sat(sqlite_database, candidate, sitting.id, booking.id, form_id, "")
    return started(sqlite_database, now, place=place)


def ids(database: Database) -> list[str]:
    """The ids of the plan, the letter and the map."""
    with database.read() as session:
        return [row.id for row in session.query(FormFile).order_by(FormFile.place)]


def status(client: FlaskClient, sat: Sat, file_id: str) -> int:
    return client.get(f"/attempt/{sat.attempt_id}/files/{file_id}").status_code


def test_a_form_draws_ids_and_agrees_with_its_case(database: Database) -> None:
    form_id = form_with_files(database)
    again = form_with_files(database)
    with database.read() as session:
        files = session.query(FormFile).filter_by(form_id=form_id).order_by(FormFile.place).all()
        others = {row.id for row in session.query(FormFile).filter_by(form_id=again)}
        assert [(file.stage, file.exhibit, file.place) for file in files] == [
            (1, 1, 1), (1, 1, 2), (2, 3, 3),
        ]  # fmt: skip
        assert others.isdisjoint({file.id for file in files})
        assert len(others) == 3
        assert list(check(session)) == []


def test_the_page_shows_pictures_in_words_and_files_by_random_address(client, sat: Sat) -> None:
    page = client.get(f"/attempt/{sat.attempt_id}").get_data(as_text=True)
    plan, letter, later = ids(sat.database)
    address = f"/attempt/{sat.attempt_id}/files/{plan}"
    assert f'<img src="{address}" alt="Plan of the flat: the door is too narrow"' in page
    assert re.search(rf'<a href="{address}" target="_blank" rel="noopener">', page)
    assert f'/files/{letter}" download>referral letter</a>' in page
    assert later not in page
    hidden = [*ALL, "map", "referral.pdf"]
    with sat.database.read() as session:
        version_id = session.query(FormFile).first().case_version_id
        case = from_content(get_case_version(session, version_id).content)
    hidden += [file.sha256 for file in case.files]
    # As whole words: ids and tokens are random, and "map" may well be in one.
    assert [words for words in hidden if re.search(rf"\b{re.escape(words)}\b", page)] == []


def test_each_page_names_files_by_the_attempt_of_whoever_reads_it(
    client, app: Flask, sat: Sat
) -> None:
    other = started(sat.database, read_clock(), place=another_place(sat))
    theirs = app.test_client()
    sign_in_as(theirs, other.candidate)
    for browser, mine, not_mine in (
        (client, sat, other),
        (theirs, other, sat),
        (client, sat, other),
    ):
        page = browser.get(f"/attempt/{mine.attempt_id}").get_data(as_text=True)
        assert f"/attempt/{mine.attempt_id}/files/" in page
        assert not_mine.attempt_id not in page


def another_place(sat: Sat) -> Sat:
    """A second candidate's place in the same sitting."""
    now = read_clock()
    candidate = sittings.candidate(sat.database)
    booking = sittings.booking(sat.database, sat.sitting_id, candidate.id, now=now)
    return Sat(sat.database, candidate, sat.sitting_id, booking.id, sat.form_id, "")


def test_the_bytes_come_with_headers_that_keep_them_harmless(client, sat: Sat) -> None:
    plan, letter, _map = ids(sat.database)
    shown = client.get(f"/attempt/{sat.attempt_id}/files/{plan}")
    assert shown.data == ALL["plan.png"]
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["Content-Disposition"] == 'inline; filename="exhibit-1.png"'
    saved = client.get(f"/attempt/{sat.attempt_id}/files/{letter}")
    assert saved.data == ALL["letters/referral.pdf"]
    assert saved.headers["Content-Disposition"] == 'attachment; filename="exhibit-1.pdf"'
    for answer in (shown, saved):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; img-src 'self';" in policy
        assert "sandbox" in policy


def test_a_later_stage_is_not_there_until_it_opens_and_an_earlier_one_stays(client, sat) -> None:
    plan, _letter, later = ids(sat.database)
    assert status(client, sat, later) == 404
    act(
        sat.database, open_next_stage, sat.candidate, read_clock(),
        attempt_id=sat.attempt_id, epoch=1, closing=1,
    )  # fmt: skip
    assert status(client, sat, later) == 200
    assert status(client, sat, plan) == 200
    earlier = client.get(f"/attempt/{sat.attempt_id}/stage/1").get_data(as_text=True)
    assert f"/attempt/{sat.attempt_id}/files/{plan}" in earlier


def test_after_submission_nothing_is_there(client, sat: Sat) -> None:
    plan = ids(sat.database)[0]
    act(
        sat.database, submit_attempt, sat.candidate, read_clock(),
        attempt_id=sat.attempt_id, epoch=1,
    )  # fmt: skip
    assert status(client, sat, plan) == 404


def test_once_the_time_has_passed_nothing_is_there(
    client, sat: Sat, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = ids(sat.database)[0]
    late = read_clock() + timedelta(hours=9)
    monkeypatch.setattr("proficiency.delivery.file_views.web.now", lambda: late)
    assert status(client, sat, plan) == 404


def test_nobody_else_gets_a_file_by_any_address(client, app: Flask, sat: Sat) -> None:
    plan = ids(sat.database)[0]
    visitor = app.test_client()
    assert status(visitor, sat, plan) == 303
    for roles in ([Role.CANDIDATE], [Role.EXAM_OFFICER], [Role.ASSESSOR, Role.MODERATOR]):
        other = app.test_client()
        sign_in_as(other, person(sat.database, *roles))
        assert status(other, sat, plan) == 404
    with sat.database.read() as session:
        row = session.query(FormFile).first()
        hash_, version_id = row.file_id, row.case_version_id
    for made_up in (hash_, "1", "plan.png", "..%2Fplan.png", "%00"):
        assert status(client, sat, made_up) == 404
    assert client.get(f"/forms/files/{plan}").status_code == 403
    assert client.get(f"/cases/versions/{version_id}/files/1").status_code == 403


def test_who_marks_gets_a_file_only_after_being_shown_the_case(app: Flask, sat: Sat) -> None:
    plan = ids(sat.database)[0]
    assessor = person(sat.database, Role.ASSESSOR)
    other = app.test_client()
    sign_in_as(other, assessor)
    assert other.get(f"/forms/files/{plan}").status_code == 404
    with transaction(sat.database) as session:
        append_sight(session, assessor, read_clock(), "case", "the-spare-key", "marking")
    answer = other.get(f"/forms/files/{plan}")
    assert (answer.status_code, answer.data) == (200, ALL["plan.png"])
    with sat.database.read() as session:
        sights = session.query(Sight).filter_by(aggregate_id=assessor.id).order_by(Sight.pos)
        assert [sight.purpose for sight in sights] == ["marking", "file"]


def test_who_reads_a_version_gets_its_files_and_that_is_recorded(app: Flask, sat: Sat) -> None:
    author = person(sat.database, Role.CONTENT_AUTHOR)
    other = app.test_client()
    sign_in_as(other, author)
    with sat.database.read() as session:
        version_id = session.query(FormFile).first().case_version_id
    answer = other.get(f"/cases/versions/{version_id}/files/2")
    assert (answer.status_code, answer.data) == (200, ALL["letters/referral.pdf"])
    assert other.get(f"/cases/versions/{version_id}/files/4").status_code == 404
    page = other.get(f"/cases/versions/{version_id}/preview").get_data(as_text=True)
    assert f'src="/cases/versions/{version_id}/files/1"' in page
    with sat.database.read() as session:
        sights = session.query(Sight).filter_by(aggregate_id=author.id).order_by(Sight.pos)
        assert [sight.purpose for sight in sights] == ["file", "preview"]
