"""From the mail to the start: a candidate alone prepares, an officer decides, and the clock starts.

Each page of it is looked at by axe, in other colours and on a screen 320 pixels wide.
"""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.clock import read_clock
from proficiency.core.jobs import work_all
from proficiency.features import load_jobs
from proficiency.preparation.checks import find_checks
from proficiency.preparation.documents import find_confirmation
from proficiency.preparation.practice_operations import choose_practice_form
from proficiency.sittings.operations import book_candidate, schedule_sitting
from tests.delivery import factory as delivery
from tests.factories import act
from tests.journeys.keyboard import Keyboard
from tests.journeys.looking import Eyes
from tests.journeys.people import Person, close, come_in, institution
from tests.journeys.server import Site
from tests.preparation import factory

pytestmark = pytest.mark.journey

PICTURES = os.environ.get("PROFICIENCY_SCREENSHOTS")
NAMES = iter(("Wanda", "Olive", "Yvonne", "Ruth", "Zadie", "Petra"))
SIZES = ((1366, 768), (820, 1180), (390, 844))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    with institution(tmp_path_factory.mktemp("before"), sqlite_template) as found:
        yield found


@pytest.fixture
def candidate(chromium: Browser, site: Site) -> Iterator[Person]:
    person = come_in(chromium, site, f"{next(NAMES)} Early", Role.CANDIDATE)
    yield person
    assert close([person]) == []


@pytest.fixture
def officer(chromium: Browser, site: Site) -> Iterator[Person]:
    person = come_in(chromium, site, f"{next(NAMES)} Officer", Role.EXAM_OFFICER)
    yield person
    assert close([person]) == []


def book(site: Site, candidate: Person) -> str:
    """A place in a sitting that is open, with a practice form beside it; the booking's id."""
    now = read_clock()
    form = delivery.small_form(site.database)
    sitting = act(
        site.database, schedule_sitting, SYSTEM, now, form_id=form.id, title="November sitting",
        opens_at=now - timedelta(minutes=1), last_start_at=now + timedelta(hours=5),
    )  # fmt: skip
    practice = factory.practice_form(site.database)
    act(site.database, choose_practice_form, SYSTEM, now, form_id=practice.id)
    booking = act(
        site.database, book_candidate, SYSTEM, now,
        sitting_id=sitting.id, candidate_id=candidate.actor.id,
    )  # fmt: skip
    return str(booking.id)


def take(person: Person, name: str) -> None:
    """Keep pictures of the page in three sizes and in dark, where somebody asked for them."""
    if not PICTURES:
        return
    before = person.page.viewport_size
    for width, height in SIZES:
        person.page.set_viewport_size({"width": width, "height": height})
        person.page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
    person.page.emulate_media(color_scheme="dark")
    person.page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    person.page.screenshot(path=f"{PICTURES}/{name}-dark.png", full_page=True)
    person.page.emulate_media(color_scheme="light")
    if before is not None:
        person.page.set_viewport_size(before)


