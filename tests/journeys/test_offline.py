"""The network goes in the middle of an exam, and the candidate goes on: nothing is lost or shown.

`offline` takes the browser's network away, service worker included, all but what a page sends in
its last moment; `site.stop()` takes the server.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from proficiency.accounts.operations import close_sign_ins
from proficiency.accounts.rules import Role
from proficiency.core.clock import read_clock
from proficiency.core.verify import verify_all
from proficiency.delivery.models import AttemptEvent
from proficiency.delivery.rules import EventKind
from tests.factories import act, person
from tests.journeys.candidate import (
    BUSY_DISK,
    DEVICE,
    KEPT,
    READY,
    SLOW_STORE,
    Candidate,
    booked,
    box,
    expect_saved,
    open_sitting,
)
from tests.journeys.server import Site, how_to_launch, serve, sign_in

pytestmark = pytest.mark.journey

AT_ONCE = "Math.random = () => 0;"
"""The pages are kept some seconds after they are shown, each candidate's at another moment."""

WORDS = "Owen chooses first"
CACHED = """async () => {
  let text = "";
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      if (!request.url.includes("/static/")) text += await (await cache.match(request)).text();
    }
  }
  return text;
}"""
STORED = """() => new Promise((resolve) => {
  const opening = indexedDB.open("proficiency-exam");
  opening.onsuccess = () => {
    if (!opening.result.objectStoreNames.contains("drafts")) return resolve([]);
    const all = opening.result.transaction("drafts").objectStore("drafts").getAll();
    all.onsuccess = () => resolve(all.result.map((draft) => draft.fields?.text?.[0]));
  };
})"""

LEFT = """() => Object.entries(localStorage)
  .filter(([name]) => name.startsWith("proficiency-parting-")).join()"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    with serve(tmp_path_factory.mktemp("offline"), template=sqlite_template) as running:
        yield running


@pytest.fixture(scope="module")
def sitting_id(site: Site) -> str:
    return open_sitting(site)


@pytest.fixture
def candidate(site: Site, chromium: Browser, sitting_id: str) -> Iterator[Candidate]:
    found = booked(site, chromium, sitting_id, person(site.database, Role.CANDIDATE))
    found.context.add_init_script(AT_ONCE)
    yield found
    for each in chromium.contexts:
        each.close()


@contextmanager
def offline(context: BrowserContext) -> Iterator[None]:
    """Take the network away for the length of a block."""
    context.set_offline(True)
    try:
        yield
    finally:
        context.set_offline(False)


def kept(candidate: Candidate, left: timedelta | None = None) -> Page:
    """Start, and wait until the exam would open without the network."""
    page = candidate.start(left=left)
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator(KEPT).wait_for(state="attached")
    return page


def reload(page: Page) -> None:
    page.reload()
    page.locator(READY).wait_for(state="attached")


def away(page: Page) -> None:
    """Wait until the page knows that the server can't be reached."""
    expect(page.locator("#trouble")).to_contain_text("can’t be reached")


# Going on


def test_the_page_loaded_again_without_a_network_has_its_questions_and_every_answer(
    candidate: Candidate,
) -> None:
    page = kept(candidate)
    box(page).fill("on the server")
    expect_saved(page)
    with offline(candidate.context):
        reload(page)
        expect(page.get_by_text("Owen").first).to_be_visible()
        expect(box(page)).to_have_value("on the server")
        box(page).fill("on the server and on this device")
        page.get_by_label("Owen does. Let us ask him").check()
        expect(page.locator("#save-text")).to_contain_text("Kept on this device, not yet")
        reload(page)
        expect(box(page)).to_have_value("on the server and on this device")
        expect(page.get_by_label("Owen does. Let us ask him")).to_be_checked()
        expect(page.locator("#time-left")).to_contain_text("about 1 h 59 min")
        box(page).press_sequentially(", loaded twice")
    candidate.wait_for_words("on the server and on this device, loaded twice")
    expect_saved(page)
    expect(page.locator("#trouble")).to_be_hidden()
    expect(page.locator("#time-left")).not_to_contain_text("about")
    assert verify_all(candidate.site.database).problems == []


def open_slowly(candidate: Candidate, page: Page) -> None:
    """Open the exam's page again, and go on as soon as it is seen: its script is not there yet."""
    candidate.context.add_init_script(SLOW_STORE)
    page.goto(f"/attempt/{candidate.sat.attempt_id}", wait_until="commit")
    box(page).wait_for()
    expect(page.locator(READY)).to_have_count(0)


