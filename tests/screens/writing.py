"""The candidate's page while the exam goes on, as usual and in every kind of trouble."""

import time
from datetime import timedelta

from playwright.sync_api import Page, Route, expect

from proficiency.accounts.operations import close_sign_ins
from proficiency.core.clock import read_clock
from proficiency.delivery.time_operations import record_pause, start_break
from tests.factories import act
from tests.journeys.candidate import KEPT, Candidate, box, expect_saved
from tests.screens.album import Album
from tests.screens.scene import TRANSIT, Scene

WORDS = (
    "Tuesday, 10:15: I tell Nathan what I have heard and ask him what he wants to do about the "
    "message. With his solicitor he decides whether the police hear of it today. "
)
PHONE = (390, 844)
TOOLS = "html[data-tools=ready]"


def take_all(album: Album, scene: Scene) -> None:
    """Take every picture of this part."""
    for picture in (
        _usual, _phone, _dark, _large, _tools,
        _away, _file, _tab, _device, _signed_out, _paused, _break, _five_minutes, _over, _late,
    ):  # fmt: skip
        picture(album, scene)
        for context in scene.chromium.contexts:
            context.close()


def _write(page: Page, words: str = WORDS) -> None:
    """Answer the first question of each kind, and stay where the written one begins."""
    for first in ("input[type=radio]", "input[type=checkbox][name]:not(.flag input)"):
        page.locator(f"[data-item] {first}").first.check()
    box(page).fill(words)
    box(page).evaluate("box => box.closest('[data-item]').scrollIntoView()")


def _begun(scene: Scene, left: timedelta | None = None) -> tuple[Candidate, Page]:
    """Somebody who has written a little, all of it saved."""
    candidate = scene.candidate()
    page = candidate.start(left=left)
    page.on("dialog", lambda dialog: dialog.accept())
    _write(page)
    expect_saved(page)
    return candidate, page


def _usual(album: Album, scene: Scene) -> None:
    _candidate, page = _begun(scene)
    album.take(page, "exam")
    held: list[Route] = []
    page.route("**/save", lambda route: held.append(route))
    box(page).press_sequentially("Then")
    expect(page.locator("#save-text")).to_contain_text("sending")
    album.take(page, "exam-saving")
    for route in held:
        route.continue_()


def _phone(album: Album, scene: Scene) -> None:
    _candidate, page = _begun(scene)
    album.take(page, "exam-phone", PHONE, show="[data-item]:has(textarea)", at="start")


def _dark(album: Album, scene: Scene) -> None:
    _candidate, page = _begun(scene)
    page.emulate_media(color_scheme="dark")
    album.take(page, "exam-dark")


def _look(page: Page, name: str, value: str) -> None:
    page.locator(f'#tools input[name="{name}"][value="{value}"]').check()


def _large(album: Album, scene: Scene) -> None:
    _candidate, page = _begun(scene)
    page.locator(TOOLS).wait_for(state="attached")
    page.keyboard.press("Alt+Shift+T")
    _look(page, "theme", "strong")
    _look(page, "size", "xl")
    page.keyboard.press("Escape")
    box(page).evaluate("box => box.closest('[data-item]').scrollIntoView()")
    album.take(page, "exam-yellow")


def _tools(album: Album, scene: Scene) -> None:
    _candidate, page = _begun(scene)
    page.locator(TOOLS).wait_for(state="attached")
    page.keyboard.press("Alt+Shift+T")
    album.take(page, "exam-tools")


def _away(album: Album, scene: Scene) -> None:
    candidate, page = _begun(scene)
    page.locator(KEPT).wait_for(state="attached", timeout=60_000)
    candidate.context.set_offline(True)
    box(page).press_sequentially("Then I ring Larkfield.")
    expect(page.locator("#trouble")).to_contain_text("can’t be reached", timeout=40_000)
    album.take(page, "exam-offline", show="#trouble")
    candidate.context.set_offline(False)


def _file(album: Album, scene: Scene) -> None:
    candidate = scene.candidate()
    page = candidate.start()
    page.clock.install()
    candidate.context.set_offline(True)
    _write(page)
    page.clock.run_for(30_000)
    page.clock.run_for(90_000)
    expect(page.locator("#answer-file")).to_be_visible()
    page.evaluate("() => scrollTo(0, 0)")
    album.take(page, "exam-answer-file")


def _tab(album: Album, scene: Scene) -> None:
    candidate, _page = _begun(scene)
    twin = candidate.open()
    expect(twin.locator("#other-tab")).to_be_visible()
    album.take(twin, "exam-other-tab")


def _device(album: Album, scene: Scene) -> None:
    candidate, _page = _begun(scene)
    second = candidate.open(candidate.another_device())
    expect(second.locator("#other-device")).to_be_visible()
    album.take(second, "exam-other-device")


def _signed_out(album: Album, scene: Scene) -> None:
    candidate, page = _begun(scene)
    actor = candidate.sat.candidate
    act(scene.site.database, close_sign_ins, actor, read_clock(), account_id=actor.id)
    box(page).press_sequentially("Then I ring Larkfield.")
    expect(page.locator("#signed-out")).to_be_visible(timeout=20_000)
    page.evaluate("() => scrollTo(0, 0)")
    album.take(page, "exam-signed-out")


def _paused(album: Album, scene: Scene) -> None:
    candidate, page = _begun(scene)
    act(
        scene.site.database, record_pause, scene.staff["invigilator"], read_clock(),
        attempt_id=candidate.sat.attempt_id, reason="A fire alarm.",
    )  # fmt: skip
    expect(page.locator("#cover")).to_be_visible(timeout=30_000)
    album.take(page, "exam-paused")


def _break(album: Album, scene: Scene) -> None:
    candidate, page = _begun(scene)
    act(
        scene.site.database, start_break, candidate.sat.candidate, read_clock(),
        attempt_id=candidate.sat.attempt_id, epoch=1,
    )  # fmt: skip
    page.reload()
    expect(page.locator("#cover")).to_be_visible(timeout=30_000)
    album.take(page, "exam-break")


def _five_minutes(album: Album, scene: Scene) -> None:
    _candidate, page = _begun(scene, timedelta(minutes=5, seconds=12))
    expect(page.locator("#time-warning")).to_contain_text("5 minutes left", timeout=30_000)
    album.take(page, "exam-five-minutes")


def _over(album: Album, scene: Scene) -> None:
    _candidate, page = _begun(scene, timedelta(seconds=14))
    expect(page.locator("#time-over")).to_contain_text("has reached the server", timeout=40_000)
    album.take(page, "exam-over")


def _late(album: Album, scene: Scene) -> None:
    candidate = scene.candidate()
    page = candidate.start(left=timedelta(seconds=25))
    page.locator(KEPT).wait_for(state="attached", timeout=60_000)
    candidate.context.set_offline(True)
    _write(page)
    expect(page.locator("#time-over")).to_contain_text("kept on this device", timeout=60_000)
    time.sleep(TRANSIT + 2)
    candidate.context.set_offline(False)
    expect(page.locator("#trouble")).to_contain_text("kept as late", timeout=40_000)
    album.take(page, "exam-late")
