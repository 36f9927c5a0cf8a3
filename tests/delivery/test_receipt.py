"""What a receipt is computed from, and how it is issued and checked, on both databases."""

import json
import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.chain import append
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden
from proficiency.core.jobs import work_all
from proficiency.core.operation import transaction
from proficiency.core.verify import verify_all
from proficiency.delivery import receipt_jobs, verify
from proficiency.delivery.models import AttemptEvent, Receipt
from proficiency.delivery.operations import lock_overdue_attempts, submit_attempt
from proficiency.delivery.queries import get_attempt_state
from proficiency.delivery.receipt_key import ReceiptKey, signature_holds
from proficiency.delivery.receipt_operations import (
    Claim,
    ReceiptDiffers,
    hand_in,
    issue_receipt,
)
from proficiency.delivery.receipt_queries import find_receipt
from proficiency.delivery.receipt_rules import Entry, digest_of, hash_fields, read_code
from proficiency.delivery.receipt_screens import check_code, make_manifest
from proficiency.delivery.rules import EventKind, Phase
from proficiency.delivery.saving import Save, Sender, ledger_of
from tests.delivery import factory
from tests.delivery.factory import MINUTE, Sat
from tests.factories import NOW, act, person

HOUR = timedelta(hours=1)
KEY = ReceiptKey("a secret that is long enough for a test")


# The hash of what was sent


def test_the_same_fields_give_the_same_hash_in_whatever_order_they_are_sent() -> None:
    one = {"a": ["1"], "b": ["2", "3"]}
    assert hash_fields(one) == hash_fields(dict(reversed(one.items())))
    assert hash_fields(one) != hash_fields({"a": ["1"], "b": ["3", "2"]})


@pytest.mark.parametrize(
    ("one", "other"),
    [("a\r\nb", "a\nb"), ("a\rb", "a\nb"), ("\0", "\ufffd"), ("\ud83d", "\ufffd")],
)
def test_text_is_hashed_as_it_is_cleaned(one: str, other: str) -> None:
    assert hash_fields({"text": [one]}) == hash_fields({"text": [other]})
    assert hash_fields({one: ["x"]}) == hash_fields({other: ["x"]})


def test_a_flag_and_the_mark_of_presence_are_no_part_of_an_answer() -> None:
    fields = {"text": ["Ask Owen"]}
    assert hash_fields({**fields, "flag": ["on"], "present": ["1"]}) == hash_fields(fields)


@given(st.dictionaries(st.text(max_size=4), st.lists(st.text(max_size=5), max_size=3), max_size=3))
def test_moving_a_sign_from_one_value_to_another_changes_the_hash(fields) -> None:
    for name, values in fields.items():
        for at in range(len(values) - 1):
            if not values[at] or not values[at + 1]:
                continue
            moved = [*values[:at], values[at] + values[at + 1][0], values[at + 1][1:]]
            moved += values[at + 2 :]
            assert hash_fields({**fields, name: moved}) != hash_fields(fields)


def test_any_part_of_an_entry_and_the_order_change_the_digest() -> None:
    entries = [Entry("item-1", 2, "aa"), Entry("item-2", 3, "bb")]
    others = [
        digest_of("other", entries),
        digest_of("nonce", entries[:1]),
        digest_of("nonce", entries[::-1]),
        digest_of("nonce", [Entry("item-1", 3, "aa"), entries[1]]),
        digest_of("nonce", [Entry("item-1", 2, "ab"), entries[1]]),
    ]
    assert len({digest_of("nonce", entries), *others}) == 6


@pytest.mark.parametrize("typed", ["", "ab12", "g" * 64, "a" * 63, "a" * 65, "é" * 64])
def test_what_is_no_code_is_not_read_as_one(typed: str) -> None:
    assert read_code(typed) is None


def test_a_code_is_read_however_it_is_grouped() -> None:
    code = "0123456789abcdef" * 4
    typed = "\n".join(re.findall(".{16}", code.upper())).replace("CDEF", "CD EF ")
    assert read_code(typed) == code
    assert read_code("-".join(re.findall("....", code))) == code


# Handing in


def held(sat: Sat) -> dict:
    """What the page is told that the server has."""
    with sat.database.read() as session:
        return make_manifest(session, get_attempt_state(session, sat.attempt_id))


def send(sat: Sat, words: str, seq: int, now=NOW) -> None:
    """Save an answer as a page sends it, with its fields."""
    item = sat.item()
    with transaction(sat.database) as session:
        save = Save(
            Sender(sat.attempt_id, 1, is_trusted=True), item.id, item.stage, now, seq,
            text=json.dumps({"text": words}), sent_hash=hash_fields({"text": [words]}),
        )  # fmt: skip
        ledger_of(session).keep(save)


def computed(sat: Sat) -> Claim:
    """What an honest page computes from what it was told."""
    manifest = held(sat)
    entries = [Entry(i["item"], i["pos"], i["proof"]) for i in manifest["items"] if "pos" in i]
    return Claim(digest_of(manifest["nonce"], entries), len(entries))


