"""A candidate sits an exam in a real browser, and nothing that is typed is ever lost."""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, expect

from proficiency.accounts.operations import close_sign_ins
from proficiency.accounts.rules import Role
from proficiency.core.clock import read_clock
from proficiency.core.verify import verify_all
from proficiency.delivery.operations import record_pause, record_resume
from proficiency.delivery.queries import flagged_items, get_attempt_state
from proficiency.delivery.rules import EventKind
from tests.delivery.factory import Sat
from tests.factories import act, person
from tests.journeys.candidate import (
    BUSY_DISK,
    READY,
    Candidate,
    booked,
    box,
    expect_saved,
    hear_from_server,
    live_through,
    live_until,
    open_sitting,
)
from tests.journeys.people import LATER
from tests.journeys.server import PHONE, TABLET, WIDE, Site, serve, signed_in

pytestmark = pytest.mark.journey

PASSWORD = "three unconnected words"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("sitting")
    with serve(folder, template=sqlite_template, application=LATER) as running:
        yield running


@pytest.fixture(scope="module")
def sitting_id(site: Site) -> str:
    return open_sitting(site)


@pytest.fixture
def candidate(site: Site, chromium: Browser, sitting_id: str) -> Iterator[Candidate]:
    (site.instance / "seconds-ahead").unlink(missing_ok=True)  # each begins at the present
    actor = person(site.database, Role.CANDIDATE, password=PASSWORD)
    yield booked(site, chromium, sitting_id, actor)
    for each in chromium.contexts:
        each.close()


def crash(page: Page) -> None:
    """End the page's process at once: not even its last moment comes."""
    with suppress(Error):
        page.goto("chrome://crash")


# The whole way


def test_a_candidate_checks_in_answers_closes_stages_and_hands_in(candidate: Candidate) -> None:
    page = candidate.context.new_page()
    page.goto("/exams")
    page.get_by_role("link", name="Check in").click()
    page.get_by_role("button", name="Start the exam").click()
    expect(page.get_by_role("alert")).to_contain_text("Confirm that you accept the rules")
    page.get_by_label("I have read the rules and accept them").check()
    page.get_by_label("The time that I have is right").check()
    page.get_by_label("I am well enough to sit today").check()
    page.get_by_role("button", name="Start the exam").click()
    page.locator(READY).wait_for(state="attached")
    candidate.sat = Sat(**{**candidate.sat.__dict__, "attempt_id": page.url.rsplit("/", 1)[1]})

    page.get_by_label("Owen does. Let us ask him").check()
    for choice in ("What Owen wants", "What happens at night", "What his neighbours think"):
        page.get_by_label(choice).check()
    expect(page.locator(".choose-state")).to_have_text("3 chosen, choose 2")
    page.get_by_label("What his neighbours think").uncheck()
    box(page).fill("Ask Owen\nLock the flat")
    expect(page.locator(".count")).to_contain_text("5 of up to 120 words")
    page.get_by_label("Flag this question").nth(2).check()
    expect_saved(page)
    expect(
        page.get_by_role("link", name=re.compile("Question 3 ?, answered, flagged"))
    ).to_be_visible()

    page.get_by_role("button", name="Overview", exact=True).click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_role("row", name="Question 3")).to_contain_text("Look again")
    page.get_by_role("link", name="Close this stage").click()
    expect(page.get_by_role("heading", name="Close this stage?")).to_be_visible()
    expect(page.get_by_text("None: every question has an answer")).to_be_visible()
    page.get_by_role("button", name="Close stage 1 and open the next").click()

    page.locator(READY).wait_for(state="attached")
    expect(page.get_by_text("Stage 2 of 3").first).to_be_visible()
    box(page).fill("Second stage")
    expect_saved(page)
    page.get_by_text("Earlier in this case").click()
    page.get_by_role("link", name="Read your answers to stage 1").click()
    expect(box(page)).to_have_value("Ask Owen\nLock the flat")
    expect(box(page)).not_to_be_editable()
    page.get_by_role("link", name="Back to stage 2").click()
    page.get_by_role("button", name="Close this stage").first.click()
    page.get_by_role("button", name="Close stage 2 and open the next").click()
    page.get_by_role("button", name="Check and finish").click()
    page.get_by_role("button", name="Finish and hand in my answers").dblclick()
    expect(page.get_by_role("heading", name="Your exam is finished")).to_be_visible()
    expect(page.get_by_text("4 of 5 questions")).to_be_visible()
    page.locator("#device-copy[data-erased=yes]").wait_for(state="attached")

    assert candidate.words == "Ask Owen\nLock the flat"
    assert candidate.kinds.count(EventKind.SUBMITTED) == 1
    assert verify_all(candidate.site.database).problems == []


