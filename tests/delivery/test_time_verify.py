"""The replay sees when a clock was moved, a writer changed or an attempt ended as it can't be."""

from datetime import timedelta
from typing import Any

import pytest

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.chain import append
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from proficiency.delivery import verify
from proficiency.delivery.models import AttemptEvent, RoomEvent
from proficiency.delivery.operations import change_writer, open_next_stage
from proficiency.delivery.outages import note_pulse
from proficiency.delivery.room_time_operations import credit_outage, pause_room, resume_room
from proficiency.delivery.time_operations import end_break, record_credit, start_break
from tests.delivery import factory
from tests.delivery.factory import MINUTE, Sat
from tests.factories import NOW, act, person

HOURS = timedelta(hours=2)


@pytest.fixture
def sat(sqlite_database: Database) -> Sat:
    return factory.started(sqlite_database, break_minutes=20)


def found(sat: Sat, **changes: Any) -> list[str]:
    """What the replay says after an event that was appended behind the operations' back."""
    usual = {
        "aggregate_id": sat.attempt_id, "at": NOW + MINUTE, "actor_id": sat.candidate.id,
        "phase": "writing", "epoch": 1, "stage": 1, "window_events": 1,
    }  # fmt: skip
    values = usual | changes
    text = values.pop("text", None)
    with transaction(sat.database) as session:
        append(session, AttemptEvent(**values), text=text)
    return said(sat)


def said(sat: Sat) -> list[str]:
    with sat.database.read() as session:
        return list(verify.check(session))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "paused", "text": "x"}, "wrong person"),
        ({"kind": "paused", "actor_id": "somebody"}, "no reason"),
        ({"kind": "resumed", "actor_id": "somebody", "text": "x"}, "not paused"),
        ({"kind": "rest_ended"}, "not taken"),
        ({"kind": "rest_started", "actor_id": "somebody"}, "wrong person"),
        ({"kind": "rest_started", "at": NOW + 3 * HOURS}, "after the time"),
        ({"kind": "forced", "phase": "closed", "text": "x", "window_events": 0}, "wrong person"),
        ({"kind": "forced", "phase": "closed", "text": "x", "actor_id": SYSTEM.id}, "nobody"),
        ({"kind": "locked", "phase": "closed", "window_events": 0}, "before its time"),
        ({"kind": "submitted", "phase": "closed", "at": NOW + 3 * HOURS}, "after the time"),
        ({"kind": "writer_permitted", "actor_id": "x", "device_id": "d"}, "did not ask"),
    ],
)
def test_what_nobody_can_do_is_found(sat: Sat, changes: dict[str, Any], words: str) -> None:
    problems = found(sat, **changes)
    assert len(problems) == 1
    assert words in problems[0]


def test_a_break_beyond_the_allowance_is_found(sat: Sat) -> None:
    for start in (0, 30):
        sat.do(start_break, NOW + start * MINUTE, epoch=1)
    problems = found(sat, kind="rest_started", at=NOW + 60 * MINUTE, window_events=3)
    assert "not left" in problems[0]


def test_a_stage_that_was_opened_in_a_break_is_found(sat: Sat) -> None:
    sat.do(start_break, NOW, epoch=1)
    problems = found(sat, kind="stage_opened", stage=2)
    assert "stood still" in problems[0]


def test_a_credit_of_the_room_that_is_not_its_own_is_found(sat: Sat) -> None:
    invigilator = person(sat.database, Role.INVIGILATOR)
    with transaction(sat.database) as session:
        room = append(
            session,
            RoomEvent(
                aggregate_id=sat.sitting_id, at=NOW, actor_id=invigilator.id,
                sitting_id=sat.sitting_id, kind="credited", key="k", amount=60_000_000,
            ),
            text="A fault.",
        )  # fmt: skip
    problems = found(
        sat, kind="credited", actor_id=invigilator.id, amount=90_000_000,
        room_event_id=room.id, text="A fault.",
    )  # fmt: skip
    assert "another time than its room" in problems[0]


def test_all_that_can_be_done_is_silent(database: Database) -> None:
    sat = factory.started(database, break_minutes=20)
    invigilator = person(database, Role.INVIGILATOR)
    room = {"sitting_id": sat.sitting_id, "reason": "The alarm."}
    sat.do(start_break, NOW + MINUTE, epoch=1)
    act(database, pause_room, invigilator, NOW + 2 * MINUTE, key="a", **room)
    act(database, resume_room, invigilator, NOW + 9 * MINUTE, key="b", **room)
    sat.do(end_break, NOW + 10 * MINUTE)
    act(
        database, record_credit, invigilator, NOW + 11 * MINUTE, attempt_id=sat.attempt_id,
        amount=MINUTE, reason="A fault.",
    )  # fmt: skip
    for moment in (12 * MINUTE, 20 * MINUTE):
        act(database, note_pulse, SYSTEM, NOW + moment)
    with database.read() as session:
        from proficiency.delivery.outages import find_outages

        (outage,) = find_outages(session, sat.sitting_id)
    act(
        database, credit_outage, invigilator, NOW + 21 * MINUTE, sitting_id=sat.sitting_id,
        outage_id=outage.id,
    )  # fmt: skip
    sat.do(change_writer, NOW + 22 * MINUTE, device_id="another")
    sat.do(open_next_stage, NOW + 23 * MINUTE, epoch=2)
    assert said(sat) == []
