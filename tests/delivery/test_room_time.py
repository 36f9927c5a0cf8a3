"""The time of a whole room: pauses, credits and outages reach everybody, once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from proficiency.core.operation import transaction
from proficiency.delivery import operations, verify
from proficiency.delivery.jobs import lock_overdue, show_alive
from proficiency.delivery.models import AttemptEvent, ServiceOutage
from proficiency.delivery.operations import submit_attempt
from proficiency.delivery.outages import LEAST, find_outages, note_pulse
from proficiency.delivery.queries import AttemptState, get_attempt_state, list_attempts
from proficiency.delivery.room_time import find_room_pause, list_room_events
from proficiency.delivery.room_time_operations import (
    credit_outage,
    credit_room,
    pause_room,
    resume_room,
)
from proficiency.delivery.rules import EventKind, Phase, RoomEventKind
from proficiency.delivery.time_operations import (
    record_credit,
    record_pause,
    record_resume,
    start_break,
)
from tests.delivery import factory
from tests.delivery.factory import DEVICE, MINUTE, SECOND, Sat
from tests.factories import NOW, act, person, sign_in_as
from tests.sittings import factory as sittings
from tests.starting import confirm, start_attempt

HOURS = timedelta(hours=2)


class Room:
    """A sitting with some who write and some who have not started."""

    def __init__(self, database: Database, writing: int = 2) -> None:
        self.database = database
        form = factory.small_form(database, break_minutes=20)
        self.sitting_id: str = sittings.sitting(database, form.id).id
        self.invigilator = person(database, Role.INVIGILATOR)
        self.people: list[Sat] = []
        for _each in range(writing):
            self.let_start(self.book())

    def book(self) -> tuple[Actor, str]:
        candidate = sittings.candidate(self.database)
        booking = sittings.booking(self.database, self.sitting_id, candidate.id)
        return candidate, booking.id

    def let_start(self, place: tuple[Actor, str], now: datetime = NOW) -> Sat:
        candidate, booking_id = place
        attempt = act(
            self.database, start_attempt, candidate, now, booking_id=booking_id, device_id=DEVICE
        )
        sat = Sat(
            self.database, candidate, self.sitting_id, booking_id, attempt.form_id, attempt.id
        )
        self.people.append(sat)
        return sat

    def do(self, operation: Any, now: datetime = NOW, **more: Any) -> Any:
        usual = {"reason": "The alarm.", "key": f"key {now}"} | more
        if operation is credit_outage:
            usual = more
        return act(
            self.database, operation, self.invigilator, now, sitting_id=self.sitting_id, **usual
        )

    def state(self, number: int) -> AttemptState:
        with self.database.read() as session:
            return get_attempt_state(session, self.people[number].attempt_id)

    def deadline(self, number: int) -> datetime | None:
        return self.state(number).window.deadline

    @property
    def problems(self) -> list[str]:
        with self.database.read() as session:
            return list(verify.check(session))


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database)


def test_a_pause_of_the_room_stops_everybody_until_it_is_over(room: Room) -> None:
    done = room.do(pause_room, NOW + 10 * MINUTE)
    assert set(done.attempt_ids) == {sat.attempt_id for sat in room.people}
    assert room.deadline(0) is None
    room.do(resume_room, NOW + 25 * MINUTE)
    assert [room.deadline(0), room.deadline(1)] == [NOW + HOURS + 15 * MINUTE] * 2
    assert room.problems == []


def test_who_starts_while_the_room_is_paused_starts_with_a_clock_that_stands(room: Room) -> None:
    late = room.book()
    room.do(pause_room)
    room.let_start(late, NOW + 5 * MINUTE)
    assert room.state(2).window.remaining(NOW + 20 * MINUTE) == HOURS
    with room.database.read() as session:
        paused = session.scalars(
            sa.select(AttemptEvent).where(
                AttemptEvent.aggregate_id == room.people[2].attempt_id,
                AttemptEvent.kind == EventKind.PAUSED,
            )
        ).one()
    assert paused.actor_id == room.invigilator.id
    room.do(resume_room, NOW + 30 * MINUTE)
    assert room.deadline(2) == NOW + 30 * MINUTE + HOURS
    assert room.problems == []


def test_who_starts_after_the_pause_is_not_stopped(room: Room) -> None:
    late = room.book()
    room.do(pause_room)
    room.do(resume_room, NOW + MINUTE)
    room.let_start(late, NOW + 2 * MINUTE)
    assert room.deadline(2) == NOW + 2 * MINUTE + HOURS


def test_a_command_that_is_sent_twice_happens_once(room: Room) -> None:
    for operation, more in (
        (pause_room, {}),
        (resume_room, {}),
        (credit_room, {"amount": 5 * MINUTE}),
    ):
        first = room.do(operation, NOW + MINUTE, key=operation.__name__, **more)
        assert room.do(operation, NOW + 9 * MINUTE, key=operation.__name__, **more) == first
    assert room.deadline(0) == NOW + HOURS + 5 * MINUTE
    with pytest.raises(Conflict):
        room.do(pause_room, key="resume_room")
    with room.database.read() as session:
        kinds = [event.kind for event in list_room_events(session, room.sitting_id)]
    assert kinds == [RoomEventKind.CREDITED, RoomEventKind.RESUMED, RoomEventKind.PAUSED]


def test_a_pause_of_one_goes_on_when_the_room_does(room: Room) -> None:
    one = {"attempt_id": room.people[0].attempt_id, "reason": "Unwell."}
    act(room.database, record_pause, room.invigilator, NOW + MINUTE, **one)
    room.do(pause_room, NOW + 2 * MINUTE)
    room.do(resume_room, NOW + 4 * MINUTE)
    assert room.state(0).window.is_paused
    act(room.database, record_resume, room.invigilator, NOW + 11 * MINUTE, **one)
    assert room.deadline(0) == NOW + HOURS + 10 * MINUTE
    assert room.deadline(1) == NOW + HOURS + 2 * MINUTE
    assert room.problems == []


def test_one_clock_is_not_started_while_the_whole_room_is_paused(room: Room) -> None:
    room.do(pause_room)
    one = {"attempt_id": room.people[0].attempt_id, "reason": "Go on."}
    with pytest.raises(Refused, match="whole room"):
        act(room.database, record_resume, room.invigilator, NOW + MINUTE, **one)
    act(room.database, record_pause, room.invigilator, NOW + MINUTE, **one)
    act(room.database, record_resume, room.invigilator, NOW + 2 * MINUTE, **one)
    assert room.state(0).window.is_paused


def test_the_room_is_not_paused_twice_nor_resumed_when_it_runs(room: Room) -> None:
    with pytest.raises(Refused, match="not paused"):
        room.do(resume_room)
    room.do(pause_room)
    with pytest.raises(Refused, match="already"):
        room.do(pause_room, NOW + MINUTE)
    with room.database.read() as session:
        pause = find_room_pause(session, room.sitting_id)
    assert pause is not None
    assert (pause.reason, pause.by, pause.at) == ("The alarm.", room.invigilator.id, NOW)


def test_who_has_finished_is_not_reached(room: Room) -> None:
    room.people[0].do(submit_attempt, epoch=1)
    done = room.do(credit_room, amount=MINUTE)
    assert done.attempt_ids == (room.people[1].attempt_id,)


def test_what_no_command_can_be_is_refused(room: Room) -> None:
    with pytest.raises(Invalid, match="reason"):
        room.do(pause_room, reason=" ")
    with pytest.raises(Invalid, match="at least a second"):
        room.do(credit_room, amount=timedelta(0))
    with pytest.raises(Invalid, match="24 hours"):
        room.do(credit_room, amount=timedelta(days=2))
    for key in ("", "x" * 61, "ä"):
        with pytest.raises(Invalid, match="key"):
            room.do(pause_room, key=key)


@pytest.mark.parametrize("operation", [pause_room, resume_room, credit_room])
def test_only_who_watches_over_the_room_changes_its_time(room: Room, operation) -> None:
    more = {"amount": MINUTE} if operation is credit_room else {}
    for role in (Role.CANDIDATE, Role.ASSESSOR, Role.LEAD_ASSESSOR):
        with pytest.raises(Forbidden):
            act(
                room.database, operation, person(room.database, role),
                sitting_id=room.sitting_id, reason="Mine.", key="k", **more,
            )  # fmt: skip


def test_nobody_changes_the_time_of_their_own_exam(database: Database) -> None:
    room = Room(database, writing=1)
    both = Actor(
        room.people[0].candidate.id, "Both", frozenset({Role.CANDIDATE, Role.INVIGILATOR}), None
    )
    with pytest.raises(Refused, match="yourself"):
        act(
            database, credit_room, both, sitting_id=room.sitting_id, amount=MINUTE,
            reason="Mine.", key="k",
        )  # fmt: skip
    with pytest.raises(Refused, match="own exam"):
        act(
            database, record_credit, both, attempt_id=room.people[0].attempt_id, amount=MINUTE,
            reason="Mine.",
        )  # fmt: skip


def test_a_command_to_one_that_is_sent_twice_happens_once(room: Room) -> None:
    one = {"attempt_id": room.people[0].attempt_id, "reason": "A fault.", "key": "k1"}
    first = act(room.database, record_credit, room.invigilator, amount=MINUTE, **one)
    again = act(room.database, record_credit, room.invigilator, amount=MINUTE, **one)
    assert again.id == first.id
    assert room.deadline(0) == NOW + HOURS + MINUTE
    with pytest.raises(Conflict):
        act(room.database, record_pause, room.invigilator, **one)


# Outages


def beat(database: Database, *moments: datetime) -> None:
    for moment in moments:
        act(database, note_pulse, SYSTEM, moment)


def outages(room: Room):
    with room.database.read() as session:
        return find_outages(session, room.sitting_id)


def test_a_silence_of_the_service_is_an_outage_and_a_short_one_is_none(room: Room) -> None:
    beat(room.database, NOW, NOW + LEAST - SECOND, NOW + 10 * MINUTE)
    found = outages(room)
    assert [(each.from_at, each.to_at) for each in found] == [
        (NOW + LEAST - SECOND, NOW + 10 * MINUTE)
    ]
    lost = 10 * MINUTE - LEAST + SECOND
    assert found[0].owed == {sat.attempt_id: lost for sat in room.people}


def test_an_answer_that_was_kept_shows_that_the_service_was_there(room: Room) -> None:
    beat(room.database, NOW)
    room.people[0].write("still here", now=NOW + 8 * MINUTE)
    beat(room.database, NOW + 10 * MINUTE)
    assert [each.lasted for each in outages(room)] == [8 * MINUTE]


def test_one_press_gives_everybody_back_what_they_lost_and_only_once(room: Room) -> None:
    room.people[1].do(start_break, NOW, epoch=1)  # 15 minutes, of which 5 are left at 10:00
    beat(room.database, NOW + 10 * MINUTE, NOW + 22 * MINUTE)
    (outage,) = outages(room)
    owed = [outage.owed[sat.attempt_id] for sat in room.people]
    assert owed == [12 * MINUTE, 7 * MINUTE]  # the clock of the second stood still for five
    done = room.do(credit_outage, NOW + 23 * MINUTE, outage_id=outage.id)
    assert len(done.attempt_ids) == 2
    assert room.deadline(0) == NOW + HOURS + 12 * MINUTE
    assert room.deadline(1) == NOW + HOURS + 15 * MINUTE + 7 * MINUTE
    (after,) = outages(room)
    assert (after.owed, after.reached) == ({}, 2)
    with pytest.raises(Refused, match="already"):
        room.do(credit_outage, NOW + 24 * MINUTE, outage_id=outage.id)
    assert room.problems == []


def test_whose_time_ran_out_in_the_outage_can_write_again(room: Room) -> None:
    end = NOW + HOURS
    beat(room.database, end - 5 * MINUTE, end + 5 * MINUTE)
    lock_overdue(room.database, end + 6 * MINUTE)
    assert room.state(0).phase is Phase.WRITING
    (outage,) = outages(room)
    assert outage.owed[room.people[0].attempt_id] == 5 * MINUTE
    room.do(credit_outage, end + 6 * MINUTE, outage_id=outage.id)
    assert room.deadline(0) == end + 6 * MINUTE + 5 * MINUTE  # all of what was lost, from now on
    assert room.state(0).can_write(end + 11 * MINUTE)
    assert room.problems == []


def test_after_a_while_the_end_is_recorded_all_the_same(room: Room) -> None:
    end = NOW + HOURS
    beat(room.database, end - 5 * MINUTE, end + 5 * MINUTE, end + 15 * MINUTE + 25 * SECOND)
    lock_overdue(room.database, end + 15 * MINUTE + 30 * SECOND)
    assert room.state(0).phase is Phase.CLOSED


def test_nobody_is_locked_while_the_service_is_away(room: Room) -> None:
    end = NOW + HOURS
    beat(room.database, end)
    lock_overdue(room.database, end + 2 * MINUTE)  # the background worker lives
    assert room.state(0).phase is Phase.WRITING


def test_an_outage_before_the_start_or_after_the_end_touches_nobody(room: Room) -> None:
    beat(room.database, NOW - 2 * HOURS, NOW - HOURS)
    for sat in room.people:
        sat.do(submit_attempt, NOW + MINUTE, epoch=1)
    beat(room.database, NOW - HOURS + SECOND, NOW + HOURS)
    assert outages(room) == []


def test_there_is_no_credit_for_what_was_no_outage(room: Room) -> None:
    with pytest.raises(NotFound):
        room.do(credit_outage, outage_id="nothing")


def test_the_pulse_is_the_systems_and_one_process_does_for_all(database: Database) -> None:
    with pytest.raises(Forbidden):
        act(database, note_pulse, person(database, Role.INVIGILATOR))
    show_alive(database, NOW)
    show_alive(database, NOW + SECOND)
    show_alive(database, NOW + 10 * MINUTE)
    with database.read() as session:
        found = session.scalars(sa.select(ServiceOutage)).all()
    assert [(row.from_at, row.to_at) for row in found] == [(NOW, NOW + 10 * MINUTE)]


def test_a_start_waits_for_a_pause_of_the_room_that_is_being_recorded(
    postgres_database: Database,
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    room = Room(postgres_database, writing=1)
    candidate, booking_id = room.book()
    act(postgres_database, confirm, candidate, booking_id=booking_id)

    def start() -> str:
        attempt = act(
            postgres_database, operations.start_attempt, candidate, NOW + SECOND,
            booking_id=booking_id, device_id=DEVICE,
        )  # fmt: skip
        return str(attempt.id)

    with ThreadPoolExecutor(1) as pool:
        with transaction(postgres_database) as session:
            pause_room(
                session, room.invigilator, NOW, sitting_id=room.sitting_id, reason="Alarm.", key="k"
            )
            starting = pool.submit(start)
            with pytest.raises(TimeoutError):
                starting.result(timeout=0.5)
        attempt_id = starting.result(timeout=10)
    with postgres_database.read() as session:
        assert get_attempt_state(session, attempt_id).window.is_paused
        assert len(list_attempts(session, room.sitting_id)) == 2


def test_one_press_on_the_page_gives_the_time_back(
    client: FlaskClient, sqlite_database: Database
) -> None:
    room = Room(sqlite_database)
    beat(sqlite_database, NOW + 10 * MINUTE, NOW + 14 * MINUTE + 28 * SECOND)
    sign_in_as(client, room.invigilator)
    page = f"/sittings/{room.sitting_id}/outages"
    shown = client.get(page).text
    assert "2 were writing and lost 4 min 28 s." in shown
    (outage,) = outages(room)
    assert client.post(f"{page}/{outage.id}").headers["Location"] == page
    shown = client.get(page).text
    assert "2 have their time back." in shown
    assert "Give everybody" not in shown
    assert room.state(0).window.credited >= 4 * MINUTE + 28 * SECOND
