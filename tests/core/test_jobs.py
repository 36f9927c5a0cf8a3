"""Work follows only from what was committed, is done once, and survives a worker's death."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from proficiency.core import jobs
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from tests.clock import NOW

TOPIC = "a test's topic"


@pytest.fixture
def handled() -> list[str]:
    done: list[str] = []

    @jobs.handles(TOPIC)
    def handle(database: Database, subject_id: str, now: datetime) -> None:
        if subject_id == "fails":
            raise ValueError("on purpose")
        done.append(subject_id)

    return done


def put(database: Database, *subjects: str) -> None:
    with transaction(database) as session:
        for subject in subjects:
            jobs.enqueue(session, NOW, TOPIC, subject)


def test_each_message_is_handled_once(database: Database, handled: list[str]) -> None:
    put(database, "a", "b")
    assert jobs.work_all(database, NOW) == 2
    assert jobs.work_all(database, NOW) == 0
    assert sorted(handled) == ["a", "b"]


def test_nothing_follows_from_a_transaction_that_was_rolled_back(
    database: Database, handled: list[str]
) -> None:
    with pytest.raises(ZeroDivisionError), transaction(database) as session:
        jobs.enqueue(session, NOW, TOPIC, "a")
        raise ZeroDivisionError
    jobs.work_all(database, NOW)
    assert handled == []


def test_a_failing_message_is_kept_with_its_error_and_tried_again_later(
    database: Database, handled: list[str]
) -> None:
    put(database, "fails", "works")
    jobs.work_all(database, NOW)
    assert handled == ["works"]
    with database.read() as session:
        kept = session.scalars(sa.select(jobs.Message).where(jobs.Message.done_at.is_(None))).one()
    assert kept.last_error == "ValueError: on purpose"
    assert kept.available_at == NOW + jobs.RETRY_AFTER


def test_a_claimed_message_is_hidden_until_its_lease_runs_out(
    database: Database, handled: list[str]
) -> None:
    put(database, "a")
    assert jobs.claim(database, NOW) is not None
    assert jobs.claim(database, NOW) is None
    assert jobs.claim(database, NOW + jobs.LEASE) is not None


def test_a_worker_whose_lease_was_taken_over_cannot_finish_the_message(
    database: Database, handled: list[str]
) -> None:
    put(database, "a")
    slow = jobs.claim(database, NOW)
    later = NOW + jobs.LEASE + timedelta(seconds=1)
    quick = jobs.claim(database, later)
    assert slow is not None
    assert quick is not None
    jobs.finish(database, slow, later)
    with database.read() as session:
        assert session.get(jobs.Message, slow.id).done_at is None
    jobs.finish(database, quick, later)
    with database.read() as session:
        assert session.get(jobs.Message, slow.id).done_at == later