def test_a_second_submission_and_going_back_show_what_was_received(candidate: Candidate) -> None:
    page = candidate.start()
    page.goto(f"/attempt/{candidate.sat.attempt_id}/finish")
    twin = candidate.context.new_page()
    twin.goto(f"/attempt/{candidate.sat.attempt_id}/finish")
    for each in (page, twin):
        each.get_by_role("button", name="Finish and hand in my answers").click()
        expect(each.get_by_role("heading", name="Your exam is finished")).to_be_visible()
    page.goto(f"/attempt/{candidate.sat.attempt_id}")
    expect(page.get_by_role("heading", name="Your exam is finished")).to_be_visible()
    assert candidate.kinds == [EventKind.STARTED, EventKind.SUBMITTED]


# Saving


def test_words_are_on_the_server_within_five_seconds_even_if_typing_never_pauses(
    candidate: Candidate,
) -> None:
    page = candidate.start()
    box(page).focus()
    typed: list[tuple[float, str]] = []
    text, oldest = "", 0.0
    until = time.monotonic() + 9
    while time.monotonic() < until:
        page.keyboard.type("word ")
        text += "word "
        typed.append((time.monotonic(), text))
        saved = candidate.words or ""
        waiting = [at for at, words in typed if len(words) > len(saved)]
        if waiting:
            oldest = max(oldest, time.monotonic() - waiting[0])
        time.sleep(0.1)
    assert oldest < 5
    candidate.wait_for_words(text)
    saves = candidate.kinds.count(EventKind.ANSWER_SAVED)
    assert saves <= 8, "typing without a pause must not send with every key"


def test_the_server_away_typing_goes_on_and_catches_up_by_itself(candidate: Candidate) -> None:
    page = candidate.start()
    box(page).fill("before")
    expect_saved(page)
    candidate.site.stop()
    try:
        box(page).press_sequentially(" and while the server is away", delay=20)
        state = page.locator("#save-text")
        expect(state).to_contain_text("Kept on this device, not yet on the server since")
        expect(page.locator("#trouble")).to_contain_text("Go on writing")
        page.get_by_role("button", name="Overview", exact=True).click()
        expect(page.locator("#trouble")).to_contain_text("this page stays open")
        box(page).press_sequentially(", still typing", delay=20)
        assert candidate.words == "before"
    finally:
        candidate.site.start()
    candidate.wait_for_words("before and while the server is away, still typing")
    expect_saved(page)
    expect(page.locator("#trouble")).to_be_hidden()


def test_a_page_that_died_while_the_server_was_away_gives_everything_back(candidate) -> None:
    page = candidate.start()
    box(page).fill("before")
    expect_saved(page)
    candidate.site.stop()
    try:
        box(page).fill("typed into nowhere")
        page.get_by_label("Owen does. Let us ask him").check()
        expect(page.locator("#save-text")).to_contain_text("Kept on this device")
        page.close(run_before_unload=False)
        assert candidate.words == "before"
    finally:
        candidate.site.start()
    page = candidate.open()
    expect(box(page)).to_have_value("typed into nowhere")
    expect(page.get_by_label("Owen does. Let us ask him")).to_be_checked()
    expect(page.locator(".count")).to_contain_text("3 of up to 120 words")
    candidate.wait_for_words("typed into nowhere")
    expect_saved(page)


def test_closing_the_page_at_once_still_sends_the_last_words(candidate: Candidate) -> None:
    page = candidate.start()
    box(page).press_sequentially("last words")
    page.goto("about:blank")  # no pause: the page is left in the middle of its quiet time
    candidate.wait_for_words("last words")


def test_the_last_words_stay_the_last_when_the_device_had_no_time_to_keep_them(candidate) -> None:
    page = candidate.start()
    box(page).fill("The spare key")
    page.wait_for_timeout(300)  # these words lie on the device, and are not sent yet
    page.evaluate(BUSY_DISK)
    box(page).fill("The spare key is with Owen")
    page.goto("about:blank")
    candidate.wait_for_words("The spare key is with Owen")
    page.goto(f"/attempt/{candidate.sat.attempt_id}")
    page.locator(READY).wait_for(state="attached")
    expect(box(page)).to_have_value("The spare key is with Owen")
    expect_saved(page)
    assert candidate.words == "The spare key is with Owen"
    assert EventKind.ANSWER_CONFLICTED not in candidate.kinds


