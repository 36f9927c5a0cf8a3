"""Drills that only a browser can show: cut off for long, a clock that is set, turns between places.

The page's own clock and the installation's are put forward together where a drill would take ten
minutes: both then have lived through them, in a second. What is real is the page, the service
worker, the browser's store, the server and its judgement of what came in time. `make drills` sets
DRILL_IN_REAL_TIME and does them once more with nothing put forward.
"""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from proficiency.accounts.rules import Role
from proficiency.core.verify import verify_all
from proficiency.delivery.models import AttemptEvent
from proficiency.delivery.rules import EventKind
from tests.factories import person
from tests.journeys.candidate import (
    READY,
    Candidate,
    booked,
    box,
    expect_saved,
    live_through,
    open_sitting,
)
from tests.journeys.people import LATER
from tests.journeys.server import Site, serve

pytestmark = pytest.mark.journey

TEN_MINUTES = timedelta(minutes=10)
IN_REAL_TIME = "DRILL_IN_REAL_TIME" in os.environ


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("drills")
    with serve(folder, template=sqlite_template, application=LATER) as running:
        yield running


@pytest.fixture(scope="module")
def sitting_id(site: Site) -> str:
    return open_sitting(site)


@pytest.fixture
def candidate(site: Site, chromium: Browser, sitting_id: str) -> Iterator[Candidate]:
    (site.instance / "seconds-ahead").unlink(missing_ok=True)  # each begins at the present
    found = booked(site, chromium, sitting_id, person(site.database, Role.CANDIDATE))
    yield found
    assert verify_all(site.database).problems == []
    for each in chromium.contexts:
        each.close()


def started(candidate: Candidate, left: timedelta | None = None) -> Page:
    """Start, on a page whose clock can be put forward."""
    if not IN_REAL_TIME:
        candidate.context.clock.install()
    page = candidate.start(left=left)
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def claims(candidate: Candidate) -> list[int | None]:
    """The ages that the device claimed for answers that came too late, in microseconds."""
    with candidate.site.database.read() as session:
        rows = session.query(AttemptEvent.claimed_age).filter_by(
            aggregate_id=candidate.sat.attempt_id, kind=EventKind.ANSWER_LATE
        )
        return [row.claimed_age for row in rows]


def test_cut_off_for_ten_minutes_in_the_middle_everything_catches_up_and_is_in_time(
    candidate: Candidate,
) -> None:
    page = started(candidate)
    box(page).fill("before the cut")
    candidate.wait_for_words("before the cut")
    candidate.context.set_offline(True)
    box(page).press_sequentially(", in the first minute")
    live_through(candidate, page, TEN_MINUTES / 2)
    expect(page.locator("#save-text")).to_contain_text("Kept on this device")
    box(page).press_sequentially(", in the sixth")
    live_through(candidate, page, TEN_MINUTES / 2)
    page.get_by_label("Owen does. Let us ask him").check()
    assert candidate.words == "before the cut"
    candidate.context.set_offline(False)
    live_through(candidate, page, timedelta(seconds=30))
    candidate.wait_for_words("before the cut, in the first minute, in the sixth")
    expect_saved(page)
    assert EventKind.ANSWER_LATE not in candidate.kinds


def test_cut_off_for_ten_minutes_over_the_deadline_everything_is_kept_with_its_age(
    candidate: Candidate,
) -> None:
    page = started(candidate, left=timedelta(minutes=5))
    box(page).fill("in time")
    candidate.wait_for_words("in time")
    candidate.context.set_offline(True)
    box(page).press_sequentially(", and written five minutes before the end")
    live_through(candidate, page, TEN_MINUTES)
    expect(page.locator("#time-over")).to_be_visible()
    expect(box(page)).not_to_be_editable()
    assert candidate.words == "in time"
    candidate.context.set_offline(False)
    live_through(candidate, page, timedelta(seconds=30))
    until = time.monotonic() + 30
    while not claims(candidate):
        assert time.monotonic() < until, candidate.kinds
        time.sleep(0.2)
    assert candidate.words == "in time", "late work counts only when two people say so"
    for age in claims(candidate):
        assert age is None or age > timedelta(minutes=9) / timedelta(microseconds=1)


@pytest.mark.parametrize("hours", [-26, 3], ids=["a day back", "three hours on"])
def test_a_device_whose_clock_is_set_changes_nothing(candidate: Candidate, hours: int) -> None:
    page = started(candidate)
    box(page).fill("before")
    candidate.wait_for_words("before")
    shown = page.evaluate("() => Date.now()")
    page.clock.set_system_time(shown / 1000 + hours * 3600)
    assert abs(page.evaluate("() => Date.now()") - shown) > 2 * 3600 * 1000
    box(page).fill("after the clock was set")
    candidate.wait_for_words("after the clock was set")
    expect_saved(page)
    expect(page.locator("#time-left")).to_contain_text("h")
    expect(page.locator("#time-over")).to_be_hidden()
    assert set(candidate.kinds) <= {EventKind.STARTED, EventKind.ANSWER_SAVED}


def test_two_tabs_that_write_in_turn_lose_nothing(candidate: Candidate) -> None:
    tabs = [candidate.start(), candidate.open()]
    text = ""
    for turn in range(4):
        page = tabs[turn % 2]
        if turn:
            page.get_by_role("button", name="Continue in this tab").click()
            page.locator("#other-tab").wait_for(state="hidden")
            page.locator(READY).wait_for(state="attached")
        expect(box(page)).to_have_value(text)
        text += f"turn {turn}, "
        box(page).press("Control+End")
        box(page).press_sequentially(f"turn {turn}, ")  # no pause: the next tab takes over at once
    candidate.wait_for_words(text)
    assert EventKind.ANSWER_CONFLICTED not in candidate.kinds


def test_two_devices_that_write_in_turn_lose_nothing(candidate: Candidate) -> None:
    devices = [candidate.start(), candidate.open(candidate.another_device())]
    text = ""
    for turn in range(4):
        page = devices[turn % 2]
        if turn:
            page.reload()
            page.locator(READY).wait_for(state="attached")
            page.get_by_role("button", name="Continue on this device").click()
            page.locator("#other-device").wait_for(state="hidden")
            page.locator(READY).wait_for(state="attached")
        expect(box(page)).to_have_value(text)
        text += f"turn {turn}, "
        box(page).fill(text)
        expect_saved(page)
        candidate.wait_for_words(text)
    assert candidate.kinds.count(EventKind.WRITER_CHANGED) == 3
