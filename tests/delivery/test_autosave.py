"""The fast path of a save, on both databases: who may, what is said, and that nothing is lost."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from proficiency.accounts.operations import close_sign_ins
from proficiency.accounts.rules import Role, digest
from proficiency.accounts.sign_in_operations import open_sign_in
from proficiency.app import create_app
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.clock import read_clock
from proficiency.core.config import Config
from proficiency.core.db import Database, written_tables
from proficiency.core.errors import Refused
from proficiency.core.verify import verify_all
from proficiency.delivery import queries
from proficiency.delivery.autosave import Autosave, Message
from proficiency.delivery.calls import autosave
from proficiency.delivery.models import AttemptEvent
from proficiency.delivery.operations import (
    change_writer,
    lock_overdue_attempts,
    record_credit,
    record_pause,
    submit_attempt,
)
from proficiency.delivery.rules import EventKind, in_order
from proficiency.delivery.saving import Ledger, Save, Sender
from proficiency.delivery.statements import get_statements
from proficiency.delivery.writers import GroupWriter
from tests.delivery import factory
from tests.delivery.factory import DEVICE, MINUTE, OTHER_DEVICE, SECOND, Sat
from tests.factories import act, person
from tests.sittings import factory as sittings

ORIGIN = {"Origin": "http://localhost"}
TWO_HOURS = timedelta(hours=2)


@dataclass
class Page:
    """An exam page as far as its script talks to the server."""

    client: FlaskClient
    sat: Sat
    sign_in_id: str
    epoch: int = 1

    @property
    def service(self) -> Autosave:
        with self.client.application.app_context():
            return autosave()

    @property
    def token(self) -> str:
        return self.service.token(self.sat.attempt_id, self.sign_in_id, self.epoch)

    def message(self, **changes: Any) -> dict[str, Any]:
        usual = {
            "token": self.token,
            "epoch": self.epoch,
            "seq": 1,
            "item": self.sat.item().id,
            "fields": {"text": ["Ask him"]},
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def send(self, headers: dict[str, str] = ORIGIN, **changes: Any) -> Any:
        return self.client.post(
            f"/attempt/{self.sat.attempt_id}/save", json=self.message(**changes), headers=headers
        )

    def contact(self) -> Any:
        return self.client.post(
            f"/attempt/{self.sat.attempt_id}/contact",
            json={"token": self.token, "epoch": self.epoch},
            headers=ORIGIN,
        )


@pytest.fixture
def web_app(config: Config, database: Database) -> Flask:
    return create_app(config, database)


def sign_in(database: Database, actor: Actor, token: str = "a token of a test") -> str:
    act(database, open_sign_in, actor, read_clock(), token=token, browser="A test")
    return digest(token)


@pytest.fixture
def page(web_app: Flask, database: Database) -> Page:
    """A page of an attempt that started a minute ago."""
    return page_of(web_app, database, started_before=MINUTE)


def page_of(app: Flask, database: Database, *, started_before: timedelta) -> Page:
    start = read_clock() - started_before
    form = factory.small_form(database, minutes=120)
    sitting = sittings.sitting(database, form.id, opens_at=start, now=start)
    candidate = sittings.candidate(database)
    booking = sittings.booking(database, sitting.id, candidate.id, now=start)
    place = Sat(database, candidate, sitting.id, booking.id, form.id, "")
    sat = factory.started(database, start, place=place)
    return Page(app.test_client(), sat, sign_in(database, candidate))


def kinds(sat: Sat) -> list[EventKind]:
    with sat.database.read() as session:
        rows = session.query(AttemptEvent.kind).filter_by(aggregate_id=sat.attempt_id)
        return [EventKind(row.kind) for row in rows.order_by(AttemptEvent.pos)]


def words(sat: Sat) -> str | None:
    with sat.database.read() as session:
        found = queries.current_answers(session, sat.attempt_id).get(sat.item().id)
    return None if found is None or found.text is None else json.loads(found.text)["text"]


# What is said


def test_a_save_is_kept_and_the_reply_says_where_the_attempt_stands(page: Page) -> None:
    reply = page.send(age=1500)
    assert reply.status_code == 200
    said = reply.get_json()
    assert (said["kind"], said["pos"]) == ("answer_saved", 2)
    assert (said["stage"], said["epoch"], said["closed"], said["stopped"]) == (1, 1, False, False)
    assert 118 * 60_000 < said["remaining"] <= 119 * 60_000
    assert abs(said["at"] - read_clock().timestamp() * 1000) < 60_000
    assert words(page.sat) == "Ask him"
    with page.sat.database.read() as session:
        event = session.query(AttemptEvent).filter_by(pos=2).one()
        assert (event.hash, event.claimed_age) == (said["hash"], 1_500_000)
        assert (event.sign_in_id, event.actor_id) == (page.sign_in_id, page.sat.candidate.id)
    assert verify_all(page.sat.database).problems == []


def test_the_device_is_kept_with_the_save(page: Page) -> None:
    page.client.set_cookie("device", DEVICE)
    page.send()
    with page.sat.database.read() as session:
        assert session.query(AttemptEvent).filter_by(pos=2).one().device_id == DEVICE


def test_a_replay_is_acknowledged_again_and_other_words_are_a_conflict(page: Page) -> None:
    first = page.send().get_json()
    again = page.send().get_json()
    assert (again["kind"], again["pos"], again["hash"]) == ("answer_saved", 2, first["hash"])
    conflict = page.send(fields={"text": ["Other words"]}).get_json()
    assert (conflict["kind"], conflict["top_seq"]) == ("answer_conflicted", 1)
    assert words(page.sat) == "Ask him"


def test_a_flag_is_kept_without_words(page: Page) -> None:
    assert page.send(fields=None, flagged=True).get_json()["kind"] == "flagged"
    assert page.send(fields=None, flagged=True).get_json()["pos"] == 2
    assert page.send(fields=None, flagged=False, seq=2).get_json()["kind"] == "unflagged"


def test_after_the_end_the_page_is_told_that_it_was_late(page: Page) -> None:
    page.send()
    page.sat.do(submit_attempt, read_clock(), epoch=1)
    said = page.send(seq=2, fields={"text": ["After the end"]}).get_json()
    assert (said["kind"], said["closed"]) == ("answer_late", True)
    assert words(page.sat) == "Ask him"


def test_after_the_deadline_without_contact_it_is_late(web_app, database) -> None:
    page = page_of(web_app, database, started_before=TWO_HOURS + 5 * SECOND)
    said = page.send().get_json()
    assert (said["kind"], said["remaining"], said["closed"]) == ("answer_late", 0, False)


def test_a_page_that_was_heard_in_the_last_minute_is_in_time_in_transit(
    web_app: Flask, database: Database
) -> None:
    page = page_of(web_app, database, started_before=TWO_HOURS - 3 * SECOND)
    assert page.contact().get_json()["remaining"] > 0
    assert page.contact().status_code == 200
    assert kinds(page.sat) == [EventKind.STARTED, EventKind.CONTACTED]
    sender = page.service.read_token(page.sat.attempt_id, page.token, 1)
    late = read_clock() + 20 * SECOND
    message = Message(page.token, 1, 1, page.sat.item().id, {"text": ["In transit"]}, None, None)
    kept = page.service.save(sender.attempt_id, message, late)
    assert kept.receipt.kind is EventKind.ANSWER_SAVED


def test_a_sign_of_life_before_the_last_minute_leaves_no_trace(page: Page) -> None:
    said = page.contact().get_json()
    assert said["closed"] is False
    assert "kind" not in said
    assert kinds(page.sat) == [EventKind.STARTED]


def test_a_stopped_clock_and_a_credit_are_told_with_the_next_reply(page: Page) -> None:
    officer = person(page.sat.database, Role.INVIGILATOR)
    on = {"attempt_id": page.sat.attempt_id, "reason": "Alarm."}
    act(page.sat.database, record_credit, officer, read_clock(), amount=10 * MINUTE, **on)
    assert page.send().get_json()["remaining"] > 128 * 60_000
    act(page.sat.database, record_pause, officer, read_clock(), **on)
    said = page.send(seq=2).get_json()
    assert said["stopped"] is True
    assert said["kind"] == "answer_saved"


# Who may


def test_a_page_of_another_site_is_refused(page: Page) -> None:
    for headers in ({}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}):
        assert page.send(headers=headers).status_code == 403
    assert kinds(page.sat) == [EventKind.STARTED]


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
        lambda token: token.replace("1.", "2.", 1),
        lambda token: "1." + "0" * 64 + token[token.rindex(".") :],
        lambda token: "nonsense",
        lambda token: "٣.a.b",
        lambda token: "",
    ],
)
def test_a_forged_token_is_refused(page: Page, forge) -> None:
    assert page.send(token=forge(page.token)).status_code in (403, 422)
    assert kinds(page.sat) == [EventKind.STARTED]


def test_a_token_of_another_attempt_is_refused(page: Page, web_app, database) -> None:
    candidate = sittings.candidate(database)
    booking = sittings.booking(database, page.sat.sitting_id, candidate.id, now=read_clock())
    place = Sat(database, candidate, page.sat.sitting_id, booking.id, page.sat.form_id, "")
    other = factory.started(database, read_clock(), place=place)
    reply = page.client.post(
        f"/attempt/{other.attempt_id}/save", json=page.message(), headers=ORIGIN
    )
    assert reply.status_code == 403
    assert kinds(other) == [EventKind.STARTED]


def test_a_token_under_somebody_elses_sign_in_finds_no_attempt(page: Page) -> None:
    stranger = person(page.sat.database, Role.CANDIDATE, Role.EXAM_OFFICER)
    page.sign_in_id = sign_in(page.sat.database, stranger, "another token")
    assert page.send().status_code == 404
    assert kinds(page.sat) == [EventKind.STARTED]


def test_a_sign_in_that_has_ended_is_told_and_nothing_is_written(page: Page) -> None:
    candidate = page.sat.candidate
    act(page.sat.database, close_sign_ins, candidate, read_clock(), account_id=candidate.id)
    reply = page.send()
    assert reply.status_code == 401
    assert "kept on this device" in reply.get_json()["error"]
    assert page.contact().status_code == 401
    assert kinds(page.sat) == [EventKind.STARTED]


def test_a_sign_in_that_has_run_out_is_told(page: Page) -> None:
    message = Message(page.token, 1, 1, page.sat.item().id, {"text": ["x"]}, None, None)
    from proficiency.delivery.saving import SignInOver

    with pytest.raises(SignInOver):
        page.service.save(page.sat.attempt_id, message, read_clock() + timedelta(days=2))


def test_after_another_device_took_over_the_older_page_is_told_so(page: Page) -> None:
    page.sat.do(change_writer, read_clock(), device_id=OTHER_DEVICE)
    said = page.send().get_json()
    assert (said["kind"], said["epoch"]) == ("answer_saved", 2)
    page.epoch = 2
    assert page.send(fields={"text": ["From two"]}).get_json()["kind"] == "answer_saved"
    assert page.send(epoch=1, seq=2).get_json()["kind"] == "answer_outdated"
    assert page.send(epoch=3, seq=2).status_code == 403


@pytest.mark.parametrize("item", ["0" * 20, "x", "ä", "' OR 1=1"])
def test_a_forged_question_is_refused(page: Page, item: str) -> None:
    assert page.send(item=item).status_code in (404, 422)
    assert kinds(page.sat) == [EventKind.STARTED]


def test_a_question_of_a_later_stage_is_not_there(page: Page) -> None:
    assert page.send(item=page.sat.item(stage=2).id).status_code == 404


def test_an_attempt_that_is_not_there_is_not_found(page: Page) -> None:
    page.sat = Sat(**{**page.sat.__dict__, "attempt_id": "nowhere"})
    assert page.contact().status_code == 404
    reply = page.client.post(
        "/attempt/nowhere/save",
        json={"token": page.token, "epoch": 1, "seq": 1, "item": "x", "flagged": True},
        headers=ORIGIN,
    )
    assert reply.status_code == 404


# What is no message


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 0},
        {"seq": -1},
        {"seq": True},
        {"seq": "1"},
        {"seq": 1.5},
        {"seq": 2**60},
        {"epoch": 0},
        {"item": 7},
        {"item": ""},
        {"token": None},
        {"fields": None},
        {"flagged": True},
        {"fields": None, "flagged": "yes"},
        {"fields": []},
        {"fields": {"text": "no list"}},
        {"fields": {"text": [7]}},
        {"fields": {str(n): [] for n in range(200)}},
        {"age": -1},
        {"age": 10**12},
        {"fields": {"text": ["x"] * 3, "other": ["y"]}, "item": "ß"},
    ],
)
def test_what_no_page_of_ours_sends_is_refused_with_words(page: Page, changes) -> None:
    reply = page.send(**changes)
    assert reply.status_code == 422
    assert "not saved" in reply.get_json()["error"]
    assert kinds(page.sat) == [EventKind.STARTED]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"seq": NaN}']
)
def test_bytes_that_are_no_message_are_refused_with_words(page: Page, body: bytes) -> None:
    reply = page.client.post(
        f"/attempt/{page.sat.attempt_id}/save",
        data=body,
        headers=ORIGIN,
        content_type="application/json",
    )
    assert reply.status_code == 422


def test_a_body_that_is_too_large_is_refused_unread(page: Page) -> None:
    reply = page.send(fields={"text": ["x" * 5_000_000]})
    assert reply.status_code == 413
    assert reply.get_json()["error"]


def test_two_hundred_thousand_characters_are_refused_with_what_to_do(page: Page) -> None:
    reply = page.send(fields={"text": ["ä" * 200_000]})
    assert reply.status_code == 422
    assert "still on your screen" in reply.get_json()["error"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("🧑🏽‍🦽 שאל", "🧑🏽‍🦽 שאל"),
        ("a\x00b \ud800", "a\ufffdb \ufffd"),
    ],
)
def test_any_words_are_stored_clean(page: Page, typed: str, stored: str) -> None:
    body = json.dumps(page.message(fields={"text": [typed]}))  # as a browser does: \\ud800
    reply = page.client.post(
        f"/attempt/{page.sat.attempt_id}/save",
        data=body.encode(),
        headers=ORIGIN,
        content_type="application/json",
    )
    assert reply.get_json()["kind"] == "answer_saved"
    assert words(page.sat) == stored
    assert verify_all(page.sat.database).problems == []


# Connecting again


def connect(page: Page) -> Any:
    return page.client.post(
        f"/attempt/{page.sat.attempt_id}/connect",
        json={},
        headers={**ORIGIN, "Accept": "application/json"},
    )


def test_connecting_needs_a_sign_in_and_ones_own_attempt(page: Page) -> None:
    assert connect(page).status_code == 401
    stranger = person(page.sat.database, Role.CANDIDATE)
    become(page, stranger)
    assert connect(page).status_code == 404


def become(page: Page, actor: Actor) -> None:
    from tests.factories import sign_in_as

    sign_in_as(page.client, actor)


def test_connecting_gives_the_writing_device_a_token_and_another_device_an_older_one(
    page: Page,
) -> None:
    become(page, page.sat.candidate)
    page.client.set_cookie("device", OTHER_DEVICE)
    first = connect(page).get_json()
    assert (first["writer"], first["write_epoch"], first["token"]) == (False, 0, None)
    page.client.set_cookie("device", DEVICE)
    said = connect(page).get_json()
    assert (said["writer"], said["write_epoch"]) == (True, 1)
    assert page.send(token=said["token"]).get_json()["kind"] == "answer_saved"
    page.sat.do(change_writer, read_clock(), device_id=OTHER_DEVICE)
    later = connect(page).get_json()
    assert (later["writer"], later["write_epoch"]) == (False, 1)
    assert page.send(token=later["token"], seq=2).status_code == 200
    assert page.send(token=later["token"], epoch=2, seq=3).status_code == 403


# How it is written


class CountingCursor:
    """A cursor that remembers what it was asked."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.asked: list[str] = []

    def execute(self, statement: str, parameters: Any) -> None:
        self.asked.append(statement)
        self.cursor.execute(statement, parameters)

    def fetchone(self) -> Any:
        return self.cursor.fetchone()

    def fetchall(self) -> Any:
        return self.cursor.fetchall()


