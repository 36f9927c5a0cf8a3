"""A candidate shows who they are, by camera and without one, and what exam pages notice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, expect

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.clock import read_clock
from proficiency.delivery.admission import CheckMeans, DocumentType, PictureKind
from proficiency.delivery.checking_in import admit, arrive, check_identity
from proficiency.delivery.identity_pictures import find_pictures
from proficiency.invigilation.models import Signal
from tests.factories import act, person
from tests.journeys.candidate import Candidate, booked, box, open_sitting
from tests.journeys.looking import Eyes
from tests.journeys.server import PHONE, Site, how_to_launch, serve, signed_in, wait_until

pytestmark = pytest.mark.journey

LONG = "word " * 80


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    with serve(tmp_path_factory.mktemp("identity"), template=sqlite_template) as running:
        yield running


@pytest.fixture(scope="module")
def sitting_id(site: Site) -> str:
    return open_sitting(site, invigilated=True, identity_check=True)


@pytest.fixture(scope="module")
def invigilator(site: Site) -> Actor:
    return person(site.database, Role.INVIGILATOR)


@pytest.fixture
def candidate(site: Site, chromium: Browser, sitting_id: str) -> Iterator[Candidate]:
    yield booked(site, chromium, sitting_id, person(site.database, Role.CANDIDATE))
    for each in chromium.contexts:
        each.close()


def arrived(candidate: Candidate, context: BrowserContext | None = None) -> Page:
    """The camera page of somebody who is here."""
    act(
        candidate.site.database, arrive, candidate.sat.candidate, read_clock(),
        booking_id=candidate.sat.booking_id,
    )  # fmt: skip
    page = (context or candidate.context).new_page()
    page.goto(f"/exam/{candidate.sat.booking_id}")
    page.get_by_role("link", name="Show who you are").click()
    return page


def kinds(candidate: Candidate) -> set[PictureKind]:
    with candidate.site.database.read() as session:
        return set(find_pictures(session, candidate.sat.booking_id))


def press(page: Page, name: str) -> None:
    """By keyboard alone."""
    button = page.get_by_role("button", name=name)
    button.focus()
    page.keyboard.press("Enter")


def test_pictures_are_taken_by_keyboard_and_compared_by_a_person(
    candidate: Candidate, site: Site, chromium: Browser, invigilator: Actor
) -> None:
    page = arrived(candidate)
    eyes = Eyes(page)
    eyes.look(schemes=True)
    press(page, "Start the camera")
    press(page, "Take the picture of my face")
    press(page, "Take the picture of my document")
    eyes.look(schemes=True)
    assert kinds(candidate) == set()
    press(page, "Send both to my invigilator")
    expect(page.get_by_text("are with your invigilator")).to_be_visible()
    assert kinds(candidate) == {PictureKind.FACE, PictureKind.DOCUMENT}
    eyes.look()

    watching = signed_in(chromium, site, invigilator).new_page()
    other = Eyes(watching)
    watching.goto(f"/room/{candidate.sat.sitting_id}/candidate/{candidate.sat.booking_id}")
    wait_until(
        watching,
        "() => document.querySelectorAll('main img').length === 2"
        " && [...document.images].every((each) => each.naturalWidth)",
    )
    other.look(schemes=True)
    watching.get_by_label("Document that you have seen").select_option("Driving licence")
    watching.get_by_label("How you saw it").select_option("By camera on this page")
    watching.get_by_role("button", name="Let them in").click()
    expect(watching.get_by_text("They are let in.")).to_be_visible()
    expect(watching.locator("main img")).to_have_count(1)
    assert kinds(candidate) == {PictureKind.FACE}
    assert eyes.faults == other.faults == []


def test_who_has_no_camera_asks_for_another_way(
    candidate: Candidate, site: Site, chromium: Browser
) -> None:
    how = how_to_launch()
    how["args"] = [each for each in how["args"] if "fake" not in each]
    bare = chromium.browser_type.launch(**how)  # a machine without a camera
    try:
        page = arrived(candidate, signed_in(bare, site, candidate.sat.candidate))
        eyes = Eyes(page)
        press(page, "Start the camera")
        expect(page.locator("#camera-fault-text")).to_contain_text("camera")
        eyes.look(schemes=True)
        page.get_by_label("How they can reach you now").fill("020 7946 0123")
        press(page, "Check me without a camera")
        expect(page.get_by_text("checked without a camera").first).to_be_visible()
        eyes.look()
        assert eyes.faults == []
    finally:
        bare.close()


# Signals


def writing(candidate: Candidate, invigilator: Actor) -> Page:
    """The exam's page of somebody who was let in."""
    database, booking_id = candidate.site.database, candidate.sat.booking_id
    act(database, arrive, candidate.sat.candidate, read_clock(), booking_id=booking_id)
    act(
        database, check_identity, invigilator, read_clock(), booking_id=booking_id,
        document=DocumentType.PASSPORT, means=CheckMeans.BY_CAMERA,
    )  # fmt: skip
    act(database, admit, invigilator, read_clock(), booking_id=booking_id)
    return candidate.start()