@pytest.mark.parametrize("hidden", [False, True], ids=["in sight", "hidden"])
def test_a_page_that_crashes_while_the_device_is_slow_puts_no_older_words_over_the_last(
    candidate: Candidate, hidden: bool
) -> None:
    page = candidate.start()
    page.route("**/save", lambda route: route.abort())
    box(page).fill("The spare key")
    expect(page.locator("#save-text")).to_contain_text("Kept on this device, not yet")
    page.unroute("**/save")
    page.evaluate(BUSY_DISK)
    box(page).fill("The spare key is with Owen")
    if hidden:  # from now on the browser may end the page without a word
        page.evaluate(HIDE)
    candidate.wait_for_words("The spare key is with Owen")
    with page.expect_event("crash"):
        crash(page)
    page = candidate.open()
    expect(box(page)).to_have_value("The spare key is with Owen")
    expect_saved(page)
    assert candidate.words == "The spare key is with Owen"


HIDE = """() => {
  Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
LEAVE_AGAIN = """async (attempt) => {
  const { leave } = await import("/static/js/exam/parting.js");
  const opened = await new Promise((resolve) => {
    const opening = indexedDB.open("proficiency-exam");
    opening.onsuccess = () => resolve(opening.result);
  });
  const all = opened.transaction("drafts").objectStore("drafts").getAll();
  const drafts = await new Promise((resolve) => { all.onsuccess = () => resolve(all.result); });
  opened.close();
  leave(attempt, drafts.map((draft) => [draft.key, { place: "drafts", value: draft }]));
}"""


def test_what_an_earlier_page_left_goes_over_nothing_that_is_newer(candidate: Candidate) -> None:
    page = candidate.start()
    page.route("**/save", lambda route: route.abort())
    box(page).fill("The spare key")
    expect(page.locator("#save-text")).to_contain_text("Kept on this device, not yet")
    page.evaluate(LEAVE_AGAIN, candidate.sat.attempt_id)
    page.unroute("**/save")
    box(page).fill("The spare key is with Owen")
    candidate.wait_for_words("The spare key is with Owen")
    expect_saved(page)
    page.reload()
    page.locator(READY).wait_for(state="attached")
    expect(box(page)).to_have_value("The spare key is with Owen")
    page.add_init_script(NO_STORE)  # not even when only that can be read
    page.reload()
    page.locator(READY).wait_for(state="attached")
    expect(box(page)).to_have_value("The spare key is with Owen")
    page.wait_for_timeout(1500)
    assert candidate.words == "The spare key is with Owen"


NO_STORE = "indexedDB.open = () => ({});"


def test_words_of_a_page_whose_store_fails_outweigh_older_ones_in_the_store(candidate) -> None:
    page = candidate.start()
    page.route("**/save", lambda route: route.abort())
    box(page).fill("The spare key")
    expect(page.locator("#save-text")).to_contain_text("Kept on this device, not yet")
    with page.expect_event("crash"):
        crash(page)
    page.close()
    page = candidate.context.new_page()
    page.add_init_script(NO_STORE)
    page.goto(f"/attempt/{candidate.sat.attempt_id}")
    page.locator(READY).wait_for(state="attached")
    box(page).fill("The spare key is with Owen")
    candidate.wait_for_words("The spare key is with Owen")
    with page.expect_event("crash"):
        crash(page)
    page.close()
    page = candidate.open()
    expect(box(page)).to_have_value("The spare key is with Owen")
    expect_saved(page)
    assert candidate.words == "The spare key is with Owen"


def test_a_sign_in_that_ends_in_the_middle_loses_nothing(candidate: Candidate) -> None:
    page = candidate.start()
    box(page).fill("before")
    expect_saved(page)
    act(
        candidate.site.database, close_sign_ins, candidate.sat.candidate, read_clock(),
        account_id=candidate.sat.candidate.id,
    )  # fmt: skip
    box(page).fill("before and after")
    notice = page.locator("#signed-out")
    expect(notice).to_contain_text("Nothing is lost")
    expect(page.locator("#save-text")).to_contain_text("Kept on this device")
    box(page).press_sequentially(", typed while signed out")
    with candidate.context.expect_page() as opened:
        notice.get_by_role("link", name="Sign in again in a new tab").click()
    tab = opened.value
    with candidate.site.database.read() as session:
        from proficiency.accounts.queries import get_account

        email = get_account(session, candidate.sat.candidate.id).email
    tab.get_by_label("E-mail address").fill(email)
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("heading", name="You are signed in again")).to_be_visible()
    tab.close()
    candidate.wait_for_words("before and after, typed while signed out")
    expect(notice).to_be_hidden()
    expect_saved(page)


def test_a_browser_that_refuses_to_keep_anything_says_so_and_still_saves(candidate) -> None:
    candidate.context.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"
    )
    page = candidate.start()
    expect(page.locator("#trouble")).to_contain_text("does not let pages keep anything")
    box(page).fill("in memory")
    candidate.wait_for_words("in memory")
    candidate.site.stop()
    try:
        box(page).fill("in memory only")
        state = page.locator("#save-text")
        expect(state).to_contain_text("Not saved yet: on this page only")
    finally:
        candidate.site.start()
    candidate.wait_for_words("in memory only")


def test_two_hundred_thousand_characters_are_refused_with_a_reason_and_not_cut(candidate) -> None:
    page = candidate.start()
    long = "word " * 40_000
    box(page).fill(long)
    state = page.locator("#save-text")
    expect(state).to_contain_text("Not saved: This answer has 200,000 characters")
    assert len(box(page).input_value()) == 200_000
    expect(page.locator(".count")).to_contain_text("40000 of up to 120 words")
    page.get_by_label("Owen does. Let us ask him").check()
    box(page).fill("short enough")
    candidate.wait_for_words("short enough")
    expect_saved(page)


@pytest.mark.parametrize(
    "words",
    [
        "<script>document.title = 'taken'</script> & </textarea><h1>x</h1>",
        "Ask him 🧑🏽‍🦽 first, then שאל אותו קודם",
        "zero\u200bwidth, \u202ereversed\u202c, combining e\u0301",
    ],
)
def test_words_of_any_kind_come_back_as_they_were_typed(candidate: Candidate, words: str) -> None:
    page = candidate.start()
    box(page).fill(words)
    candidate.wait_for_words(words)
    page.reload()
    expect(box(page)).to_have_value(words)
    assert "taken" not in page.title()


def test_a_lone_surrogate_and_a_nul_are_saved_as_visible_signs(candidate: Candidate) -> None:
    page = candidate.start()
    box(page).focus()
    page.evaluate("() => document.execCommand('insertText', false, 'a\\ud800b\\u0000c')")
    until = time.monotonic() + 10
    while candidate.words is None and time.monotonic() < until:
        time.sleep(0.1)
    assert (candidate.words or "").startswith("a\ufffdb")
    assert verify_all(candidate.site.database).problems == []


# Tabs and devices


def test_another_device_reads_until_it_takes_over_and_then_the_first_one_reads(candidate) -> None:
    page = candidate.start()
    box(page).fill("from the first")
    expect_saved(page)
    second = candidate.open(candidate.another_device())
    expect(second.locator("#other-device")).to_contain_text("You are writing on another device")
    expect(box(second)).to_have_value("from the first")
    expect(box(second)).not_to_be_editable()
    second.get_by_role("button", name="Continue on this device").click()
    second.locator(READY).wait_for(state="attached")
    box(second).fill("from the second")
    candidate.wait_for_words("from the second")
    box(page).fill("too late, from the first")
    expect(page.locator("#other-device")).to_be_visible()
    expect(box(page)).not_to_be_editable()
    assert EventKind.ANSWER_OUTDATED in candidate.kinds
    assert candidate.words == "from the second"
    page.get_by_role("button", name="Continue on this device").click()
    page.locator(READY).wait_for(state="attached")
    expect(box(page)).to_have_value("from the second")
    box(page).fill("from the first again")
    candidate.wait_for_words("from the first again")


def test_one_tab_writes_and_the_other_can_take_over(candidate: Candidate) -> None:
    page = candidate.start()
    box(page).fill("from the first tab")
    twin = candidate.open()
    expect(twin.locator("#other-tab")).to_contain_text("open in another tab")
    expect(box(twin)).not_to_be_editable()
    box(page).fill("from the first tab, at last")
    twin.get_by_role("button", name="Continue in this tab").click()
    twin.locator("#other-tab").wait_for(state="hidden")
    expect(box(twin)).to_have_value("from the first tab, at last")
    expect(page.locator("#other-tab")).to_be_visible()
    expect(box(page)).not_to_be_editable()
    box(twin).fill("from the second tab")
    candidate.wait_for_words("from the second tab")


def test_a_tab_that_yielded_while_the_server_was_away_writes_no_more(candidate: Candidate) -> None:
    page = candidate.start()
    page.on("dialog", lambda dialog: dialog.accept())
    candidate.context.route("**/save", lambda route: route.abort())
    box(page).fill("from the first tab")
    twin = candidate.open()
    twin.on("dialog", lambda dialog: dialog.accept())
    twin.get_by_role("button", name="Continue in this tab").click()
    twin.locator("#other-tab").wait_for(state="hidden")
    expect(box(twin)).to_have_value("from the first tab")
    box(twin).fill("from the second tab")
    expect(twin.locator("#save-text")).to_contain_text("Kept on this device, not yet")
    page.goto("about:blank")  # a page that goes puts away what waits
    with twin.expect_event("crash"):
        crash(twin)
    twin.close()
    twin = candidate.open()
    expect(box(twin)).to_have_value("from the second tab")
    candidate.context.unroute("**/save")
    candidate.wait_for_words("from the second tab")


def test_a_reload_keeps_the_tab_and_the_numbers(candidate: Candidate) -> None:
    page = candidate.start()
    for round_number in range(3):
        box(page).fill(f"round {round_number}")
        expect_saved(page)
        page.reload()
        page.locator(READY).wait_for(state="attached")
        expect(page.locator("#other-tab")).to_be_hidden()
        expect(box(page)).to_be_editable()
        expect(box(page)).to_have_value(f"round {round_number}")
    assert set(candidate.kinds) == {EventKind.STARTED, EventKind.ANSWER_SAVED}


# Time


@pytest.mark.parametrize(
    ("left", "place", "words"),
    [
        (timedelta(minutes=10), "#say", "10 minutes left"),
        (timedelta(minutes=5), "#say", "5 minutes left"),
        (timedelta(minutes=1), "#say-now", "One minute left"),
    ],
)
def test_warnings_of_time_are_seen_and_heard(candidate: Candidate, left, place, words) -> None:
    candidate.context.clock.install()
    page = candidate.start(left=left + timedelta(minutes=3))
    live_through(candidate, page, timedelta(minutes=3))
    expect(page.locator(place)).to_have_text(words)
    expect(page.locator("#time-warning")).to_contain_text(words)
    assert page.locator("#say").get_attribute("role") == "status"
    assert page.locator("#say-now").get_attribute("role") == "alert"
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("#time-warning")).to_be_hidden()


def test_at_the_deadline_the_page_locks_sends_the_last_keystrokes_and_says_so(candidate) -> None:
    candidate.context.clock.install()
    page = candidate.start(left=timedelta(minutes=3))
    box(page).focus()
    live_until(candidate, page, timedelta(seconds=6))
    while box(page).is_editable():
        page.keyboard.type("x")
        time.sleep(0.05)
    typed = box(page).input_value()
    expect(page.locator("#time-over")).to_contain_text("Everything on this page has reached")
    assert candidate.words == typed
    assert len(typed) > 10
    page.get_by_role("link", name="See what was received").click()
    expect(page.get_by_text("Your time has ended")).to_be_visible()
    assert EventKind.ANSWER_LATE not in candidate.kinds


def test_what_reaches_the_server_too_late_is_kept_as_late_and_said(candidate: Candidate) -> None:
    candidate.context.clock.install()
    page = candidate.start(left=timedelta(minutes=3))
    box(page).fill("in time")
    expect_saved(page)
    candidate.site.stop()
    try:
        box(page).fill("in time, and too late")
        live_until(candidate, page, timedelta(seconds=0))
        expect(page.locator("#time-over")).to_contain_text("Keep this page open")
        live_through(candidate, page, timedelta(seconds=7))  # past the transit allowance
    finally:
        candidate.site.start()
    expect(page.locator("#trouble")).to_contain_text("kept as late")
    assert candidate.words == "in time"
    assert candidate.kinds[-1] is EventKind.ANSWER_LATE


def reached(page: Page) -> set[str]:
    """The names of all that the Tab key leads to."""
    found = set()
    for _press in range(14):
        page.keyboard.press("Tab")
        found.add(page.evaluate("() => document.activeElement.textContent.trim()"))
    return {name for name in found if 0 < len(name) < 60}


def test_a_stopped_clock_locks_the_page_and_running_again_unlocks_it(candidate: Candidate) -> None:
    page = candidate.start()
    page.locator("html[data-tools=ready]").wait_for(state="attached")
    page.keyboard.press("Alt+Shift+M")
    page.keyboard.type("a note of my own")
    box(page).fill("before the alarm")
    officer = person(candidate.site.database, Role.INVIGILATOR)
    on = {"attempt_id": candidate.sat.attempt_id}
    act(candidate.site.database, record_pause, officer, read_clock(), reason="Alarm.", **on)
    hear_from_server(page)
    expect(page.locator("#cover")).to_contain_text("has stopped your clock")
    expect(box(page)).to_be_hidden()
    expect(box(page)).not_to_be_editable()
    candidate.wait_for_words("before the alarm")
    assert reached(page) == {"Skip to main content", "Help", "Look again now"}
    for tool in ("K", "M", "T"):
        page.keyboard.press(f"Alt+Shift+{tool}")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Help").click()
    expect(page.get_by_role("dialog", name="Help")).to_be_visible()
    page.keyboard.press("Escape")
    act(candidate.site.database, record_resume, officer, read_clock(), reason="Back.", **on)
    expect(page.locator("#cover")).to_be_hidden()
    expect(box(page)).to_be_editable()
    page.keyboard.press("Alt+Shift+M")
    expect(page.get_by_label("For yourself")).to_have_value("a note of my own")


def test_leaving_warns_only_while_something_is_not_on_the_server(candidate: Candidate) -> None:
    page, other = candidate.start(), candidate.context.new_page()
    warnings: list[str] = []
    page.on("dialog", lambda dialog: (warnings.append(dialog.type), dialog.accept()))
    box(page).fill("saved")
    expect_saved(page)
    page.reload()
    page.locator(READY).wait_for(state="attached")
    assert warnings == []
    candidate.site.stop()
    try:
        box(page).click()
        page.keyboard.type(" not saved")
        page.close(run_before_unload=True)
        for _wait in range(100):
            if not warnings:
                other.wait_for_timeout(100)
    finally:
        candidate.site.start()
    assert warnings == ["beforeunload"]


# Without a mouse, without a script, for everybody


def test_the_whole_exam_by_keyboard_alone(candidate: Candidate) -> None:
    page = candidate.context.new_page()
    page.goto("/exams")

    def focused() -> str:
        return page.evaluate(
            "() => { const e = document.activeElement;"
            " if (!e.matches('a, button, input, textarea, summary')) return '';"
            " return (e.labels?.[0]?.textContent || e.textContent || '').trim(); }"
        )

    def reach(name: str, key: str = "Tab") -> None:
        """Press a key until the focus is on something called `name`."""
        for _step in range(80):
            page.keyboard.press(key)
            if name in focused():
                return
        raise AssertionError(f"the keyboard does not reach {name!r}")

    reach("Check in")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Confirm and start")).to_be_visible()
    reach("I have read the rules")
    page.keyboard.press("Space")
    reach("The time that I have is right")
    page.keyboard.press("Space")
    reach("I am well enough to sit today")
    page.keyboard.press("Space")
    reach("Start the exam")
    page.keyboard.press("Enter")
    page.locator(READY).wait_for(state="attached")
    candidate.sat = Sat(**{**candidate.sat.__dict__, "attempt_id": page.url.rsplit("/", 1)[1]})
    reach('"')  # the first choice of the first question, whichever it is
    page.keyboard.press("Space")
    reach("Owen does", "ArrowDown")
    reach("What Owen wants")
    page.keyboard.press("Space")
    reach("Your answer to question 3")
    page.keyboard.type("By keyboard")
    reach("Flag this question")
    page.keyboard.press("Space")
    candidate.wait_for_words("By keyboard")
    reach("Close this stage")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Close this stage?")).to_be_visible()
    reach("Close stage 1 and open the next")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Stage 2 of 3").first).to_be_visible()
    page.goto(f"/attempt/{candidate.sat.attempt_id}/finish")
    reach("Finish and hand in my answers")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your exam is finished")).to_be_visible()
    with candidate.site.database.read() as session:
        assert flagged_items(session, candidate.sat.attempt_id) == {candidate.sat.item().id}


def test_everything_works_as_plain_forms_without_a_script(
    candidate: Candidate, chromium: Browser, site: Site
) -> None:
    context = signed_in(chromium, site, candidate.sat.candidate, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/exam/{candidate.sat.booking_id}")
    page.get_by_label("I have read the rules and accept them").check()
    page.get_by_label("The time that I have is right").check()
    page.get_by_label("I am well enough to sit today").check()
    page.get_by_role("button", name="Start the exam").click()
    candidate.sat = Sat(**{**candidate.sat.__dict__, "attempt_id": page.url.rsplit("/", 1)[1]})
    expect(page.get_by_text("This page cannot save by itself")).to_be_visible()
    page.get_by_label("Owen does. Let us ask him").check()
    box(page).fill("Without a script")
    page.get_by_label("Flag this question").nth(2).check()
    page.get_by_role("button", name="Save answers").click()
    expect(page.get_by_text("Your answers are saved on the server")).to_be_visible()
    assert candidate.words == "Without a script"
    page.get_by_role("button", name="Close this stage").first.click()
    page.get_by_role("button", name="Close stage 1 and open the next").click()
    expect(page.get_by_text("Stage 2 of 3").first).to_be_visible()
    other = signed_in(chromium, site, candidate.sat.candidate, java_script_enabled=False).new_page()
    other.goto(f"/attempt/{candidate.sat.attempt_id}")
    expect(other.get_by_text("You are writing on another device")).to_be_visible()
    other.get_by_role("button", name="Continue on this device").click()
    box(other).fill("Second stage, other device")
    other.get_by_role("button", name="Save answers").click()
    page.goto(f"/attempt/{candidate.sat.attempt_id}")
    expect(page.get_by_text("You are writing on another device")).to_be_visible()
    other.goto(f"/attempt/{candidate.sat.attempt_id}/finish")
    other.get_by_role("button", name="Finish and hand in my answers").click()
    expect(other.get_by_text("3 of 5 questions")).to_be_visible()
    with site.database.read() as session:
        state = get_attempt_state(session, candidate.sat.attempt_id)
    assert (state.epoch, state.stage) == (2, 2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, TABLET, PHONE], ids=["wide", "tablet", "phone"])
def test_axe_finds_nothing_on_any_page_of_a_sitting(
    candidate: Candidate, chromium: Browser, site: Site, size: tuple[int, int], scheme: str
) -> None:
    axe = Axe()
    context = signed_in(chromium, site, candidate.sat.candidate, size, color_scheme=scheme)
    page = context.new_page()

    def check(where: str) -> None:
        found = axe.run(page)
        assert found.violations_count == 0, f"{where}: {found.generate_report()}"
        width = page.evaluate("() => document.documentElement.scrollWidth")
        assert width <= size[0], f"{where} scrolls sideways: {width}"

    page.goto("/exams")
    check("my exams")
    page.goto(f"/exam/{candidate.sat.booking_id}")
    page.get_by_role("button", name="Start the exam").click()
    check("check-in with errors")
    candidate.context = context
    page = candidate.start(left=timedelta(minutes=4))
    check("the exam")
    candidate.site.database  # noqa: B018
    for shown in ("other-tab", "signed-out", "stopped", "trouble", "time-over", "time-warning"):
        page.evaluate("(id) => { document.getElementById(id).hidden = false; }", shown)
    page.evaluate(
        "() => { for (const id of ['trouble-text', 'time-warning-text'])"
        " document.getElementById(id).textContent = 'Words'; }"
    )
    check("the exam with every notice")
    address = f"/attempt/{candidate.sat.attempt_id}"
    for place in ("overview", "close-stage", "finish"):
        page.goto(f"{address}/{place}")
        page.locator(READY).wait_for(state="attached")
        check(place)
    reader = signed_in(
        chromium, site, candidate.sat.candidate, size, color_scheme=scheme
    ).new_page()
    writer, page = page, reader
    page.goto(address)
    check("the exam, reading only")
    page = writer
    page.goto(f"{address}/finish")
    page.get_by_role("button", name="Finish and hand in my answers").click()
    expect(page.get_by_role("heading", name="Your exam is finished")).to_be_visible()
    check("finished")