def test_an_ordinary_save_takes_one_query_and_writes_two_rows(page: Page) -> None:
    database, sat = page.sat.database, page.sat
    connection = database.writer.raw_connection()
    cursor = CountingCursor(connection.cursor())
    ledger = Ledger(cursor, get_statements(database.writer.dialect.name))
    sender = Sender(sat.attempt_id, 1, page.sign_in_id)
    ledger.keep(Save(sender, sat.item().id, 1, read_clock(), 1, text='{"text":"x"}'))
    connection.rollback()
    connection.close()
    assert sum("SELECT attempt.actor_id" in text for text in cursor.asked) == 1
    assert len(cursor.asked) == (3 if database.is_sqlite else 2)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_save_writes_evidence_and_payload_and_nothing_else(dialect: str) -> None:
    statements = get_statements(dialect)
    reading = (statements.facts, statements.window_events, statements.last_contact,
               statements.same_number, statements.newer_answer, statements.newer_flag,
               statements.current, statements.sheet)  # fmt: skip
    writing = (*statements.insert_answer, *statements.insert_event)
    assert set().union(*map(written_tables, reading)) == set()
    assert set().union(*map(written_tables, writing)) == {"attempt_event", "payload"}


def test_no_statement_of_a_save_or_a_page_reads_a_whole_table(sqlite_database: Database) -> None:
    statements = get_statements("sqlite")
    values = dict.fromkeys(
        ("attempt_id", "epoch", "sign_in_id", "item_id", "seq", "candidate_id"), "x"
    )
    with sqlite_database.reader.connect() as connection:
        for text in (statements.facts, statements.window_events, statements.last_contact,
                     statements.same_number, statements.newer_answer, statements.newer_flag,
                     statements.current, statements.sheet):  # fmt: skip
            cursor = connection.connection.cursor()
            plan = [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {text}", values)]
            assert not [step for step in plan if "SCAN" in step or "TEMP B-TREE" in step], text


@pytest.fixture
def group(sqlite_database: Database) -> GroupWriter:
    return GroupWriter(sqlite_database)


INSERT = "INSERT INTO payload (id, salt, text) VALUES (:id, 's', 't')"


def stored(database: Database) -> set[str]:
    with database.writer.connect() as connection:
        return {row[0] for row in connection.exec_driver_sql("SELECT id FROM payload")}


def test_nobody_is_answered_before_the_commit(group: GroupWriter, sqlite_database) -> None:
    answered = threading.Event()

    def save() -> None:
        group.run("x", lambda cursor: cursor.execute(INSERT, {"id": "a"}))
        answered.set()

    with sqlite_database.exclusive():
        thread = threading.Thread(target=save)
        thread.start()
        assert not answered.wait(0.3)
    assert answered.wait(10)
    thread.join()
    assert stored(sqlite_database) == {"a"}


def test_in_a_group_only_the_faulty_piece_fails(group: GroupWriter, sqlite_database) -> None:
    def good(name: str) -> Any:
        return lambda cursor: (cursor.execute(INSERT, {"id": name}), name)[1]

    def bad(cursor: Any) -> None:
        cursor.execute("INSERT INTO nowhere VALUES (1)", {})

    def refused(cursor: Any) -> None:
        raise Refused("Not this one.")

    with ThreadPoolExecutor(8) as pool, sqlite_database.exclusive():
        works = [good("a"), bad, good("b"), refused, good("c")]
        waiting = [pool.submit(group.run, "x", work) for work in works]
        threading.Event().wait(0.3)
    outcomes = [future.exception() or future.result() for future in waiting]
    assert [outcomes[0], outcomes[2], outcomes[4]] == ["a", "b", "c"]
    assert "nowhere" in str(outcomes[1])
    assert isinstance(outcomes[3], Refused)
    assert stored(sqlite_database) == {"a", "b", "c"}


def test_the_writer_ends_when_idle_and_starts_again(monkeypatch, sqlite_database) -> None:
    monkeypatch.setattr("proficiency.delivery.writers.IDLE_SECONDS", 0.05)
    group, before = GroupWriter(sqlite_database), set(threading.enumerate())
    for name in ("a", "b", "c"):
        group.run("x", lambda cursor, name=name: cursor.execute(INSERT, {"id": name}))
        threading.Event().wait(0.15)
    assert stored(sqlite_database) == {"a", "b", "c"}
    assert set(threading.enumerate()) <= before


# Many at once


def test_many_saves_at_once_are_all_kept_in_one_chain_each(page: Page) -> None:
    def save(seq: int) -> str:
        message = Message(
            page.token, 1, seq, page.sat.item().id, {"text": [f"version {seq}"]}, None, None
        )
        return page.service.save(page.sat.attempt_id, message, read_clock()).receipt.kind.value

    page.send(seq=1)
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(save, range(2, 42)))
    assert set(said) <= {"answer_saved", "answer_outdated"}
    assert words(page.sat) == "version 41"
    assert len(kinds(page.sat)) == 42
    assert verify_all(page.sat.database).problems == []


