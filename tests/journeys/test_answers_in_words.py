"""Answers in words and numbers: typed by a candidate, and decided about by people, by keyboard."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from proficiency.core.clock import read_clock
from proficiency.delivery.queries import current_answers
from proficiency.exams.queries import list_form_items
from tests.factories import act
from tests.journeys.candidate import READY, SLOW_STORE
from tests.journeys.server import PHONE, Site, serve, signed_in
from tests.marking.deciding import by_name, decide, deciding, form_of_answers, gave, marks_of
from tests.sittings import factory as sittings
from tests.starting import start_attempt

pytestmark = pytest.mark.journey

DEVICE = "device-of-the-journey"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    with serve(tmp_path_factory.mktemp("words"), template=sqlite_template, workers=1) as running:
        yield running


def axe_finds_nothing(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []


def key_in_time(page: Page, key: str) -> None:
    """Press a key when the page listens: in its first moment it takes none, for a key that was
    meant for the answer before."""
    page.wait_for_load_state()  # only then is its script there, whose first moment counts
    page.wait_for_timeout(350)
    page.keyboard.press(key)


def exam(site: Site, chromium: Browser) -> tuple[Page, str, str]:
    """The page of an exam with one question of each format; the attempt's and the form's id."""
    now = read_clock()
    form = form_of_answers(site.database)
    opens = now - timedelta(minutes=5)
    sitting = sittings.sitting(site.database, form.id, opens_at=opens, now=opens)
    candidate = sittings.candidate(site.database, "Cleo Candidate")
    booking = sittings.booking(site.database, sitting.id, candidate.id, now=now)
    attempt = act(
        site.database, start_attempt, candidate, now, booking_id=booking.id, device_id=DEVICE
    )
    context = signed_in(chromium, site, candidate, size=PHONE)
    context.add_cookies([{"name": "device", "value": DEVICE, "url": site.url}])
    page = context.new_page()
    page.goto(f"/attempt/{attempt.id}")
    page.locator("html[data-exam=ready]").wait_for(state="attached")
    return page, attempt.id, form.id


def kept(site: Site, attempt_id: str, form_id: str) -> list[object]:
    """What the server has for each of the three questions."""
    with site.database.read() as session:
        answers = current_answers(session, attempt_id)
        items = list_form_items(session, form_id)
    found = [answers.get(item.id) for item in items]
    return [None if each is None or each.text is None else json.loads(each.text) for each in found]


def test_what_is_typed_at_once_stands_beside_what_the_device_has(
    chromium: Browser, site: Site
) -> None:
    page, attempt_id, form_id = exam(site, chromium)
    page.on("dialog", lambda dialog: dialog.accept())
    page.route("**/save", lambda route: route.abort())
    duty, weeks = (page.get_by_label(f"Your answer to question {n}") for n in (1, 3))
    duty.fill("duty")
    weeks.fill("12")
    expect(page.locator("#save-text")).to_contain_text("Kept on this device, not yet")
    page.unroute("**/save")
    page.add_init_script(SLOW_STORE)
    page.goto(f"/attempt/{attempt_id}", wait_until="commit")
    duty.press_sequentially("of candour")
    weeks.press_sequentially("15")
    page.locator(READY).wait_for(state="attached")
    expect(duty).to_have_value("duty of candour")
    expect(weeks).to_have_value("15")
    expect(page.locator("#save-text")).to_contain_text("Saved on the server at")
    duty_kept, _, weeks_kept = kept(site, attempt_id, form_id)
    assert (duty_kept, weeks_kept) == ({"text": "duty of candour"}, {"text": "15"})
    page.context.close()


def test_what_is_typed_into_a_box_is_kept_counted_and_never_cut(
    chromium: Browser, site: Site
) -> None:
    page, attempt_id, form_id = exam(site, chromium)
    axe_finds_nothing(page)
    duty = page.get_by_label("Your answer to question 1")
    duty.fill("duty of candor")
    expect(page.get_by_text("14 of up to 200 characters")).to_be_visible()
    page.get_by_label("Question 2: answer 2 of up to 2").fill("Ring Owen 🙂")
    number = page.get_by_label("Your answer to question 3")
    said = page.get_by_text("This is not read as a number.")
    number.press_sequentially("about 4")
    expect(said).to_be_hidden()  # not in the middle of typing
    number.blur()
    expect(said).to_be_visible()
    axe_finds_nothing(page)
    number.fill("£4,105")
    expect(said).to_be_hidden()
    wanted = [{"text": "duty of candor"}, {"answers": ["", "Ring Owen 🙂"]}, {"text": "£4,105"}]
    until = time.monotonic() + 15
    while kept(site, attempt_id, form_id) != wanted:
        assert time.monotonic() < until, kept(site, attempt_id, form_id)
        time.sleep(0.1)
    duty.fill("x" * 201)
    expect(page.locator("#save-text")).to_contain_text("Nothing was cut")
    expect(duty).to_have_value("x" * 201)
    duty.fill("candour")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")
    page.reload()
    expect(page.get_by_label("Your answer to question 1")).to_have_value("candour")
    expect(page.get_by_label("Question 2: answer 1 of up to 2")).to_have_value("")
    expect(page.get_by_label("Question 2: answer 2 of up to 2")).to_have_value("Ring Owen 🙂")
    page.context.close()


def test_answers_are_decided_about_with_one_key_each(chromium: Browser, site: Site) -> None:
    world = deciding(site.database, gave(short="candid"), gave(short="candor"), gave(short="frank"))
    duty = by_name(world, "the-duty")
    for text in ("candid", "candor", "frank"):
        decide(world, world.ann, duty, text, "duty-candour")
    page = signed_in(chromium, site, world.bob).new_page()
    page.goto(f"/marking/{world.sitting_id}/questions/{duty.id}/answers")
    expect(page.get_by_text("3 answers wait for you.")).to_be_visible()
    axe_finds_nothing(page)
    for left in ("2 answers wait", "One answer waits"):
        key_in_time(page, "1")
        expect(page.get_by_text(left)).to_be_visible()
    axe_finds_nothing(page)
    assert marks_of(world, duty) == [1, 1, None]
    page.get_by_label("Use the keys of one letter").uncheck()
    key_in_time(page, "0")
    page.get_by_role("button", name="Nothing of these").click()
    expect(page.get_by_text("so a lead assessor settles it")).to_be_visible()
    page.context.close()


def test_a_slip_is_taken_back_with_u_and_an_outside_answer_given_with_n(
    chromium: Browser, site: Site
) -> None:
    world = deciding(site.database, gave(short="honesty"))
    duty = by_name(world, "the-duty")
    page = signed_in(chromium, site, world.bob).new_page()
    page.goto(f"/marking/{world.sitting_id}/questions/{duty.id}/answers")
    key_in_time(page, "0")
    expect(page.get_by_text("Somebody else decides next.")).to_be_visible()
    key_in_time(page, "u")
    expect(page.get_by_text("One answer waits for you.")).to_be_visible()
    key_in_time(page, "n")
    page.keyboard.type("0.5")
    page.get_by_label("Why it is right").fill("It is a part of it.")
    axe_finds_nothing(page)
    page.get_by_role("button", name="It is right").click()
    expect(page.get_by_text("“Right, though not in the table”, 0.5 marks").first).to_be_visible()
    axe_finds_nothing(page)
    page.context.close()
