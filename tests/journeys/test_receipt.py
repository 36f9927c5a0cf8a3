"""The receipt in a real browser: both sides compute it; a server that drops a version is caught.

The server of these journeys drops, when a file says so, what it has acknowledged (`altered`).
"""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from proficiency.accounts.rules import Role
from proficiency.core.clock import read_clock, to_micros
from proficiency.core.verify import verify_all
from proficiency.delivery import verify
from proficiency.delivery.models import Receipt
from proficiency.delivery.queries import get_attempt_state
from proficiency.delivery.receipt_key import key_of, signature_holds
from proficiency.delivery.receipt_queries import find_receipt
from proficiency.delivery.receipt_rules import Entry, digest_of, hash_fields, signed_bytes
from proficiency.delivery.rules import EventKind
from tests.factories import person
from tests.journeys.candidate import (
    BUSY_DISK,
    Candidate,
    booked,
    box,
    expect_saved,
    open_sitting,
)
from tests.journeys.server import PHONE, SECRET, WIDE, Site, serve, signed_in

pytestmark = pytest.mark.journey

ALTERED = "tests.journeys.altered:from_environment()"
READY = "html[data-receipt=ready]"
FINISHED = "Your exam is finished"
WRONG = "Not handed in: the server does not have what this device sent"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("receipt")
    with serve(folder, template=sqlite_template, workers=1, application=ALTERED) as running:
        yield running


@pytest.fixture(scope="module")
def sitting_id(site: Site) -> str:
    return open_sitting(site)


@pytest.fixture
def candidate(site: Site, chromium: Browser, sitting_id: str) -> Iterator[Candidate]:
    actor = person(site.database, Role.CANDIDATE)
    yield booked(site, chromium, sitting_id, actor)
    for name in ("drop", "falsify"):
        (site.instance / name).unlink(missing_ok=True)
    for each in chromium.contexts:
        each.close()


def drop(candidate: Candidate, word: str) -> None:
    """From now on the server forgets each answer with this word."""
    (candidate.site.instance / "drop").write_text(word)


def check_and_finish(page: Page, candidate: Candidate) -> None:
    page.goto(f"/attempt/{candidate.sat.attempt_id}/finish")
    page.locator(READY).wait_for(state="attached")


def hand_in(page: Page) -> None:
    page.get_by_role("button", name="Finish and hand in my answers").click()


def receipt_of(candidate: Candidate) -> Receipt | None:
    with candidate.site.database.read() as session:
        return find_receipt(session, candidate.sat.attempt_id)


def problems(candidate: Candidate) -> list[str]:
    return verify_all(candidate.site.database, [verify.check]).problems


# Both sides compute alike

SIGNS = [0x41, 0x0A, 0x0D, 0x00, 0xE9, 0x05D0, 0x202E, 0xD83D, 0xDE00, 0xD800, 0xDFFF, 0xFFFD]
HASH = """async (fields) => {
  const { hashFields } = await import("/static/js/exam/digest.js");
  const text = (units) => String.fromCharCode(...units);
  const field = ([name, values]) => [text(name), values.map(text)];
  const all = fields.map((pairs) => Object.fromEntries(pairs.map(field)));
  return Promise.all(all.map(async (each) => [JSON.stringify(each), await hashFields(each)]));
}"""
DIGEST = """async ([nonce, entries, receipt]) => {
  const { digestOf, signatureHolds } = await import("/static/js/exam/digest.js");
  return [await digestOf(nonce, entries), await signatureHolds(receipt)];
}"""


def test_page_and_server_compute_the_same_of_any_text(candidate: Candidate) -> None:
    page = candidate.start()
    draw = random.Random(4)

    def units() -> list[int]:
        return [draw.choice(SIGNS) for _sign in range(draw.randrange(9))]

    fields = [
        [[units(), [units() for _value in range(draw.randrange(4))]] for _name in range(3)]
        for _case in range(300)
    ]
    for sent, computed in page.evaluate(HASH, fields):
        assert hash_fields(json.loads(sent)) == computed, sent


