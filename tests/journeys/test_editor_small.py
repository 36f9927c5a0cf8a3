"""The editor of somebody who enlarges the page fourfold: 320 px wide, and in the end low too.

Nothing scrolls sideways or lies over anything else, and everything is still in reach by keyboard.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from proficiency.accounts.rules import Role
from proficiency.core.config import ROOT
from tests.journeys.looking import SMALL_PHONE, Eyes, covers, is_in_sight
from tests.journeys.people import Person, close, come_in, institution
from tests.journeys.server import Site, wait_until

pytestmark = pytest.mark.journey

CASE = (ROOT / "scenarios" / "the-depot-job.md").read_text(encoding="utf-8")
WRONG = CASE.replace("standards 2.3, 13.4", "standards 2.3, 13.44", 1)
LOW = {"width": 320, "height": 256}
WIDTH = "() => document.documentElement.scrollWidth - innerWidth"
STICKS_OUT = """() => [...document.querySelectorAll("main *, dialog[open], dialog[open] *")]
    .filter((it) => !it.closest(".exhibit, .table-region, .source-mirror"))
    .filter((it) => it.checkVisibility() && it.getBoundingClientRect().right > innerWidth + 1)
    .map((it) => it.outerHTML.slice(0, 80))"""
CARET_AT = "(box, words) => box.setSelectionRange(...Array(2).fill(box.value.indexOf(words)))"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    with institution(tmp_path_factory.mktemp("small"), sqlite_template) as found:
        yield found


@pytest.fixture(scope="module")
def writer(chromium: Browser, site: Site) -> Iterator[Person]:
    """A writer at a small window who has begun a case."""
    size = (SMALL_PHONE["width"], SMALL_PHONE["height"])
    found = come_in(chromium, site, "Gwenllian Ash", Role.CONTENT_AUTHOR, size=size)
    found.sign_in()
    found.page.goto("/cases/works")
    found.press("Begin")
    found.page.wait_for_url("**/edit")
    yield found
    assert close([found]) == []


@pytest.fixture
def author(writer: Person) -> Person:
    """The writer with a long case in the box, which has a fault."""
    writer.page.set_viewport_size(SMALL_PHONE)
    writer.page.reload()
    writer.page.locator("html[data-editor=ready]").wait_for(state="attached")
    writer.page.locator("#text").fill(WRONG)
    expect(writer.page.locator("#problems")).to_contain_text("13.44")
    return writer


def nothing_sticks_out(page: Page) -> None:
    assert page.evaluate(WIDTH) <= 0
    assert page.evaluate(STICKS_OUT) == []


def test_the_editor_fits_and_axe_finds_nothing(author: Person) -> None:
    eyes = Eyes(author.page)
    nothing_sticks_out(author.page)
    eyes.look(schemes=True)
    author.page.set_viewport_size(LOW)
    nothing_sticks_out(author.page)
    assert eyes.faults == []


def test_the_box_has_room_above_the_bar_that_saves(author: Person) -> None:
    page = author.page
    box = page.locator("#text")
    box.focus()
    box.evaluate(CARET_AT, "13.44")
    box.evaluate("box => box.scrollIntoView()")
    assert not covers(page, "#text", ".work-foot")
    assert is_in_sight(page, ".work-foot button")
    expect(page.locator("#line-problem")).to_contain_text("13.44")
    page.get_by_label("What did you change?").focus()
    assert not covers(page, "#note", ".work-foot")


def test_a_problem_leads_to_its_line_and_the_window_may_be_low(author: Person) -> None:
    page = author.page
    page.set_viewport_size(LOW)
    link = page.locator("#problems a").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_be_focused()
    wait_until(page, "() => document.querySelector('#mirror .is-error') !== null")
    line = page.locator("#mirror .is-error").first.bounding_box()
    box = page.locator("#text").bounding_box()
    assert line is not None
    assert box is not None
    assert box["y"] <= line["y"] <= box["y"] + box["height"]


def test_a_standard_is_found_and_cited_by_keyboard_within_the_small_window(author: Person) -> None:
    page = author.page
    eyes = Eyes(page)
    page.locator("#text").evaluate(CARET_AT, " · name who-do-you-work-for")
    page.locator("#open-standards").focus()
    page.keyboard.press("Enter")
    page.locator("#standards-search").fill("consent")
    expect(page.locator("#standards-found")).to_contain_text("found")
    nothing_sticks_out(page)
    dialog = page.locator("#standards").bounding_box()
    assert dialog is not None
    assert dialog["x"] >= 0
    assert dialog["y"] >= 0
    assert dialog["y"] + dialog["height"] <= SMALL_PHONE["height"]
    assert not covers(page, "#standards-search", "#standards-found")
    assert is_in_sight(page, "#close-standards")
    eyes.look()
    page.locator("#standards-search").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#standards")).not_to_be_visible()
    expect(page.locator("#text")).to_be_focused()
    assert "2.3, 13.44, 2.5 · name" in page.locator("#text").input_value()
    assert eyes.faults == []
