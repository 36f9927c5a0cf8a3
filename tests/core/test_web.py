"""The web's edge: strict headers, one moment per request, reading that cannot write."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask, request
from flask.testing import FlaskClient

from proficiency.app import create_app
from proficiency.core import web
from proficiency.core.access import public
from proficiency.core.config import Config
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Refused
from tests.factories import person, sign_in_as


def test_every_page_carries_the_strict_policy(client: FlaskClient) -> None:
    headers = client.get("/").headers
    policy = dict(part.split(maxsplit=1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy.pop("img-src") == "'self' data:"
    closed = [policy.pop(name) for name in ("default-src", "base-uri", "frame-ancestors")]
    assert closed == ["'none'"] * 3
    assert {"script-src", "style-src", "connect-src", "form-action"} <= policy.keys()
    assert set(policy.values()) == {"'self'"}
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
        ("http://127.0.0.1:8000", True),  # the address in the settings
        ("http://localhost.evil.example", False),
        ("http://[broken", False),
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


@pytest.fixture
def proxied(config: Config, sqlite_database: Database) -> Flask:
    """The application as it runs behind a server with TLS."""
    return create_app(replace(config, address="https://exam.example.org"), sqlite_database)


FORWARDED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "exam.example.org",
}


def test_behind_a_server_with_tls_the_person_and_the_address_are_known(proxied: Flask) -> None:
    with proxied.test_client() as client:
        client.get("/sign-in", headers=FORWARDED | {"Origin": "https://exam.example.org"})
        assert request.remote_addr == "203.0.113.9"
        assert request.host_url == "https://exam.example.org/"
        assert web.same_origin()


def test_a_server_that_forwards_little_does_not_break_the_saving(proxied: Flask) -> None:
    with proxied.test_client() as client:
        client.get("/sign-in", headers={"Origin": "https://exam.example.org"})
        assert web.same_origin()


def test_without_such_a_server_nobody_is_believed(app: Flask) -> None:
    with app.test_client() as client:
        client.get("/sign-in", headers=FORWARDED)
        assert request.remote_addr == "127.0.0.1"
        assert request.host_url == "http://localhost/"


def refusing(app: Flask) -> FlaskClient:
    """A client of `app` with an address that a rule refuses."""

    @public("a test's own page")
    def refuse() -> str:
        raise Refused("The sitting is over.")

    app.add_url_rule("/refuse", "refuse", refuse, methods=["POST"])
    return app.test_client()


@pytest.mark.parametrize(
    ("referrer", "status"),
    [
        ("http://localhost/people", 303),
        ("http://localhost.evil.example/", 409),
        ("http://evil.example/http://localhost/", 409),
        ("http://localhost@evil.example/", 409),
        (None, 409),
    ],
)
def test_a_refusal_goes_back_to_our_own_pages_only(
    app: Flask, referrer: str | None, status: int
) -> None:
    headers = {} if referrer is None else {"Referer": referrer}
    answer = refusing(app).post("/refuse", headers=headers)
    assert answer.status_code == status
    assert answer.headers.get("Location") == (referrer if status == 303 else None)


def test_the_page_about_a_fault_says_nothing_about_it_and_needs_no_database(
    app: Flask, sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    app.config["TESTING"] = False
    client = app.test_client()
    sign_in_as(client, person(sqlite_database))
    sqlite_database.reader = sa.create_engine("sqlite:////nowhere/at-all.db")
    answer = client.get("/")
    assert answer.status_code == 500
    text = answer.get_data(as_text=True)
    assert "Something went wrong on our side" in text
    assert "nowhere" not in text
    assert "unable to open" in caplog.text


def test_an_address_with_nul_in_it_is_nowhere(client: FlaskClient) -> None:
    assert client.get("/standards/%00").status_code == 404
