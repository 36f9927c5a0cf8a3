"""Time in the room: a late start, an outage of the service, and how often a room asks."""

from datetime import datetime, timedelta

import pytest

from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.core.errors import Invalid, Refused
from proficiency.core.show import clock_text
from proficiency.delivery.outages import note_pulse
from proficiency.delivery.queries import get_attempt_state
from proficiency.delivery.time_operations import record_pause
from proficiency.invigilation.commands import Command, Order, obey
from proficiency.invigilation.history import on_day, read_history
from proficiency.invigilation.live import cut
from proficiency.invigilation.queries import Room, read_room
from proficiency.invigilation.report import make_report
from proficiency.sittings.times import list_late_starts
from tests.delivery import factory as delivery
from tests.delivery.factory import Sat
from tests.factories import NOW, act
from tests.invigilation.factory import Watched, call, watched
from tests.statements import asked

MINUTE = timedelta(minutes=1)
AFTER_THE_LAST_START = NOW + 70 * MINUTE
WHOLE_TIME = timedelta(hours=2)


@pytest.fixture
def room(database: Database) -> Watched:
    return watched(database)


def order(
    room: Watched, command: Command, now: datetime, place: Sat | None = None, **fields: str
) -> str:
    """One command as the page sends it; returns what the invigilator is told."""
    booking_id = None if place is None else place.booking_id
    given = Order(room.sitting_id, booking_id, "key", {"text": "The train was late.", **fields})
    return str(room.do(obey, now, command=command, order=given))


def look(room: Watched, now: datetime) -> Room:
    with room.database.read() as session:
        return read_room(session, room.sitting_id, now)


def leaves(place: Sat) -> list[datetime]:
    with place.database.read() as session:
        return [each.until for each in list_late_starts(session, place.booking_id)]


# A late start


def test_somebody_is_let_start_late_where_the_invigilator_is(room: Watched) -> None:
    place = room.book("Anna Late")
    until = AFTER_THE_LAST_START + 20 * MINUTE
    for _twice in range(2):
        said = order(room, Command.LATE_START, AFTER_THE_LAST_START, place, until=clock_text(until))
        assert clock_text(until) in said
    assert leaves(place) == [until]
    (row,) = look(room, AFTER_THE_LAST_START).candidates
    assert row.late_until == until
    (line,) = look(room, AFTER_THE_LAST_START).lines
    assert (line.words, line.by) == ("The train was late.", "Ines Watch")
    assert line.what == f"May start late, until {clock_text(until)}"
    sat = delivery.started(
        room.database, until - MINUTE, place=room.let_in(place, AFTER_THE_LAST_START)
    )
    with room.database.read() as session:
        window = get_attempt_state(session, sat.attempt_id).window
        told = read_history(session, room.sitting_id, place.booking_id).lines
    assert window.deadline == until - MINUTE + WHOLE_TIME
    assert line.what in [each.what for each in told]
    assert look(room, until).candidates[0].late_until is None


@pytest.mark.parametrize("until", ["", "soon", "25:00", clock_text(NOW + 30 * MINUTE)])
def test_a_late_start_has_a_time_that_is_still_to_come(room: Watched, until: str) -> None:
    place = room.book()
    with pytest.raises(Invalid):
        order(room, Command.LATE_START, AFTER_THE_LAST_START, place, until=until)
    assert leaves(place) == []


def test_who_has_started_does_not_start_late(room: Watched) -> None:
    until = clock_text(AFTER_THE_LAST_START + MINUTE)
    with pytest.raises(Refused, match="started already"):
        order(room, Command.LATE_START, AFTER_THE_LAST_START, room.writing(), until=until)


# An outage of the service


@pytest.fixture
def after_outage(room: Watched) -> Watched:
    """Two wrote while the service was away from 3 to 13 minutes after the start; one is absent."""
    room.writing("Anna Quiet")
    room.writing("Ben Other")
    room.book("Zoe Absent")
    for minutes in (3, 13):
        act(room.database, note_pulse, SYSTEM, NOW + minutes * MINUTE)
    return room


def test_an_outage_is_said_live_and_made_good_by_one_press(after_outage: Watched) -> None:
    room, now = after_outage, NOW + 14 * MINUTE
    before = look(room, now)
    (outage,) = before.outages
    assert (outage.from_at, outage.lasted) == (NOW + 3 * MINUTE, 10 * MINUTE)
    assert list(outage.owed.values()) == [10 * MINUTE] * 2
    assert (
        order(room, Command.GIVE_BACK, now, entry=outage.id) == "2 candidates have their time back."
    )
    again = order(room, Command.GIVE_BACK, now + MINUTE, entry=outage.id)
    assert again == "Everybody has the time back that was lost."
    after = look(room, now)
    assert (dict(after.outages[0].owed), after.outages[0].reached) == ({}, 2)
    assert "outages" in cut(after).changed(cut(before).seal)
    deadlines = {each.name: each.deadline for each in after.candidates}
    assert deadlines["Anna Quiet"] == before.candidates[0].deadline + 10 * MINUTE  # type: ignore[operator]


def test_an_outage_stands_in_the_log_the_report_and_the_history(after_outage: Watched) -> None:
    room = after_outage
    words = f"The service was away from {clock_text(NOW + 3 * MINUTE)}: 10 min"
    assert words in [line.what for line in look(room, NOW + 14 * MINUTE).lines]
    with room.database.read() as session:
        report = make_report(session, room.sitting_id, NOW + 14 * MINUTE)
        rows = {row.name: row for row in look(room, NOW).candidates}
        told = {
            name: [
                line.what for line in read_history(session, room.sitting_id, row.booking_id).lines
            ]
            for name, row in rows.items()
        }
    assert [line.what for line in report.outages] == [words]
    assert [name for name, lines in told.items() if words in lines] == ["Anna Quiet", "Ben Other"]


def test_an_outage_before_anybody_sat_is_none_of_the_rooms(room: Watched) -> None:
    for minutes in (-30, -20):
        act(room.database, note_pulse, SYSTEM, NOW + minutes * MINUTE)
    room.writing()
    found = look(room, NOW + MINUTE)
    assert (found.outages, [line.kind for line in found.lines]) == ((), [])


def test_another_day_than_the_sittings_is_named() -> None:
    assert clock_text(NOW) in on_day(NOW, NOW)
    assert str(NOW.year) not in on_day(NOW, NOW).split(">")[1]
    assert str(NOW.year) in on_day(NOW + timedelta(days=1), NOW).split(">")[1]
    assert on_day(None, NOW) == ""


# How often a room asks


def fill(room: Watched, count: int) -> None:
    """More people, each with all that a row can have."""
    for _each in range(count):
        place = room.writing()
        call(place)
        room.do(
            record_pause, NOW + 20 * MINUTE, attempt_id=place.attempt_id, reason="A fire alarm."
        )


def test_a_room_asks_as_often_for_thirty_people_as_for_three(room: Watched) -> None:
    counts = []
    for more in (3, 27):
        fill(room, more)
        if not counts:
            for minutes in (3, 13):
                act(room.database, note_pulse, SYSTEM, NOW + minutes * MINUTE)
        with asked(room.database) as statements:
            assert len(look(room, NOW + 21 * MINUTE).outages) == 1
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 14