def test_page_and_server_agree_on_digest_and_signature(candidate: Candidate) -> None:
    page, key, at = candidate.start(), key_of(SECRET), read_clock()
    entries = [Entry("item-1", 12, "ab" * 32), Entry("item-2", 7, "cd" * 32)]
    plain = [{"item": e.item_id, "pos": e.pos, "proof": e.proof} for e in entries]
    digest = digest_of("nonce", entries)
    receipt = {
        "attempt": "attempt-1", "digest": digest, "key": key.public,
        "at": str(to_micros(at)), "signature": key.sign("attempt-1", digest, at),
    }  # fmt: skip
    assert receipt["at"].encode() in signed_bytes("attempt-1", digest, at)
    assert page.evaluate(DIGEST, ["nonce", plain, receipt]) == [digest, True]
    forged = receipt | {"digest": "0" * 64}
    assert page.evaluate(DIGEST, ["nonce", plain, forged]) == [digest, False]


# The usual way


def test_the_browser_computes_the_receipt_and_the_server_agrees(candidate: Candidate) -> None:
    page = candidate.start()
    page.get_by_label("Owen does. Let us ask him").check()
    box(page).fill("Ask Owen\nLock the flat 🧑🏽‍🦽")
    expect_saved(page)
    box(page).fill("Ask Owen first")
    expect_saved(page)
    check_and_finish(page, candidate)
    expect(page.locator("#receipt-foreign")).to_be_hidden()
    hand_in(page)
    expect(page.get_by_role("heading", name=FINISHED)).to_be_visible()
    expect(page.locator("#receipt-right")).to_be_visible()
    expect(page.locator("#receipt-right")).to_contain_text("it knew 2 of the 2 answers itself")
    expect(page.locator("#receipt-signed")).to_be_visible()
    page.locator("#device-copy[data-erased=yes]").wait_for(state="attached")
    receipt = receipt_of(candidate)
    assert receipt is not None
    assert (receipt.claimed, receipt.answers, receipt.own_answers) == (receipt.digest, 2, 2)
    shown = page.locator(".receipt-code").inner_text()
    assert re.sub(r"\s", "", shown).lower().endswith(receipt.digest)
    assert signature_holds(
        receipt.public_key, receipt.signature, receipt.attempt_id, receipt.digest, receipt.at
    )
    assert problems(candidate) == []

    page.goto("/receipt")
    page.get_by_label("Receipt code").fill(shown.partition(":")[2])
    page.get_by_label("Candidate number").fill(candidate_number(candidate).lower())
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("heading", name="The receipt is right")).to_be_visible()
    expect(page.get_by_text("Of 2 answers it knew 2 itself")).to_be_visible()


def candidate_number(candidate: Candidate) -> str:
    with candidate.site.database.read() as session:
        return get_attempt_state(session, candidate.sat.attempt_id).candidate_number


def test_words_that_are_sent_again_and_again_still_give_one_receipt(candidate: Candidate) -> None:
    page = candidate.start()
    for words in ("one", "one two", "one two three", "one two", "one"):
        box(page).fill(words)
        page.goto("about:blank")
        candidate.wait_for_words(words)
        page.goto(f"/attempt/{candidate.sat.attempt_id}")
        page.locator("html[data-exam=ready]").wait_for(state="attached")
    check_and_finish(page, candidate)
    hand_in(page)
    expect(page.locator("#receipt-right")).to_contain_text("1 of the 1 answers")


def test_words_that_only_the_server_had_time_to_keep_raise_no_alarm(candidate: Candidate) -> None:
    page = candidate.start()
    box(page).fill("one two")
    expect_saved(page)
    page.evaluate(BUSY_DISK)
    box(page).fill("one")
    page.goto("about:blank")
    candidate.wait_for_words("one")
    check_and_finish(page, candidate)
    hand_in(page)
    expect(page.locator("#receipt-right")).to_contain_text("1 of the 1 answers")


