"""The live room in real browsers: one who watches, two who sit, and a connection that drops."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.chain import append
from proficiency.core.clock import read_clock
from proficiency.core.operation import transaction
from proficiency.delivery.checking_in import arrive, turn_away
from proficiency.delivery.models import ServiceOutage
from proficiency.delivery.operations import submit_attempt
from proficiency.delivery.outages import SERVICE
from proficiency.delivery.queries import get_attempt_state
from proficiency.delivery.rules import EventKind
from proficiency.delivery.time_operations import record_pause, start_break
from proficiency.invigilation.attention import Place
from proficiency.invigilation.queries import read_room
from proficiency.invigilation.rules import Topic
from proficiency.invigilation.signals import read_noticed, record_signals
from tests.delivery import factory as delivery
from tests.delivery.factory import Sat
from tests.factories import act, person
from tests.invigilation.factory import Watched, call
from tests.journeys.candidate import READY, box, hear_from_server
from tests.journeys.looking import Eyes
from tests.journeys.server import Site, serve, signed_in
from tests.sittings import factory as sittings

pytestmark = pytest.mark.journey
PHONE = "0800 000 1234"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    with serve(tmp_path_factory.mktemp("room"), template=sqlite_template) as found:
        yield found


@pytest.fixture(scope="module")
def form_id(site: Site) -> str:
    form = delivery.small_form(
        site.database, invigilated=True, minutes=60, break_minutes=20, help_phone=PHONE
    )
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
    context.clock.install()
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
    hear_from_server(page)
    expect(page.locator("#room-message-text")).to_have_text("Choose the better one.")
    page.get_by_role("button", name="I have read it").click()
    watcher.get_by_label("Message to all").fill("Ten o’clock: the cleaners come.")
    watcher.get_by_role("button", name="Send to all").click()
    expect(watcher.locator("#waiting-orders")).to_be_hidden()
    for each in (page, other_page):
        hear_from_server(each)
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
    hear_from_server(page)
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
    hear_from_server(page)
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
    hear_from_server(page)
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
    page.clock.fast_forward(30_000)  # signals are sent some time later, each page at its own
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


# Every state, as axe and small, dark and strongly contrasting screens see it


def silence(room: Watched, since: datetime, until: datetime) -> None:
    """The service was away; as its first sign of life afterwards writes it down."""
    outage = ServiceOutage(
        aggregate_id=SERVICE, at=until, actor_id=SYSTEM.id, from_at=since, to_at=until
    )
    with transaction(room.database) as session:
        append(session, outage)


def everybody(room: Watched) -> dict[str, Sat]:
    """Somebody in every state, two who call, two signals, and an outage that cost time."""
    now = read_clock()
    ago = [now - timedelta(minutes=minutes) for minutes in range(31)]
    found = {name: book(room, name) for name in ("Abby Absent", "Will Waiting", "Tom Turned")}
    for name in ("Will Waiting", "Tom Turned"):
        act(room.database, arrive, found[name].candidate, ago[9], booking_id=found[name].booking_id)
    away = found["Tom Turned"].booking_id
    room.do(turn_away, ago[8], booking_id=away, reason="An old passport.")
    found["Adam Admitted"] = room.let_in(book(room, "Adam Admitted"), ago[9])
    for name in ("Ruth Resting", "Pat Paused", "Olga Offline", "Uma Unwell", "Fay Finished"):
        sat = room.let_in(book(room, name), ago[25])
        found[name] = delivery.started(room.database, ago[25], place=sat)
    silence(room, ago[20], ago[15])
    found["Ruth Resting"].do(start_break, now, epoch=1)
    room.do(record_pause, now, attempt_id=found["Pat Paused"].attempt_id, reason="Noise.")
    found["Fay Finished"].do(submit_attempt, now, epoch=1)
    call(found["Uma Unwell"], Topic.UNWELL, ago[5], text="Dizzy.")
    call(found["Olga Offline"], Topic.TECHNICAL, now)
    sat = room.let_in(book(room, "Wes Writing"), now)
    wes = found["Wes Writing"] = delivery.started(room.database, read_clock(), place=sat)
    noticed = read_noticed({"signals": [{"kind": "pasted", "size": 420}, {"kind": "left_page"}]})
    act(
        room.database, record_signals, wes.candidate, now, booking_id=wes.booking_id,
        signals=noticed, device_id=None,
    )  # fmt: skip
    return found


def test_a_room_with_people_in_every_state_is_sound(
    chromium: Browser, site: Site, room: Watched
) -> None:
    people = everybody(room)
    page = signed_in(chromium, site, room.invigilator).new_page()
    eyes = Eyes(page)
    page.goto(f"/room/{room.sitting_id}")
    page.locator("html[data-room=ready]").wait_for(state="attached")
    shown = page.locator("#rows tr").evaluate_all("rows => rows.map((row) => row.dataset.place)")
    assert set(shown) == {place.value for place in Place} - {"ended"}
    expect(page.locator("#calls .is-long")).to_have_attribute(
        "data-long", re.compile("unanswered for")
    )
    for summary in page.locator(".room-side summary").all():
        summary.click()
    eyes.look(schemes=True)
    for name in ("Will Waiting", "Wes Writing", "Pat Paused"):
        open_one(page, name)
        for summary in page.locator("#one summary:visible").all():
            summary.click()
        eyes.look(schemes=True)
        page.locator("#one-close").click()
    open_one(page, "Wes Writing")
    expect(page.locator("#one-state")).to_contain_text(re.compile(r"Time left: \d+ min"))
    ones = [people[name].booking_id for name in ("Will Waiting", "Wes Writing", "Uma Unwell")]
    for path in ("roster", "report", *(f"candidate/{booking_id}" for booking_id in ones)):
        page.goto(f"/room/{room.sitting_id}/{path}")
        eyes.look(schemes=True)
    assert eyes.faults == []
    page.context.close()


def test_the_candidates_door_is_sound_in_each_of_its_states(
    chromium: Browser, site: Site, room: Watched
) -> None:
    people = everybody(room)
    for name in ("Abby Absent", "Will Waiting", "Tom Turned", "Adam Admitted"):
        page = signed_in(chromium, site, people[name].candidate).new_page()
        eyes = Eyes(page)
        page.goto(f"/exam/{people[name].booking_id}")
        eyes.look(schemes=True)
        page.goto(f"/exam/{people[name].booking_id}/help")
        eyes.look(schemes=True)
        assert eyes.faults == [], name
        page.context.close()


def test_an_outage_is_announced_without_loading_again_and_made_good(
    room: Watched, chromium: Browser, site: Site, watcher: Page
) -> None:
    now = read_clock()
    place = room.let_in(book(room, "Anna Quiet"), now - timedelta(minutes=9))
    place = delivery.started(room.database, now - timedelta(minutes=9), place=place)
    expect(row(watcher, "Anna Quiet")).to_be_visible(timeout=20_000)
    assert watcher.locator("#outages .is-owed").count() == 0
    silence(room, now - timedelta(minutes=8), now - timedelta(minutes=5))
    notice = watcher.locator("#outages .is-owed")
    expect(notice).to_contain_text("1 was writing and lost 3 min.", timeout=20_000)
    notice.get_by_role("button", name="Give everybody their time back").press("Enter")
    expect(watcher.locator("#said")).to_have_text("1 candidate has their time back.")
    expect(watcher.locator("#outages")).to_contain_text("1 has the time back.", timeout=20_000)
    expect(watcher.locator("#outages .is-owed")).to_have_count(0)
    with room.database.read() as session:
        assert get_attempt_state(session, place.attempt_id).window.credited >= timedelta(minutes=3)