def mail_of(site: Site, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the worker wrote to the candidate, all together."""
    monkeypatch.setenv("PROFICIENCY_INSTANCE", str(site.instance))
    monkeypatch.setenv("PROFICIENCY_SECRET_KEY", site.config.secret_key)
    monkeypatch.setenv("PROFICIENCY_ADDRESS", site.url)
    load_jobs()
    work_all(site.database, read_clock())
    letters = sorted((site.instance / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime)
    return "\n".join(path.read_text(encoding="utf-8") for path in letters)


def test_a_candidate_alone_gets_from_the_mail_to_the_start(
    site: Site, candidate: Person, officer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking_id = book(site, candidate)
    mail = mail_of(site, monkeypatch)
    assert "You are booked" in mail
    assert f"{site.url}/bookings/{booking_id}" in mail.replace("=\n", "")
    eyes, office_eyes = Eyes(candidate.page), Eyes(officer.page)

    candidate.sign_in()
    candidate.page.goto(f"/bookings/{booking_id}")
    candidate.reads("Before the day")
    eyes.look(schemes=True)
    take(candidate, "booking")

    candidate.follow("Tell us four things")
    candidate.press("Send")
    candidate.reads("There is a problem")
    eyes.look(schemes=True)
    candidate.choose("I am registered and must pass by a date")
    candidate.write("By which day must you pass?", "2027-03-31")
    candidate.choose("Wales")
    candidate.write("Employers", "Harbour Case Management Ltd")
    take(candidate, "details")
    candidate.press("Send")
    candidate.sees("Thank you.")

    candidate.follow("Ask for an adjustment")
    eyes.look(schemes=True)
    candidate.write("Extra time, in percent", "25")
    candidate.write("Breaks that stop the clock, in minutes together", "30")
    candidate.choose("A person who reads to me")
    candidate.write("Why you need it", "I have migraine.")
    candidate.page.set_input_files("#letters", files=[
        {"name": "letter.png", "mimeType": "image/png", "buffer": factory.PNG}
    ])  # fmt: skip
    take(candidate, "adjustments")
    candidate.press("Send the request")
    candidate.sees("Being decided")

    officer.sign_in()
    officer.follow("Requests for adjustments")
    office_eyes.look(schemes=True)
    officer.follow("Wanda Early")
    officer.sees("I have migraine.")
    officer.choose("Granted, but differently")
    officer.write("Breaks that stop the clock, in minutes together", "20")
    officer.write("Reason", "The letter supports breaks of 20 minutes.")
    office_eyes.look(schemes=True)
    take(officer, "decide")
    officer.press("Record the decision")
    officer.sees("The decision is recorded.")

    candidate.page.reload()
    candidate.sees("The letter supports breaks of 20 minutes.")
    candidate.sees("2 h + 25 % = 2 h 30 min, breaks 20 min")
    eyes.look()

    check_in(site, candidate, eyes, booking_id)
    assert "Your booking has changed" in mail_of(site, monkeypatch)
    for path in (f"/sittings/bookings/{booking_id}/told", "/documents/rules/write", "/practice"):
        officer.page.goto(path)
        office_eyes.look(schemes=True)
    take(officer, "practice-choice")
    assert eyes.faults == []
    assert office_eyes.faults == []


def check_in(site: Site, candidate: Person, eyes: Eyes, booking_id: str) -> None:
    """Read, confirm, and start; a wrong time and being unwell lead to help first."""
    candidate.page.goto(f"/exam/{booking_id}")
    candidate.follow("No, this is wrong")
    candidate.sees("Your time can still be put right")
    candidate.follow("No, I am not well")
    candidate.sees("if you are not well")
    candidate.open("Rules of the exam")
    candidate.sees("The cases stay secret")
    eyes.look(schemes=True)
    take(candidate, "check-in")
    candidate.press("Start the exam")
    candidate.sees("Say that you are well enough")
    candidate.choose("I have read the rules and accept them")
    candidate.choose("The time that I have is right")
    candidate.choose("I am well enough to sit today")
    candidate.press("Start the exam")
    candidate.page.wait_for_url("**/attempt/*")
    with site.database.read() as session:
        found = find_confirmation(session, booking_id)
        assert found is not None
        assert (found.allowed_seconds, found.rest_seconds) == (9000, 1200)


def test_the_device_is_checked_by_keyboard_and_the_office_sees_it(
    site: Site, candidate: Person, officer: Person
) -> None:
    booking_id = book(site, candidate)
    eyes = Eyes(candidate.page)
    candidate.sign_in()
    candidate.page.goto(f"/bookings/{booking_id}/device")
    eyes.look(schemes=True)
    keyboard = Keyboard(candidate)
    keyboard.push("Check this device")
    expect(candidate.page.locator("#check-status")).to_have_text("The check is done.")
    probes = {
        row.get_attribute("data-probe"): row.locator(".tag").inner_text()
        for row in candidate.page.locator("#probes > li").all()
    }
    assert probes["browser"] == probes["network"] == probes["clock"] == "Ready"
    assert probes["storage"] in ("Ready", "Will do")
    assert probes["camera"] == "Not tried"
    keyboard.push("Try the camera")
    camera = candidate.page.locator("[data-probe=camera] .tag")
    expect(camera).to_have_text("Ready")
    eyes.look(schemes=True)
    take(candidate, "device")
    keyboard.push("Send this to the exam office")
    candidate.sees("Sent.")
    with site.database.read() as session:
        found = find_checks(session, [booking_id])[booking_id]
    assert len(found.findings) == 7
    assert found.troubles == ()
    officer.sign_in()
    officer.page.goto(f"/sittings/bookings/{booking_id}/told")
    officer.sees("Camera:")
    assert eyes.faults == []


def test_a_lost_connection_and_a_wrong_clock_are_told(site: Site, candidate: Person) -> None:
    booking_id = book(site, candidate)
    candidate.sign_in()
    lost = iter(range(1000))

    def answer(route: object) -> None:
        number = next(lost)
        if number % 2:
            route.abort()  # type: ignore[attr-defined]
        else:
            now = int(read_clock().timestamp() * 1000) + 3_600_000
            route.fulfill(content_type="application/json", body=json.dumps({"now": now}))  # type: ignore[attr-defined]

    candidate.page.route("**/device/ping", answer)
    candidate.page.goto(f"/bookings/{booking_id}/device")
    candidate.press("Check this device")
    expect(candidate.page.locator("#check-status")).to_have_text("The check is done.")
    network = candidate.page.locator("[data-probe=network]")
    expect(network.locator(".tag")).to_have_text("Needs attention")
    expect(network).to_contain_text("10 of 20 tries were lost")
    clock = candidate.page.locator("[data-probe=clock]")
    expect(clock.locator(".tag")).to_have_text("Will do")
    expect(clock).to_contain_text("the exam uses our clock")
    candidate.faults.clear()  # the browser notes each try that was taken away


def test_somebody_practises_and_compares(site: Site, candidate: Person) -> None:
    booking_id = book(site, candidate)
    eyes = Eyes(candidate.page)
    candidate.sign_in()
    candidate.page.goto(f"/bookings/{booking_id}")
    candidate.press("Start a practice exam")
    for label in ("I have read the rules", "The time that I have", "I am well enough"):
        candidate.choose(label)
    candidate.press("Start the exam")
    candidate.page.wait_for_url("**/attempt/*")
    candidate.page.locator("main input[type=radio]").first.check()
    expect(candidate.page.locator("#save-state")).to_have_attribute("data-state", "saved")
    attempt = candidate.page.url
    candidate.page.goto(f"{attempt}/finish")
    candidate.page.locator("main form button[type=submit]").last.click()
    candidate.page.wait_for_url("**/finished")
    candidate.page.goto("/exams")
    eyes.look(schemes=True)
    candidate.follow("Compare what you wrote")
    candidate.sees("You answered 1 of 2 questions.")
    candidate.open("What was looked for, question 1")
    eyes.look(schemes=True)
    take(candidate, "practised")
    assert eyes.faults == []
