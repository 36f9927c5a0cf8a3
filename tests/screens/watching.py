"""The invigilator's room in its states, and what the exam office decides and reads afterwards."""

from datetime import datetime, timedelta

from playwright.sync_api import Page, expect

from proficiency.core.clock import read_clock
from proficiency.core.operation import transaction
from proficiency.delivery.checking_in import arrive
from proficiency.delivery.late import late_answers_of, undecided
from proficiency.delivery.operations import submit_attempt
from proficiency.delivery.presence import SignOfLife, note_presence
from proficiency.delivery.time_operations import record_pause
from proficiency.invigilation.rules import Topic
from proficiency.sittings.queries import get_sitting
from tests.delivery import factory as delivery
from tests.delivery.factory import Sat
from tests.factories import act
from tests.invigilation.factory import Watched, call
from tests.screens.album import Album
from tests.screens.scene import Scene
from tests.screens.writing import WORDS
from tests.sittings import factory as sittings

READY = "html[data-room=ready]"
FORTY, FEW = 40, 6
WRITTEN_FOR = timedelta(minutes=31)
SILENT_FOR = timedelta(minutes=7)


def take_all(album: Album, scene: Scene) -> None:
    """Take every picture of this part."""
    for picture in (_quiet, _forty, _of_the_demonstration, _late, _history):
        picture(album, scene)
        for context in scene.chromium.contexts:
            context.close()


def _room(scene: Scene, sitting_id: str) -> Watched:
    with scene.site.database.read() as session:
        form_id = get_sitting(session, sitting_id).form_id
    return Watched(scene.site.database, sitting_id, form_id, scene.staff["invigilator"])


def _book(scene: Scene, room: Watched, now: datetime) -> Sat:
    candidate = sittings.candidate(room.database, scene.name())
    booking = sittings.booking(room.database, room.sitting_id, candidate.id, now=now)
    return Sat(room.database, candidate, room.sitting_id, booking.id, room.form_id, "")


def _writing(
    scene: Scene, room: Watched, now: datetime, saved: timedelta = timedelta(minutes=1)
) -> Sat:
    """Somebody who was let in half an hour ago and saved something that long ago."""
    began = now - WRITTEN_FOR
    place = room.let_in(_book(scene, room, began), began)
    place = delivery.started(room.database, began, place=place)
    place.write(WORDS, now=now - saved)
    return place


def _hear(room: Watched, places: list[Sat], ago: timedelta = timedelta(0)) -> None:
    """Let the pages of these people say that they are there, as their heartbeat does."""
    at = read_clock() - ago
    with transaction(room.database) as session:
        cursor = session.connection().connection.cursor()
        for place in places:
            note_presence("sqlite", place.attempt_id, SignOfLife(), at)(cursor)


def _open(scene: Scene, room: Watched) -> Page:
    page = scene.page_of("invigilator")
    page.goto(f"/room/{room.sitting_id}")
    page.locator(READY).wait_for(state="attached")
    return page


def _quiet(album: Album, scene: Scene) -> None:
    room, now = _room(scene, scene.new_watched_sitting()), read_clock()
    places = [_writing(scene, room, now) for _each in range(FEW)]
    _hear(room, places)
    album.take(_open(scene, room), "room-quiet")


def _forty(album: Album, scene: Scene) -> None:
    room, now = _room(scene, scene.new_watched_sitting()), read_clock()
    waiting = _book(scene, room, now)
    act(room.database, arrive, waiting.candidate, now, booking_id=waiting.booking_id)
    silent = _writing(scene, room, now, SILENT_FOR)
    places = [_writing(scene, room, now) for _each in range(FORTY - 2)]
    paused, calling, unwell, *_others = places
    room.do(record_pause, now, attempt_id=paused.attempt_id, reason="A fire alarm.")
    words = "Two of the answers seem to say the same."
    call(calling, Topic.QUESTION_WRONG, now, text=words, item_id=calling.item().id)
    call(unwell, Topic.UNWELL, now, text="I feel dizzy.")
    _hear(room, places)
    _hear(room, [silent], SILENT_FOR)
    page = _open(scene, room)
    album.take(page, "room-forty")
    _hear(room, places)
    page.locator("#rows tr").nth(8).get_by_role("link").first.click()
    expect(page.locator("#one")).to_be_visible()
    page.locator("#one summary", has_text="Time").click()
    album.take(page, "room-one")
    page.context.set_offline(True)
    expect(page.locator("body[data-stale]")).to_be_attached(timeout=30_000)
    page.locator("#one").get_by_label("Why their clock stops").fill("They rang: a fire alarm.")
    page.locator("#one").get_by_role("button", name="Stop their clock").click()
    expect(page.locator("#order-list")).to_contain_text("Stop their clock")
    album.take(page, "room-offline")


def _of_the_demonstration(album: Album, scene: Scene) -> None:
    watched = scene.sitting("Watched")
    page = scene.page_of("invigilator")
    page.goto(f"/room/{watched.id}")
    page.locator("#rows tr").filter(has_text="Clock stopped").get_by_role("link").first.click()
    page.locator("#one-all").click()
    album.take(page, "room-person")
    for name in ("report", "roster"):
        page.goto(f"/room/{watched.id}/{name}")
        album.take(page, f"room-{name}")


def _late(album: Album, scene: Scene) -> None:
    sitting = scene.sitting("Autumn sitting 4")
    with scene.site.database.read() as session:
        assert len(undecided(late_answers_of(session, sitting.id))) == 1
    page = scene.page_of("officer")
    page.goto(f"/late/{sitting.id}")
    album.take(page, "late-decision", (1280, 1000), show="form[action*='/late/answers']", at="end")


def _history(album: Album, scene: Scene) -> None:
    now = read_clock()
    place = scene.candidate().sat
    place = delivery.started(place.database, now - WRITTEN_FOR, place=place)
    parts = WORDS.split(" ")
    for number, size in enumerate((4, 9, 14, 12, 20, len(parts)), start=1):
        place.write(
            " ".join(parts[:size]),
            seq=number,
            now=now - WRITTEN_FOR + number * timedelta(minutes=2),
        )
    place.do(submit_attempt, now, epoch=1)
    page = scene.page_of("officer")
    page.goto(f"/attempts/{place.attempt_id}/history/{place.item().id}")
    album.take(page, "history", (1280, 1000))
