"""What is done in a room, on both databases: once each, by whom it may, and with evidence."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from proficiency.core.chance import new_id
from proficiency.core.db import Database
from proficiency.core.errors import Conflict, Invalid, NotFound, Refused, TooMany
from proficiency.core.verify import verify_all
from proficiency.delivery.admission import CheckMeans, DocumentType
from proficiency.delivery.checking_in import (
    START_WITHIN,
    admit,
    arrive,
    check_identity,
    find_at_the_door,
    turn_away,
)
from proficiency.delivery.operations import change_writer
from proficiency.delivery.presence import SignOfLife, note_presence
from proficiency.delivery.queries import find_writer, get_attempt_state
from proficiency.delivery.rules import EventKind, Phase
from proficiency.delivery.takeover_rules import Word
from proficiency.delivery.time_operations import record_pause
from proficiency.delivery.watching import ask_for_writer, force_submission, permit_writer
from proficiency.delivery.writers import make_writer
from proficiency.features import room_checks
from proficiency.invigilation.attention import Place, Rank
from proficiency.invigilation.history import read_history
from proficiency.invigilation.operations import (
    MOST_IN_A_MINUTE,
    answer_call,
    lower_hand,
    mark_seen,
    reply_to,
    send_message,
    write_down,
)
from proficiency.invigilation.queries import Candidate, list_own_calls, list_told, read_room
from proficiency.invigilation.report import make_report, make_roster
from proficiency.invigilation.rules import EntryKind, SignalKind, Topic
from proficiency.invigilation.signals import KEPT_IN_A_MINUTE, Noticed, record_signals
from tests.delivery import factory as delivery
from tests.delivery.factory import DEVICE, MINUTE, OTHER_DEVICE, SECOND, Sat
from tests.factories import NOW, act
from tests.invigilation.factory import Watched, call, watched
from tests.preparation.factory import tell

pytestmark = pytest.mark.both


@pytest.fixture
def room(database: Database) -> Watched:
    return watched(database)


def row_of(room: Watched, place: Sat, now: datetime = NOW) -> Candidate:
    with room.database.read() as session:
        found = read_room(session, room.sitting_id, now)
    return next(each for each in found.candidates if each.booking_id == place.booking_id)


def sees_passport(room: Watched, place: Sat) -> None:
    room.do(
        check_identity, booking_id=place.booking_id, document=DocumentType.PASSPORT,
        means=CheckMeans.BY_CAMERA,
    )  # fmt: skip


# The door


def test_nobody_starts_a_watched_exam_before_they_are_let_in(room: Watched) -> None:
    place = room.book()
    with pytest.raises(Refused, match="not let you in"):
        delivery.started(room.database, place=place)
    act(room.database, arrive, place.candidate, booking_id=place.booking_id)
    assert row_of(room, place).place is Place.WAITING
    with pytest.raises(Refused, match="Check the identity first"):
        room.do(admit, booking_id=place.booking_id)
    sees_passport(room, place)
    room.do(admit, booking_id=place.booking_id)
    assert room.do(admit, booking_id=place.booking_id) is None
    started = delivery.started(room.database, place=place)
    assert row_of(room, started).place is Place.WRITING


def test_arriving_twice_is_arriving_once(room: Watched) -> None:
    place = room.book()
    given = {"booking_id": place.booking_id}
    assert act(room.database, arrive, place.candidate, **given) is not None
    assert act(room.database, arrive, place.candidate, **given) is None
    with pytest.raises(NotFound):
        act(room.database, arrive, room.book().candidate, **given)


def test_who_is_turned_away_may_come_again_and_be_let_in(room: Watched) -> None:
    place = room.book()
    given = {"booking_id": place.booking_id}
    with pytest.raises(Refused, match="not arrived"):
        room.do(turn_away, **given, reason="No document.")
    act(room.database, arrive, place.candidate, **given)
    with pytest.raises(Invalid):
        room.do(turn_away, **given, reason=" ")
    room.do(turn_away, **given, reason="No document.")
    assert row_of(room, place).place is Place.TURNED_AWAY
    act(room.database, arrive, place.candidate, NOW + MINUTE, **given)
    sees_passport(room, place)
    room.do(admit, **given)
    started = delivery.started(room.database, place=place)
    with pytest.raises(Refused, match="started already"):
        room.do(turn_away, **given, reason="Too late now.")
    assert started.attempt_id


def test_who_came_in_time_and_waited_past_the_last_start_still_starts(room: Watched) -> None:
    place, last = room.book(), NOW + timedelta(hours=1)
    act(room.database, arrive, place.candidate, last, booking_id=place.booking_id)
    sees_passport(room, place)
    let_in_at = last + timedelta(minutes=20)
    room.do(admit, let_in_at, booking_id=place.booking_id)
    with room.database.read() as session:
        door = find_at_the_door(session, place.booking_id)
    assert door.admitted_at == let_in_at
    late = room.book()
    with pytest.raises(Refused, match="last time to start"):
        act(room.database, arrive, late.candidate, let_in_at, booking_id=late.booking_id)
    with pytest.raises(Refused, match="last time to start"):
        delivery.started(room.database, let_in_at + START_WITHIN + SECOND, place=place)
    assert delivery.started(room.database, let_in_at + START_WITHIN, place=place).attempt_id


def test_nobody_watches_over_their_own_exam(room: Watched) -> None:
    place = room.writing()
    both = replace(room.invigilator, user_id=place.candidate.id)
    with pytest.raises(Refused, match="own exam"):
        act(room.database, turn_away, both, booking_id=place.booking_id, reason="Me.")
    with pytest.raises(Refused, match="own exam"):
        act(
            room.database,
            force_submission,
            both,
            attempt_id=place.attempt_id,
            reason="Me.",
            key="k",
        )
    with pytest.raises(Refused, match="own exam"):
        act(
            room.database, send_message, both, sitting_id=room.sitting_id,
            booking_id=place.booking_id, text="Hello me", key="k",
        )  # fmt: skip


# Another device


def test_another_device_needs_the_invigilators_word(room: Watched) -> None:
    place = room.writing()
    with pytest.raises(Refused, match="not permitted"):
        place.do(change_writer, device_id=OTHER_DEVICE)
    assert place.do(ask_for_writer, device_id=OTHER_DEVICE).word is Word.WAITING
    assert place.do(ask_for_writer, NOW + MINUTE, device_id=OTHER_DEVICE).word is Word.WAITING
    assert row_of(room, place).rank is Rank.ASKS_FOR_DEVICE
    assert room.do(permit_writer, attempt_id=place.attempt_id) == 1
    assert room.do(permit_writer, attempt_id=place.attempt_id) == 0
    with pytest.raises(Refused, match="not permitted"):
        place.do(change_writer, device_id="device-three")
    assert place.do(change_writer, device_id=OTHER_DEVICE) == 2
    with pytest.raises(Refused, match="not permitted"):
        place.do(change_writer, device_id=DEVICE)  # one word is for one takeover


def test_where_nobody_answers_the_rule_permits_it_and_says_so(room: Watched) -> None:
    place = room.writing()
    place.do(ask_for_writer, device_id=OTHER_DEVICE)
    just_before = NOW + 3 * MINUTE - SECOND
    assert place.do(ask_for_writer, just_before, device_id=OTHER_DEVICE).word is Word.WAITING
    assert place.do(ask_for_writer, NOW + 3 * MINUTE, device_id=OTHER_DEVICE).is_given
    place.do(change_writer, NOW + 3 * MINUTE, device_id=OTHER_DEVICE)
    with room.database.read() as session:
        lines = read_history(session, room.sitting_id, place.booking_id).lines
        assert find_writer(session, place.attempt_id) == OTHER_DEVICE
    [permitted] = [line for line in lines if line.kind == EventKind.WRITER_PERMITTED]
    assert permitted.by == "the system"
    assert "rule permits" in (permitted.words or "")


def test_where_nobody_watches_a_device_goes_on_as_before(database: Database) -> None:
    place = delivery.started(database)
    assert place.do(ask_for_writer, device_id=OTHER_DEVICE).is_given
    assert place.do(change_writer, device_id=OTHER_DEVICE) == 2


# Ending an exam


def test_an_exam_is_ended_once_with_a_reason(room: Watched) -> None:
    place = room.writing()
    given = {"attempt_id": place.attempt_id, "key": "k1"}
    with pytest.raises(Invalid):
        room.do(force_submission, **given, reason=" ")
    first = room.do(force_submission, **given, reason="Was taken ill.")
    assert first == room.do(force_submission, NOW + MINUTE, **given, reason="Was taken ill.")
    with pytest.raises(Refused, match="over already"):
        room.do(force_submission, attempt_id=place.attempt_id, key="k2", reason="Again.")
    with room.database.read() as session:
        assert get_attempt_state(session, place.attempt_id).phase is Phase.CLOSED
    assert row_of(room, place).place is Place.FINISHED


# Talking


def test_a_message_to_all_reaches_everybody_and_each_says_that_it_was_seen(room: Watched) -> None:
    one, other = room.writing(), room.writing()
    for _twice in range(2):
        sent = room.do(
            send_message, sitting_id=room.sitting_id, booking_id=None, text="Five more minutes.",
            key="m1",
        )  # fmt: skip
    given = {"booking_id": one.booking_id, "entry_ids": [sent.id]}
    assert act(room.database, mark_seen, one.candidate, **given) == 1
    assert act(room.database, mark_seen, one.candidate, **given) == 0
    with room.database.read() as session:
        seen = [list_told(session, room.sitting_id, each.booking_id) for each in (one, other)]
    assert [[told.is_seen for told in each] for each in seen] == [[True], [False]]


def test_a_key_is_for_one_command(room: Watched) -> None:
    place = room.book()
    given = {"sitting_id": room.sitting_id, "text": "Hello", "key": "m1"}
    room.do(send_message, **given, booking_id=None)
    with pytest.raises(Conflict):
        room.do(send_message, **given, booking_id=place.booking_id)
    with pytest.raises(Conflict):
        room.do(write_down, **given, booking_id=None, kind=EntryKind.NOTE)
    with pytest.raises(Invalid):
        room.do(send_message, sitting_id=room.sitting_id, booking_id=None, text="Hi", key="\n")


def test_a_call_is_answered_once_and_a_reply_is_a_call_again(room: Watched) -> None:
    place = room.writing()
    made = call(place, Topic.QUESTION_WRONG, item_id=place.item().id, text="Two are right.")
    assert row_of(room, place).calls == (
        f"This question looks wrong: question {place.item().number}",
    )
    given = {"entry_id": made.id, "text": "Choose the better one."}
    first = room.do(answer_call, **given, key="a1")
    assert room.do(answer_call, **given, key="a2").id == first.id
    assert row_of(room, place).calls == ()
    act(
        room.database, reply_to, place.candidate, booking_id=place.booking_id, entry_id=first.id,
        text="Thank you.", key="r1",
    )  # fmt: skip
    assert row_of(room, place).calls == ("Reply",)


def test_a_call_can_be_taken_back(room: Watched) -> None:
    place = room.writing()
    made = call(place)
    act(room.database, lower_hand, place.candidate, entry_id=made.id)
    act(room.database, lower_hand, place.candidate, entry_id=made.id)
    with room.database.read() as session:
        assert list_own_calls(session, place.booking_id) == []
    with pytest.raises(NotFound):
        act(room.database, lower_hand, room.book().candidate, entry_id=made.id)


def test_a_page_gone_wrong_does_not_fill_the_log(room: Watched) -> None:
    place = room.writing()
    for number in range(MOST_IN_A_MINUTE):
        call(place, key=f"k{number}")
    with pytest.raises(TooMany):
        call(place, key="one more")
    assert call(place, key="one more", now=NOW + 2 * MINUTE)


def test_a_question_of_another_exam_is_not_there(room: Watched) -> None:
    with pytest.raises(NotFound):
        call(room.writing(), Topic.QUESTION_WRONG, item_id=new_id())


def test_what_is_written_down_says_when_it_happened(room: Watched) -> None:
    given = {"sitting_id": room.sitting_id, "booking_id": None, "kind": EntryKind.INCIDENT}
    with pytest.raises(Invalid, match="still to come"):
        room.do(write_down, **given, text="Soon", key="k1", happened_at=NOW + SECOND)
    room.do(write_down, **given, text="The lights went out.", key="k2", happened_at=NOW - MINUTE)
    with room.database.read() as session:
        [line] = read_room(session, room.sitting_id, NOW).lines
    assert line.what.startswith("Incident, at ")


def test_a_whole_room_raises_its_hands_at_once(room: Watched) -> None:
    places = [room.writing() for _each in range(12)]
    with ThreadPoolExecutor(max_workers=12) as pool:
        list(pool.map(lambda place: call(place, Topic.UNWELL), places))
    with room.database.read() as session:
        assert len(read_room(session, room.sitting_id, NOW).calls) == 12


# Presence


def test_the_room_sees_how_a_page_stands_and_who_went_silent(room: Watched) -> None:
    place = room.writing()
    writer = make_writer(room.database)
    dialect = room.database.writer.dialect.name
    sign = SignOfLife(unsent=3, waiting=90_000, is_hidden=True)
    writer.run(place.attempt_id, note_presence(dialect, place.attempt_id, sign, NOW + 2 * MINUTE))
    older = SignOfLife()  # overtaken on its way
    writer.run(place.attempt_id, note_presence(dialect, place.attempt_id, older, NOW + MINUTE))
    row = row_of(room, place, NOW + 2 * MINUTE)
    assert (row.unsent, row.is_hidden, row.rank) == (3, True, Rank.UNSENT)
    later = row_of(room, place, NOW + 3 * MINUTE)
    assert (later.place, later.since) == (Place.OFFLINE, NOW + 2 * MINUTE)


# Signals


def test_signals_are_bounded_and_say_that_there_were_more(room: Watched) -> None:
    place = room.writing()
    many = [Noticed(SignalKind.LEFT_PAGE, None, SECOND)] * 20
    given = {"booking_id": place.booking_id, "signals": many, "device_id": DEVICE}
    kept = [act(room.database, record_signals, place.candidate, NOW, **given) for _each in range(3)]
    assert kept == [20, KEPT_IN_A_MINUTE - 20 + 1, 0]
    assert act(room.database, record_signals, place.candidate, NOW + 2 * MINUTE, **given) == 20
    with pytest.raises(NotFound):
        act(room.database, record_signals, room.book().candidate, NOW, **given)


# Afterwards


def test_the_report_and_the_roster_tell_of_everybody(room: Watched) -> None:
    place = room.writing("Anna Quiet")
    room.book("Zoe Absent")
    room.do(record_pause, attempt_id=place.attempt_id, reason="A fire alarm.")
    with room.database.read() as session:
        report = make_report(session, room.sitting_id, NOW + MINUTE)
        roster = make_roster(session, room.sitting_id)
    assert [row.name for row in report.rows] == ["Anna Quiet", "Zoe Absent"]
    assert (report.rows[0].stops, report.rows[0].admitted_at) == (1, NOW)
    assert [row.name for row in roster] == ["Anna Quiet", "Zoe Absent"]


def test_who_watches_knows_whom_to_ring(room: Watched) -> None:
    place = room.book("Anna Quiet")
    tell(room.database, place.candidate, place.booking_id, now=NOW, phone="020 7946 0000")
    with room.database.read() as session:
        assert [row.phone for row in make_roster(session, room.sitting_id)] == ["020 7946 0000"]
    with pytest.raises(Invalid, match="telephone number"):
        tell(room.database, place.candidate, place.booking_id, now=NOW, phone="later")


def test_all_of_it_verifies(room: Watched) -> None:
    place = room.writing()
    made = call(place, Topic.UNWELL, text="Dizzy.")
    room.do(answer_call, entry_id=made.id, text="Rest.", key="a1")
    place.do(ask_for_writer, device_id=OTHER_DEVICE)
    place.do(ask_for_writer, NOW + 3 * MINUTE, device_id=OTHER_DEVICE)
    place.do(change_writer, NOW + 3 * MINUTE, device_id=OTHER_DEVICE)
    room.do(
        force_submission, NOW + 4 * MINUTE, attempt_id=place.attempt_id, reason="Ill.", key="f1"
    )
    assert verify_all(room.database, room_checks()).problems == []
