"""The live room in real browsers: one who watches, two who sit, and a connection that drops."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from proficiency.accounts.rules import Role
from proficiency.core.clock import read_clock
from proficiency.delivery.queries import get_attempt_state
from proficiency.delivery.rules import EventKind
from proficiency.invigilation.queries import read_room
from tests.delivery import factory as delivery
from tests.delivery.factory import Sat
from tests.factories import person
from tests.invigilation.factory import Watched
from tests.journeys.candidate import READY, box
from tests.journeys.server import Site, serve, signed_in
from tests.sittings import factory as sittings

pytestmark = pytest.mark.journey
PHONE = "0800 000 1234"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serve(tmp_path_factory.mktemp("room")) as found:
        yield found


@pytest.fixture(scope="module")
def form_id(site: Site) -> str:
    form = delivery.small_form(site.database, invigilated=True, minutes=60, help_phone=PHONE)
    return str(form.id)


@pytest.fixture
def room(site: Site, form_id: str) -> Watched:
    now = read_clock()
    sitting = sittings.sitting(
        site.database, form_id, opens_at=now - timedelta(minutes=30),
        last_start_at=now + timedelta(hours=1), now=now - timedelta(hours=1),
    )  # fmt: skip
    watcher = person(site.database, Role.INVIGILATOR, name="Ines Watch")
    return Watched(site.database, sitting.id, form_id, watcher)


@pytest.fixture
def watcher(site: Site, chromium: Browser, room: Watched) -> Iterator[Page]:
    context = signed_in(chromium, site, room.invigilator)
    page = context.new_page()
    page.goto(f"/room/{room.sitting_id}")
    page.locator("html[data-room=ready]").wait_for(state="attached")
    yield page
    for each in chromium.contexts:
        each.close()


def book(room: Watched, name: str) -> Sat:
    candidate = sittings.candidate(room.database, name)
    booking = sittings.booking(room.database, room.sitting_id, candidate.id, now=read_clock())
    return Sat(room.database, candidate, room.sitting_id, booking.id, room.form_id, "")


def begin(
    chromium: Browser, site: Site, room: Watched, name: str
) -> tuple[Sat, BrowserContext, Page]:
    """Somebody who was let in and has the exam open."""
    now = read_clock()
    place = room.let_in(book(room, name), now)
    place = delivery.started(room.database, now, place=place)
    context = signed_in(chromium, site, place.candidate)
    context.add_cookies([{"name": "device", "value": delivery.DEVICE, "url": site.url}])
    page = context.new_page()
    page.goto(f"/attempt/{place.attempt_id}")
    page.locator(READY).wait_for(state="attached")
    return place, context, page


def row(watcher: Page, name: str):
    return watcher.locator("#rows tr").filter(has_text=name)


def open_one(watcher: Page, name: str) -> None:
    row(watcher, name).get_by_role("link", name=name).click()
    expect(watcher.locator("#one")).to_be_visible()


def kinds(place: Sat) -> list[str]:
    """What happened to the attempt, but for that its page was heard from, which time decides."""
    from proficiency.delivery.models import AttemptEvent

    with place.database.read() as session:
        rows = session.query(AttemptEvent.kind).filter_by(aggregate_id=place.attempt_id)
        found = [each.kind for each in rows.order_by(AttemptEvent.pos)]
    return [kind for kind in found if kind != EventKind.CONTACTED]


def test_somebody_arrives_is_let_in_and_starts(
    chromium: Browser, site: Site, room: Watched, watcher: Page
) -> None:
    place = book(room, "Anna Quiet")
    page = signed_in(chromium, site, place.candidate).new_page()
    page.goto(f"/exam/{place.booking_id}")
    page.get_by_role("button", name="I am here").click()
    expect(page.get_by_text("Your invigilator knows that you are here")).to_be_visible()
    expect(page.get_by_text(PHONE).first).to_be_visible()
    expect(row(watcher, "Anna Quiet")).to_contain_text("Waits to be let in")
    open_one(watcher, "Anna Quiet")
    watcher.locator("#one").get_by_label("Document that you have seen").select_option("passport")
    watcher.locator("#one").get_by_role("button", name="Let them in").click()
    expect(row(watcher, "Anna Quiet")).to_contain_text("Let in, not started")
    expect(page.get_by_role("button", name="Start the exam")).to_be_visible()


def test_a_call_an_answer_a_message_and_a_reply(
    chromium: Browser, site: Site, room: Watched, watcher: Page
) -> None:
    _place, _context, page = begin(chromium, site, room, "Anna Quiet")
    _other, _its, other_page = begin(chromium, site, room, "Ben Other")
    page.locator("#open-help").click()
    expect(page.locator("#help")).to_contain_text(PHONE)
    page.get_by_label("This question looks wrong").check()
    page.locator("#help-item").select_option(label="Question 3")
    page.locator("#help").get_by_role("button", name="Call").click()
    expect(page.locator("#help-calls")).to_contain_text("Your invigilator sees it.")
    page.locator("#help-close").click()
    card = watcher.locator("#calls .call").filter(has_text="This question looks wrong: question 3")
    expect(card).to_contain_text("Anna Quiet")
    card.get_by_label("Answer to Anna Quiet").fill("Choose the better one.")
    card.get_by_role("button", name="Answer").click()
    expect(page.locator("#room-message-text")).to_have_text("Choose the better one.")
    page.get_by_role("button", name="I have read it").click()
    watcher.get_by_label("Message to all").fill("Ten o’clock: the cleaners come.")
    watcher.get_by_role("button", name="Send to all").click()
    for each in (page, other_page):
        expect(each.locator("#room-message-text")).to_have_text("Ten o’clock: the cleaners come.")
    other_page.locator("#room-reply-text").fill("Thank you")
    other_page.locator("#room-reply").get_by_role("button", name="Send").click()
    expect(watcher.locator("#calls")).to_contain_text("Thank you")


def test_a_clock_is_stopped_runs_again_time_is_given_and_an_exam_is_ended(
    chromium: Browser, site: Site, room: Watched, watcher: Page
) -> None:
    place, _context, page = begin(chromium, site, room, "Anna Quiet")
    expect(row(watcher, "Anna Quiet")).to_contain_text("Writing")
    one = watcher.locator("#one")
    open_one(watcher, "Anna Quiet")
    one.locator("summary", has_text="Time").click()
    one.get_by_label("Why their clock stops").fill("A fire alarm.")
    one.get_by_role("button", name="Stop their clock").click()
    expect(row(watcher, "Anna Quiet")).to_contain_text("Clock stopped")
    expect(page.get_by_text("Your invigilator has stopped your clock")).to_be_visible()
    open_one(watcher, "Anna Quiet")
    one.locator("summary", has_text="Time").click()
    one.get_by_label("Why it runs again").fill("It was a false alarm.")
    one.get_by_role("button", name="Let it run").click()
    expect(box(page)).to_be_visible()
    expect(row(watcher, "Anna Quiet")).to_contain_text("Writing")
    open_one(watcher, "Anna Quiet")
    one.locator("summary", has_text="Time").click()
    one.get_by_label("Minutes", exact=True).fill("5")
    one.get_by_label("What the time was lost to").fill("The alarm.")
    one.get_by_role("button", name="Give time back").click()
    expect(watcher.locator("#said")).to_have_text("They have their time back.")
    open_one(watcher, "Anna Quiet")
    one.locator("summary", has_text="End their exam").click()
    one.get_by_label("Why it has to end now").fill("Was taken ill.")
    one.get_by_role("button", name="End their exam").click()
    expect(row(watcher, "Anna Quiet")).to_contain_text("Finished")
    expect(page.locator("#time-over")).to_be_visible()
    assert kinds(place) == ["started", "paused", "resumed", "credited", "forced"]


def test_commands_wait_in_the_page_while_the_invigilator_is_away(
    chromium: Browser, site: Site, room: Watched, watcher: Page
) -> None:
    place, _context, _page = begin(chromium, site, room, "Anna Quiet")
    expect(row(watcher, "Anna Quiet")).to_contain_text("Writing")
    watcher.context.set_offline(True)
    expect(watcher.locator("body[data-stale]")).to_be_attached()
    expect(watcher.locator("#live-text")).to_contain_text("No connection")
    open_one(watcher, "Anna Quiet")
    watcher.locator("#one summary", has_text="Time").click()
    watcher.locator("#one").get_by_label("Why their clock stops").fill("The line is down.")
    watcher.locator("#one").get_by_role("button", name="Stop their clock").click()
    expect(watcher.locator("#order-list")).to_contain_text("Stop their clock: Anna Quiet")
    watcher.get_by_label("Message to all").fill("Not this one.")
    watcher.get_by_role("button", name="Send to all").click()
    watcher.locator("#order-list li").filter(has_text="Not this one.").get_by_role("button").click()
    assert kinds(place) == ["started"]
    watcher.context.set_offline(False)
    expect(watcher.locator("#live-text")).to_contain_text("Live")
    expect(row(watcher, "Anna Quiet")).to_contain_text("Clock stopped")
    expect(watcher.locator("#waiting-orders")).to_be_hidden()
    assert kinds(place).count("paused") == 1
    with room.database.read() as session:
        said = [line.words for line in read_room(session, room.sitting_id, read_clock()).lines]
    assert said == ["The line is down."]


def test_help_is_in_reach_without_a_connection_and_arrives_later(
    chromium: Browser, site: Site, room: Watched, watcher: Page
) -> None:
    _place, context, page = begin(chromium, site, room, "Anna Quiet")
    context.set_offline(True)
    page.locator("#open-help").click()
    expect(page.locator("#help")).to_contain_text(PHONE)
    page.get_by_label("I am unwell").check()
    page.locator("#help").get_by_role("button", name="Call").click()
    expect(page.locator("#help-calls")).to_contain_text("Kept on this device")
    context.set_offline(False)
    expect(page.locator("#help-calls")).to_contain_text("Your invigilator sees it.")
    expect(watcher.locator("#calls .is-urgent")).to_contain_text("Anna Quiet")


def test_another_device_goes_on_when_the_invigilator_permits_it(
    chromium: Browser, site: Site, room: Watched, watcher: Page
) -> None:
    place, _context, page = begin(chromium, site, room, "Anna Quiet")
    second = signed_in(chromium, site, place.candidate).new_page()
    second.goto(f"/attempt/{place.attempt_id}")
    second.locator(READY).wait_for(state="attached")
    second.get_by_role("button", name="Continue on this device").click()
    expect(second.get_by_text("Your invigilator has been asked")).to_be_visible()
    card = watcher.locator("#calls .call").filter(has_text="asks to go on with another device")
    card.get_by_role("button", name="Permit it").click()
    expect(second.locator("#other-device")).to_be_hidden()
    with room.database.read() as session:
        assert get_attempt_state(session, place.attempt_id).epoch == 2
    expect(page.locator("#other-device")).to_be_visible()


def test_what_a_page_notices_reaches_the_room(
    chromium: Browser, site: Site, room: Watched, watcher: Page
) -> None:
    _place, _context, page = begin(chromium, site, room, "Anna Quiet")
    page.evaluate(
        """() => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text", "x".repeat(420));
          const pasted = new ClipboardEvent("paste", { clipboardData, bubbles: true });
          document.querySelector("#answers textarea").dispatchEvent(pasted);
        }"""
    )
    expect(row(watcher, "Anna Quiet")).to_contain_text("1 signal")
    row(watcher, "Anna Quiet").get_by_role("link", name="1 signal").click()
    expect(watcher.get_by_text("420 characters")).to_be_visible()


def test_an_exam_page_prints_a_notice_and_no_question(
    chromium: Browser, site: Site, room: Watched, watcher: Page
) -> None:
    _place, _context, page = begin(chromium, site, room, "Anna Quiet")
    page.emulate_media(media="print")
    expect(page.get_by_text("Exam pages are not printed")).to_be_visible()
    expect(page.locator("main")).to_be_hidden()
