"""The account pages: who may enter, what happens, what is refused."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from proficiency.accounts.queries import find_account, get_person, list_open_sign_ins
from proficiency.accounts.rules import Role
from proficiency.app import create_app
from proficiency.core import web
from proficiency.core.access import Actor
from proficiency.core.db import Database
from tests.factories import person, sign_in_as

PASSWORD = "lamp river seventeen"


@pytest.fixture
def officer(sqlite_database: Database) -> Actor:
    """Somebody who looks after people."""
    return person(sqlite_database, Role.EXAM_OFFICER, name="Olive Officer", password=PASSWORD)


def email_of(database: Database, actor: Actor) -> str:
    """The address of an actor's account."""
    with database.read() as session:
        return get_person(session, actor.id).email


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **more: str):
    """Use the sign-in page."""
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def test_signing_in_leads_home_and_shows_who_it_is(client, sqlite_database, officer):
    answer = sign_in(client, email_of(sqlite_database, officer).upper())
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Olive Officer" in client.get("/account").text


def test_signing_in_leads_to_the_page_that_asked(client, sqlite_database, officer):
    asked = client.get("/people?q=a")
    assert asked.headers["Location"] == "/sign-in?next=/people?q%3Da"
    answer = client.post(
        asked.headers["Location"],
        data={"email": email_of(sqlite_database, officer), "password": PASSWORD},
    )
    assert answer.headers["Location"] == "/people?q=a"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/a\n//evil.example",
        "javascript:x",
    ],
)
def test_signing_in_never_leads_to_another_host(client, sqlite_database, officer, target):
    answer = client.post(
        "/sign-in",
        query_string={"next": target},
        data={"email": email_of(sqlite_database, officer), "password": PASSWORD},
    )
    assert answer.headers["Location"] == "/"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    client, sqlite_database, officer
):
    wrong = sign_in(client, email_of(sqlite_database, officer), "not the password")
    unknown = sign_in(client, "nobody@example.org", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    for answer in (wrong, unknown):
        assert "don’t go together" in answer.text
    assert client.get("/account").status_code == 303


def test_a_sixth_try_must_wait_even_with_the_right_password(client, sqlite_database, officer):
    email = email_of(sqlite_database, officer)
    for _try in range(5):
        assert sign_in(client, email, "not the password").status_code == 422
    answer = sign_in(client, email)
    assert answer.status_code == 429
    assert "Too many tries. Wait" in answer.text


def test_somebody_elsewhere_is_not_kept_waiting(app, sqlite_database, officer):
    email = email_of(sqlite_database, officer)
    stranger = app.test_client()
    for _try in range(6):
        sign_in(stranger, email, "not the password")
    answer = app.test_client().post(
        "/sign-in",
        data={"email": email, "password": PASSWORD},
        environ_base={"REMOTE_ADDR": "198.51.100.7"},
    )
    assert answer.status_code == 303


def test_each_sign_in_has_a_new_token(app, sqlite_database, officer):
    email = email_of(sqlite_database, officer)
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = "planted"
        session["planted"] = "yes"
    sign_in(client, email)
    with client.session_transaction() as session:
        first = session["_user_id"]
        assert first != "planted"
        assert "planted" not in session
    sign_in(client, email)
    with client.session_transaction() as session:
        assert session["_user_id"] != first


def test_signing_out_ends_the_session_even_for_a_copied_cookie(app, sqlite_database, officer):
    client, thief = app.test_client(), app.test_client()
    sign_in_as(client, officer)
    with client.session_transaction() as mine, thief.session_transaction() as copy:
        copy.update(mine)
    assert thief.get("/account").status_code == 200
    assert client.post("/sign-out").status_code == 303
    assert thief.get("/account").status_code == 303


def test_a_deactivated_account_is_out_at_once(app, client, sqlite_database, officer):
    victim = person(sqlite_database, Role.ASSESSOR, password=PASSWORD)
    theirs = app.test_client()
    sign_in_as(theirs, victim)
    sign_in_as(client, officer)
    answer = client.post(f"/people/{victim.id}/access", data={"access-reason": "Left."})
    assert answer.status_code == 303
    assert theirs.get("/account").status_code == 303
    assert sign_in(theirs, email_of(sqlite_database, victim)).status_code == 422


def test_a_role_taken_away_holds_from_the_next_request(app, client, sqlite_database, officer):
    other = person(sqlite_database, Role.EXAM_OFFICER, Role.CANDIDATE)
    theirs = app.test_client()
    sign_in_as(theirs, other)
    assert theirs.get("/people").status_code == 200
    sign_in_as(client, officer)
    data = {"roles": ["candidate"], "reason": "Sits the exam this year."}
    assert client.post(f"/people/{other.id}/roles", data=data).status_code == 303
    assert theirs.get("/people").status_code == 403


def test_changing_the_password_ends_the_other_sign_ins_only(app, sqlite_database, officer):
    here, there = app.test_client(), app.test_client()
    sign_in_as(here, officer)
    sign_in_as(there, officer)
    new = "copper wednesday tulip"
    answer = here.post("/account", data={"current": PASSWORD, "password": new, "again": new})
    assert answer.status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    assert sign_in(there, email_of(sqlite_database, officer), new).status_code == 303


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"current": "wrong password", "password": "x" * 3, "again": "x" * 3}, "go together"),
        ({"current": PASSWORD, "password": "short", "again": "short"}, "at least 12"),
        ({"current": PASSWORD, "password": "one two three four", "again": "other"}, "differ"),
    ],
)
def test_a_password_is_not_changed_for_a_reason_that_is_told(client, officer, data, words):
    sign_in_as(client, officer)
    answer = client.post("/account", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    assert "<title>Error:" in answer.text


def test_signing_out_everywhere_ends_this_sign_in_too(app, sqlite_database, officer):
    here, there = app.test_client(), app.test_client()
    sign_in_as(here, officer)
    sign_in_as(there, officer)
    here.post("/account/sign-out-everywhere")
    assert here.get("/account").status_code == 303
    assert there.get("/account").status_code == 303
    with sqlite_database.read() as session:
        assert list_open_sign_ins(session, officer.id, web.read_clock()) == []


def test_a_script_is_told_to_sign_in_again(client):
    answer = client.post("/account", json={"text": "typed"}, headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert "kept on this device" in answer.json["error"]
    assert answer.json["sign_in"] == "/sign-in"


def kept_form(client: FlaskClient, officer: Actor, origin: str = "http://localhost") -> str | None:
    """Post a form under a sign-in that has ended; return what the answer keeps of it."""
    sign_in_as(client, officer)
    with client.session_transaction() as session:
        token = session["_user_id"]
    client.post("/account/sign-out-everywhere")
    with client.session_transaction() as session:
        session["_user_id"] = token
    answer = client.post(
        f"/people/{officer.id}/roles",
        data={"roles": ["exam_officer", "judge"], "reason": "She joins the panel.\nIn May."},
        headers={"Origin": origin},
    )
    assert answer.status_code == 401
    found = re.search(r'name="kept" value="([^"]+)"', answer.text)
    return found[1] if found else None


def test_what_was_typed_survives_a_sign_in_that_had_ended(client, sqlite_database, officer):
    kept = kept_form(client, officer)
    assert kept
    answer = sign_in(client, email_of(sqlite_database, officer), kept=kept)
    assert answer.status_code == 200
    assert f'action="/people/{officer.id}/roles"' in answer.text
    assert 'name="roles" value="judge"' in answer.text
    assert "She joins the panel.\r\nIn May." in answer.text or "panel.\nIn May." in answer.text


def token_of(page: str) -> str:
    """The token in the form of a page, not in its header."""
    return re.findall(r'name="csrf_token" value="([^"]+)"', page)[-1]


def test_what_was_typed_can_be_sent_after_signing_in_again(app, sqlite_database, officer):
    client = app.test_client()
    kept = kept_form(client, officer)
    app.config["WTF_CSRF_ENABLED"] = True
    data = {"email": email_of(sqlite_database, officer), "password": PASSWORD, "kept": kept}
    page = client.post(
        "/sign-in", data=data | {"csrf_token": token_of(client.get("/sign-in").text)}
    ).text
    fields = {"roles": ["exam_officer", "judge"], "reason": "She joins the panel."}
    answer = client.post(
        f"/people/{officer.id}/roles", data=fields | {"csrf_token": token_of(page)}
    )
    assert answer.status_code == 303
    with sqlite_database.read() as session:
        assert get_person(session, officer.id).roles == {"exam_officer", "judge"}


def test_what_was_typed_is_not_given_to_somebody_else(client, sqlite_database, officer):
    kept = kept_form(client, officer)
    other = person(sqlite_database, Role.EXAM_OFFICER, password=PASSWORD)
    assert sign_in(client, email_of(sqlite_database, other), kept=kept or "").status_code == 303


def test_a_form_planted_by_another_site_is_not_kept(client, officer):
    assert kept_form(client, officer, origin="https://evil.example") is None


def test_a_broken_seal_is_nothing(client, sqlite_database, officer):
    email = email_of(sqlite_database, officer)
    assert sign_in(client, email, kept="eyJvd25lciI6ICJ4In0.x.y").status_code == 303


def test_sign_in_needs_the_token_of_its_form(app: Flask, sqlite_database, officer):
    app.config["WTF_CSRF_ENABLED"] = True
    answer = sign_in(app.test_client(), email_of(sqlite_database, officer))
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in {"exam_officer", "operator"}]
)
def test_people_are_for_those_who_look_after_them(client, sqlite_database, role):
    sign_in_as(client, person(sqlite_database, role))
    for path in ("/people", "/people/new", "/people/x"):
        assert client.get(path).status_code == 403


