"""Every format is answered with the keyboard alone, by touch and without a script, and is kept."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.clock import read_clock
from proficiency.delivery.operations import (
    record_pause,
)
from proficiency.delivery.queries import current_answers
from proficiency.exams.operations import assemble_form
from proficiency.items.rules import all_formats
from proficiency.scenarios.operations import publish_case
from tests.delivery.factory import Sat
from tests.exams import factory as exams
from tests.factories import act, person
from tests.journeys.looking import Eyes
from tests.journeys.server import PHONE, Site, serve, signed_in
from tests.scenarios.factory import ABOUT, FRONT, STORY
from tests.sittings import factory as sittings
from tests.starting import start_attempt

pytestmark = pytest.mark.journey

READY = "html[data-exam=ready]"
DEVICE = "device-of-the-journey"


def one_of_each() -> str:
    """A case with a question of every format that there is."""
    questions = [
        f"## Question {number}\n{each.example}"
        for number, each in enumerate(all_formats().values(), start=1)
    ]
    text = FRONT.replace("minutes: 20", "minutes: 60") + STORY + "\n" + "\n".join(questions) + ABOUT
    return text.replace("Quote the entry here, word for word.", "A note below the table.")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    with serve(tmp_path_factory.mktemp("formats"), template=sqlite_template) as running:
        yield running


@pytest.fixture(scope="module")
def sitting_id(site: Site) -> str:
    return sitting_of_each(site)


def sitting_of_each(site: Site) -> str:
    """A sitting that is open, with a question of every format."""
    now = read_clock()
    version = act(site.database, publish_case, SYSTEM, text=one_of_each(), file="each.md")
    form = act(
        site.database, assemble_form, SYSTEM, title="One of each", case_version_ids=[version.id],
        scheme_version_id=exams.scheme(site.database, minutes=60).id,
    )  # fmt: skip
    sitting = sittings.sitting(
        site.database, form.id, opens_at=now - timedelta(minutes=5),
        last_start_at=now + timedelta(hours=1), now=now - timedelta(hours=4),
    )  # fmt: skip
    return str(sitting.id)


def begin(site: Site, chromium: Browser, sitting_id: str, **context: Any) -> tuple[Sat, Page]:
    """Somebody who has started, and the page that they write on."""
    actor = person(site.database, Role.CANDIDATE)
    booking = sittings.booking(site.database, sitting_id, actor.id, now=read_clock())
    attempt = act(
        site.database, start_attempt, actor, read_clock(), booking_id=booking.id, device_id=DEVICE
    )
    with site.database.read() as session:
        from proficiency.sittings.queries import get_sitting

        form_id = get_sitting(session, sitting_id).form_id
    sat = Sat(site.database, actor, sitting_id, booking.id, form_id, attempt.id)
    browser = signed_in(chromium, site, actor, **context)
    browser.add_cookies([{"name": "device", "value": DEVICE, "url": site.url}])
    page = browser.new_page()
    open_exam(page, sat)
    return sat, page


def open_exam(page: Page, sat: Sat) -> None:
    page.goto(f"/attempt/{sat.attempt_id}")
    page.locator(READY).wait_for(state="attached")


ABOUT_FOCUS = """() => {
  const it = document.activeElement;
  const question = it.closest("[data-item]");
  if (!question) return null;
  return { tag: it.tagName, type: it.type, name: it.name, format: question.dataset.format,
           done: question.querySelectorAll("input:checked").length,
           choose: Number(question.dataset.choose ?? 0) };
}"""


def answer_by_keyboard(page: Page) -> None:
    """Go through the whole page with Tab and answer whatever has the focus."""
    page.locator("[data-item]").first.locator("input, select, textarea").first.focus()
    seen: set[str] = set()
    place = 0
    for _stop in range(120):
        here = page.evaluate(ABOUT_FOCUS)
        if here and here["name"] not in seen:
            if here["tag"] == "SELECT":
                place += here["format"] == "ranking"
                for _down in range(place if here["format"] == "ranking" else 1):
                    page.keyboard.press("ArrowDown")
            elif here["type"] == "radio" or (
                here["type"] == "checkbox" and here["done"] < here["choose"]
            ):
                page.keyboard.press("Space")
            elif here["type"] == "text" or here["tag"] == "TEXTAREA":
                page.keyboard.type("1250")
            if here["type"] != "checkbox":
                seen.add(here["name"])
        page.keyboard.press("Tab")


def expect_all_answered(page: Page) -> None:
    links = page.locator(".question-nav a")
    expect(links).to_have_count(len(all_formats()))
    for link in links.all():
        expect(link).to_have_attribute("data-answered", "true")


def expect_saved(page: Page) -> None:
    expect(page.locator("#save-text")).to_contain_text("Saved on the server at")


def stored(sat: Sat) -> dict[str, object]:
    """What the server has, by format."""
    with sat.database.read() as session:
        answers = current_answers(session, sat.attempt_id)
    return {
        item.format: json.loads(answers[item.id].text or "null")
        for item in sat.paper.items
        if item.id in answers
    }


def values_on(page: Page) -> list[list[object]]:
    return page.evaluate(
        """() => [...document.querySelectorAll("[data-item] :is(input, select, textarea)")]
        .map((it) => [it.name, ["radio", "checkbox"].includes(it.type) ? it.checked : it.value])"""
    )


def test_every_format_is_answered_with_the_keyboard_alone_and_is_there_again(
    site: Site, chromium: Browser, sitting_id: str
) -> None:
    sat, page = begin(site, chromium, sitting_id)
    eyes = Eyes(page)
    answer_by_keyboard(page)
    expect_all_answered(page)
    expect_saved(page)
    eyes.look(schemes=True)
    assert set(stored(sat)) == set(all_formats())
    ranked = stored(sat)["ranking"]
    assert isinstance(ranked, dict)
    assert sorted(ranked["answers"].values()) == ["1", "2", "3", "4"]
    before = values_on(page)
    open_exam(page, sat)
    assert values_on(page) == before
    expect_all_answered(page)
    assert eyes.faults == []


def test_a_place_given_twice_and_a_number_that_is_none_are_said_at_once(
    site: Site, chromium: Browser, sitting_id: str
) -> None:
    _sat, page = begin(site, chromium, sitting_id)
    ranking = page.locator("[data-format=ranking]")
    for select in ranking.locator("select").all()[:2]:
        select.select_option("2")
    expect(ranking.get_by_role("status")).to_have_text(
        "Place 2 is given twice: each has a place of its own"
    )
    ranking.locator("select").first.select_option("1")
    expect(ranking.get_by_role("status")).to_have_text("2 of 4 answered")


def test_every_format_is_answered_by_touch_on_a_phone(
    site: Site, chromium: Browser, sitting_id: str
) -> None:
    sat, page = begin(site, chromium, sitting_id, size=PHONE, has_touch=True)
    for question in page.locator("[data-item]").all():
        for label in question.locator("label.option").all():
            chosen = question.locator("input:checked").count()
            wanted = int(question.get_attribute("data-choose") or 99)
            if label.locator("input").is_checked() or chosen >= wanted:
                continue
            label.tap()
        for select in question.locator("select").all():
            select.select_option(index=1)
        for field in question.locator("input[type=text], textarea").all():
            field.tap()
            field.fill("1250")
    expect_all_answered(page)
    expect_saved(page)
    assert set(stored(sat)) == set(all_formats())
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_case_and_questions_are_covered_while_the_clock_is_stopped(
    site: Site, chromium: Browser, sitting_id: str
) -> None:
    sat, page = begin(site, chromium, sitting_id)
    act(
        site.database, record_pause, SYSTEM, read_clock(), attempt_id=sat.attempt_id,
        reason="The fire bell",
    )  # fmt: skip
    open_exam(page, sat)
    expect(page.get_by_role("heading", name="The clock is stopped")).to_be_visible()
    expect(page.locator("[data-item], .case-text")).to_have_count(0)


def test_without_its_script_the_page_saves_every_format_by_its_button(
    site: Site, chromium: Browser, sitting_id: str
) -> None:
    actor = person(site.database, Role.CANDIDATE)
    booking = sittings.booking(site.database, sitting_id, actor.id, now=read_clock())
    attempt = act(
        site.database, start_attempt, actor, read_clock(), booking_id=booking.id, device_id=DEVICE
    )
    context = signed_in(chromium, site, actor, java_script_enabled=False)
    context.add_cookies([{"name": "device", "value": DEVICE, "url": site.url}])
    page = context.new_page()
    page.goto(f"/attempt/{attempt.id}")
    for question in page.locator("[data-item]").all():
        wanted = int(question.get_attribute("data-choose") or 1)
        for box in question.locator("input[type=checkbox]").all()[:wanted]:
            box.check()
        for group in question.locator("fieldset").all():
            radios = group.locator("input[type=radio]")
            if radios.count():
                radios.first.check()
        for number, select in enumerate(question.locator("select").all(), start=1):
            is_ranking = question.get_attribute("data-format") == "ranking"
            select.select_option(index=number if is_ranking else 1)
        for field in question.locator("input[type=text], textarea").all():
            field.fill("1250")
    page.get_by_role("button", name="Save answers").first.click()
    with site.database.read() as session:
        assert len(current_answers(session, attempt.id)) == len(all_formats())