def test_without_its_script_the_page_hands_in_and_the_server_signs(candidate: Candidate) -> None:
    candidate.start().close()
    plain = signed_in(
        candidate.chromium, candidate.site, candidate.sat.candidate, java_script_enabled=False
    )
    plain.add_cookies(
        [{"name": "device", "value": "device-of-the-journey", "url": candidate.site.url}]
    )
    page = plain.new_page()
    page.goto(f"/attempt/{candidate.sat.attempt_id}")
    box(page).fill("Written without a script\nin two lines")
    page.get_by_role("button", name="Save answers").click()
    page.goto(f"/attempt/{candidate.sat.attempt_id}/finish")
    hand_in(page)
    expect(page.get_by_role("heading", name="Your receipt")).to_be_visible()
    receipt = receipt_of(candidate)
    assert receipt is not None
    assert (receipt.claimed, receipt.answers) == (None, 1)
    assert problems(candidate) == []


# Answers from elsewhere


def test_an_answer_from_another_device_is_named_and_hinders_nothing(candidate: Candidate) -> None:
    page = candidate.start()
    box(page).fill("from the first device")
    expect_saved(page)
    other = candidate.another_device().new_page()
    other.goto(f"/attempt/{candidate.sat.attempt_id}")
    other.get_by_role("button", name="Continue on this device").click()
    other.locator("html[data-exam=ready]").wait_for(state="attached")
    other.get_by_label("Owen does. Let us ask him").check()
    expect_saved(other)
    check_and_finish(other, candidate)
    expect(other.locator("#receipt-foreign")).to_contain_text("Question 3, saved at")
    expect(other.locator("#receipt-foreign")).not_to_contain_text("Question 1")
    hand_in(other)
    expect(other.locator("#receipt-right")).to_contain_text("it knew 1 of the 2 answers itself")


def test_an_answer_that_is_still_on_its_way_is_not_taken_for_another_devices(
    candidate: Candidate,
) -> None:
    page = candidate.start()
    box(page).fill("Ask Owen")
    expect_saved(page)
    page.route("**/save", lambda route: route.abort())
    box(page).fill("Ask Owen first")
    check_and_finish(page, candidate)
    expect(page.locator("#receipt-foreign")).to_be_hidden()
    page.unroute("**/save")
    hand_in(page)  # once is enough, also when the last try has failed
    expect(page.locator("#receipt-right")).to_contain_text("it knew 1 of the 1 answers itself")
    assert candidate.words == "Ask Owen first"


SLOW_DISK = """
Object.defineProperty(IDBTransaction.prototype, "oncomplete", {
  set(heard) { this.addEventListener("complete", (each) => setTimeout(() => heard(each), 1500)); },
});
"""


def test_the_device_has_noted_what_arrived_before_it_computes_the_receipt(candidate) -> None:
    page = candidate.start()
    page.route("**/save", lambda route: route.abort())
    page.get_by_label("Owen does. Let us ask him").check()
    box(page).fill("Ask Owen first")
    expect(page.locator("#save-text")).to_contain_text("Kept on this device, not yet")
    page.add_init_script(SLOW_DISK)
    check_and_finish(page, candidate)
    page.unroute("**/save")
    hand_in(page)
    expect(page.locator("#receipt-right")).to_contain_text("it knew 2 of the 2 answers itself")


# A server that drops what it has acknowledged


def write_what_is_dropped(candidate: Candidate) -> Page:
    """Two versions, of which the server acknowledges both and keeps the first."""
    page = candidate.start()
    box(page).fill("The first version")
    expect_saved(page)
    drop(candidate, "last version")
    box(page).fill("The last version")
    page.wait_for_timeout(1500)
    expect_saved(page)
    return page