def receipt_of(sat: Sat) -> Receipt | None:
    with sat.database.read() as session:
        return find_receipt(session, sat.attempt_id)


def kinds(sat: Sat) -> list[str]:
    with sat.database.read() as session:
        rows = session.query(AttemptEvent.kind).filter_by(aggregate_id=sat.attempt_id)
        return [row.kind for row in rows.order_by(AttemptEvent.pos)]


def test_the_manifest_names_each_open_question_and_no_later_one(database: Database) -> None:
    sat = factory.started(database)
    send(sat, "Ask Owen", 1)
    manifest = held(sat)
    assert [i["number"] for i in manifest["items"]] == [1, 2, 3]
    answered = [i for i in manifest["items"] if "pos" in i]
    assert [(i["item"], i["pos"], i["sent"]) for i in answered] == [
        (sat.item().id, 2, hash_fields({"text": ["Ask Owen"]}))
    ]


def test_a_receipt_covers_the_answers_that_count_and_is_signed(database: Database) -> None:
    sat = factory.started(database)
    send(sat, "Ask Owen", 1)
    send(sat, "Ask Owen first", 2)
    claim = computed(sat)
    sat.do(hand_in, NOW + MINUTE, epoch=1, key=KEY, claim=claim)
    receipt = receipt_of(sat)
    assert receipt is not None
    assert (receipt.digest, receipt.claimed, receipt.answers) == (claim.digest, claim.digest, 1)
    assert signature_holds(KEY.public, receipt.signature, sat.attempt_id, claim.digest, receipt.at)
    later = receipt.at + timedelta(microseconds=1)
    assert not signature_holds(KEY.public, receipt.signature, sat.attempt_id, claim.digest, later)
    assert verify_all(database, [verify.check]).problems == []


def test_another_digest_hands_nothing_in(database: Database) -> None:
    sat = factory.started(database)
    send(sat, "Ask Owen", 1)
    with pytest.raises(ReceiptDiffers):
        sat.do(hand_in, NOW + MINUTE, epoch=1, key=KEY, claim=Claim("0" * 64, 1))
    assert kinds(sat)[-1] == EventKind.ANSWER_SAVED
    assert receipt_of(sat) is None
    sat.do(hand_in, NOW + MINUTE, epoch=1, key=KEY, claim=computed(sat))
    assert receipt_of(sat) is not None


def test_a_dispute_is_handed_in_and_recorded(database: Database) -> None:
    sat = factory.started(database)
    claim = Claim("0" * 64, 1, is_disputed=True)
    sat.do(hand_in, NOW + MINUTE, epoch=1, key=KEY, claim=claim)
    receipt = receipt_of(sat)
    assert receipt is not None
    assert (receipt.claimed, receipt.claimed != receipt.digest) == ("0" * 64, True)
    assert kinds(sat)[-1] == EventKind.SUBMITTED


def test_handing_in_twice_gives_one_receipt(database: Database) -> None:
    sat = factory.started(database)
    for _time in range(2):
        sat.do(hand_in, NOW + MINUTE, epoch=1, key=KEY, claim=None)
    with database.read() as session:
        assert session.query(Receipt).count() == 1
        with pytest.raises(IntegrityError), transaction(database) as writing:
            again = {
                column.key: getattr(receipt_of(sat), column.key)
                for column in Receipt.__mapper__.columns
                if column.key not in ("id", "pos", "hash", "prev_hash")
            }
            append(writing, Receipt(**again))


def test_after_the_time_a_difference_is_recorded_and_refuses_nothing(database: Database) -> None:
    sat = factory.started(database)
    sat.do(hand_in, NOW + 3 * HOUR, epoch=1, key=KEY, claim=Claim("0" * 64, 0))
    assert kinds(sat)[-1] == EventKind.LOCKED
    receipt = receipt_of(sat)
    assert receipt is not None
    assert receipt.claimed == "0" * 64


# Receipts for whoever did not hand in


def test_the_system_issues_what_is_missing_and_nobody_else_does(database: Database) -> None:
    sat = factory.started(database)
    send(sat, "Ask Owen", 1)
    act(database, lock_overdue_attempts, SYSTEM, NOW + 3 * HOUR)
    officer = person(database, Role.EXAM_OFFICER)
    with pytest.raises(Forbidden):
        act(database, issue_receipt, officer, attempt_id=sat.attempt_id, key=KEY)
    assert receipt_jobs.issue_missing(database, NOW + 3 * HOUR, KEY) == 1
    assert receipt_jobs.issue_missing(database, NOW + 3 * HOUR, KEY) == 0
    receipt = receipt_of(sat)
    assert receipt is not None
    assert (receipt.answers, receipt.claimed, receipt.own_answers) == (1, None, None)


def test_an_attempt_that_runs_gets_none(database: Database) -> None:
    sat = factory.started(database)
    assert receipt_jobs.issue_missing(database, NOW + MINUTE, KEY) == 0
    assert receipt_of(sat) is None


