"""Work follows only from what was committed, is done once, and survives a worker's death."""

from concurrent.futures import ThreadPoolExecutor
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


def test_what_keeps_failing_never_holds_up_what_is_new(
    database: Database, handled: list[str]
) -> None:
    put(database, *["fails"] * 3)
    jobs.work_all(database, NOW)
    later = NOW + timedelta(hours=1)
    with transaction(database) as session:
        jobs.enqueue(session, later, TOPIC, "new")
    jobs.work_once(database, later)
    assert handled == ["new"]


def test_an_error_whose_words_no_database_can_store_is_kept_all_the_same(
    database: Database, handled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is logged travels between the test runner's processes, which cannot carry it either.
    monkeypatch.setattr(jobs.log, "disabled", True)
    put(database, "a\ufffdb")

    @jobs.handles(TOPIC)
    def handle(database: Database, subject_id: str, now: datetime) -> None:
        raise ValueError("NUL \x00 and half a letter \ud800")

    jobs.work_all(database, NOW)
    with database.read() as session:
        kept = session.scalars(sa.select(jobs.Message.last_error)).one()
    assert kept == "ValueError: NUL \ufffd and half a letter \ufffd"


def test_a_topic_that_nobody_handles_is_kept_with_its_error(database: Database) -> None:
    with transaction(database) as session:
        jobs.enqueue(session, NOW, "nobody's topic", "a")
    jobs.work_all(database, NOW)
    with database.read() as session:
        assert session.scalars(sa.select(jobs.Message.last_error)).one().startswith("KeyError")


def test_two_workers_never_claim_the_same_message(database: Database, handled: list[str]) -> None:
    put(database, *map(str, range(12)))
    with ThreadPoolExecutor(4) as threads:
        claimed = list(threads.map(lambda _: jobs.claim(database, NOW), range(16)))
    ids = [work.id for work in claimed if work is not None]
    assert len(ids) == len(set(ids)) == 12


@pytest.fixture
def regular(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[datetime]]:
    """Two regular jobs and when they ran; the first fails while its list is empty."""
    ran: dict[str, list[datetime]] = {"first": [], "second": []}
    monkeypatch.setattr(jobs, "_regular", [])

    def first(database: Database, now: datetime) -> None:
        if now < NOW + timedelta(minutes=2):
            raise ValueError("on purpose")
        ran["first"].append(now)

    def second(database: Database, now: datetime) -> None:
        ran["second"].append(now)

    jobs.every(timedelta(hours=1))(first)
    jobs.every(timedelta(minutes=1))(second)
    return ran


def test_a_regular_job_that_fails_stops_nothing_and_is_tried_again_soon(
    sqlite_database: Database, regular: dict[str, list[datetime]]
) -> None:
    rounds = jobs.Rounds()
    for seconds in range(0, 181, 30):
        jobs.do_rounds(sqlite_database, "w", NOW + timedelta(seconds=seconds), rounds)
    assert regular["first"] == [NOW + timedelta(minutes=2)]
    assert regular["second"] == [NOW + timedelta(minutes=n) for n in range(4)]


def test_a_worker_whose_regular_work_fails_does_not_call_itself_well(
    sqlite_database: Database, regular: dict[str, list[datetime]]
) -> None:
    def seen() -> datetime | None:
        with sqlite_database.read() as session:
            return session.scalar(sa.select(jobs.Worker.seen_at))

    rounds = jobs.Rounds()
    jobs.do_rounds(sqlite_database, "w", NOW, rounds)
    assert seen() is None
    jobs.do_rounds(sqlite_database, "w", NOW + timedelta(minutes=2), rounds)
    assert seen() == NOW + timedelta(minutes=2)


def test_a_clock_that_was_set_back_silences_nothing(
    sqlite_database: Database, regular: dict[str, list[datetime]]
) -> None:
    rounds = jobs.Rounds()
    for moment in (NOW + timedelta(days=1), NOW):
        jobs.do_rounds(sqlite_database, "w", moment, rounds)
    assert regular["second"] == [NOW + timedelta(days=1), NOW]


def test_the_worker_outlives_a_database_that_is_away(
    sqlite_database: Database, handled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(sqlite_database, "a")
    answers = iter([OSError("away"), OSError("away")])
    monkeypatch.setattr(jobs, "_regular", [])
    monkeypatch.setattr(jobs, "AWAY_SECONDS", 0.0)
    real = jobs.note_alive

    def note_alive(database: Database, name: str, now: datetime) -> None:
        for answer in answers:
            raise answer
        real(database, name, now)

    monkeypatch.setattr(jobs, "note_alive", note_alive)
    monkeypatch.setattr(jobs, "read_clock", lambda: NOW)
    jobs.run_worker(sqlite_database, "w", should_stop=lambda: bool(handled))
    assert handled == ["a"]