def test_what_is_typed_into_a_kept_page_at_once_stands_beside_what_was_written_since(
    candidate: Candidate,
) -> None:
    page = kept(candidate)
    box(page).fill("Owen chooses first.")
    page.get_by_label("Owen does. Let us ask him").check()
    expect_saved(page)
    with offline(candidate.context):
        open_slowly(candidate, page)
        box(page).press_sequentially("And he is asked again.")
        page.get_by_label("Flag this question").first.check()
        expect(page.locator(READY)).to_have_count(1)
        expect(box(page)).to_have_value("Owen chooses first. And he is asked again.")
        expect(page.get_by_label("Owen does. Let us ask him")).to_be_checked()
    candidate.wait_for_words("Owen chooses first. And he is asked again.")
    expect_saved(page)
    assert EventKind.FLAGGED in candidate.kinds


def test_what_is_typed_at_once_into_a_page_of_the_server_takes_nothing_from_what_waits(
    candidate: Candidate,
) -> None:
    page = kept(candidate)
    box(page).fill("Owen chooses.")
    expect_saved(page)
    page.route("**/save", lambda route: route.abort())
    box(page).fill("Owen chooses. He was asked at home.")
    page.get_by_label("I do, because I run the team").check()
    page.get_by_label("What Owen wants").check()
    expect(page.locator("#save-text")).to_contain_text("Kept on this device, not yet")
    page.unroute("**/save")
    open_slowly(candidate, page)
    expect(box(page)).to_have_value("Owen chooses.")
    box(page).evaluate("box => box.setSelectionRange(0, 0)")
    box(page).press_sequentially("Always: ")
    page.get_by_label("Owen does. Let us ask him").check()
    page.get_by_label("What happens at night").check()
    expect(page.locator(READY)).to_have_count(1)
    expect(box(page)).to_have_value("Always: Owen chooses. He was asked at home.")
    candidate.wait_for_words("Always: Owen chooses. He was asked at home.")
    for label in ("Owen does. Let us ask him", "What Owen wants", "What happens at night"):
        expect(page.get_by_label(label)).to_be_checked()
    expect_saved(page)


def test_the_server_away_is_no_different_from_the_network(candidate: Candidate) -> None:
    page = kept(candidate)
    candidate.site.stop()
    try:
        reload(page)
        box(page).fill("to nobody yet")
        away(page)
        reload(page)
        expect(box(page)).to_have_value("to nobody yet")
        assert candidate.words is None
    finally:
        candidate.site.start()
    candidate.wait_for_words("to nobody yet")


def restarted(chromium: Browser, site: Site, profile: Path) -> BrowserContext:
    """A browser that finds what it kept in `profile` when it was open before."""
    browser = chromium.browser_type.launch_persistent_context(
        profile, base_url=site.url, **how_to_launch()
    )
    browser.add_init_script(AT_ONCE)
    return browser


def test_the_browser_closed_and_opened_again_without_a_network_goes_on(
    site: Site, chromium: Browser, sitting_id: str, candidate: Candidate, tmp_path: Path
) -> None:
    candidate.context.close()
    candidate.context = restarted(chromium, site, tmp_path)
    sign_in(candidate.context, site, candidate.sat.candidate)
    page = kept(candidate)
    cookies = candidate.context.cookies()
    box(page).fill("before the browser went")
    expect_saved(page)
    candidate.context.close()
    candidate.context = restarted(chromium, site, tmp_path)
    try:
        with offline(candidate.context):
            page = candidate.open()
            expect(box(page)).to_have_value("before the browser went")
            box(page).fill("before the browser went, and after")
            away(page)
            candidate.context.add_cookies(cookies)  # a browser that is not a test's keeps them
        candidate.wait_for_words("before the browser went, and after")
        expect_saved(page)
    finally:
        candidate.context.close()


