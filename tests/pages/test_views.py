"""The home page of each role, the navigation, health, and the pages that everybody may read."""

from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import Actor
from proficiency.core.db import Database
from proficiency.core.jobs import enqueue, note_alive, work_all
from proficiency.core.operation import transaction
from proficiency.pages import nav, views
from proficiency.pages.nav import navigation
from tests.factories import NOW, person, sign_in_as
from tests.results import factory
from tests.sittings import factory as sittings
from tests.statements import asked


def home(client: FlaskClient, who: Actor) -> str:
    """The home page of somebody who is signed in."""
    sign_in_as(client, who)
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.fixture
def at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests happen at the moment of most tests."""
    set_clock(monkeypatch, NOW)


def set_clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Let requests and sign-ins happen at `now`."""
    monkeypatch.setattr(web, "read_clock", lambda: now)


class Links(HTMLParser):
    """Collects the addresses of a page's links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs).get("href") or "")


# The front door


def test_a_visitor_sees_what_this_is_and_where_to_sign_in(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    assert "Certificate of Proficiency" in page
    assert 'href="/sign-in"' in page
    assert 'aria-label="Main"' not in page


@pytest.mark.parametrize("address", ["/accessibility", "/privacy", "/health", "/"])
def test_everybody_may_read_these(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 200


# Health


def test_health_says_that_the_worker_is_alive(
    client: FlaskClient, sqlite_database: Database, at_now: None
) -> None:
    note_alive(sqlite_database, "a worker", NOW - timedelta(seconds=8))
    answer = client.get("/health", headers={"Accept": "application/json"})
    assert answer.get_json()["well"] is True
    assert answer.get_json()["worker_age_seconds"] == 8
    assert "Everything answers" in client.get("/health").get_data(as_text=True)


def test_health_says_that_the_worker_is_silent_and_what_that_means(
    client: FlaskClient, sqlite_database: Database, at_now: None
) -> None:
    note_alive(sqlite_database, "a worker", NOW - timedelta(minutes=2))
    answer = client.get("/health")
    assert answer.status_code == 200, "pages work without the worker"
    page = answer.get_data(as_text=True)
    assert "worker is silent" in page
    assert "2 min ago" in page
    assert client.get("/health", headers={"Accept": "application/json"}).get_json()["well"] is False


def test_health_counts_messages_that_fail(
    client: FlaskClient, sqlite_database: Database, at_now: None
) -> None:
    with transaction(sqlite_database) as session:
        enqueue(session, NOW, "nobody handles this", "x")
    work_all(sqlite_database, NOW)
    answer = client.get("/health", headers={"Accept": "application/json"}).get_json()
    assert (answer["waiting_messages"], answer["failing_messages"]) == (1, 1)


def test_health_says_when_the_database_is_away(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> object:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(views, "get_health", away)
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.get_data(as_text=True) == "The database does not answer.\n"


# Navigation


@pytest.mark.parametrize("role", list(Role))
def test_every_link_of_home_and_navigation_opens(
    client: FlaskClient, sqlite_database: Database, role: Role
) -> None:
    page = home(client, person(sqlite_database, role))
    for address in Links(page).found:
        if address.startswith("/"):
            assert client.get(address).status_code == 200, address


def test_navigation_leaves_out_what_is_not_there_or_not_for_the_reader(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = Actor("x", "Ada", frozenset({Role.CANDIDATE}))
    with app.test_request_context("/results/mine"):
        labels = {item.label: item.current for item in navigation(candidate)}
        assert labels["My results"] is True
        assert labels["Home"] is False
        assert "People" not in labels
        missing = nav.Place("no.such_page", "Nowhere")
        monkeypatch.setattr(nav, "PLACES", (missing, *nav.PLACES))
        assert "Nowhere" not in {item.label for item in navigation(candidate)}
        assert navigation(Actor()) == []


def test_a_room_is_below_the_rooms_in_the_navigation(app: Flask) -> None:
    watcher = Actor("x", "Ines", frozenset({Role.INVIGILATOR}))
    with app.test_request_context("/room/some-sitting/report"):
        assert [item.label for item in navigation(watcher) if item.current] == ["Rooms"]


# What waits


def test_somebody_without_a_role_is_told_what_to_do(
    client: FlaskClient, sqlite_database: Database
) -> None:
    assert "Your account has no role yet" in home(client, person(sqlite_database))


def test_several_roles_make_several_sections(
    client: FlaskClient, sqlite_database: Database
) -> None:
    page = home(client, person(sqlite_database, Role.ASSESSOR, Role.OPERATOR))
    assert "Marking</h2>" in page
    assert "The installation</h2>" in page
    assert "Decisions of the board" not in page


def test_a_candidate_sees_the_next_sitting_then_the_way_in_then_the_result(
    client: FlaskClient, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sitting = sittings.sitting(sqlite_database, opens_at=NOW + timedelta(days=1))
    candidate = sittings.candidate(sqlite_database)
    booking = sittings.booking(sqlite_database, sitting.id, candidate.id)
    for now, status, address in (
        (NOW, "Booked", f"/bookings/{booking.id}"),
        (NOW + timedelta(days=1, minutes=1), "Open now", f"/exam/{booking.id}"),
        (NOW + timedelta(days=2), "Not sat", f"/bookings/{booking.id}"),
    ):
        set_clock(monkeypatch, now)
        page = home(client, candidate)
        assert status in page
        assert f'href="{address}"' in page


def test_each_role_is_led_through_the_life_of_an_exam(
    client: FlaskClient, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, factory.RELEASE)
    world = factory.sat(sqlite_database, factory.GOOD, factory.WEAK)
    assert "open the marking" in home(client, world.lead)
    assert "Not marked yet" not in home(client, world.candidates[0])
    factory.open_for_marking(world)
    assert "mark question 3" in home(client, world.assessors[0])
    assert "2 to mark" in home(client, world.assessors[0])
    assert "In marking" in home(client, world.officer)
    assert "propose a cut score" in home(client, world.board[0])
    assert "see how the marking goes" in home(client, world.lead)
    assert "see how the marking goes" not in home(client, world.officer)
    factory.mark_all(world)
    assert "see how the marking goes" not in home(client, world.lead)
    assert "open the moderation" in home(client, world.moderators[0])
    factory.start_moderation(world)
    assert "Waits for your signature" in home(client, world.moderators[2])
    factory.sign(world)
    assert "Nothing to review" in home(client, world.moderators[2])
    factory.propose(world)
    assert "adopt the cut score" in home(client, world.board[1])
    assert "adopt the cut score" not in home(client, world.board[0])


def test_decisions_lead_to_release_and_show_no_outcome(
    client: FlaskClient, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, factory.RELEASE)
    world = factory.decided(sqlite_database, factory.GOOD, factory.WEAK)
    panel = person(sqlite_database, Role.PANEL_MEMBER)
    assert "compute the results" in home(client, world.board[0])
    assert "compute the results" in home(client, world.officer)
    run_id = factory.compute(world)
    page = home(client, world.board[0])
    assert "approve the results" in page
    assert "8.5" not in page
    assert "No results are released yet" in home(client, panel)
    assert "Result not ready yet" in home(client, world.candidates[0])
    factory.release(world, run_id)
    assert "Nothing to decide" in home(client, world.board[0])
    assert "Released" in home(client, panel)
    page = home(client, world.candidates[0])
    assert "Result ready" in page
    assert "passed" not in page.lower()


@pytest.mark.parametrize("role", [Role.INVIGILATOR, Role.EXAM_OFFICER])
def test_home_reads_no_attempts_of_a_sitting_that_is_marked(
    client: FlaskClient, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    set_clock(monkeypatch, factory.MARKING)
    reader, world = person(sqlite_database, role), factory.sat(sqlite_database, factory.GOOD)

    def reads_attempts() -> bool:
        with asked(sqlite_database) as statements:
            home(client, reader)
        return any("attempt.candidate_number" in each for each in statements)

    assert reads_attempts(), "somebody may still be writing"
    factory.open_for_marking(world)
    factory.mark_all(world)
    assert not reads_attempts()


def test_an_officer_sees_an_open_sitting_and_what_fails(
    client: FlaskClient, sqlite_database: Database, at_now: None
) -> None:
    sitting = sittings.sitting(sqlite_database)
    sittings.booking(sqlite_database, sitting.id, sittings.candidate(sqlite_database).id)
    page = home(client, person(sqlite_database, Role.EXAM_OFFICER))
    assert "0 of 1 have started" in page
    assert "Never seen" in page
