"""Somebody who sits an exam in a browser of their own, for journeys into what can happen to it."""

import json
import time
from dataclasses import dataclass
from datetime import timedelta

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from proficiency.core.access import Actor
from proficiency.core.clock import read_clock
from proficiency.delivery.models import AttemptEvent
from proficiency.delivery.queries import current_answers, get_attempt_state
from proficiency.delivery.rules import EventKind
from proficiency.sittings.queries import get_sitting
from tests.delivery import factory
from tests.delivery.factory import Sat
from tests.factories import act
from tests.journeys.people import now_at, pass_time
from tests.journeys.server import PATIENCE, Site, signed_in
from tests.sittings import factory as sittings
from tests.starting import start_attempt

MINUTES = 120
READY = "html[data-exam=ready]"
KEPT = "html[data-pages=kept]"
DEVICE = "device-of-the-journey"
BUSY_DISK = """() => {
  IDBObjectStore.prototype.put = function () {
    const goOn = () => { this.count().onsuccess = goOn; };
    goOn();
  };
}"""
"""From now on the device is still writing when the page goes, and so has kept nothing."""
SLOW_STORE = """
Object.defineProperty(IDBRequest.prototype, "onsuccess", {
  set(heard) { this.addEventListener("success", (event) => setTimeout(() => heard(event), 700)); },
});
"""
"""A page that starts with this learns late what the device has: there is time to type before."""


@dataclass
class Candidate:
    """Somebody with a place, and a browser of their own."""

    site: Site
    chromium: Browser
    sat: Sat
    context: BrowserContext

    def start(self, *, left: timedelta | None = None) -> Page:
        """Start the attempt, so that `left` remains now, and open its page as the device."""
        now = read_clock()
        at = now if left is None else now + left - timedelta(minutes=MINUTES)
        attempt = act(
            self.site.database, start_attempt, self.sat.candidate, at,
            booking_id=self.sat.booking_id, device_id=DEVICE,
        )  # fmt: skip
        self.sat = Sat(**{**self.sat.__dict__, "attempt_id": attempt.id})
        self.context.add_cookies([{"name": "device", "value": DEVICE, "url": self.site.url}])
        return self.open()

    def open(self, context: BrowserContext | None = None) -> Page:
        """Open the exam's page, as this device or another."""
        page = (context or self.context).new_page()
        page.goto(f"/attempt/{self.sat.attempt_id}")
        page.locator(READY).wait_for(state="attached")
        return page

    def another_device(self) -> BrowserContext:
        """Another browser of the same person."""
        return signed_in(self.chromium, self.site, self.sat.candidate)

    @property
    def words(self) -> str | None:
        """The words that the server has for the first stage's written question."""
        with self.site.database.read() as session:
            saved = current_answers(session, self.sat.attempt_id).get(self.sat.item().id)
        return None if saved is None or saved.text is None else json.loads(saved.text)["text"]

    @property
    def kinds(self) -> list[EventKind]:
        """What happened to the attempt, in order; that its page was heard from is left out, for
        how often that is noted depends on how long the journey takes."""
        with self.site.database.read() as session:
            rows = session.query(AttemptEvent.kind).filter_by(aggregate_id=self.sat.attempt_id)
            kinds = [EventKind(row.kind) for row in rows.order_by(AttemptEvent.pos)]
        return [kind for kind in kinds if kind is not EventKind.CONTACTED]

    def wait_for_words(self, words: str, seconds: float = PATIENCE / 1000) -> None:
        until = time.monotonic() + seconds
        while self.words != words:
            assert time.monotonic() < until, f"the server has {self.words!r}, not {words!r}"
            time.sleep(0.1)


def live_through(candidate: Candidate, page: Page, how_long: timedelta) -> None:
    """Let time pass for the page, with everything that falls due in it, and for the server.

    The page's clock was installed before, and the server is one whose clock can be put forward.
    """
    pass_time(candidate.site, how_long)
    page.clock.fast_forward(int(how_long.total_seconds() * 1000))


def live_until(candidate: Candidate, page: Page, left: timedelta) -> None:
    """Let time pass until `left` remains, however long the journey has taken up to here."""
    with candidate.site.database.read() as session:
        window = get_attempt_state(session, candidate.sat.attempt_id).window
    remaining = window.remaining(now_at(candidate.site)) - left
    assert remaining > timedelta(0), "it took too long to get here"
    live_through(candidate, page, timedelta(seconds=int(remaining.total_seconds())))


def hear_from_server(page: Page) -> None:
    """Have the page ask the server now, which it does every quarter of a minute."""
    page.clock.fast_forward(16_000)


def box(page: Page) -> Locator:
    """The first box for a written answer."""
    return page.locator("main textarea").first


def expect_saved(page: Page) -> None:
    """Wait until the page says that everything is on the server."""
    expect(page.locator("#save-text")).to_contain_text("Saved on the server at")


def open_sitting(site: Site, **settings: object) -> str:
    """A sitting of a small form that has been open for three hours; returns its id."""
    now = read_clock()
    form = factory.small_form(site.database, minutes=MINUTES, transit_seconds=6, **settings)
    sitting = sittings.sitting(
        site.database,
        form.id,
        opens_at=now - timedelta(hours=3),
        last_start_at=now + timedelta(hours=1),
        now=now - timedelta(hours=4),
    )
    return str(sitting.id)


def booked(site: Site, chromium: Browser, sitting_id: str, actor: Actor) -> Candidate:
    """Give somebody a place in a sitting, and a browser in which they are signed in."""
    booking = sittings.booking(site.database, sitting_id, actor.id, now=read_clock())
    with site.database.read() as session:
        form_id = get_sitting(session, sitting_id).form_id
    sat = Sat(site.database, actor, sitting_id, booking.id, form_id, "")
    return Candidate(site, chromium, sat, signed_in(chromium, site, actor))