def test_the_overview_without_a_network_tells_what_was_written_since(candidate: Candidate) -> None:
    page = kept(candidate)
    with offline(candidate.context):
        box(page).fill("written offline")
        page.get_by_label("Flag this question").nth(2).check()
        away(page)
        page.get_by_role("button", name="Overview", exact=True).click()
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        row = page.get_by_role("row", name="Question 3")
        expect(row).to_contain_text("Answered, kept on this device")
        expect(row).to_contain_text("Look again")
        expect(page.get_by_role("row", name="Question 1")).to_contain_text("Not answered")
        expect(page.locator("#save-text")).to_contain_text("Kept on this device")
        page.get_by_role("link", name="Check and finish").click()
        expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
        page.locator(READY).wait_for(state="attached")
        expect(page.get_by_text("1 of 3 questions answered")).to_be_visible()
        flagged = page.locator("[data-list=flagged]")
        expect(flagged.get_by_role("link", name="Question 3")).to_be_visible()
        unanswered = page.locator("[data-list=unanswered]")
        expect(unanswered.get_by_role("link", name="Question 3")).to_be_hidden()
        expect(unanswered.get_by_text("None")).to_be_hidden()
        page.get_by_role("button", name="Finish and hand in my answers").click()
        expect(page.locator("#trouble")).to_contain_text("can’t be handed in")
        page.get_by_role("link", name="Back to the questions", exact=True).click()
        expect(box(page)).to_have_value("written offline")
    candidate.wait_for_words("written offline")


def test_a_page_that_needs_the_server_says_so_and_leads_back(candidate: Candidate) -> None:
    page = kept(candidate)
    box(page).fill("stays")
    expect_saved(page)
    with offline(candidate.context):
        page.goto("/exams")
        expect(page.get_by_role("heading", name="The server can’t be reached")).to_be_visible()
        page.get_by_role("link", name="Back to your exam").click()
        expect(box(page)).to_have_value("stays")


def test_a_form_sent_before_the_page_knows_that_the_server_is_away_leads_back_too(
    candidate: Candidate,
) -> None:
    page = kept(candidate)
    page.goto(f"/attempt/{candidate.sat.attempt_id}/close-stage")
    page.locator(READY).wait_for(state="attached")
    with offline(candidate.context):
        page.evaluate("() => document.querySelector('form[data-flush=stage]').submit()")
        expect(page.get_by_role("heading", name="The server can’t be reached")).to_be_visible()
        page.get_by_role("link", name="Back to your exam").click()
        expect(page.get_by_role("heading", name="The spare key").first).to_be_visible()


def test_a_kept_page_never_writes_over_what_another_device_wrote(candidate: Candidate) -> None:
    page = kept(candidate)
    box(page).fill("from the first")
    expect_saved(page)
    with offline(candidate.context):
        reload(page)
        box(page).fill("from the first, offline")
        away(page)
        second = candidate.open(candidate.another_device())
        second.get_by_role("button", name="Continue on this device").click()
        second.locator(READY).wait_for(state="attached")
        box(second).fill("from the second")
        candidate.wait_for_words("from the second")
        reload(page)
    expect(page.locator("#other-device")).to_be_visible()
    expect(box(page)).not_to_be_editable()
    until = time.monotonic() + 20
    while EventKind.ANSWER_OUTDATED not in candidate.kinds and time.monotonic() < until:
        time.sleep(0.2)
    assert EventKind.ANSWER_OUTDATED in candidate.kinds
    assert candidate.words == "from the second"


def test_a_sign_in_that_ended_meanwhile_is_made_again_and_the_kept_page_goes_on(
    candidate: Candidate,
) -> None:
    page = kept(candidate)
    with offline(candidate.context):
        box(page).fill("kept over a sign-in")
        away(page)
        page.get_by_role("button", name="Close this stage").first.click()
        expect(page.get_by_role("heading", name="Close this stage?")).to_be_visible()
        away(page)
        everybody = candidate.sat.candidate
        act(
            candidate.site.database,
            close_sign_ins,
            everybody,
            read_clock(),
            account_id=everybody.id,
        )
    notice = page.locator("#signed-out")
    expect(notice).to_be_visible()
    expect(notice).to_contain_text("Nothing is lost")
    sign_in(candidate.context, candidate.site, candidate.sat.candidate)
    expect(notice).to_be_hidden()
    candidate.wait_for_words("kept over a sign-in")
    page.get_by_role("button", name="Close stage 1 and open the next").click()
    expect(page.get_by_text("Stage 2 of 3").first).to_be_visible()


