"""The pages on which a case is written: nothing typed is lost, and problems stand beside lines."""

import io
import re

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.authoring.queries import get_newest, list_works
from proficiency.core.access import Actor
from proficiency.core.db import Database
from proficiency.core.sights import has_seen
from tests.authoring.test_operations import FIRST, begin, save
from tests.factories import person, sign_in_as
from tests.scenarios.factory import SMALL_CASE, changed
from tests.scenarios.test_views import page, send


@pytest.fixture
def author(client: FlaskClient, sqlite_database: Database) -> Actor:
    """A content author, signed in."""
    actor = person(sqlite_database, Role.CONTENT_AUTHOR, name="Elin Prys")
    sign_in_as(client, actor)
    return actor


def test_a_case_begins_from_its_shape_and_opens_in_the_editor(
    client: FlaskClient, author: Actor, sqlite_database: Database
) -> None:
    answer = client.post("/cases/works")
    assert answer.status_code == 303
    words = page(client, answer.location)
    assert "case: name-of-the-case" in words
    assert "As candidates see it" in words
    with sqlite_database.read() as session:
        assert has_seen(session, author.id, "name-of-the-case")
        assert [work.title for work in list_works(session)] == ["Title of the case"]


def test_what_is_wrong_is_listed_with_its_line_and_the_rest_is_shown(
    client: FlaskClient, author: Actor, sqlite_database: Database
) -> None:
    begun = begin(sqlite_database, author, changed("standards 2.3, 13.4", "standards 2.33"))
    words = page(client, f"/cases/works/{begun.work_id}/edit")
    assert "there is no standard “2.33”" in words
    assert "What has an error is left out here" in words
    assert "Which two things do you find out first?" in words.split("preview-body")[1]


def test_saving_makes_a_revision_and_comes_back_to_the_editor(
    client: FlaskClient, author: Actor, sqlite_database: Database
) -> None:
    begun = begin(sqlite_database, author)
    path = f"/cases/works/{begun.work_id}"
    send(client, f"{path}/save", 303, base_id=begun.id, text=FIRST.replace("\n", "\r\n"))
    assert "Revision 2 is saved." in page(client, f"{path}/edit")
    with sqlite_database.read() as session:
        assert get_newest(session, begun.work_id).text == FIRST


def test_who_saves_over_another_sees_both_and_can_save_again(
    client: FlaskClient, author: Actor, sqlite_database: Database
) -> None:
    other = person(sqlite_database, Role.CONTENT_AUTHOR, name="Tom Ash")
    begun = begin(sqlite_database, author)
    save(sqlite_database, other, begun, FIRST)
    mine = changed("The key is missing.", "The key is lost.")
    path = f"/cases/works/{begun.work_id}/save"
    words = send(client, path, 409, base_id=begun.id, text=mine)
    assert "Tom Ash" in words
    assert "The key is gone." in words
    assert "The key is lost." in words.split("<textarea")[1]
    newest = re.search(r'name="base_id"[^>]*value="([^"]+)"', words)
    assert newest
    assert newest[1] != begun.id
    send(client, path, 303, base_id=newest[1], text=mine)
    with sqlite_database.read() as session:
        assert get_newest(session, begun.work_id).text == mine


def test_what_was_typed_is_kept_and_offered_again(
    client: FlaskClient, author: Actor, sqlite_database: Database
) -> None:
    begun = begin(sqlite_database, author)
    path = f"/cases/works/{begun.work_id}"
    answer = client.post(f"{path}/keep", json={"base_id": begun.id, "text": FIRST})
    assert answer.status_code == 200
    assert answer.json["newest"] == begun.id
    words = page(client, f"{path}/edit")
    assert "You have words that are not saved as a revision" in words
    assert "The key is gone." in words.split("<textarea")[1]
    send(client, f"{path}/discard", 303)
    assert "The key is gone." not in page(client, f"{path}/edit")


def test_a_look_gives_every_problem_and_the_candidates_view(
    client: FlaskClient, author: Actor, sqlite_database: Database
) -> None:
    begun = begin(sqlite_database, author)
    path = f"/cases/works/{begun.work_id}/look"
    found = client.post(path, json={"text": changed('- [x] "Owen does', '- [ ] "Owen does')}).json
    assert any("exactly one “- [x]”" in each["message"] for each in found["problems"])
    assert "Owen Rees, 38" in found["preview"]
    assert "to put right" in found["summary"]


@pytest.mark.parametrize("body", [None, [], {"text": 1}, {"text": None}, {}])
def test_a_look_at_something_else_is_refused_kindly(
    client: FlaskClient, author: Actor, sqlite_database: Database, body: object
) -> None:
    begun = begin(sqlite_database, author)
    answer = client.post(f"/cases/works/{begun.work_id}/look", json=body)
    assert answer.status_code == 422


def test_a_file_that_is_no_text_begins_nothing(
    client: FlaskClient, author: Actor, sqlite_database: Database
) -> None:
    words = send(client, "/cases/works", 422, file=(io.BytesIO(b"\xff\xfe\x00"), "x.md"))
    assert "Save it as UTF-8" in words
    with sqlite_database.read() as session:
        assert list_works(session) == []


def test_only_writers_open_the_editor(client: FlaskClient, sqlite_database: Database) -> None:
    begun = begin(sqlite_database, person(sqlite_database, Role.CONTENT_AUTHOR), SMALL_CASE)
    sign_in_as(client, person(sqlite_database, Role.ASSESSOR, Role.CANDIDATE))
    page(client, f"/cases/works/{begun.work_id}/edit", 403)
