"""However saves, takeovers, stages and the end interleave: what counts in the end is right.

The model is a few lines: of what arrived in time for an item, the latest writer's highest number
counts. It is compared with the product, through operations and the fast path alike.
"""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proficiency.accounts.rules import Role, digest
from proficiency.accounts.sign_in_operations import open_sign_in
from proficiency.core.access import SYSTEM
from proficiency.core.chain import append
from proficiency.core.db import Database
from proficiency.core.errors import Conflict, Refused
from proficiency.core.operation import transaction
from proficiency.core.verify import verify_all
from proficiency.delivery import verify
from proficiency.delivery.autosave import Autosave, Message
from proficiency.delivery.models import AttemptEvent
from proficiency.delivery.operations import (
    change_writer,
    lock_overdue_attempts,
    open_next_stage,
    record_credit,
    record_pause,
    record_resume,
    submit_attempt,
)
from proficiency.delivery.queries import current_answers, get_attempt_state
from proficiency.delivery.rules import EventKind
from tests.delivery import factory
from tests.delivery.factory import DEVICE, Sat
from tests.factories import NOW, act, person
from tests.sittings import factory as sittings
from tests.starting import start_attempt

MINUTES = 2
TRANSIT = 30
SECOND = timedelta(seconds=1)

ACTIONS = ["save"] * 12 + ["take_over", "next_stage", "pause", "resume", "resume", "credit"]
ACTIONS += ["replay", "conflict", "submit", "lock"]


@dataclass(frozen=True)
class Step:
    """Something that happens `seconds` after the step before."""

    action: str
    seconds: int
    device: int
    item: str
    text: str
    delay: int
    """How many of its later numbers overtake a save."""


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(ACTIONS),
        st.sampled_from([0, 0, 1, 3, 8, 20, 45, 90]),
        st.integers(1, 3),
        st.sampled_from(["written", "best"]),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([0, 0, 0, 1, 2]),
    ),
    min_size=8,
    max_size=24,
)