def test_questions_of_stages_that_are_not_open_are_never_on_the_device(candidate) -> None:
    page = kept(candidate)
    before = page.evaluate(CACHED)
    assert "Owen does. Let us ask him" in before
    later = candidate.sat.paper.stage(2)
    assert later.title not in before
    page.goto(f"/attempt/{candidate.sat.attempt_id}/close-stage")
    page.get_by_role("button", name="Close stage 1 and open the next").click()
    expect(page.get_by_text("Stage 2 of 3").first).to_be_visible()
    page.locator(KEPT).wait_for(state="attached")
    with offline(candidate.context):
        reload(page)
        expect(page.get_by_role("heading", name=later.title)).to_be_visible()
        page.get_by_text("Earlier in this case").click()
        page.get_by_role("link", name="Read your answers to stage 1").click()
        expect(page.get_by_text("This stage is closed")).to_be_visible()


# Kept before it is sent


ORDER = """
window.order = [];
const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (value) {
  const text = value.fields?.text?.[0];
  if (text) (this.transaction.words ??= []).push(text);
  return put.call(this, value);
};
// A slow disk: what was put away is there 700 ms later, and only then is it said to be.
Object.defineProperty(IDBTransaction.prototype, "oncomplete", {
  set(heard) {
    const arrive = () => {
      for (const text of this.words ?? []) order.push(`kept ${text}`);
      heard();
    };
    this.addEventListener("complete", () => setTimeout(arrive, 700));
  },
});
const send = window.fetch;
window.fetch = (url, options) => {
  const text = String(url).endsWith("/save") && JSON.parse(options.body).fields?.text?.[0];
  if (text) order.push(`sent ${text}`);
  return send(url, options);
};
"""


def test_every_version_is_on_the_device_before_it_is_sent(candidate: Candidate) -> None:
    candidate.context.add_init_script(ORDER)
    page = candidate.start()
    box(page).press_sequentially("one two three four five six seven eight nine", delay=90)
    candidate.wait_for_words("one two three four five six seven eight nine")
    order = page.evaluate("() => order")
    sent = [step.removeprefix("sent ") for step in order if step.startswith("sent ")]
    assert len(sent) >= 2
    for words in sent:
        before = order[: order.index(f"sent {words}")]
        assert any(step.startswith(f"kept {words}") for step in before), words  # or a newer one


def test_a_device_that_never_answers_does_not_stop_saving(candidate: Candidate) -> None:
    candidate.context.add_init_script(
        "Object.defineProperty(IDBTransaction.prototype, 'oncomplete', { set() {} });"
    )
    page = candidate.start()
    box(page).fill("the disk is stuck")
    candidate.wait_for_words("the disk is stuck")
    expect_saved(page)
    candidate.site.stop()
    try:
        box(page).fill("the disk is stuck, and the server away")
        state = page.locator("#save-text")
        expect(state).to_contain_text("Not saved yet: on this page only")
    finally:
        candidate.site.start()
    candidate.wait_for_words("the disk is stuck, and the server away")


# Time and stages


def claims(candidate: Candidate) -> list[int | None]:
    """The claimed ages of what came too late, in microseconds."""
    with candidate.site.database.read() as session:
        rows = session.query(AttemptEvent.claimed_age).filter_by(
            aggregate_id=candidate.sat.attempt_id, kind=EventKind.ANSWER_LATE
        )
        return [row.claimed_age for row in rows]


def test_offline_over_the_deadline_everything_is_kept_and_sent_late_with_its_age(
    candidate: Candidate,
) -> None:
    page = kept(candidate, left=timedelta(seconds=25))
    box(page).fill("in time")
    expect_saved(page)
    with offline(candidate.context):
        box(page).fill("in time, but nobody could know")
        notice = page.locator("#time-over")
        expect(notice).to_contain_text("Everything that you wrote is kept on this device")
        expect(notice).to_contain_text("decided by two people")
        assert notice.inner_text().count("Your time has ended") == 1
        expect(page.locator("#trouble")).to_be_hidden()  # it asked to go on writing
        expect(page.get_by_role("button", name="Close this stage").first).to_be_hidden()
        expect(page.locator("#to-finished")).to_be_hidden()
        expect(box(page)).not_to_be_editable()
        time.sleep(7)  # past the transit allowance
    expect(page.locator("#trouble")).to_contain_text("kept as late")
    assert candidate.words == "in time"
    assert candidate.kinds[-1] is EventKind.ANSWER_LATE
    [age] = claims(candidate)
    assert age is not None
    assert 7_000_000 < age < 60_000_000
    page.get_by_role("link", name="See what was received").click()
    expect(page.get_by_text("Your time has ended")).to_be_visible()


