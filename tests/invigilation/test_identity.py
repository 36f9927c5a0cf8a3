"""Who a candidate is: shown by camera or without, compared by a person, and not kept for longer."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from proficiency import features
from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import SYSTEM
from proficiency.core.audit import AuditEvent
from proficiency.core.chain import evidence_models, row_values
from proficiency.core.db import Database
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.sights import list_seen
from proficiency.core.verify import verify_all
from proficiency.delivery import checking_in, verify
from proficiency.delivery.admission import CheckMeans, DocumentType, PictureKind
from proficiency.delivery.checking_in import (
    admit,
    arrive,
    ask_other_way,
    check_identity,
    find_at_the_door,
    leave_unchecked,
    turn_away,
)
from proficiency.delivery.identity_operations import erase_due_pictures, keep_picture
from proficiency.delivery.identity_pictures import find_pictures, get_picture
from proficiency.delivery.identity_rules import kept_until, read_shot
from proficiency.delivery.outages import note_pulse
from proficiency.delivery.sights import IDENTITY
from proficiency.sittings.queries import get_sitting
from tests.delivery.factory import Sat
from tests.factories import NOW, act, person, sign_in_as
from tests.invigilation.factory import Watched, watched

OURS = {"Origin": "http://localhost", "Accept": "application/json"}
FACE, DOCUMENT = PictureKind.FACE, PictureKind.DOCUMENT


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def jpeg(
    width: int = 640, height: int = 480, *notes: bytes, after: bytes = b"", pixels: bytes = b"\x12"
) -> bytes:
    """A picture in its outer structure, as `scenarios.pictures` reads it."""
    size = bytes([8]) + height.to_bytes(2, "big") + width.to_bytes(2, "big") + b"\x01"
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xE0, b"JFIF\x00"),
            *(segment(0xE1, note) for note in notes),
            segment(0xC0, size),
            segment(0xDA, b"\x01"),
            pixels,
            b"\xff\xd9",
            after,
        )
    )


@pytest.fixture
def room(database: Database) -> Watched:
    return watched(database, identity_check=True, photo_days=30)


def waiting(room: Watched, name: str = "") -> Sat:
    place = room.book(name)
    act(room.database, arrive, place.candidate, NOW, booking_id=place.booking_id)
    return place


def shows(room: Watched, place: Sat, *kinds: PictureKind, pixels: bytes = b"\x12") -> None:
    for kind in kinds or (FACE, DOCUMENT):
        act(
            room.database, keep_picture, place.candidate, NOW,
            booking_id=place.booking_id, kind=kind, data=jpeg(pixels=pixels),
        )  # fmt: skip


def kinds_of(room: Watched, place: Sat) -> set[PictureKind]:
    with room.database.read() as session:
        return set(find_pictures(session, place.booking_id))


def passport(room: Watched, place: Sat) -> None:
    room.do(
        check_identity, booking_id=place.booking_id, document=DocumentType.PASSPORT,
        means=CheckMeans.BY_CAMERA,
    )  # fmt: skip


# What a picture is


def test_a_picture_is_kept_without_what_a_camera_or_browser_wrote_into_it() -> None:
    told = jpeg(640, 480, b"Exif\x00\x00 at home, 12:30", after=b"<script>")
    shot = read_shot(told)
    assert shot.data == jpeg()
    assert (shot.width, shot.height) == (640, 480)


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n", jpeg()[:-2], jpeg(5000, 20), jpeg(60, 60),
     b"\xff\xd8\xff" * 200_000],
    ids=["nothing", "markup", "png", "cut off", "odd", "tiny", "huge"],
)  # fmt: skip
def test_anything_but_a_whole_usual_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        read_shot(data)


# Keeping and erasing


def test_the_documents_picture_goes_with_the_decision_and_the_face_stays(room: Watched) -> None:
    for decide in (
        lambda place: passport(room, place),
        lambda place: room.do(
            leave_unchecked, booking_id=place.booking_id, reason="The name can’t be read."
        ),
        lambda place: room.do(turn_away, booking_id=place.booking_id, reason="Somebody else."),
    ):
        place = waiting(room)
        shows(room, place)
        assert kinds_of(room, place) == {FACE, DOCUMENT}
        decide(place)
        assert kinds_of(room, place) == {FACE}


def test_a_newer_picture_takes_the_place_of_an_older(room: Watched) -> None:
    place = waiting(room)
    shows(room, place, FACE, pixels=b"\x01")
    shows(room, place, FACE, pixels=b"\x02")
    with room.database.read() as session:
        found = find_pictures(session, place.booking_id)
        assert get_picture(session, found[FACE].id)[1] == jpeg(pixels=b"\x02")


def test_pictures_are_for_ones_own_place_while_one_waits_and_where_they_are_asked(
    room: Watched,
) -> None:
    early = room.book()
    with pytest.raises(Refused):
        shows(room, early)
    let_in = room.let_in(room.book())
    with pytest.raises(Refused):
        shows(room, let_in)
    place = waiting(room)
    with pytest.raises(NotFound):
        act(
            room.database, keep_picture, early.candidate, NOW,
            booking_id=place.booking_id, kind=FACE, data=jpeg(),
        )  # fmt: skip
    with pytest.raises(NotFound):
        act(
            room.database, ask_other_way, early.candidate, NOW,
            booking_id=place.booking_id, reach="",
        )  # fmt: skip
    plain = watched(room.database)
    with pytest.raises(Refused):
        shows(plain, waiting(plain))


def test_who_can_or_will_not_use_a_camera_is_let_in_all_the_same(room: Watched) -> None:
    place = waiting(room)
    shows(room, place)
    act(
        room.database, ask_other_way, place.candidate, NOW,
        booking_id=place.booking_id, reach="020 7946 0123",
    )  # fmt: skip
    assert kinds_of(room, place) == set()
    room.do(
        check_identity, booking_id=place.booking_id, document=DocumentType.DRIVING_LICENCE,
        means=CheckMeans.BY_VIDEO_CALL,
    )  # fmt: skip
    assert room.do(admit, booking_id=place.booking_id) is not None


def test_who_could_not_be_checked_comes_in_only_by_a_persons_decision(room: Watched) -> None:
    place = waiting(room)
    with pytest.raises(Refused):
        room.do(admit, booking_id=place.booking_id)
    with pytest.raises(Invalid):
        room.do(leave_unchecked, booking_id=place.booking_id, reason=" ")
    room.do(leave_unchecked, booking_id=place.booking_id, reason="No document at hand.")
    room.do(admit, booking_id=place.booking_id)
    with room.database.read() as session:
        door = find_at_the_door(session, place.booking_id)
    assert not door.is_checked
    assert door.identity_at == NOW


def test_the_face_goes_when_the_time_for_appeals_is_over_and_leaves_a_line(room: Watched) -> None:
    place, undecided = waiting(room), waiting(room)
    shows(room, place)
    shows(room, undecided)
    passport(room, place)
    with room.database.read() as session:
        until = kept_until(get_sitting(session, room.sitting_id).last_start_at, 30)
    day = timedelta(days=1)
    assert act(room.database, erase_due_pictures, SYSTEM, NOW + day - timedelta(seconds=1)) == 0
    assert act(room.database, erase_due_pictures, SYSTEM, NOW + day) == 1  # the undecided document
    assert act(room.database, erase_due_pictures, SYSTEM, until - timedelta(seconds=1)) == 0
    assert act(room.database, erase_due_pictures, SYSTEM, until) == 2
    assert kinds_of(room, place) == kinds_of(room, undecided) == set()
    with room.database.read() as session:
        rows = session.scalars(
            sa.select(AuditEvent)
            .where(AuditEvent.action == "identity_picture_erased")
            .order_by(AuditEvent.at)
        )
        told = [json.loads(row.details) for row in rows]
    own = [each for each in told if each["booking_id"] == place.booking_id]
    assert [(each["kind"], each["why"]) for each in own] == [
        ("document", "decided"),
        ("face", "time_over"),
    ]


@pytest.fixture
def forgetful(room: Watched, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """A room whose program erases no picture when it should."""
    monkeypatch.setattr(checking_in, "erase_pictures", lambda *_nothing: 0)
    return room


def decided_later(room: Watched, operation: Any, place: Sat, **more: Any) -> list[str]:
    """What verifying finds when somebody decides a minute after the pictures came."""
    now = NOW + timedelta(minutes=1)
    act(room.database, operation, room.invigilator, now, booking_id=place.booking_id, **more)
    return found_by_verifying(room)


def found_by_verifying(room: Watched) -> list[str]:
    with room.database.read() as session:
        return list(verify.check(session))


def alive(room: Watched, now: datetime) -> None:
    act(room.database, note_pulse, SYSTEM, now)


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        (check_identity, {"document": DocumentType.PASSPORT, "means": CheckMeans.BY_CAMERA}),
        (leave_unchecked, {"reason": "The name can’t be read."}),
        (turn_away, {"reason": "Somebody else."}),
    ],
)
def test_verifying_finds_a_document_that_outlives_its_decision(
    forgetful: Watched, operation: Any, more: dict[str, Any]
) -> None:
    place = waiting(forgetful)
    shows(forgetful, place)
    assert found_by_verifying(forgetful) == []
    [problem] = decided_later(forgetful, operation, place, **more)
    assert "although somebody has decided" in problem


def test_verifying_finds_pictures_kept_after_another_way_was_asked_for(forgetful: Watched) -> None:
    place = waiting(forgetful)
    shows(forgetful, place, FACE)
    act(
        forgetful.database, ask_other_way, place.candidate, NOW + timedelta(minutes=1),
        booking_id=place.booking_id, reach="020 7946 0000",
    )  # fmt: skip
    [problem] = found_by_verifying(forgetful)
    assert "another way was asked for" in problem


def test_verifying_finds_pictures_whose_time_is_over(room: Watched) -> None:
    place = waiting(room)
    shows(room, place, FACE)
    with room.database.read() as session:
        end = kept_until(get_sitting(session, room.sitting_id).last_start_at, 30)
    alive(room, end + timedelta(days=1))
    assert found_by_verifying(room) == []
    alive(room, end + timedelta(days=1, hours=1))
    [problem] = found_by_verifying(room)
    assert "the photograph is kept although its time is over" in problem
    act(room.database, erase_due_pictures, SYSTEM, end + timedelta(days=1, hours=2))
    assert found_by_verifying(room) == []


def test_verifying_finds_a_document_that_nobody_ever_decided_about(room: Watched) -> None:
    place = waiting(room)
    shows(room, place, DOCUMENT)
    alive(room, NOW + timedelta(days=2))
    assert found_by_verifying(room) == []
    alive(room, NOW + timedelta(days=2, hours=1))
    [problem] = found_by_verifying(room)
    assert "nobody decided in time" in problem


def test_no_picture_is_ever_part_of_the_evidence_and_all_of_it_verifies(room: Watched) -> None:
    place = waiting(room)
    shows(room, place)
    passport(room, place)
    room.do(admit, booking_id=place.booking_id)
    with room.database.read() as session:
        for model in evidence_models():
            for row in session.scalars(sa.select(model)):
                assert not any(isinstance(value, bytes) for value in row_values(row).values())
    assert verify_all(room.database, features.room_checks()).problems == []


# The pages


@pytest.fixture
def seen(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(web, "read_clock", lambda: NOW)
    return watched(sqlite_database, identity_check=True)


def picture_address(room: Watched, place: Sat, kind: PictureKind = FACE) -> str:
    with room.database.read() as session:
        found = find_pictures(session, place.booking_id)[kind]
    return f"/room/{room.sitting_id}/picture/{found.id}"


def send(client: FlaskClient, place: Sat, kind: str, data: bytes, **headers: str) -> Any:
    return client.post(
        f"/exam/{place.booking_id}/identity/{kind}", data=data, headers=OURS | headers,
        content_type="image/jpeg",
    )  # fmt: skip


def test_a_candidate_reads_what_is_asked_why_and_until_when(
    client: FlaskClient, seen: Watched
) -> None:
    place = waiting(seen)
    sign_in_as(client, place.candidate)
    page = client.get(f"/exam/{place.booking_id}/identity").text
    for words in ("Article 6(1)(f)", "No machine recognises", "Kept for appeals", "Without a cam"):
        assert words in page
    assert "/identity" in client.get(f"/exam/{place.booking_id}").text
    assert send(client, place, "face", jpeg()).status_code == 200
    assert send(client, place, "document", jpeg()).status_code == 200
    assert "are with your invigilator" in client.get(f"/exam/{place.booking_id}/identity").text
    assert send(client, place, "shoes", jpeg()).status_code == 422
    assert send(client, place, "face", b"MZ").status_code == 422
    assert send(client, place, "face", jpeg(), Origin="http://elsewhere").status_code == 403
    assert send(client, waiting(seen), "face", jpeg()).status_code == 404


def test_only_who_watches_over_it_sees_a_picture_and_each_look_is_written_down(
    client: FlaskClient, seen: Watched
) -> None:
    place, other = waiting(seen), watched(seen.database, identity_check=True)
    shows(seen, place)
    address = picture_address(seen, place)
    sign_in_as(client, seen.invigilator)
    reply = client.get(address)
    assert (reply.data, reply.mimetype) == (jpeg(), "image/jpeg")
    assert reply.headers["Cache-Control"] == "no-store"
    assert client.get(address.replace(seen.sitting_id, other.sitting_id)).status_code == 404
    with seen.database.read() as session:
        looks = list_seen(session, IDENTITY, place.booking_id)
    assert [(look.person_id, look.times) for look in looks] == [(seen.invigilator.id, 1)]
    page = client.get(f"/room/{seen.sitting_id}/candidate/{place.booking_id}").text
    assert page.count(f'src="/room/{seen.sitting_id}/picture/') == 2
    assert "pictures to compare" in client.get(f"/room/{seen.sitting_id}").text
    barred = set(Role) - {Role.INVIGILATOR, Role.EXAM_OFFICER}
    for role in sorted(barred):
        sign_in_as(client, person(seen.database, role))
        assert client.get(address).status_code == 403, role
    sign_in_as(client, place.candidate)
    assert client.get(address).status_code == 403


def test_it_is_written_down_that_nobody_could_check_and_the_record_can_be_given(
    client: FlaskClient, seen: Watched
) -> None:
    place, stranger = waiting(seen), waiting(seen, "Somebody Quite Else")
    shows(seen, place)
    sign_in_as(client, seen.invigilator)
    fields = {"booking_id": place.booking_id, "key": "k", "text": "The picture is dark."}
    done = client.post(
        f"/room/{seen.sitting_id}/do", data=fields | {"command": "not_checked"}, headers=OURS
    )
    assert done.status_code == 200
    address = f"/room/{seen.sitting_id}/candidate/{place.booking_id}/record"
    assert client.get(address).status_code == 403
    sign_in_as(client, person(seen.database, Role.EXAM_OFFICER))
    given = client.get(address).get_json()
    assert {(each["what"], each["by"]) for each in given["what_happened"]} == {
        ("Arrived", "candidate"),
        ("Identity could not be checked", "staff"),
    }
    assert [each["kind"] for each in given["pictures"]] == ["face"]
    text = json.dumps(given)
    assert "Ines Watch" not in text
    assert "Somebody Quite Else" not in text
    assert stranger.booking_id not in text