def test_the_same_message_many_times_at_once_is_kept_once(page: Page) -> None:
    message = Message(page.token, 1, 1, page.sat.item().id, {"text": ["Once"]}, None, None)
    with ThreadPoolExecutor(8) as pool:
        waiting = [
            pool.submit(page.service.save, page.sat.attempt_id, message, read_clock())
            for _time in range(16)
        ]
    receipts = {future.result().receipt for future in waiting}
    assert len(receipts) == 1
    assert kinds(page.sat) == [EventKind.STARTED, EventKind.ANSWER_SAVED]


def test_saves_during_a_submission_are_in_time_or_late_and_never_lost(page: Page) -> None:
    """The unique position orders each save against the submission, whoever is faster."""
    sat, start = page.sat, threading.Barrier(5)

    def save(number: int) -> list[str]:
        start.wait()
        said = []
        for turn in range(10):
            message = Message(
                page.token, 1, 1 + number + 4 * turn, sat.item().id,
                {"text": [f"{number} {turn}"]}, None, None,
            )  # fmt: skip
            said.append(page.service.save(sat.attempt_id, message, read_clock()).receipt.kind.value)
        return said

    def submit() -> None:
        start.wait()
        threading.Event().wait(0.02)
        sat.do(submit_attempt, read_clock(), epoch=1)

    with ThreadPoolExecutor(5) as pool:
        waiting = [pool.submit(save, number) for number in range(4)]
        pool.submit(submit).result()
    said = [kind for future in waiting for kind in future.result()]
    assert len(said) == 40
    chain = kinds(sat)
    assert in_order(chain)
    assert len(chain) == 42
    assert chain.count(EventKind.SUBMITTED) == 1
    assert verify_all(sat.database).problems == []