def noted(candidate: Candidate) -> list[tuple[str, int | None]]:
    with candidate.site.database.read() as session:
        rows = session.scalars(
            sa.select(Signal)
            .where(Signal.booking_id == candidate.sat.booking_id)
            .order_by(Signal.pos)
        )
        return [(row.kind, row.size) for row in rows]


def sent(page: Page) -> None:
    """Have the page send now what it noticed."""
    with page.expect_response("**/signals"):
        page.evaluate("() => document.dispatchEvent(new Event('signals:send'))")


def test_copying_pasting_and_leaving_are_noted_with_their_size_and_no_word(
    candidate: Candidate, invigilator: Actor
) -> None:
    page = writing(candidate, invigilator)
    candidate.context.grant_permissions(["clipboard-read", "clipboard-write"])
    box(page).fill("Ask Owen first")
    box(page).focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+C")
    page.keyboard.press("End")
    page.keyboard.press("Control+V")
    page.evaluate(
        """() => {
          for (const state of ["hidden", "visible"]) {
            const shown = { value: state, configurable: true };
            Object.defineProperty(document, "visibilityState", shown);
            document.dispatchEvent(new Event("visibilitychange"));
          }
        }"""
    )
    sent(page)
    assert noted(candidate) == [
        ("copied", 14), ("pasted", 14), ("left_page", None), ("returned", 0),
    ]  # fmt: skip


def test_help_with_writing_raises_nothing_and_a_program_that_writes_does(
    candidate: Candidate, invigilator: Actor
) -> None:
    page = writing(candidate, invigilator)
    box(page).focus()
    for kind in (
        "insertCompositionText", "insertFromComposition", "insertReplacementText",
        "insertDictationText", "historyUndo", "historyRedo", "",
    ):  # fmt: skip
        page.evaluate(
            """([kind, text]) => {
              const field = document.activeElement;
              field.value += text;
              const given = { inputType: kind, data: text, bubbles: true };
              field.dispatchEvent(new InputEvent("input", given));
            }""",
            [kind, LONG],
        )
    cdp = candidate.context.new_cdp_session(page)
    cdp.send("Input.imeSetComposition", {"text": LONG, "selectionStart": 400, "selectionEnd": 400})
    cdp.send("Input.insertText", {"text": LONG})
    sent(page)
    assert noted(candidate) == []
    page.wait_for_timeout(1200)
    insert = "(text) => document.execCommand('insertText', false, text)"
    page.evaluate(insert, LONG)
    sent(page)
    assert noted(candidate) == [("typed_at_once", len(LONG))]
    page.wait_for_timeout(len(LONG) * 1000 // 50 + 500)  # in which it could have been dictated
    page.evaluate(insert, LONG)
    sent(page)
    assert noted(candidate) == [("typed_at_once", len(LONG))]


def test_a_second_device_and_another_network_are_noted_by_the_server(
    candidate: Candidate, invigilator: Actor
) -> None:
    page = writing(candidate, invigilator)
    sent(page)
    other = candidate.open(candidate.another_device())
    sent(other)
    page.evaluate(
        "(key) => sessionStorage.setItem(key, 'another')", f"network:{candidate.sat.booking_id}"
    )
    sent(page)
    assert noted(candidate) == [("second_device", None), ("network_changed", None)]


def test_what_was_noticed_without_a_connection_comes_later(
    candidate: Candidate, invigilator: Actor
) -> None:
    page = writing(candidate, invigilator)
    box(page).fill("Ask Owen first")
    candidate.context.set_offline(True)
    box(page).focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+C")
    page.evaluate("() => document.dispatchEvent(new Event('signals:send'))")
    page.wait_for_timeout(500)
    assert noted(candidate) == []
    candidate.context.set_offline(False)
    sent(page)
    assert noted(candidate) == [("copied", 14)]
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    expect(page.locator("#full-screen")).to_be_hidden()