@dataclass
class World:
    """One attempt, and what a few lines of thought say about it."""

    sat: Sat
    service: Autosave
    sign_in_id: str
    officer: object
    now: datetime = NOW
    numbers: dict[int, int] = field(default_factory=dict)
    best: dict[str, tuple[tuple[int, int], str]] = field(default_factory=dict)
    sent: list[tuple[int, int, str, str]] = field(default_factory=list)

    def do(self, step: Step) -> None:
        self.now += step.seconds * SECOND
        if step.action == "save":
            self.do_save(step.device, step.item, step.text, step.delay)
        else:
            getattr(self, f"do_{step.action}")()

    @property
    def state(self):
        with self.sat.database.read() as session:
            return get_attempt_state(session, self.sat.attempt_id)

    def do_save(self, device: int, item: str, text: str, delay: int) -> None:
        epoch = min(device, self.state.epoch)
        self.numbers[epoch] = self.numbers.get(epoch, 0) + 1 + delay
        self.arrive(epoch, self.numbers[epoch], item, text)
        if delay:  # and an older number that was overtaken on the way
            self.arrive(epoch, self.numbers[epoch] - delay, item, text + " older")

    def do_replay(self) -> None:
        if self.sent:
            epoch, seq, item, text = self.sent[len(self.sent) // 2]
            self.arrive(epoch, seq, item, text, is_replay=True)

    def do_conflict(self) -> None:
        if self.sent:
            epoch, seq, item, text = self.sent[-1]
            receipt = self.send(epoch, seq, item, text + ", or not")
            assert receipt.kind is EventKind.ANSWER_CONFLICTED

    def arrive(
        self, epoch: int, seq: int, item: str, text: str, *, is_replay: bool = False
    ) -> None:
        receipt = self.send(epoch, seq, item, text)
        place = self.place(item)
        self.sent.append((epoch, seq, item, text))
        rank = (epoch, seq)
        if receipt.kind is EventKind.ANSWER_SAVED and not is_replay:
            assert rank >= self.best.get(place.id, ((0, 0), ""))[0]
            self.best[place.id] = (rank, receipt.hash)
        elif receipt.kind is EventKind.ANSWER_OUTDATED:
            assert self.best[place.id][0] > rank

    def place(self, item: str):
        return self.sat.item("written_response" if item == "written" else "best_answer")

    def send(self, epoch: int, seq: int, item: str, text: str):
        place = self.place(item)
        if item == "best":
            options = sorted(place.ids.values())
            fields = {"choice": [options[len(text) % len(options)]]}
        else:
            fields = {"text": [text]}
        token = self.service.token(self.sat.attempt_id, self.sign_in_id, self.state.epoch)
        message = Message(token, epoch, seq, place.id, fields, None, None)
        return self.service.save(self.sat.attempt_id, message, self.now).receipt

    def do_take_over(self) -> None:
        self.sat.do(change_writer, self.now, device_id="another")

    def do_next_stage(self) -> None:
        self.sat.do(open_next_stage, self.now, epoch=self.state.epoch)

    def do_submit(self) -> None:
        self.sat.do(submit_attempt, self.now, epoch=self.state.epoch)

    def do_lock(self) -> None:
        act(self.sat.database, lock_overdue_attempts, SYSTEM, self.now)

    def do_pause(self) -> None:
        self.window(record_pause)

    def do_resume(self) -> None:
        self.window(record_resume)

    def do_credit(self) -> None:
        self.window(record_credit, amount=20 * SECOND)

    def window(self, operation, **kwargs) -> None:
        act(
            self.sat.database, operation, self.officer, self.now,
            attempt_id=self.sat.attempt_id, reason="A reason.", **kwargs,
        )  # fmt: skip


@pytest.fixture
def sitting(sqlite_database: Database):
    form = factory.small_form(sqlite_database, minutes=MINUTES, transit_seconds=TRANSIT)
    return sittings.sitting(sqlite_database, form.id)


def world_in(database: Database, sitting, number: list[int]) -> World:
    number[0] += 1
    candidate = sittings.candidate(database)
    booking = sittings.booking(database, sitting.id, candidate.id)
    attempt = act(database, start_attempt, candidate, booking_id=booking.id, device_id=DEVICE)
    token = f"token {number[0]}"
    act(database, open_sign_in, candidate, NOW, token=token, browser="A test")
    sat = Sat(database, candidate, sitting.id, booking.id, sitting.form_id, attempt.id)
    officer = person(database, Role.EXAM_OFFICER)
    return World(sat, Autosave(database, "a secret of a test"), digest(token), officer)


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_however_things_interleave_what_counts_in_the_end_is_right(
    sqlite_database: Database, sitting, steps
) -> None:
    world = world_in(sqlite_database, sitting, numbers)
    for step in steps:
        with suppress(Refused, Conflict):  # a step that can't be taken now changes nothing
            world.do(step)
    with sqlite_database.read() as session:
        found = current_answers(session, world.sat.attempt_id)
        rows = session.query(AttemptEvent).filter_by(aggregate_id=world.sat.attempt_id).all()
    hashes = {row.id: row.hash for row in rows}
    assert {item: hashes[answer.event_id] for item, answer in found.items()} == {
        item: row_hash for item, (_rank, row_hash) in world.best.items()
    }
    kept = {(row.epoch_sent, row.client_seq) for row in rows if row.kind.startswith("answer")}
    assert kept == {(epoch, seq) for epoch, seq, _item, _text in world.sent}
    assert verify_all(sqlite_database, [verify.check]).problems == []


numbers = [0]


# The replay that compares all this is itself shown to see what is wrong


def broken(sat: Sat, **changes: object) -> list[str]:
    """What the replay says after an event was appended that does not follow."""
    usual = {
        "aggregate_id": sat.attempt_id, "at": NOW, "actor_id": sat.candidate.id,
        "phase": "writing", "epoch": 1, "stage": 1, "window_events": 0,
    }  # fmt: skip
    values = {**usual, **changes}
    text = values.pop("text", None)
    with transaction(sat.database) as session:
        append(session, AttemptEvent(**values), text=text)
    with sat.database.read() as session:
        return list(verify.check(session))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "started"}, "can't happen"),
        ({"kind": "writer_changed"}, "carries a state"),
        ({"kind": "stage_opened", "stage": 3}, "carries a state"),
        ({"kind": "contacted", "window_events": 1}, "carries a state"),
        ({"kind": "flagged", "epoch": 2}, "carries a state"),
    ],
)
def test_an_event_that_does_not_follow_is_found(sqlite_database, changes, words) -> None:
    sat = factory.started(sqlite_database)
    found = broken(sat, **changes)
    assert len(found) == 1
    assert words in found[0]
    assert "position 2" in found[0]


@pytest.mark.parametrize(
    ("seconds", "kind", "right"),
    [
        (7200 + 31, "answer_saved", "answer_late"),
        (60, "answer_late", "answer_saved"),
        (60, "answer_outdated", "answer_saved"),
    ],
)
def test_an_answer_that_was_judged_wrongly_is_found(
    sqlite_database: Database, seconds: int, kind: str, right: str
) -> None:
    sat = factory.started(sqlite_database)
    found = broken(
        sat, kind=kind, at=NOW + seconds * SECOND, item_id=sat.item().id, epoch_sent=1,
        client_seq=1, text=json.dumps({"text": "x"}),
    )  # fmt: skip
    assert found == [f"attempt {sat.attempt_id}, position 2: was kept as {kind} and is {right}"]


def test_a_stage_that_nobody_is_recorded_to_have_seen_is_found(sqlite_database) -> None:
    sat = factory.started(sqlite_database)
    found = broken(sat, kind="stage_opened", stage=2)
    assert found == []  # the same case
    found = broken(sat, kind="stage_opened", stage=3)
    assert [line for line in found if "no sight" in line]


def test_an_attempt_that_is_in_order_is_silent(database: Database) -> None:
    sat = factory.started(database)
    sat.write("One", 1)
    sat.do(change_writer, device_id="another")
    sat.write("Two", 2)
    sat.do(open_next_stage, epoch=2)
    sat.write("Three", 3)
    sat.do(submit_attempt, epoch=2)
    with database.read() as session:
        assert list(verify.check(session)) == []