def test_a_server_that_drops_a_version_makes_the_browser_refuse(candidate: Candidate) -> None:
    page = write_what_is_dropped(candidate)
    assert candidate.words == "The first version"

    check_and_finish(page, candidate)
    refusal = page.get_by_role("alert").filter(has_text=WRONG)
    expect(refusal).to_be_visible()
    expect(refusal).to_contain_text("call your invigilator now")
    expect(refusal).to_contain_text("Question 3: the server counts an older answer")
    hand_in(page)
    expect(refusal).to_be_visible()
    assert EventKind.SUBMITTED not in candidate.kinds
    assert receipt_of(candidate) is None

    # The server is put right, and the device still has the answer.
    (candidate.site.instance / "drop").unlink()
    page.get_by_role("button", name="Send these answers again").click()
    candidate.wait_for_words("The last version")
    check_and_finish(page, candidate)
    expect(refusal).to_be_hidden()
    hand_in(page)
    expect(page.locator("#receipt-right")).to_contain_text("1 of the 1 answers")
    assert problems(candidate) == []


TWO_PRESSES = """
const real = window.fetch;
const asked = [];
window.fetch = async (address, options) => {
  const reply = real(address, options);
  if (!String(address).endsWith("/manifest")) return reply;
  asked.push(reply);
  if (asked.length === 1) await isToBeSentAgain; // goes on when the other press has done its work
  return reply;
};
const isToBeSentAgain = new Promise((go) => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...given) {
    if (asked.length > 1) this.transaction.addEventListener("complete", () => go());
    return put.apply(this, given);
  };
});
document.querySelector("#hand-in button[type=submit], #hand-in button:not([type])").click();
const waiting = setInterval(() => {
  if (!asked.length) return;
  clearInterval(waiting);
  document.getElementById("receipt-resend").click();
}, 5);
"""


def test_who_hands_in_and_then_sends_again_hands_nothing_older_in(candidate: Candidate) -> None:
    page = write_what_is_dropped(candidate)
    check_and_finish(page, candidate)
    expect(page.get_by_role("alert").filter(has_text=WRONG)).to_be_visible()
    (candidate.site.instance / "drop").unlink()
    page.evaluate(TWO_PRESSES)
    candidate.wait_for_words("The last version")
    assert EventKind.SUBMITTED not in candidate.kinds


def test_a_server_that_drops_the_only_version_is_caught_too_and_can_be_disputed(
    candidate: Candidate,
) -> None:
    page = candidate.start()
    drop(candidate, "only version")
    box(page).fill("The only version")
    expect_saved(page)
    check_and_finish(page, candidate)
    refusal = page.get_by_role("alert").filter(has_text=WRONG)
    expect(refusal).to_contain_text("Question 3: this device sent an answer")
    page.get_by_role("button", name="Hand in all the same").click()
    expect(page.get_by_role("heading", name="You disputed what the server has")).to_be_visible()
    expect(page.locator("#receipt-wrong")).to_be_hidden()
    receipt = receipt_of(candidate)
    assert receipt is not None
    assert receipt.claimed not in (None, receipt.digest)
    assert (receipt.answers, candidate.kinds[-1]) == (0, EventKind.SUBMITTED)


def test_a_receipt_over_something_else_is_refused_after_handing_in(candidate: Candidate) -> None:
    """A server that agrees first, and then signs and shows something else."""
    page = candidate.start()
    box(page).fill("My answer")
    expect_saved(page)
    check_and_finish(page, candidate)

    (candidate.site.instance / "falsify").touch()
    hand_in(page)
    wrong = page.locator("#receipt-wrong")
    expect(wrong).to_be_visible()
    expect(wrong).to_contain_text("This receipt is not the one that this device computed")
    receipt = receipt_of(candidate)
    assert receipt is not None
    assert receipt.digest == "0" * 64
    shown = re.sub(r"\s", "", wrong.locator("#receipt-own-code").inner_text())
    assert re.fullmatch("[0-9A-F]{64}", shown)
    assert set(shown) != {"0"}
    page.locator("#device-copy[data-erased=yes]").wait_for(state="attached")
    kept = page.evaluate(
        """() => new Promise((resolve) => {
          indexedDB.open("proficiency-exam").onsuccess = ({ target }) => {
            const store = target.result.transaction("drafts").objectStore("drafts");
            store.getAll().onsuccess = ({ target }) => resolve(target.result.length);
          };
        })"""
    )
    assert kept == 1


