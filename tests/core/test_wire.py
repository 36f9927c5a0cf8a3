"""What crosses the wire: static files kept long and packed, pages packed only where declared."""

import gzip
from collections.abc import Callable

import brotli
import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from proficiency.core import web
from proficiency.core.config import ROOT
from proficiency.core.static import read_files
from proficiency.core.wire import compressed
from tests.clock import NOW
from tests.delivery.factory import started
from tests.factories import person, sign_in_as

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
VERSION = read_files(ROOT / "static").version


def test_a_page_names_its_files_under_their_version(client: FlaskClient) -> None:
    page = client.get("/sign-in").get_data(as_text=True)
    assert f'href="/static/{VERSION}/app.css"' in page
    assert f'src="/static/{VERSION}/js/page.js"' in page


def test_a_file_under_its_version_is_kept_for_a_year_and_sets_no_cookie(
    client: FlaskClient,
) -> None:
    headers = client.get(f"/static/{VERSION}/js/exam.js", headers=GZIP).headers
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Vary"] == "Accept-Encoding"
    assert headers["Content-Type"].startswith("text/javascript")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("before", ["", "v-000000000000/"])
def test_a_file_under_another_address_is_asked_for_anew(client: FlaskClient, before: str) -> None:
    answer = client.get(f"/static/{before}app.css")
    assert answer.headers["Cache-Control"] == "no-cache"
    tag = answer.headers["ETag"]
    again = client.get(f"/static/{before}app.css", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("taken", "coding", "unpack"),
    [
        ("gzip, deflate, br", "br", brotli.decompress),
        ("gzip, deflate", "gzip", gzip.decompress),
        ("gzip, br;q=0", "gzip", gzip.decompress),
    ],
)
def test_packed_and_plain_are_the_same_file_with_different_tags(
    client: FlaskClient, taken: str, coding: str, unpack: Callable[[bytes], bytes]
) -> None:
    plain = client.get("/static/app.css")
    packed = client.get("/static/app.css", headers={"Accept-Encoding": taken})
    assert plain.data == (ROOT / "static" / "app.css").read_bytes()
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == coding
    assert unpack(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert packed.headers["ETag"] == f'{plain.headers["ETag"][:-1]}-{coding}"'
    refused = client.get("/static/app.css", headers={"Accept-Encoding": "gzip;q=0"})
    assert refused.data == plain.data


def test_the_service_worker_lies_where_it_may_answer_for_every_page(client: FlaskClient) -> None:
    answer = client.get("/sw.js")
    assert answer.data == (ROOT / "static" / "sw.js").read_bytes()
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "connect-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    assert client.get("/sw.jsx").status_code == 404


@pytest.mark.parametrize("path", ["nothing.css", "../pyproject.toml", "%2e%2e/pyproject.toml", ""])
def test_nothing_but_the_files_is_served(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/static/{path}")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("accepted", "coding", "unpack"),
    [
        ("gzip, deflate, br", "br", brotli.decompress),
        ("gzip, deflate", "gzip", gzip.decompress),
        ("gzip, br;q=0", "gzip", gzip.decompress),
    ],
)
def test_the_exam_page_is_packed(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    accepted: str,
    coding: str,
    unpack: Callable[[bytes], bytes],
) -> None:
    monkeypatch.setattr(web, "read_clock", lambda: NOW)
    client = app.test_client()
    sat = started(app.extensions["proficiency.database"])
    sign_in_as(client, sat.candidate)
    plain = client.get(f"/attempt/{sat.attempt_id}")
    packed = client.get(f"/attempt/{sat.attempt_id}", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert packed.headers["Content-Encoding"] == coding
    assert len(packed.data) < len(plain.data) / 2
    assert b'id="answers"' in unpack(packed.data)


def test_no_other_page_is_packed(app: Flask) -> None:
    """Pages that repeat a search or a form's fields must not be: see decision 0004."""
    client = app.test_client()
    sign_in_as(client, person(app.extensions["proficiency.database"]))
    for path in ("/", "/standards?q=consent", "/account"):
        assert "Content-Encoding" not in client.get(path, headers=GZIP).headers
    packed = {name for name, view in app.view_functions.items() if hasattr(view, "__compressed__")}
    assert packed == {"delivery.attempt", "delivery.earlier_stage", "invigilation.changes"}


def test_a_view_must_say_why_it_may_be_packed() -> None:
    with pytest.raises(ValueError, match="say why"):
        compressed("")


@pytest.mark.parametrize(
    ("template", "page"),
    [
        ('{{ _("Save & go") }}', "Save &amp; go"),
        ('{{ _("{n} left").replace("{n}", 3|string) }}', "3 left"),
        ('{{ _("One") ~ " " ~ _("two") }}', "One two"),
        ('{% set a = {"b": _("c")} %}{{ a.b }}', "c"),
        ('{% set word = "x<y" %}{{ _(word) }}', "x&lt;y"),
        ('{{ _("a" ~ "b") }}{{ (_)("c") }}', "abc"),
    ],
)
def test_words_in_templates_come_out_as_they_are(app: Flask, template: str, page: str) -> None:
    with app.test_request_context("/"):
        assert render_template_string(template) == page
