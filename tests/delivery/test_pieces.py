"""What the pages of all candidates share is the frozen form, and nothing of a person is in it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup

from proficiency.accounts.rules import Role
from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from proficiency.delivery import pieces
from proficiency.delivery.calls import DEVICE_COOKIE
from proficiency.delivery.operations import open_next_stage, record_pause, set_flag
from proficiency.delivery.pieces import shared
from proficiency.exams.queries import Frozen
from tests.delivery import factory
from tests.delivery.factory import DEVICE, MINUTE, Sat
from tests.factories import act, person, sign_in_as
from tests.sittings import factory as sittings

WORDS = "Only I have written this"


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_pieces", Frozen[Markup](1000))


@pytest.fixture
def room(sqlite_database: Database) -> list[Sat]:
    """Two candidates who sit the same form now."""
    start = read_clock() - MINUTE
    form = factory.small_form(sqlite_database, minutes=120)
    sitting = sittings.sitting(sqlite_database, form.id, opens_at=start, now=start)
    made = []
    for name in ("Ann Other", "Bob Both"):
        who = sittings.candidate(sqlite_database, name)
        booking = sittings.booking(sqlite_database, sitting.id, who.id, now=start)
        place = Sat(sqlite_database, who, sitting.id, booking.id, form.id, "")
        made.append(factory.started(sqlite_database, start, place=place))
    return made


def browser(app: Flask, sat: Sat, device: str | None = DEVICE) -> FlaskClient:
    client = app.test_client()
    sign_in_as(client, sat.candidate)
    if device:
        client.set_cookie(DEVICE_COOKIE, device)
    return client


def page(client: FlaskClient, sat: Sat, place: str = "") -> str:
    reply = client.get(f"/attempt/{sat.attempt_id}{place}")
    assert reply.status_code == 200
    return reply.get_data(as_text=True)


def still(shown: str) -> str:
    """A page without what differs from one moment to the next."""
    shown = re.sub(r'name="csrf_token" value="[^"]*"', "", shown)
    return re.sub(r'"(?:remaining|at)": \d+|<strong id="time-left".*?</strong>', "", shown)


def answer_all(sat: Sat) -> None:
    choices = sat.item("best_answer")
    sat.write(WORDS, 1, read_clock())
    sat.do(
        factory.save_answer, read_clock(), item_id=choices.id, epoch=1, client_seq=2,
        raw={"choice": choices.candidate["options"][0]["id"]},
    )  # fmt: skip


def flag(sat: Sat) -> None:
    sat.do(
        set_flag, read_clock(), item_id=sat.item("several_answers").id, epoch=1, client_seq=None,
        flagged=True,
    )  # fmt: skip


def stop(sat: Sat) -> None:
    by = person(sat.database, Role.INVIGILATOR)
    act(sat.database, record_pause, by, read_clock(), attempt_id=sat.attempt_id, reason="Alarm.")


def go_on(sat: Sat) -> None:
    sat.do(open_next_stage, read_clock(), epoch=1, closing=1)


@pytest.mark.parametrize("change", [answer_all, flag, stop, go_on])
def test_a_page_is_the_same_whatever_was_kept_before(
    app: Flask, room: list[Sat], change: Callable[[Sat], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob = room
    anns, reading, bobs = browser(app, ann), browser(app, ann, None), browser(app, bob)
    for client, sat in ((bobs, bob), (anns, ann), (reading, ann)):
        page(client, sat)
    change(ann)
    warm = [page(anns, ann), page(reading, ann), page(bobs, bob), page(anns, ann)]
    cold = []
    for client, sat in ((anns, ann), (reading, ann), (bobs, bob), (anns, ann)):
        monkeypatch.setattr(pieces, "_pieces", Frozen[Markup](1000))
        cold.append(page(client, sat))
    assert [*map(still, warm)] == [*map(still, cold)]


def test_nothing_that_a_person_wrote_or_is_was_kept(app: Flask, room: list[Sat]) -> None:
    ann, bob = room
    anns, bobs = browser(app, ann), browser(app, bob)
    page(anns, ann)
    for change in (answer_all, flag, go_on):
        change(ann)
        page(anns, ann)
        page(bobs, bob)
    page(anns, ann, "/stage/1")
    kept = " ".join(pieces._pieces._kept.values())
    assert "Owen does. Let us ask him" in kept  # or this test looks at nothing
    for mine in (
        WORDS, " checked", ann.attempt_id, ann.candidate.id, ann.candidate.display_name,
        "csrf_token", bob.attempt_id,
    ):  # fmt: skip
        assert mine not in kept.replace('value="yes" checked', "")


def test_a_piece_is_made_once_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_pieces", Frozen[Markup](2))
    made = []

    def macro(word: str) -> Markup:
        made.append(word)
        return Markup(word)

    for word in ("one", "one", "two", "three", "three", "one"):
        assert shared(f"key {word}", macro, word) == word
    assert made == ["one", "two", "three", "one"]
