"""The candidate's pages before the exam begins and after it is over."""

from datetime import timedelta

from playwright.sync_api import expect

from proficiency.core.clock import read_clock
from proficiency.delivery.checking_in import arrive
from proficiency.sittings.operations import record_arrangement
from tests.factories import act
from tests.journeys.candidate import box, expect_saved
from tests.screens.album import Album
from tests.screens.scene import Scene

RECEIPT = "html[data-receipt=ready]"
TALL = (1280, 1000)


def take_before(album: Album, scene: Scene) -> None:
    """What a candidate meets until the clock starts."""
    for picture in (_booking, _device_check, _check_in, _door):
        picture(album, scene)
        for context in scene.chromium.contexts:
            context.close()


def _booking(album: Album, scene: Scene) -> None:
    candidate = scene.candidate(scene.watched_id)
    page = candidate.context.new_page()
    page.goto(f"/bookings/{candidate.sat.booking_id}")
    album.take(page, "booking", TALL)


def _device_check(album: Album, scene: Scene) -> None:
    candidate = scene.candidate(scene.watched_id)
    page = candidate.context.new_page()
    page.goto(f"/bookings/{candidate.sat.booking_id}/device")
    page.locator("#run-check").click()
    page.locator("#send-check").wait_for(timeout=60_000)
    album.take(page, "device-check", TALL, show="#probes")


def _check_in(album: Album, scene: Scene) -> None:
    candidate = scene.candidate()
    act(
        scene.site.database, record_arrangement, scene.staff["officer"], read_clock(),
        booking_id=candidate.sat.booking_id, extra_percent=25, extra_minutes=0, rest_minutes=30,
        reason="Reads more slowly; letter seen.",
    )  # fmt: skip
    page = candidate.context.new_page()
    page.goto(f"/exam/{candidate.sat.booking_id}")
    album.take(page, "check-in", TALL, show="form label")


def _door(album: Album, scene: Scene) -> None:
    candidate = scene.candidate(scene.watched_id)
    act(
        scene.site.database, arrive, candidate.sat.candidate, read_clock() - timedelta(minutes=1),
        booking_id=candidate.sat.booking_id,
    )  # fmt: skip
    page = candidate.context.new_page()
    page.goto(f"/exam/{candidate.sat.booking_id}")
    album.take(page, "door", show="#door")


def take_after(album: Album, scene: Scene) -> None:
    """What a candidate meets once they have handed in."""
    candidate = scene.candidate()
    page = candidate.start()
    page.locator("[data-item] input[type=radio]").first.check()
    box(page).fill("I would ask him first.")
    expect_saved(page)
    page.goto(f"/attempt/{candidate.sat.attempt_id}/finish")
    page.locator(RECEIPT).wait_for(state="attached")
    album.take(page, "exam-finish")
    page.get_by_role("button", name="Finish and hand in my answers").click()
    expect(page.locator("#receipt-right")).to_be_visible()
    album.take(page, "receipt", TALL)