def wait_for_late(candidate: Candidate) -> AttemptEvent:
    """The first answer that the server kept as late."""
    until = time.monotonic() + 40
    while EventKind.ANSWER_LATE not in candidate.kinds:
        assert time.monotonic() < until, candidate.kinds
        time.sleep(0.2)
    with candidate.site.database.read() as session:
        found = session.query(AttemptEvent).filter_by(
            aggregate_id=candidate.sat.attempt_id, kind=EventKind.ANSWER_LATE
        )
        return found.order_by(AttemptEvent.pos).first()


def assert_claims(late: AttemptEvent, written: datetime, within: int = 6) -> None:
    """The device says when it was written: never sooner than it was, and hardly later."""
    assert late.claimed_age is not None
    claimed = late.at - timedelta(microseconds=late.claimed_age)
    assert timedelta(seconds=-0.5) < claimed - written < timedelta(seconds=within)


FALSE_CLOCK = """
const present = Date.now;
Date.now = () => present() - 3600 * 1000;
"""
"""A device whose time of day was set back by an hour."""


def test_the_end_comes_with_the_server_away_and_the_page_is_loaded_again(candidate) -> None:
    page = kept(candidate, left=timedelta(seconds=25))
    candidate.site.stop()
    try:
        box(page).fill("never sent in time")
        written = read_clock()
        reload(page)
        expect(page.locator("#time-over")).to_contain_text("is kept on this device")
        open_slowly(candidate, page)
        box(page).press_sequentially("typed after the end, on a page that did not know of it yet")
        expect(page.locator("#time-over")).to_contain_text("is kept on this device")
        expect(box(page)).to_have_value("never sent in time")
        time.sleep(7)
    finally:
        candidate.site.start()
    assert_claims(wait_for_late(candidate), written)
    expect(page.get_by_role("link", name="See what was received")).to_be_visible()


def test_what_a_kept_page_wrote_tells_its_age_after_that_page_has_gone_too(candidate) -> None:
    page = kept(candidate, left=timedelta(seconds=45))
    candidate.site.stop()
    try:
        reload(page)
        box(page).fill("on a page that never heard the server")
        written = read_clock()
        time.sleep(16)
        reload(page)
        expect(page.locator("#time-over")).to_contain_text("is kept on this device")
        time.sleep(7)
    finally:
        candidate.site.start()
    assert_claims(wait_for_late(candidate), written, within=12)  # nobody watched while it loaded


def test_the_age_of_late_work_outlives_the_browser_and_a_clock_that_was_set(
    site: Site, chromium: Browser, candidate: Candidate, tmp_path: Path
) -> None:
    candidate.context.close()
    candidate.context = restarted(chromium, site, tmp_path)
    sign_in(candidate.context, site, candidate.sat.candidate)
    page = kept(candidate, left=timedelta(seconds=25))
    cookies = candidate.context.cookies()
    site.stop()
    try:
        box(page).fill("the browser went with it")
        written = read_clock()
        expect(page.locator("#save-text")).to_contain_text("Kept on this device")
        candidate.context.close()
        time.sleep(35)  # past the end, and past the transit allowance
    finally:
        site.start()
    candidate.context = restarted(chromium, site, tmp_path)
    try:
        candidate.context.add_init_script(FALSE_CLOCK)
        candidate.context.add_cookies(cookies)  # a browser that is not a test's keeps them
        candidate.context.new_page().goto(f"/attempt/{candidate.sat.attempt_id}")
        assert_claims(wait_for_late(candidate), written)
    finally:
        candidate.context.close()