# How the answer grew, and how all this looks


def looks_right(page: Page, width: int) -> None:
    """Nothing that a checker for accessibility finds, and nothing beside the screen."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_an_officer_replays_an_answer_by_keyboard(candidate: Candidate) -> None:
    page = candidate.start()
    for words in ("Ask", "Ask Owen", "Ask Owen first"):
        box(page).fill(words)
        candidate.wait_for_words(words)
    check_and_finish(page, candidate)
    hand_in(page)
    expect(page.locator("#receipt-right")).to_be_visible()

    officer = person(candidate.site.database, Role.EXAM_OFFICER)
    desk = signed_in(candidate.chromium, candidate.site, officer).new_page()
    desk.goto(f"/sittings/{candidate.sat.sitting_id}")
    desk.get_by_role("link", name="Attempts, their receipts").click()
    desk.get_by_role("row", name=candidate_number(candidate)).get_by_role("link").click()
    desk.get_by_role("link", name="Question 3").click()
    versions, slider = desk.locator("[data-version]"), desk.get_by_role("slider")
    expect(versions.locator("visible=true")).to_have_count(1)
    expect(versions.nth(2)).to_contain_text("Counts")
    slider.focus()
    slider.press("ArrowLeft")
    expect(versions.nth(1)).to_be_visible()
    expect(versions.nth(2)).to_be_hidden()
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^2 of 3, at "))
    slider.press("Home")
    desk.get_by_role("button", name="Play").click()
    expect(versions.nth(2)).to_be_visible()
    desk.get_by_role("button", name="Show all versions").click()
    expect(versions.locator("visible=true")).to_have_count(3)
    looks_right(desk, WIDE[0])
    slider.press("Home")
    desk.emulate_media(media="print")
    expect(versions.locator("visible=true")).to_have_count(3)
    expect(slider).to_be_hidden()


@pytest.mark.parametrize(
    ("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide", "phone-dark"]
)
def test_every_page_of_receipt_and_history_can_be_used_by_everybody(
    candidate: Candidate, size: tuple[int, int], scheme: str
) -> None:
    candidate.start().close()
    context = signed_in(
        candidate.chromium, candidate.site, candidate.sat.candidate, size, color_scheme=scheme
    )
    context.add_cookies(candidate.context.cookies())
    page = candidate.open(context)
    drop(candidate, "second")
    box(page).fill("first and second")
    expect_saved(page)
    check_and_finish(page, candidate)
    expect(page.get_by_role("alert").filter(has_text=WRONG)).to_be_visible()
    looks_right(page, size[0])
    page.get_by_role("button", name="Hand in all the same").click()
    expect(page.get_by_role("heading", name="You disputed what the server has")).to_be_visible()
    looks_right(page, size[0])
    receipt = receipt_of(candidate)
    assert receipt is not None
    page.goto("/receipt")
    looks_right(page, size[0])
    page.get_by_label("Receipt code").fill(receipt.digest)
    page.get_by_label("Candidate number").fill(candidate_number(candidate))
    page.get_by_role("button", name="Check").click()
    page.locator("#found").wait_for()
    looks_right(page, size[0])
    officer = person(candidate.site.database, Role.EXAM_OFFICER)
    desk = signed_in(candidate.chromium, candidate.site, officer, size, color_scheme=scheme)
    tab, history = desk.new_page(), f"/attempts/{candidate.sat.attempt_id}/history"
    for address in (
        f"/sittings/{candidate.sat.sitting_id}/attempts",
        history,
        f"{history}/{candidate.sat.item().id}",
    ):
        tab.goto(address)
        looks_right(tab, size[0])
