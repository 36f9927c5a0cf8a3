"""Locks are taken in one order, and where transactions collide all the same, nothing is lost."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from itertools import combinations
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from proficiency.accounts.operations import deactivate_account, set_roles
from proficiency.accounts.rules import Role
from proficiency.app import create_app
from proficiency.core import web
from proficiency.core.access import SYSTEM, Actor, operation, public
from proficiency.core.audit import AuditEvent, record
from proficiency.core.chain import evidence_models
from proficiency.core.config import Config
from proficiency.core.db import Base, Database
from proficiency.core.errors import Busy, Refused
from proficiency.core.operation import TRIES, transaction
from proficiency.sittings.operations import book_candidate, cancel_booking
from proficiency.sittings.queries import list_bookings
from tests.clock import NOW
from tests.factories import act, person
from tests.statements import asked
from tests.system.test_whole_cycle import live_through

# The order


def watch(database: Database) -> list[list[str]]:
    """Return the ids that each transaction from now on locks, in the order in which it does."""
    transactions: list[list[str]] = []

    @sa.event.listens_for(database.writer, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.info["locks"] = []
        transactions.append(connection.info["locks"])

    @sa.event.listens_for(database.writer, "before_cursor_execute")
    def execute(
        connection: sa.Connection, cursor: Any, statement: str, values: Any, *_rest: Any
    ) -> None:
        for each in values.values() if "pg_advisory_xact_lock" in statement else ():
            if each not in connection.info["locks"]:
                connection.info["locks"].append(each)

    return transactions


def kinds_of_ids(database: Database) -> dict[str, str]:
    """Return the table of each id in the database; for others, what evidence is about them."""
    kinds: dict[str, str] = {}
    with database.read() as session:
        for model in evidence_models():
            table = model.__tablename__
            kinds |= dict.fromkeys(session.scalars(sa.select(model.aggregate_id)), f"of {table}")
        for table in Base.metadata.sorted_tables:
            if table.name != "payload" and "id" in table.columns:
                kinds |= dict.fromkeys(session.scalars(sa.select(table.c.id)), table.name)
    return kinds


def before(transactions: list[list[str]], kinds: Mapping[str, str]) -> dict[str, set[str]]:
    """Return which kinds were locked before each kind. Several of one kind must go by their ids."""
    found: dict[str, set[str]] = {}
    for ids in transactions:
        for one, other in combinations(ids, 2):
            earlier, later = kinds.get(one, one), kinds.get(other, other)
            if earlier == later:
                assert one < other, f"two of {earlier}: not by their ids"
            else:
                found.setdefault(later, set()).add(earlier)
    return found


def test_no_two_operations_lock_the_same_kinds_in_opposite_orders(
    postgres_database: Database,
) -> None:
    database = postgres_database
    transactions = watch(database)
    sitting_id = live_through(database)
    rearrange(database, sitting_id)
    order = before(transactions, kinds_of_ids(database))
    TopologicalSorter(order).prepare()  # refuses a circle, and says which
    assert order["account"] >= {"accounts", "sitting", "booking", "attempt", "of case_version"}


def rearrange(database: Database, sitting_id: str) -> None:
    """What the whole cycle leaves out: roles change, a place is given up and given again."""
    officer = person(database, Role.EXAM_OFFICER, Role.OPERATOR)
    somebody = person(database, Role.CANDIDATE, Role.ASSESSOR)
    early = NOW - timedelta(days=1)
    booked = act(
        database, book_candidate, officer, early, sitting_id=sitting_id, candidate_id=somebody.id
    )
    act(database, cancel_booking, officer, early, booking_id=booked.id, reason="ill")
    act(database, book_candidate, officer, early, sitting_id=sitting_id, candidate_id=somebody.id)
    roles = [Role.CANDIDATE, Role.JUDGE]
    act(database, set_roles, officer, account_id=somebody.id, roles=roles, reason="moved")
    act(database, deactivate_account, officer, account_id=somebody.id)
    with database.read() as session:
        assert somebody.id in {each.candidate_id for each in list_bookings(session, sitting_id)}


# When they collide all the same


@operation()
def write_to_both(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    ids: tuple[str, str],
    pause: Callable[[], None],
) -> int:
    """Write to two chains with a pause between, and return the place in the second."""
    record(session, actor, now, "tested", "thing", ids[0])
    pause()
    return record(session, actor, now, "tested", "thing", ids[1]).pos


COLLISION = sa.text("DO $$ BEGIN RAISE EXCEPTION 'collided' USING ERRCODE = '40P01'; END $$")


@operation()
def write_and_collide(
    session: Session, actor: Actor, now: datetime, *, runs: list[int], collisions: int
) -> None:
    """Write, and be ended by the database the first `collisions` times."""
    runs.append(len(runs))
    record(session, actor, now, "tested", "thing", "inner")
    if len(runs) <= collisions:
        session.execute(COLLISION)


@operation()
def write_around(
    session: Session, actor: Actor, now: datetime, *, runs: list[int], inner_runs: list[int]
) -> None:
    """Write, and have another operation write that collides once."""
    runs.append(len(runs))
    record(session, actor, now, "tested", "thing", "outer")
    write_and_collide(session, actor, now, runs=inner_runs, collisions=1)


def written(database: Database) -> list[str]:
    with database.read() as session:
        return sorted(session.scalars(sa.select(AuditEvent.aggregate_id)))


def test_of_two_operations_that_wait_for_each_other_both_are_done(
    postgres_database: Database,
) -> None:
    both_hold_one = Barrier(2)

    def write(ids: tuple[str, str]) -> int:
        pauses = iter([lambda: both_hold_one.wait(timeout=10)])  # only in the first run

        def pause() -> None:
            next(pauses, lambda: 0)()

        return int(act(postgres_database, write_to_both, SYSTEM, ids=ids, pause=pause))

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(write, [("a", "b"), ("b", "a")])) == [1, 2]
    assert written(postgres_database) == ["a", "a", "b", "b"]


def test_an_operation_that_collided_leaves_nothing_of_its_first_run(
    postgres_database: Database,
) -> None:
    runs: list[int] = []
    act(postgres_database, write_and_collide, SYSTEM, runs=runs, collisions=2)
    assert (len(runs), written(postgres_database)) == (3, ["inner"])


def test_an_operation_inside_another_is_run_again_with_the_whole(
    postgres_database: Database,
) -> None:
    runs: list[int] = []
    act(postgres_database, write_around, SYSTEM, runs=runs, inner_runs=[])
    assert (len(runs), written(postgres_database)) == (2, ["inner", "outer"])


def test_an_operation_after_another_is_undone_without_it(postgres_database: Database) -> None:
    runs: list[int] = []
    with asked(postgres_database) as statements, transaction(postgres_database) as session:
        record(session, SYSTEM, NOW, "tested", "thing", "earlier")
        write_and_collide(session, SYSTEM, NOW, runs=runs, collisions=1)
    assert (len(runs), written(postgres_database)) == (2, ["earlier", "inner"])
    assert [each for each in statements if each.startswith("SAVEPOINT")]


def test_the_first_operation_of_a_transaction_needs_no_savepoint(
    postgres_database: Database,
) -> None:
    with asked(postgres_database) as statements, transaction(postgres_database) as session:
        write_and_collide(session, SYSTEM, NOW, runs=[], collisions=1)
    assert written(postgres_database) == ["inner"]
    assert not [each for each in statements if "SAVEPOINT" in each]


def test_a_refused_first_operation_leaves_nothing_to_a_caller_who_goes_on(
    postgres_database: Database,
) -> None:
    @operation()
    def write_and_refuse(session: Session, actor: Actor, now: datetime) -> None:
        record(session, actor, now, "tested", "thing", "refused")
        raise Refused("no")

    with transaction(postgres_database) as session:
        with pytest.raises(Refused):
            write_and_refuse(session, SYSTEM, NOW)
        record(session, SYSTEM, NOW, "tested", "thing", "later")
    assert written(postgres_database) == ["later"]


def test_what_keeps_colliding_is_given_up_in_words(postgres_database: Database) -> None:
    runs: list[int] = []
    with pytest.raises(Busy, match="Nothing that was saved is lost"):
        act(postgres_database, write_and_collide, SYSTEM, runs=runs, collisions=99)
    assert (len(runs), written(postgres_database)) == (TRIES, [])


def test_a_fault_of_another_kind_is_not_repeated(postgres_database: Database) -> None:
    runs: list[int] = []

    @operation()
    def divide(session: Session, actor: Actor, now: datetime) -> None:
        runs.append(1)
        session.execute(sa.text("SELECT 1 / 0"))

    with pytest.raises(DBAPIError, match="division"):
        act(postgres_database, divide, SYSTEM)
    assert len(runs) == 1


def test_the_person_reads_that_it_was_not_done_and_can_be_sent_again(
    config: Config, postgres_database: Database
) -> None:
    app = create_app(config, postgres_database)
    app.config["WTF_CSRF_ENABLED"] = False

    @public("a test's own page")
    def collide() -> str:
        with web.transaction() as session:
            write_and_collide(session, SYSTEM, web.now(), runs=[], collisions=99)
        return "done"

    app.add_url_rule("/collide", "collide", collide, methods=["POST"])
    answer = app.test_client().post("/collide", headers={"Referer": "http://localhost/"})
    assert answer.status_code == 503
    assert "Go back and send it again" in answer.text
    assert written(postgres_database) == []