def test_three_hundred_people_come_in_pages_and_can_be_searched(client, sqlite_database, officer):
    for number in range(300):
        person(sqlite_database, Role.CANDIDATE, name=f"Candidate {number:03}")
    sign_in_as(client, officer)
    first = client.get("/people").text
    assert "301 people, page 1 of 7" in first
    assert first.count("<tr>") == 51
    assert "Candidate 299" in client.get("/people?page=6").text
    assert "1 person" in client.get("/people?q=CANDIDATE+042").text
    assert "300 people" in client.get("/people?role=candidate").text
    assert "Nobody found" in client.get("/people?q=100%25").text


def test_somebody_new_sets_their_password_with_a_link_that_works_once(
    app, client, sqlite_database, officer
):
    sign_in_as(client, officer)
    answer = client.post(
        "/people/new",
        data={
            "display_name": "Nia New",
            "email": "Nia@Example.org",
            "roles": ["assessor", "moderator"],
            "first_password": "link",
        },
    )
    path = re.search(r"http://127\.0\.0\.1:8000(/set-password/[\w-]+)", answer.text)[1]
    theirs = app.test_client()
    assert "Nia New" in theirs.get(path).text
    short = theirs.post(path, data={"password": "nia", "again": "nia"})
    assert short.status_code == 422
    good = {"password": "harbour violet nineteen", "again": "harbour violet nineteen"}
    assert theirs.post(path, data=good).headers["Location"] == "/sign-in"
    assert theirs.get(path).status_code == 404
    assert sign_in(theirs, "nia@example.org", "harbour violet nineteen").status_code == 303
    with sqlite_database.read() as session:
        account = find_account(session, "nia@example.org")
        assert get_person(session, account.id).roles == {"assessor", "moderator"}


