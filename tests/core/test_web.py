"""The web's edge: strict headers, one moment per request, reading that cannot write."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from proficiency.core import web
from proficiency.core.errors import Forbidden
from tests.factories import person, sign_in_as


def test_every_page_carries_the_strict_policy(client: FlaskClient) -> None:
    headers = client.get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "nonce" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_error_pages_carry_it_too(client: FlaskClient) -> None:
    answer = client.get("/there/is/nothing/here")
    assert answer.status_code == 404
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "There is nothing at this address" in answer.get_data(as_text=True)


def test_a_reading_request_cannot_open_a_transaction(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(RuntimeError, match="make it a POST"):
        with web.transaction():
            pass


def test_one_request_has_one_moment(app: Flask) -> None:
    with app.test_request_context("/"):
        assert web.now() is web.now()


def test_a_form_without_its_token_is_refused_in_plain_words(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client().post("/sign-in", data={"email": "a@example.org"})
    assert answer.status_code == 400
    assert "open for too long" in answer.get_data(as_text=True)


def test_cookies_are_kept_from_scripts_and_other_sites(app: Flask) -> None:
    client = app.test_client()
    cookie = client.get("/sign-in").headers.get("Set-Cookie", "")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        ("http://localhost", True),
        ("http://localhost:8000", False),
        ("https://localhost", False),
        ("http://evil.example", False),
        ("null", False),
        (None, False),
    ],
)
def test_only_our_own_pages_may_save_with_a_token(
    app: Flask, origin: str | None, ours: bool
) -> None:
    headers = {} if origin is None else {"Origin": origin}
    with app.test_request_context("/", headers=headers):
        assert web.same_origin() is ours


def test_a_page_for_another_role_is_refused_and_says_so(
    app: Flask, client: FlaskClient, sqlite_database: object
) -> None:
    database = app.extensions["proficiency.database"]
    sign_in_as(client, person(database))
    answer = client.get("/people")
    assert answer.status_code == Forbidden.status
    assert "does not have the role" in answer.get_data(as_text=True)