# By mail


def test_the_receipt_is_sent_by_mail_without_any_answer(
    database: Database, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFICIENCY_INSTANCE", str(tmp_path))
    monkeypatch.setenv("PROFICIENCY_SECRET_KEY", "x" * 40)
    sat = factory.started(database)
    send(sat, "Ask Owen", 1)
    sat.do(hand_in, NOW + MINUTE, epoch=1, key=KEY, claim=computed(sat))
    work_all(database, NOW + MINUTE)
    mail = (tmp_path / "mail").glob("*.eml")  # that of the booking is among it
    (message,) = (each for each in mail if "eceipt" in each.read_text(encoding="utf-8"))
    text = message_from_bytes(message.read_bytes(), policy=policy.default).get_content()
    receipt = receipt_of(sat)
    assert receipt is not None
    assert read_code("".join(re.findall(r"^  ([0-9A-F ]+)$", text, re.M))) == receipt.digest
    assert "Owen" not in text


# Checking later


def handed_in(database: Database) -> Sat:
    sat = factory.started(database)
    send(sat, "Ask Owen", 1)
    sat.do(hand_in, NOW + MINUTE, epoch=1, key=KEY, claim=computed(sat))
    return sat


def check(sat: Sat, digest: str | None = None, number: str | None = None):
    with sat.database.read() as session:
        state = get_attempt_state(session, sat.attempt_id)
        receipt = find_receipt(session, sat.attempt_id)
        assert receipt is not None
        return check_code(session, digest or receipt.digest, number or state.candidate_number)


def test_a_receipt_is_computed_again_from_the_record(database: Database) -> None:
    sat = handed_in(database)
    found = check(sat)
    assert found is not None
    assert found.holds
    assert found.receipt.answers == 1
    assert check(sat, digest="1" * 64) is None
    assert check(sat, number="ABC") is None


def test_what_was_accepted_since_is_said_and_changes_nothing_of_the_receipt(
    database: Database,
) -> None:
    sat = handed_in(database)
    send(sat, "Too late", 2, NOW + 2 * MINUTE)
    with transaction(database) as session:
        late = session.query(AttemptEvent).filter_by(kind=EventKind.ANSWER_LATE).one()
        append(
            session,
            AttemptEvent(
                aggregate_id=sat.attempt_id, at=NOW + HOUR, actor_id="system", epoch=1, stage=1,
                kind=EventKind.ANSWER_ACCEPTED, phase=Phase.CLOSED, window_events=0,
                item_id=late.item_id, refers_to=late.id,
            ),
            text=json.dumps({"text": "Too late"}),
        )  # fmt: skip
    found = check(sat)
    assert found is not None
    assert found.holds
    assert list(found.accepted_at) == [NOW + HOUR]


def test_an_answer_that_was_slipped_in_before_the_end_is_found(database: Database) -> None:
    """As somebody could who holds the database: a receipt over another record."""
    sat = factory.started(database)
    send(sat, "Ask Owen", 1)
    sat.do(submit_attempt, NOW + MINUTE, epoch=1)
    with transaction(database) as session:
        ending = session.query(AttemptEvent).filter_by(kind=EventKind.SUBMITTED).one()
        append(
            session,
            Receipt(
                aggregate_id=sat.attempt_id, attempt_id=sat.attempt_id, closing_id=ending.id,
                at=NOW + MINUTE, actor_id="system", digest="1" * 64, answers=1,
                public_key=KEY.public, signature=KEY.sign(sat.attempt_id, "1" * 64, NOW + MINUTE),
            ),
        )  # fmt: skip
    found = check(sat, digest="1" * 64)
    assert found is not None
    assert not found.holds
    problems = verify_all(database, [verify.check]).problems
    assert any("give another digest" in problem for problem in problems)


def test_verify_finds_a_signature_that_does_not_hold(database: Database) -> None:
    sat = factory.started(database)
    claim = computed(sat)
    sat.do(submit_attempt, NOW + MINUTE, epoch=1)
    with transaction(database) as session:
        ending = session.query(AttemptEvent).filter_by(kind=EventKind.SUBMITTED).one()
        append(
            session,
            Receipt(
                aggregate_id=sat.attempt_id, attempt_id=sat.attempt_id, closing_id=ending.id,
                at=NOW + MINUTE, actor_id="system", digest=claim.digest, answers=0,
                public_key=KEY.public, signature="00" * 64,
            ),
        )  # fmt: skip
    problems = verify_all(database, [verify.check]).problems
    assert any("signature" in problem for problem in problems)


def test_verify_finds_an_answer_without_the_hash_of_what_was_sent(database: Database) -> None:
    sat = factory.started(database)
    send(sat, "Ask Owen", 1)
    sat.write("Nobody sent this", seq=2, now=NOW + MINUTE)
    problems = verify_all(database, [verify.check]).problems
    assert any("what was sent is missing" in problem for problem in problems)
