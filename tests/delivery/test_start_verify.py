"""Verifying finds who started on what nobody had confirmed."""

from datetime import timedelta

import pytest

from proficiency.accounts.rules import Role
from proficiency.core.db import Database
from proficiency.delivery import operations, verify
from proficiency.delivery.operations import start_attempt
from proficiency.delivery.start_verify import SLACK
from proficiency.preparation.document_operations import write_document
from proficiency.preparation.documents import current_documents
from proficiency.preparation.rules import Document
from tests.delivery import factory
from tests.delivery.factory import DEVICE, MINUTE, Sat
from tests.factories import NOW, act, person
from tests.sittings import factory as sittings
from tests.starting import confirm

LATER = NOW + 5 * MINUTE


def problems(database: Database) -> list[str]:
    with database.read() as session:
        return list(verify.check(session))


def start(place: Sat) -> None:
    act(
        place.database, start_attempt, place.candidate, LATER, booking_id=place.booking_id,
        device_id=DEVICE,
    )  # fmt: skip


def digest_of_rules(place: Sat) -> str:
    with place.database.read() as session:
        return current_documents(session)[Document.RULES].digest


def confirms(place: Sat) -> None:
    act(place.database, confirm, place.candidate, NOW, booking_id=place.booking_id)


@pytest.fixture
def place(database: Database, monkeypatch: pytest.MonkeyPatch) -> Sat:
    """Somebody booked, in a program that asks for no confirmation at the start."""
    monkeypatch.setattr(operations, "_refuse_unconfirmed", lambda *_nothing: None)
    return factory.booked(database)


def test_who_confirmed_what_holds_is_no_finding(place: Sat) -> None:
    sittings.extra_time(place.database, place.booking_id)
    confirms(place)
    start(place)
    assert problems(place.database) == []


def test_a_start_without_a_confirmation_is_found(place: Sat) -> None:
    other = sittings.candidate(place.database)
    booking = sittings.booking(place.database, place.sitting_id, other.id)
    act(place.database, confirm, other, NOW, booking_id=booking.id)
    start(place)
    [problem] = problems(place.database)
    assert "nothing had been confirmed" in problem


def test_a_start_from_before_anybody_was_asked_to_confirm_is_no_finding(place: Sat) -> None:
    start(place)
    assert problems(place.database) == []


def test_a_start_on_other_time_than_was_confirmed_is_found(place: Sat) -> None:
    confirms(place)
    sittings.extra_time(place.database, place.booking_id)
    start(place)
    [problem] = problems(place.database)
    assert "another time than was confirmed" in problem


@pytest.mark.parametrize("since", [2 * SLACK, timedelta(0)])
def test_a_start_on_other_rules_than_were_confirmed_is_found(place: Sat, since: timedelta) -> None:
    confirms(place)
    officer = person(place.database, Role.EXAM_OFFICER)
    act(
        place.database, write_document, officer, LATER - since, document=Document.RULES,
        text="# New rules\n\nBe on time.", base=digest_of_rules(place),
    )  # fmt: skip
    start(place)
    found = problems(place.database)
    assert len(found) == (1 if since else 0)
    assert all("another rules than was confirmed" in each for each in found)
