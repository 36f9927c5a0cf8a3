"""What a page of the exam reads of an attempt: the same as everywhere else, and little of it."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.app import create_app
from proficiency.core.access import SYSTEM
from proficiency.core.chain import Payload, Tombstone, append
from proficiency.core.clock import read_clock
from proficiency.core.config import Config
from proficiency.core.db import Database
from proficiency.core.errors import NotFound
from proficiency.delivery import queries
from proficiency.delivery.calls import DEVICE_COOKIE
from proficiency.delivery.operations import change_writer, open_next_stage, set_flag
from proficiency.delivery.sheet import AnswerSheet, get_own_sheet, top_seq_of
from proficiency.delivery.statements import get_statements
from tests.delivery import factory
from tests.delivery.factory import DEVICE, MINUTE, OTHER_DEVICE, Sat
from tests.factories import act, person, sign_in_as
from tests.sittings import factory as sittings
from tests.statements import asked


@pytest.fixture
def sat(database: Database) -> Sat:
    return factory.started(database)


def sheet_of(sat: Sat) -> AnswerSheet:
    """The sheet, after comparing it with what the single questions answer."""
    with sat.database.read(snapshot=True) as session:
        sheet = get_own_sheet(session, sat.attempt_id, sat.candidate.id)
        answers = queries.current_answers(session, sat.attempt_id)
        assert sheet.state == queries.get_attempt_state(session, sat.attempt_id)
        assert sheet.texts == {
            item_id: answer.text for item_id, answer in answers.items() if answer.text is not None
        }
        assert sheet.flagged == queries.flagged_items(session, sat.attempt_id)
        assert sheet.writer == queries.find_writer(session, sat.attempt_id)
        for epoch in range(sheet.state.epoch + 1):
            found = queries.find_top_seq(session, sat.attempt_id, epoch)
            assert top_seq_of(session, sheet, epoch) == found
    return sheet


def test_a_sheet_is_empty_before_anything_was_said(sat: Sat) -> None:
    sheet = sheet_of(sat)
    assert (sheet.texts, sheet.flagged, sheet.top_seq) == ({}, frozenset(), 0)
    assert sheet.is_writer(DEVICE)
    assert not sheet.is_writer(OTHER_DEVICE)
    assert not sheet.is_writer(None)


def test_the_newest_answer_counts_and_what_came_too_late_to_count_does_not(sat: Sat) -> None:
    sat.write("First", 1)
    sat.write("Second", 2)
    sat.write("Another text under a number that was used", 2)
    assert json.loads(sheet_of(sat).texts[sat.item().id])["text"] == "Second"
    sat.do(change_writer, device_id=OTHER_DEVICE)
    sat.write("Third", 1, epoch=2)
    sat.write("From the device that no longer writes", 3, epoch=1)
    sheet = sheet_of(sat)
    assert json.loads(sheet.texts[sat.item().id])["text"] == "Third"
    assert (sheet.writer, sheet.top_seq) == (OTHER_DEVICE, 1)


def test_a_flag_that_was_taken_away_is_none(sat: Sat) -> None:
    for flagged in (True, False, True):
        sat.do(set_flag, item_id=sat.item().id, epoch=1, client_seq=None, flagged=flagged)
        assert sheet_of(sat).flagged == ({sat.item().id} if flagged else set())


def test_earlier_stages_stay_on_the_sheet(sat: Sat) -> None:
    sat.write("Of the first stage", 1)
    sat.do(open_next_stage, epoch=1, closing=1)
    sat.write("Of the second", 2, stage=2)
    assert sheet_of(sat).texts.keys() == {sat.item().id, sat.item(stage=2).id}


def test_words_that_were_erased_are_not_there(sat: Sat) -> None:
    sat.write("To be erased", 1)

    def erase(session: Session, actor: Any, now: Any) -> None:
        answer = queries.current_answers(session, sat.attempt_id)[sat.item().id]
        append(session, Tombstone(
            aggregate_id=answer.event_id, payload_id=answer.event_id, at=now, actor_id=actor.id,
            reason="Asked for.",
        ))  # fmt: skip
        session.flush()
        session.execute(sa.delete(Payload).where(Payload.id == answer.event_id))

    act(sat.database, erase, SYSTEM)
    assert sheet_of(sat).texts == {}


def test_the_sheet_of_somebody_else_is_not_there(sat: Sat) -> None:
    stranger = person(sat.database, "candidate")
    with sat.database.read() as session, pytest.raises(NotFound):
        get_own_sheet(session, sat.attempt_id, stranger.id)


# What it costs


@contextmanager
def driven(database: Database) -> Iterator[list[str]]:
    """What the reading connection's driver does meanwhile: statements, or round trips."""
    connection = database.reader.raw_connection()
    driver: Any = connection.driver_connection
    connection.close()  # it is the one that is taken next
    done: list[str] = []
    if database.is_sqlite:
        driver.set_trace_callback(done.append)
        yield done
        driver.set_trace_callback(None)
        return
    with tempfile.TemporaryFile("w+") as messages:
        driver.pgconn.trace(messages.fileno())
        yield done
        driver.pgconn.untrace()
        messages.seek(0)
        done += [line for line in messages if "ReadyForQuery" in line]