def test_a_stage_that_cannot_be_closed_leaves_work_and_gives_the_time_back(candidate) -> None:
    page = kept(candidate)
    box(page).fill("first stage")
    expect_saved(page)
    with offline(candidate.context):
        away(page)
        page.get_by_role("button", name="Close this stage").first.click()
        expect(page.get_by_role("heading", name="Close this stage?")).to_be_visible()
        page.locator(READY).wait_for(state="attached")
        page.get_by_role("button", name="Close stage 1 and open the next").click()
        trouble = page.locator("#trouble")
        expect(trouble).to_contain_text("You have been waiting since")
        expect(trouble).to_contain_text("up to 10 minutes")
        page.get_by_role("link", name="Go back to the questions").click()
        expect(box(page)).to_have_value("first stage")
        box(page).fill("first stage, improved meanwhile")
        time.sleep(6)
    candidate.wait_for_words("first stage, improved meanwhile")
    page.get_by_role("button", name="Close this stage").first.click()
    page.get_by_role("button", name="Close stage 1 and open the next").click()
    expect(page.get_by_text("Stage 2 of 3").first).to_be_visible()
    expect(page.get_by_text("Nothing lost")).to_be_visible()
    assert EventKind.CREDITED in candidate.kinds
    assert verify_all(candidate.site.database).problems == []


# Nothing stays behind


def test_after_handing_in_nothing_of_the_exam_is_on_the_device(candidate: Candidate) -> None:
    page = kept(candidate)
    box(page).fill(WORDS)
    expect_saved(page)
    assert "Owen" in page.evaluate(CACHED)
    assert page.evaluate(STORED) == [WORDS]
    page.goto(f"/attempt/{candidate.sat.attempt_id}/finish")
    page.get_by_role("button", name="Finish and hand in my answers").click()
    page.locator("#device-copy[data-erased=yes]").wait_for(state="attached")
    assert page.evaluate(CACHED) == ""
    assert page.evaluate(STORED) == []
    assert shown_offline(candidate) == ""


def shown_offline(candidate: Candidate) -> str:
    """What the exam's address shows in a new tab of this browser without the network."""
    with offline(candidate.context):
        page = candidate.context.new_page()
        try:
            page.goto(f"/attempt/{candidate.sat.attempt_id}")
        except Error:  # the browser's own page about having no network
            return ""
        return page.locator("main").inner_text()


def test_after_signing_out_nothing_is_shown_and_what_is_not_sent_stays(candidate) -> None:
    page = kept(candidate)
    box(page).fill(WORDS)
    expect_saved(page)
    candidate.site.stop()
    page.get_by_label("Flag this question").first.check()
    away(page)
    page.close()
    candidate.site.start()
    other = candidate.context.new_page()
    other.goto("/exams")
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_text("You are signed out")).to_be_visible()
    assert other.evaluate(CACHED) == ""
    assert other.evaluate(STORED) == [None]
    assert shown_offline(candidate) == ""
    sign_in(candidate.context, candidate.site, candidate.sat.candidate)
    page = candidate.open()
    expect(page.get_by_label("Flag this question").first).to_be_checked()
    expect_saved(page)


def test_signing_out_forgets_what_the_device_had_no_time_to_keep(candidate) -> None:
    page = candidate.start()
    page.evaluate(BUSY_DISK)
    box(page).fill(WORDS)
    expect_saved(page)
    page.goto("/exams")
    assert "Owen" in page.evaluate(LEFT)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out")).to_be_visible()
    assert page.evaluate(LEFT) == ""
    assert page.evaluate(STORED) == []


def test_signing_out_forgets_the_answers_also_where_no_page_was_kept(candidate: Candidate) -> None:
    page = candidate.start()
    box(page).fill(WORDS)
    expect_saved(page)
    page.goto("/exams")
    page.evaluate(
        "async () => { for (const name of await caches.keys()) await caches.delete(name); }"
    )
    assert page.evaluate(STORED) == [WORDS]
    page.reload()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out")).to_be_visible()
    assert page.evaluate(STORED) == []


def test_somebody_else_signing_in_takes_away_what_was_kept(candidate: Candidate) -> None:
    page = kept(candidate)
    page.close()
    candidate.context.clear_cookies()
    candidate.context.add_cookies([{"name": "device", "value": DEVICE, "url": candidate.site.url}])
    sign_in(candidate.context, candidate.site, person(candidate.site.database, Role.CANDIDATE))
    page = candidate.context.new_page()
    page.goto("/exams")
    page.wait_for_function("async () => (await caches.keys()).length === 0")
    assert shown_offline(candidate) == ""


def test_a_page_that_the_browser_had_put_by_is_loaded_afresh(candidate: Candidate) -> None:
    page = candidate.start()
    with page.expect_navigation():
        page.evaluate(
            "() => void dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
        )
    page.locator(READY).wait_for(state="attached")
    expect(box(page)).to_be_editable()
