"""The clock in a real browser: breaks, pauses, time given back, and devices that lie about time."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from proficiency.accounts.rules import Role
from proficiency.core.verify import verify_all
from proficiency.delivery.queries import AttemptState, get_attempt_state
from proficiency.delivery.rules import EventKind
from proficiency.delivery.time_operations import record_credit, record_pause, record_resume
from tests.factories import act, person
from tests.journeys.candidate import (
    READY,
    Candidate,
    booked,
    box,
    expect_saved,
    hear_from_server,
    live_through,
    open_sitting,
)
from tests.journeys.looking import Eyes
from tests.journeys.people import LATER, now_at, pass_time
from tests.journeys.server import PHONE, Site, serve, signed_in

pytestmark = pytest.mark.journey

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("clock")
    with serve(folder, template=sqlite_template, application=LATER) as running:
        yield running


@pytest.fixture(scope="module")
def sitting_id(site: Site) -> str:
    return open_sitting(site, break_minutes=20, longest_break_minutes=15)


@pytest.fixture
def candidate(site: Site, chromium: Browser, sitting_id: str) -> Iterator[Candidate]:
    (site.instance / "seconds-ahead").unlink(missing_ok=True)  # each begins at the present
    found = booked(site, chromium, sitting_id, person(site.database, Role.CANDIDATE))
    yield found
    assert verify_all(site.database).problems == []
    for each in chromium.contexts:
        each.close()


def state(candidate: Candidate) -> AttemptState:
    with candidate.site.database.read() as session:
        return get_attempt_state(session, candidate.sat.attempt_id)


def begin_break(page: Page) -> None:
    page.get_by_role("button", name="Take a break").click()
    expect(page.get_by_text("Left of your breaks")).to_be_visible()
    page.get_by_role("button", name="Begin the break").click()
    expect(page.get_by_role("heading", name="Your break")).to_be_visible()
    page.locator(READY).wait_for(state="attached")


def test_a_break_covers_the_exam_counts_down_and_ends_by_itself(candidate: Candidate) -> None:
    candidate.context.clock.install()
    page = candidate.start()
    box(page).fill("before the break")
    begin_break(page)
    assert candidate.words == "before the break"
    assert page.locator("#answers").count() == 0
    shown = page.locator("#cover-left")
    expect(shown).to_have_text(re.compile(r"^1[45] min"))
    eyes = Eyes(page)
    eyes.look(schemes=True)
    assert eyes.faults == []
    left = page.locator("#time-left").inner_text()
    live_through(candidate, page, 5 * MINUTE)
    expect(shown).to_have_text(re.compile(r"^(9|10) min"))
    expect(page.locator("#time-left")).to_have_text(left)
    live_through(candidate, page, 10 * MINUTE)
    expect(box(page)).to_be_editable()
    expect(box(page)).to_have_value("before the break")
    assert not state(candidate).window.is_stopped(now_at(candidate.site))


def test_going_on_early_by_keyboard_keeps_the_rest_for_later(candidate: Candidate) -> None:
    page = candidate.start()
    begin_break(page)
    for _press in range(40):
        if page.evaluate("() => document.activeElement.textContent.trim()") == (
            "Go on with the exam"
        ):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(box(page)).to_be_editable()
    assert candidate.kinds[-1] is EventKind.REST_ENDED
    assert state(candidate).window.rest_left > 19 * MINUTE
    expect(page.get_by_role("button", name="Take a break")).to_be_visible()


def test_an_open_page_covers_itself_when_it_is_paused_and_keeps_what_was_typed(
    candidate: Candidate,
) -> None:
    candidate.context.clock.install()
    page = candidate.start()
    box(page).fill("typed before the alarm")
    candidate.wait_for_words("typed before the alarm")
    invigilator = person(candidate.site.database, Role.INVIGILATOR)
    one = {"attempt_id": candidate.sat.attempt_id, "reason": "The alarm."}
    act(candidate.site.database, record_pause, invigilator, now_at(candidate.site), **one)
    hear_from_server(page)
    expect(page.locator("#cover")).to_be_visible()
    expect(page.locator(".panes")).to_be_hidden()
    expect(page.locator(".exam-title")).to_be_hidden()
    expect(page.get_by_text("Your invigilator has stopped your clock")).to_be_visible()
    eyes = Eyes(page)
    eyes.look(schemes=True)
    assert eyes.faults == []
    page.reload()  # and the server sends nothing of it
    expect(page.get_by_role("heading", name="The clock is stopped")).to_be_visible()
    assert page.locator(".panes").count() == 0
    act(candidate.site.database, record_resume, invigilator, now_at(candidate.site), **one)
    expect(box(page)).to_have_value("typed before the alarm")


def test_time_that_is_given_back_is_said(candidate: Candidate) -> None:
    candidate.context.clock.install()
    page = candidate.start(left=10 * MINUTE)
    box(page).fill("writing")
    expect_saved(page)
    invigilator = person(candidate.site.database, Role.INVIGILATOR)
    act(
        candidate.site.database, record_credit, invigilator, now_at(candidate.site),
        attempt_id=candidate.sat.attempt_id, amount=timedelta(minutes=4, seconds=28),
        reason="The service was away.",
    )  # fmt: skip
    hear_from_server(page)
    expect(page.locator("#trouble")).to_contain_text("Nothing lost. 4 min 28 s credited.")
    expect(page.locator("#time-left")).to_have_text(re.compile(r"^1[34] min"))


def test_a_break_ends_by_itself_also_without_a_network(candidate: Candidate) -> None:
    """A second tab of the same exam stays open, and goes on when the break is over."""
    candidate.context.clock.install()
    page = candidate.start()
    box(page).fill("before")
    candidate.wait_for_words("before")
    page.request.post(
        f"{candidate.site.url}/attempt/{candidate.sat.attempt_id}/break",
        form={"epoch": "1", "csrf_token": page.locator("[name=csrf_token]").first.input_value()},
        headers={"Referer": candidate.site.url},
    )
    live_through(candidate, page, timedelta(seconds=16))  # the next sign of life
    expect(page.locator("#cover")).to_be_visible()
    expect(page.locator("#cover-left")).to_have_text(re.compile(r"^1\d min"))
    candidate.context.set_offline(True)
    live_through(candidate, page, 15 * MINUTE)
    page.clock.run_for(2000)
    expect(page.locator("#cover")).to_be_hidden()
    expect(box(page)).to_be_editable()
    box(page).press_sequentially(", and after")
    candidate.context.set_offline(False)
    live_through(candidate, page, timedelta(seconds=20))
    candidate.wait_for_words("before, and after")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Anchorage"])
def test_a_device_in_another_zone_shows_the_same_time_left(
    candidate: Candidate, chromium: Browser, zone: str
) -> None:
    candidate.context = signed_in(
        chromium, candidate.site, candidate.sat.candidate, PHONE, timezone_id=zone
    )
    page = candidate.start(left=30 * MINUTE)
    expect(page.locator("#time-left")).to_have_text(re.compile(r"^(29|30) min"))
    begin_break(page)
    expect(page.locator("#cover-left")).to_have_text(re.compile(r"^1[45] min"))


def test_a_device_that_slept_asks_the_server_and_shows_the_truth(candidate: Candidate) -> None:
    """In sleep a page's steady clock stands still and the time of day goes on."""
    candidate.context.clock.install()
    page = candidate.start(left=60 * MINUTE)
    expect(page.locator("#time-left")).to_have_text(re.compile(r"^(59 min|1 h)"))
    pass_time(candidate.site, 20 * MINUTE)
    page.clock.set_system_time(page.evaluate("() => Date.now()") / 1000 + 20 * 60)
    page.clock.run_for(4000)
    expect(page.locator("#time-left")).to_have_text(re.compile(r"^39 min"))
    box(page).fill("after the sleep")
    page.clock.run_for(4000)
    candidate.wait_for_words("after the sleep")
