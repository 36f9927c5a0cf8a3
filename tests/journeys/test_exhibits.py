"""A picture in an exam: seen, told in words, enlarged by keyboard, and closed to everybody else.

The case is the one of the bank that has a picture, so that what is looked at here is what is used.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.clock import read_clock
from proficiency.core.config import ROOT
from proficiency.delivery.operations import (
    open_next_stage,
)
from proficiency.exams.operations import assemble_form
from proficiency.scenarios.folder import read_files
from proficiency.scenarios.operations import publish_case
from tests.delivery.factory import Sat
from tests.exams import factory as exams
from tests.factories import act, person
from tests.journeys.looking import SMALL_PHONE, Eyes
from tests.journeys.server import Site, serve, signed_in
from tests.scenarios.file_samples import png
from tests.sittings import factory as sittings
from tests.starting import start_attempt

pytestmark = pytest.mark.journey

CASE = ROOT / "scenarios" / "after-ten-oclock.md"
LAPTOP = (1366, 768)
DEVICE = "device-of-the-journey"
READY = "html[data-exam=ready]"
DRAWN = "a clock face that shows seven"
LATER = "> ![The card that the nurse left: a foot and a question mark](card.png)\n>\n"
BESIDE_LATER = "> **Exhibit 6: message from Comfort Asare, community nurse, today, 09:15**\n>\n"
SHOWN = "image => image.complete && image.naturalWidth > 0"
WIDTH = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    with serve(tmp_path_factory.mktemp("exhibits"), template=sqlite_template) as running:
        yield running


@pytest.fixture(scope="module")
def sitting_id(site: Site) -> str:
    """A sitting of the case, with a second picture put into its second stage."""
    text = CASE.read_text(encoding="utf-8")
    assert BESIDE_LATER in text
    now = read_clock()
    version = act(
        site.database, publish_case, SYSTEM, file=CASE.name,
        text=text.replace(BESIDE_LATER, BESIDE_LATER + LATER),
        files={**read_files(CASE), "card.png": png(300, 40)},
    )  # fmt: skip
    form = act(
        site.database, assemble_form, SYSTEM, title="With pictures",
        case_version_ids=[version.id],
        scheme_version_id=exams.scheme(site.database, minutes=80).id,
    )  # fmt: skip
    sitting = sittings.sitting(
        site.database, form.id, opens_at=now - timedelta(minutes=5),
        last_start_at=now + timedelta(hours=1), now=now - timedelta(hours=4),
    )  # fmt: skip
    return str(sitting.id)


def begin(
    site: Site, chromium: Browser, sitting_id: str, size: tuple[int, int] = LAPTOP
) -> tuple[Sat, Page]:
    """Somebody who has started, and the page that they read."""
    actor = person(site.database, Role.CANDIDATE)
    booking = sittings.booking(site.database, sitting_id, actor.id, now=read_clock())
    attempt = act(
        site.database, start_attempt, actor, read_clock(), booking_id=booking.id, device_id=DEVICE
    )
    sat = Sat(site.database, actor, sitting_id, booking.id, "", attempt.id)
    browser = signed_in(chromium, site, actor, size=size)
    browser.add_cookies([{"name": "device", "value": DEVICE, "url": site.url}])
    page = browser.new_page()
    page.goto(f"/attempt/{attempt.id}")
    page.locator(READY).wait_for(state="attached")
    return sat, page


def drawing(page: Page) -> Locator:
    """The picture, found as somebody finds it who hears the page."""
    return page.get_by_role("group", name="Exhibit 4").get_by_role("img")


def is_shown(picture: Locator) -> bool:
    """Whether its pixels have come and stand on the page."""
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    picture.evaluate("image => image.decode()")
    return bool(picture.evaluate(SHOWN))


@pytest.mark.parametrize("size", [LAPTOP, tuple(SMALL_PHONE.values())], ids=["laptop", "320px"])
def test_a_candidate_sees_the_picture_within_the_page_and_its_words(
    site: Site, chromium: Browser, sitting_id: str, size: tuple[int, int]
) -> None:
    _sat, page = begin(site, chromium, sitting_id, size)
    eyes = Eyes(page)
    picture = drawing(page)
    assert is_shown(picture)
    words = picture.get_attribute("alt") or ""
    assert DRAWN in words
    assert page.evaluate(WIDTH) <= 0
    box, frame = picture.bounding_box(), page.locator("#exhibit-4").bounding_box()
    assert box is not None
    assert frame is not None
    assert frame["x"] <= box["x"]
    assert box["x"] + box["width"] <= frame["x"] + frame["width"]
    natural = picture.evaluate("image => image.naturalWidth / image.naturalHeight")
    assert box["width"] / box["height"] == pytest.approx(natural, rel=0.03)
    expect(page.locator("#exhibit-4").get_by_role("cell", name="A dustbin with")).to_be_visible()
    eyes.look(schemes=True)
    assert eyes.faults == []


def test_the_picture_is_opened_alone_by_keyboard_and_then_has_the_whole_window(
    site: Site, chromium: Browser, sitting_id: str
) -> None:
    _sat, page = begin(site, chromium, sitting_id, tuple(SMALL_PHONE.values()))
    within = drawing(page).bounding_box()
    page.locator("#exhibit-4").focus()
    page.keyboard.press("Tab")
    link = page.locator("#exhibit-4").get_by_role("link")
    expect(link).to_be_focused()
    assert DRAWN in link.inner_text()
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    alone = opened.value.locator("img")
    assert is_shown(alone)
    assert within is not None
    assert alone.evaluate("image => image.naturalWidth") > within["width"]
    expect(page.locator(READY)).to_be_attached()


def file_addresses(page: Page) -> list[str]:
    """Where the page's pictures come from."""
    found: list[str] = page.locator(".picture img").evaluate_all("all => all.map(i => i.src)")
    return found


def test_nobody_else_gets_the_picture_and_nobody_before_its_stage(
    site: Site, chromium: Browser, sitting_id: str
) -> None:
    sat, page = begin(site, chromium, sitting_id)
    (first,) = file_addresses(page)
    assert page.request.get(first).status == 200
    other, other_page = begin(site, chromium, sitting_id)
    act(
        site.database, open_next_stage, other.candidate, read_clock(),
        attempt_id=other.attempt_id, epoch=1, closing=1,
    )  # fmt: skip
    other_page.goto(f"/attempt/{other.attempt_id}")
    second = file_addresses(other_page)[-1]
    assert second.rpartition("/")[2] != first.rpartition("/")[2]
    assert other_page.request.get(second).status == 200
    later = second.replace(other.attempt_id, sat.attempt_id)
    assert page.request.get(later).status == 404
    assert other_page.request.get(first).status == 404
    assert page.request.get(second).status == 404
    officer = signed_in(chromium, site, person(site.database, Role.EXAM_OFFICER))
    assert officer.request.get(first).status in {403, 404}
    visitor = chromium.new_context(base_url=site.url)
    assert visitor.request.get(first, max_redirects=0).status == 303
    act(
        site.database, open_next_stage, sat.candidate, read_clock(),
        attempt_id=sat.attempt_id, epoch=1, closing=1,
    )  # fmt: skip
    assert page.request.get(later).status == 200
    assert page.request.get(first).status == 200