def test_a_new_person_with_problems_is_told_all_of_them(client, officer):
    sign_in_as(client, officer)
    data = {"display_name": " ", "email": "nia", "first_password": "typed", "password": "nia"}
    answer = client.post("/people/new", data=data)
    assert answer.status_code == 422
    for words in ("name@example.org", "name, in up to", "at least 12"):
        assert words in answer.text


def test_an_address_can_be_used_once(client, sqlite_database, officer):
    sign_in_as(client, officer)
    data = {
        "display_name": "Twin",
        "email": email_of(sqlite_database, officer),
        "first_password": "link",
    }
    answer = client.post("/people/new", data=data)
    assert answer.status_code == 409
    assert "already an account" in answer.text


def test_an_officer_does_not_lose_their_own_way_by_accident(client, sqlite_database, officer):
    person(sqlite_database, Role.EXAM_OFFICER)
    sign_in_as(client, officer)
    data = {"roles": ["judge"], "reason": "Tidying up."}
    answer = client.post(f"/people/{officer.id}/roles", data=data)
    assert answer.status_code == 409
    assert "your own way" in answer.text
    assert client.get("/people").status_code == 200


def test_an_officer_can_not_take_over_an_operator(client, sqlite_database, officer):
    operator = person(sqlite_database, Role.OPERATOR)
    sign_in_as(client, officer)
    assert client.post(f"/people/{operator.id}/password-link").status_code == 403
    assert "Only operators change operators" in client.get(f"/people/{operator.id}").text


def test_nul_in_a_search_or_in_a_sign_in_is_only_an_unknown_word(
    config, postgres_database: Database
):
    app = create_app(config, postgres_database)  # PostgreSQL can't even be asked for it
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    assert sign_in(client, "a\x00@example.org", "b\x00").status_code == 422
    sign_in_as(client, person(postgres_database, Role.EXAM_OFFICER))
    assert "Nobody found" in client.get("/people?q=%00").text
