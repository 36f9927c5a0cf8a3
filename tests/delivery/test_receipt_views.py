"""Handing in and checking a receipt without a browser: what is refused, and what nobody learns."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from proficiency.delivery.models import AttemptEvent, Receipt
from proficiency.delivery.queries import find_closing
from proficiency.delivery.receipt_queries import find_receipt
from proficiency.delivery.receipt_rules import Entry, digest_of, hash_fields
from tests.delivery import factory
from tests.delivery.factory import DEVICE, MINUTE, Sat
from tests.factories import sign_in_as
from tests.sittings import factory as sittings


@pytest.fixture
def sat(client: FlaskClient, sqlite_database: Database) -> Sat:
    """A candidate who is signed in and writes on this device."""
    now = read_clock()
    form = factory.small_form(sqlite_database)
    sitting = sittings.sitting(
        sqlite_database, form.id, opens_at=now - MINUTE, now=now - 2 * MINUTE
    )
    candidate = sittings.candidate(sqlite_database)
    booking = sittings.booking(sqlite_database, sitting.id, candidate.id, now=now)
    sign_in_as(client, candidate)
    client.set_cookie("device", DEVICE)
    place = Sat(sqlite_database, candidate, sitting.id, booking.id, form.id, "")
    return factory.started(sqlite_database, now, place=place)


def token(client: FlaskClient, address: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).text)
    assert found is not None
    return found[1]


def save(client: FlaskClient, sat: Sat, words: str) -> None:
    """Post an answer as a page without a script does, with the line ends of a browser."""
    item, here = sat.item().id, f"/attempt/{sat.attempt_id}"
    client.post(
        f"{here}/answers",
        data={
            "csrf_token": token(client, here),
            "epoch": "1",
            f"{item}:present": "1",
            f"{item}:text": words,
        },
    )


def hand_in(client: FlaskClient, sat: Sat, **fields: str):
    address = f"/attempt/{sat.attempt_id}/finish"
    return client.post(address, data={"csrf_token": token(client, address), "epoch": "1", **fields})


def manifest(client: FlaskClient, sat: Sat) -> dict:
    return client.get(f"/attempt/{sat.attempt_id}/manifest").get_json()


def receipt_of(sat: Sat) -> Receipt | None:
    with sat.database.read() as session:
        return find_receipt(session, sat.attempt_id)


def test_a_form_is_hashed_as_its_fields_were_posted(client: FlaskClient, sat: Sat) -> None:
    save(client, sat, "Ask Owen\r\nfirst")
    (entry,) = [item for item in manifest(client, sat)["items"] if "pos" in item]
    assert entry["sent"] == hash_fields({"text": ["Ask Owen\nfirst"]})
    assert entry["by_form"] is True


def test_a_manifest_is_for_its_candidate_only(client: FlaskClient, sat: Sat) -> None:
    sign_in_as(client, sittings.candidate(sat.database))
    assert client.get(f"/attempt/{sat.attempt_id}/manifest").status_code == 404


def test_handing_in_with_another_digest_is_refused_on_a_page_that_says_what_to_do(
    client: FlaskClient, sat: Sat
) -> None:
    save(client, sat, "Ask Owen")
    reply = hand_in(client, sat, digest="0" * 64, own="1")
    assert reply.status_code == 409
    text = unescape(reply.text)
    assert 'id="receipt-check" data-differs="yes"' in text
    assert "call your invigilator now" in text
    with sat.database.read() as session:
        assert find_closing(session, sat.attempt_id) is None
    assert hand_in(client, sat, digest="0" * 64, own="1", disputed="yes").status_code == 303
    receipt = receipt_of(sat)
    assert receipt is not None
    assert receipt.claimed == "0" * 64
    assert (
        "You disputed what the server has" in client.get(f"/attempt/{sat.attempt_id}/finished").text
    )


@pytest.mark.parametrize(
    "claim",
    [
        {"digest": "xyz", "own": "1"},
        {"digest": "A" * 64, "own": "1"},
        {"digest": "0" * 64, "own": ""},
        {"digest": "0" * 64, "own": "-1"},
        {"digest": "0" * 64, "own": "²"},
    ],
)
def test_what_no_page_computes_is_refused(client: FlaskClient, sat: Sat, claim) -> None:
    assert hand_in(client, sat, **claim).status_code == 422
    assert receipt_of(sat) is None


def test_handing_in_with_the_right_digest_shows_the_receipt(client: FlaskClient, sat: Sat) -> None:
    save(client, sat, "Ask Owen")
    told = manifest(client, sat)
    entries = [Entry(i["item"], i["pos"], i["proof"]) for i in told["items"] if "pos" in i]
    digest = digest_of(told["nonce"], entries)
    assert hand_in(client, sat, digest=digest, own="0").status_code == 303
    page = client.get(f"/attempt/{sat.attempt_id}/finished").text
    assert f'data-digest="{digest}"' in page


# Checking later


@pytest.fixture
def issued(client: FlaskClient, sat: Sat) -> tuple[Sat, Receipt, str]:
    """A receipt, and the candidate number that stands with it."""
    save(client, sat, "Ask Owen about his key")
    hand_in(client, sat)
    receipt = receipt_of(sat)
    assert receipt is not None
    page = client.get(f"/attempt/{sat.attempt_id}/finished").text
    number = re.search(r"Candidate number</dt>\s*<dd>([^<]+)<", page)
    assert number is not None
    return sat, receipt, number[1].strip()


def check(app: Flask, code: str, number: str):
    """Ask as somebody who is not signed in."""
    client = app.test_client()
    return client.post(
        "/receipt",
        data={"csrf_token": token(client, "/receipt"), "code": code, "number": number},
    )


def test_anybody_with_code_and_number_has_it_checked_and_learns_no_answer_and_no_name(
    app: Flask, issued
) -> None:
    sat, receipt, number = issued
    reply = check(app, receipt.digest.upper(), number.lower())
    assert reply.status_code == 200
    assert "The receipt is right" in reply.text
    assert "No answer was added since" in reply.text
    assert "his key" not in reply.text
    assert sat.candidate.display_name not in reply.text


def test_a_wrong_code_and_a_wrong_number_get_the_same_answer(app: Flask, issued) -> None:
    _sat, receipt, number = issued
    wrong_code, wrong_number = check(app, "0" * 64, number), check(app, receipt.digest, "AAAA")
    assert (wrong_code.status_code, wrong_number.status_code) == (404, 404)
    words = "We hold no receipt with this code for this candidate number"
    assert words in wrong_code.text
    assert words in wrong_number.text


def test_what_is_no_code_is_said_to_be_none(app: Flask, issued) -> None:
    reply = check(app, "12345", issued[2])
    assert reply.status_code == 422
    assert "A receipt code has 64 signs" in reply.text


def test_who_guesses_waits(app: Flask, issued) -> None:
    _sat, receipt, number = issued
    replies = [check(app, f"{n:064x}", number).status_code for n in range(7)]
    assert replies[0] == 404
    assert replies[-1] == 429
    assert check(app, receipt.digest, number).status_code == 429


def test_looking_at_the_page_writes_nothing(app: Flask, issued) -> None:
    sat = issued[0]
    with sat.database.read() as session:
        before = session.query(AttemptEvent).count()
    assert app.test_client().get("/receipt").status_code == 200
    with sat.database.read() as session:
        assert session.query(AttemptEvent).count() == before