@pytest.fixture
def load(config: Config, database: Database) -> Any:
    """Loads the page of an exam that runs now, as the candidate's own browser does."""
    start = read_clock() - MINUTE
    form = factory.small_form(database, minutes=120)
    sitting = sittings.sitting(database, form.id, opens_at=start, now=start)
    candidate = sittings.candidate(database)
    booking = sittings.booking(database, sitting.id, candidate.id, now=start)
    place = Sat(database, candidate, sitting.id, booking.id, form.id, "")
    sat = factory.started(database, start, place=place)
    sat.write("Kept before", 1, read_clock())
    client = create_app(config, database).test_client()
    sign_in_as(client, candidate)
    client.set_cookie(DEVICE_COOKIE, DEVICE)

    def shown() -> str:
        reply = client.get(f"/attempt/{sat.attempt_id}")
        assert reply.status_code == 200
        return reply.get_data(as_text=True)

    shown()  # the form is read once per process
    return shown


def test_the_exam_page_asks_who_it_is_and_for_the_sheet(database: Database, load: Any) -> None:
    with asked(database) as seen:
        assert "Kept before" in load()
    assert len(seen) == 2
    assert "sign_in" in seen[0]
    assert seen[1] == get_statements(database.reader.dialect.name).sheet


def test_the_exam_page_takes_two_round_trips(database: Database, load: Any) -> None:
    """SQLite has no network: there the reading transaction is begun and ended around the two."""
    with driven(database) as done:
        load()
    if database.is_sqlite:
        assert [text.split()[0] for text in done] == [
            "PRAGMA", "BEGIN", "SELECT", "SELECT", "ROLLBACK",
        ]  # fmt: skip
    else:
        assert len(done) == 2


SAVES = 60


def test_a_page_and_a_save_read_no_more_after_many_saves(postgres_database: Database) -> None:
    """PostgreSQL tells how many rows each step of a plan has read."""
    sat = factory.started(postgres_database)
    texts = get_statements("postgresql")
    asked = {"attempt_id": sat.attempt_id, "epoch": 1, "sign_in_id": "x"}
    asked |= {"candidate_id": sat.candidate.id}

    def most_rows(text: str) -> float:
        with postgres_database.read() as session:
            explained = session.connection().exec_driver_sql(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", asked
            )
            return max(_rows_read(explained.scalar_one()[0]["Plan"]))

    for seq in range(1, SAVES + 1):
        sat.write(f"Draft {seq}", seq)
    assert most_rows(texts.facts) == 1
    assert most_rows(texts.sheet) <= len(sat.paper.items)


def _rows_read(plan: dict[str, Any]) -> Iterator[float]:
    yield plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    for part in plan.get("Plans", ()):
        yield from _rows_read(part)
