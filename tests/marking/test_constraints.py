"""What the database itself refuses about marks, whoever writes to it."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from proficiency.core.db import Database
from tests.marking.factory import World, in_marking

MARK = (
    "at, actor_id, response_id, aggregate_id, kind, mark_num, mark_den, max_num, max_den, levels, "
    "traps, indicators, is_critical, commitment, supersedes_id, prev_hash"
)


def refused(database: Database, statement: str, **values: object) -> bool:
    """Whether the database refuses a statement; what it lets through is rolled back."""
    with database.writer.connect() as connection:
        try:
            connection.execute(sa.text(statement), values)
        except DBAPIError:
            return True
        finally:
            connection.rollback()
    return False


def copy_of_a_mark(**changed: str) -> str:
    """The statement that adds a copy of the assessor's mark with some columns changed."""
    values = ", ".join(changed.get(name, name) for name in MARK.split(", "))
    return (
        f"INSERT INTO mark (id, pos, hash, {MARK}) "
        f"SELECT 'another', pos + 1, 'x', {values} FROM mark WHERE kind = 'assessor'"
    )


@pytest.fixture
def world(database: Database) -> World:
    """A sitting with one mark by one assessor."""
    world = in_marking(database, candidates=1)
    world.mark(world.ann)
    return world


def test_a_mark_by_another_person_is_let_through(world: World) -> None:
    assert not refused(world.database, copy_of_a_mark(actor_id="'somebody'"))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"actor_id": "'somebody'", "mark_num": "max_num + 1"},
        {"actor_id": "'somebody'", "mark_num": "-1"},
        {"actor_id": "'somebody'", "mark_den": "0"},
        {"actor_id": "'somebody'", "kind": "'invented'"},
        {"actor_id": "'somebody'", "kind": "'moderator'"},
        {"actor_id": "'somebody'", "kind": "'adjudicator'"},
        {"actor_id": "'somebody'", "supersedes_id": "id"},
        {"actor_id": "'somebody'", "supersedes_id": "'nothing'"},
    ],
    ids=lambda changed: ", ".join(changed.values()) or "the same person again",
)
def test_a_mark_that_cannot_be_is_refused(world: World, changed: dict[str, str]) -> None:
    assert refused(world.database, copy_of_a_mark(**changed))


def allocate(slot: int, *, duty: str = "assessor", done: str = "NULL", back: str = "NULL") -> str:
    """The statement that gives the marked response to Bob."""
    reason = "NULL" if back == "NULL" else "'may_know_writer'"
    return (
        "INSERT INTO allocation (id, response_id, assessor_id, duty, slot, seed, drawn_at, "
        "done_at, returned_at, return_reason) "
        f"SELECT 'another', response_id, :bob, '{duty}', {slot}, 'x', drawn_at, {done}, {back}, "
        f"{reason} FROM allocation"
    )


@pytest.mark.parametrize(
    "statement",
    [
        allocate(1),
        allocate(3),
        allocate(1, duty="adjudicator"),
        allocate(4, duty="adjudicator"),
        allocate(2, duty="onlooker"),
        allocate(2, done="drawn_at", back="drawn_at"),
    ],
)
def test_an_allocation_that_cannot_be_is_refused(world: World, statement: str) -> None:
    assert refused(world.database, statement, bob=world.bob.id)


def test_the_second_place_and_a_returned_first_are_let_through(world: World) -> None:
    assert not refused(world.database, allocate(2), bob=world.bob.id)
    assert not refused(world.database, allocate(1, back="drawn_at"), bob=world.bob.id)


def test_the_same_person_gets_a_response_once(world: World) -> None:
    assert refused(world.database, allocate(2), bob=world.ann.id)


def test_marking_is_opened_once_and_every_answer_taken_in_once(world: World) -> None:
    assert refused(
        world.database,
        "INSERT INTO marking_round (id, aggregate_id, pos, at, actor_id, prev_hash, hash, kind, "
        "seed) SELECT 'another', aggregate_id, pos + 1, at, actor_id, prev_hash, 'x', kind, seed "
        "FROM marking_round",
    )
    columns = (
        "aggregate_id, at, actor_id, prev_hash, sitting_id, attempt_id, form_item_id, "
        "answer_event_id, answer_commitment"
    )
    assert refused(
        world.database,
        f"INSERT INTO response (id, pos, hash, {columns}) "
        f"SELECT 'another', 999, 'x', {columns} FROM response WHERE pos = 1",
    )


def test_a_mark_is_neither_changed_nor_deleted(world: World) -> None:
    assert refused(world.database, "UPDATE mark SET mark_num = 0")
    assert refused(world.database, "DELETE FROM mark")
    assert refused(world.database, "UPDATE response SET answer_event_id = NULL")