def test_operations_on_the_same_attempt_are_never_broken_by_saves(page: Page) -> None:
    """An operation holds the attempt's lock, so a save waits for it instead of taking its place."""
    sat, officer, stop = page.sat, person(page.sat.database, Role.EXAM_OFFICER), threading.Event()

    def save() -> int:
        seq = 0
        while not stop.is_set():
            seq += 1
            message = Message(page.token, 1, seq, sat.item().id, {"text": [str(seq)]}, None, None)
            page.service.save(sat.attempt_id, message, read_clock())
        return seq

    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(save)
        for _turn in range(15):
            act(
                sat.database, record_credit, officer, read_clock(),
                attempt_id=sat.attempt_id, amount=SECOND, reason="A fault.",
            )  # fmt: skip
        stop.set()
        saved = waiting.result()
    chain = kinds(sat)
    assert chain.count(EventKind.CREDITED) == 15
    assert chain.count(EventKind.ANSWER_SAVED) == saved
    assert verify_all(sat.database).problems == []


def test_locking_overdue_attempts_while_late_words_arrive(web_app, database) -> None:
    page = page_of(web_app, database, started_before=TWO_HOURS + MINUTE)

    def save(seq: int) -> str:
        message = Message(page.token, 1, seq, page.sat.item().id, {"text": [str(seq)]}, None, None)
        return page.service.save(page.sat.attempt_id, message, read_clock()).receipt.kind.value

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(save, seq) for seq in range(1, 13)]
        locked = act(database, lock_overdue_attempts, SYSTEM, read_clock())
    assert {future.result() for future in waiting} == {"answer_late"}
    assert locked == 1
    assert in_order(kinds(page.sat))
    assert verify_all(database).problems == []
