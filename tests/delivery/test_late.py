"""Late work: what waits, who decides, and what an answer file may bring in."""

import base64
import json
import os
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.clock import to_micros
from proficiency.core.db import Database
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.operation import transaction
from proficiency.delivery import late_operations, late_verify, verify
from proficiency.delivery.answer_file import private_key, public_key_text
from proficiency.delivery.answer_files import (
    list_files,
    open_answer_file,
    receive_answer_file,
    unopened_files,
)
from proficiency.delivery.late import (
    LateSitting,
    lacking_people,
    late_answers_of,
    list_late_sittings,
    list_waiting_sittings,
    undecided,
)
from proficiency.delivery.late_operations import decide_late_answer
from proficiency.delivery.late_reading import LateAnswer, read_late_answers
from proficiency.delivery.late_rules import (
    Evidence,
    Ground,
    Kept,
    Standing,
    Verdict,
    awaits_decision,
    standing_of,
)
from proficiency.delivery.operations import (
    lock_overdue_attempts,
    open_next_stage,
    submit_attempt,
)
from proficiency.delivery.queries import current_answers, get_attempt_state
from proficiency.marking.operations import open_marking
from proficiency.marking.readiness import check_opening
from proficiency.preparation.detail_operations import record_connections
from proficiency.preparation.rules import Connection, Link
from tests.delivery import factory
from tests.delivery.factory import MINUTE, Sat
from tests.factories import NOW, act, person
from tests.statements import asked, plan_of

SECRET = b"a secret of this installation for files"
END = NOW + timedelta(hours=2)
AFTER = END + 10 * MINUTE
IN_TIME, AFTERWARDS = Ground.WRITTEN_IN_TIME, Ground.WRITTEN_AFTER


# Which answers wait


def kept(id: str, late: bool, epoch: int = 1, seq: int | None = 1, same: bool = False) -> Kept:
    return Kept(id, "item", late, same, epoch, seq)


def test_a_late_answer_waits_unless_the_one_that_counts_says_the_same() -> None:
    assert awaits_decision([kept("a", False), kept("b", True, seq=2)]) == ["b"]
    assert awaits_decision([kept("a", False), kept("b", True, seq=2, same=True)]) == []


def test_of_several_late_versions_only_the_newest_waits() -> None:
    versions = [kept("a", True, seq=2), kept("c", True, seq=4), kept("b", True, seq=3)]
    assert awaits_decision(versions) == ["c"]


def test_what_an_older_device_sends_late_does_not_wait_when_a_newer_one_has_answered() -> None:
    assert awaits_decision([kept("a", False, epoch=2), kept("b", True, epoch=1, seq=9)]) == []
    assert awaits_decision([kept("a", False, epoch=1), kept("b", True, epoch=2)]) == ["b"]


@given(st.lists(st.sampled_from(Verdict), max_size=3))
def test_an_answer_counts_exactly_when_most_of_those_who_decided_say_so(
    given: list[Verdict],
) -> None:
    if len(given) == 3 and given[0] is given[1]:
        with pytest.raises(ValueError):
            standing_of(given)
        return
    standing = standing_of(given)
    ayes = given.count(Verdict.COUNTS)
    assert (standing is Standing.COUNTS) == (ayes >= 2)
    assert (standing is Standing.DOES_NOT_COUNT) == (len(given) - ayes >= 2)


def test_a_claim_is_compared_with_the_earliest_end_of_the_answers_time() -> None:
    seen = Evidence(AFTER, END, NOW + 90 * MINUTE, NOW + 30 * MINUTE, NOW, timedelta(minutes=99))
    assert seen.ended_at == NOW + 30 * MINUTE
    assert seen.claimed_at == NOW + 31 * MINUTE
    assert seen.fits is False
    assert seen.late_by == 100 * MINUTE


# Deciding


@pytest.fixture
def late(database: Database) -> Sat:
    """A candidate whose time is over, with one answer in time and a newer one that came after."""
    sat = factory.started(database)
    sat.write("in time", seq=1, now=NOW + MINUTE)
    act(database, lock_overdue_attempts, SYSTEM, AFTER)
    sat.write("and then more", seq=2, now=AFTER)
    return sat


def officer(database: Database, *roles: Role) -> Actor:
    return person(database, *(roles or (Role.EXAM_OFFICER,)))


def answers(sat: Sat) -> list[LateAnswer]:
    with sat.database.read() as session:
        return late_answers_of(session, sat.sitting_id)


def lacks_people(sat: Sat) -> bool:
    with sat.database.read() as session:
        return bool(lacking_people(session, answers(sat)))


def decide(sat: Sat, actor: Actor, ground: Ground, now: datetime = AFTER) -> Standing:
    (answer,) = undecided(answers(sat))
    return act(
        sat.database, decide_late_answer, actor, now, event_id=answer.event_id, ground=ground,
        reason="The last sign of life fits.",
    )  # fmt: skip


def counting_text(sat: Sat) -> str:
    with sat.database.read() as session:
        return json.loads(current_answers(session, sat.attempt_id)[sat.item().id].text or "")[
            "text"
        ]


def test_a_late_answer_is_told_with_all_that_is_known_and_without_its_words(late: Sat) -> None:
    (answer,) = answers(late)
    assert answer.evidence.arrived_at == AFTER
    assert answer.evidence.ended_at == END
    assert answer.evidence.last_heard_at == NOW + MINUTE
    assert answer.replaces
    assert answer.standing is Standing.UNDECIDED
    assert "and then more" not in repr(answer)


def test_two_people_who_agree_let_it_count(late: Sat) -> None:
    database = late.database
    assert decide(late, officer(database), IN_TIME) is Standing.ONE_DECIDED
    assert counting_text(late) == "in time"
    assert decide(late, officer(database), Ground.SERVICE_AT_FAULT) is Standing.COUNTS
    assert counting_text(late) == "and then more"
    assert undecided(answers(late)) == []
    with database.read() as session:
        assert list(verify.check(session)) == []


def test_two_people_who_agree_leave_it_uncounted_and_kept(late: Sat) -> None:
    decide(late, officer(late.database), AFTERWARDS)
    assert decide(late, officer(late.database), Ground.NOT_SHOWN) is Standing.DOES_NOT_COUNT
    assert counting_text(late) == "in time"
    assert [answer.standing for answer in answers(late)] == [Standing.DOES_NOT_COUNT]


@pytest.mark.parametrize(("third", "text"), [(IN_TIME, "and then more"), (AFTERWARDS, "in time")])
def test_where_two_differ_a_third_decides(late: Sat, third: Ground, text: str) -> None:
    first = officer(late.database)
    decide(late, first, IN_TIME)
    assert decide(late, officer(late.database), AFTERWARDS) is Standing.DIFFER
    with pytest.raises(Refused, match="Somebody else"):
        decide(late, first, third)
    decide(late, officer(late.database, Role.ASSESSMENT_BOARD), third)
    assert counting_text(late) == text


def test_what_comes_late_is_compared_with_the_newest_that_came_in_time(database: Database) -> None:
    sat = factory.started(database)
    for seq, words in enumerate(("first", "second", "third"), start=1):
        sat.write(words, seq=seq, now=NOW + seq * MINUTE)
    act(database, lock_overdue_attempts, SYSTEM, AFTER)
    sat.write("third", seq=4, now=AFTER)
    assert answers(sat) == [], "it says the same as what counts"
    sat.write("first", seq=5, now=AFTER)
    (answer,) = answers(sat)
    assert (answer.replaces, answer.length) == (True, len('{"text":"first"}'))


def test_nobody_decides_twice_or_without_a_reason_or_about_their_own_exam(late: Sat) -> None:
    first = officer(late.database)
    decide(late, first, IN_TIME)
    with pytest.raises(Refused, match="You have decided"):
        decide(late, first, IN_TIME)
    (answer,) = answers(late)
    with pytest.raises(Invalid, match="base this on"):
        act(late.database, decide_late_answer, officer(late.database), AFTER,
            event_id=answer.event_id, ground=IN_TIME, reason=" ")  # fmt: skip
    own = Actor(late.candidate.id, "The same person", frozenset({Role.EXAM_OFFICER}))
    with pytest.raises(Refused, match="your own exam"):
        decide(late, own, IN_TIME)


def test_an_answer_that_came_in_time_is_nothing_to_decide_about(late: Sat) -> None:
    with late.database.read() as session:
        in_time = current_answers(session, late.attempt_id)[late.item().id].event_id
    with pytest.raises(NotFound):
        act(late.database, decide_late_answer, officer(late.database), AFTER,
            event_id=in_time, ground=IN_TIME, reason="why")  # fmt: skip


def test_what_its_stage_closed_on_waits_until_the_attempt_is_over(database: Database) -> None:
    sat = factory.started(database)
    sat.do(open_next_stage, NOW + 5 * MINUTE, epoch=1)
    sat.write("on its way when the stage closed", now=NOW + 6 * MINUTE)
    (answer,) = answers(sat)
    assert answer.evidence.ended_at == NOW + 5 * MINUTE
    clerk = officer(database)
    with pytest.raises(Refused, match="not over yet"):
        decide(sat, clerk, IN_TIME, NOW + 7 * MINUTE)
    assert [line.waiting_for_reader for line in waiting_for(sat, clerk)] == [0]
    sat.do(submit_attempt, NOW + 8 * MINUTE, epoch=1)
    assert [line.waiting_for_reader for line in waiting_for(sat, clerk)] == [1]
    assert [line.waiting_for_reader for line in waiting_for(sat, sat.candidate)] == [0]
    decide(sat, officer(database), IN_TIME, NOW + 9 * MINUTE)
    decide(sat, officer(database), IN_TIME, NOW + 9 * MINUTE)
    assert counting_text(sat) == "on its way when the stage closed"


def test_marking_waits_for_every_decision_and_closes_them(late: Sat) -> None:
    database, later = late.database, NOW + timedelta(days=1)
    lead = person(database, Role.LEAD_ASSESSOR)
    with pytest.raises(Refused, match="late answer"):
        act(database, open_marking, lead, later, sitting_id=late.sitting_id)
    for _each in range(2):
        decide(late, officer(database), AFTERWARDS)
    act(database, open_marking, lead, later, sitting_id=late.sitting_id)
    late.write("much later", seq=3, now=later)
    with pytest.raises(Refused, match="marking of this sitting has begun"):
        decide(late, officer(database), IN_TIME, later)


def test_nobody_connected_with_the_candidate_decides_and_nobody_is_told_why(late: Sat) -> None:
    (answer,) = answers(late)
    name = late.candidate.display_name
    knows, stranger = officer(late.database, Role.ASSESSMENT_BOARD), officer(late.database)
    told = (Connection(Link.EMPLOYER, name),)
    act(late.database, record_connections, knows, AFTER, connections=told)
    with pytest.raises(Refused, match="for others to decide about") as refused:
        act(
            late.database, decide_late_answer, knows, AFTER, event_id=answer.event_id,
            ground=IN_TIME, reason="It was written in time.",
        )  # fmt: skip
    assert name not in str(refused.value)
    with late.database.read() as session:
        [theirs] = list_late_sittings(session, knows.id)
        [others] = list_late_sittings(session, stranger.id)
    assert (theirs.waiting, theirs.waiting_for_reader, others.waiting_for_reader) == (1, 0, 1)


def test_it_is_known_when_too_few_are_left_to_decide(late: Sat) -> None:
    knows, first = officer(late.database, Role.ASSESSMENT_BOARD), officer(late.database)
    told = (Connection(Link.EMPLOYER, late.candidate.display_name),)
    act(late.database, record_connections, knows, AFTER, connections=told)
    assert lacks_people(late), "two have to decide, and one is left who may"
    second = officer(late.database, Role.INVIGILATOR, Role.EXAM_OFFICER)
    assert not lacks_people(late)
    decide(late, first, IN_TIME)
    assert not lacks_people(late)
    decide(late, second, AFTERWARDS)
    assert lacks_people(late), "they differ, and nobody is left"
    decide(late, officer(late.database), IN_TIME)
    assert not lacks_people(late)


def test_opening_the_marking_says_whom_it_lacks_to_decide_about_late_work(late: Sat) -> None:
    officer(late.database)
    with late.database.read() as session:
        checks = check_opening(session, late.sitting_id, AFTER)
    lacking = [check.text for check in checks if "Too few people are left" in check.text]
    assert len(lacking) == 1
    assert "1 of them" in lacking[0]


def many(database: Database, count: int) -> list[Sat]:
    """So many candidates of whom one question came late, in a sitting each."""
    found = [factory.started(database) for _each in range(count)]
    for sat in found:
        sat.write("in time", seq=1, now=NOW + MINUTE)
    act(database, lock_overdue_attempts, SYSTEM, AFTER)
    for sat in found:
        sat.write("and then more", seq=2, now=AFTER)
    return found


def test_reading_late_work_asks_the_same_however_much_there_is(database: Database) -> None:
    ids = [sat.attempt_id for sat in many(database, 4)]
    with database.read() as session:
        assert len(read_late_answers(session, ids)) == 4  # and the papers are known now
        with asked(database) as few:
            read_late_answers(session, ids[:1])
        with asked(database) as all_of_them:
            read_late_answers(session, ids)
    assert 0 < len(few) == len(all_of_them) <= 8


def test_late_work_is_found_without_reading_every_event(sqlite_database: Database) -> None:
    [sat] = many(sqlite_database, 1)
    with sqlite_database.read() as session, asked(sqlite_database) as statements:
        list_waiting_sittings(session, sat.candidate.id)
    plans = [step for each in statements for step in plan_of(sqlite_database, each)]
    assert any("ix_attempt_event_late" in step for step in plans)
    assert not [step for step in plans if re.match(r"SCAN attempt_event(?!.*USING)", step)]


def test_what_the_marking_has_closed_does_not_wait_any_more(late: Sat) -> None:
    first, second = officer(late.database), officer(late.database)
    decide(late, first, IN_TIME)
    later = END + timedelta(days=1)
    assert [line.waiting_for_reader for line in waiting_for(late, second)] == [1]
    decide(late, second, IN_TIME)
    assert [line.waiting_for_reader for line in waiting_for(late, second)] == [0]
    lead = person(late.database, Role.LEAD_ASSESSOR)
    act(late.database, open_marking, lead, later, sitting_id=late.sitting_id)
    late.write("much later", seq=3, now=later)
    assert waiting_for(late, second) == []
    with late.database.read() as session:
        [line] = list_late_sittings(session, second.id)
    assert (line.answers, line.waiting, line.waiting_for_reader) == (2, 0, 0)


def waiting_for(sat: Sat, actor: Actor) -> list[LateSitting]:
    with sat.database.read() as session:
        return list_waiting_sittings(session, actor.id)


# What verifying finds


@pytest.fixture
def unguarded(late: Sat, monkeypatch: pytest.MonkeyPatch) -> Sat:
    """The same, in a program whose people are not asked."""
    monkeypatch.setattr(late_operations, "_refuse", lambda *_nothing: None)
    return late


def found(sat: Sat) -> str:
    with sat.database.read() as session:
        return " ".join(late_verify.check_late_work(session))


def test_verifying_finds_an_answer_that_counts_without_a_decision(late: Sat) -> None:
    (answer,) = answers(late)
    alone = officer(late.database)
    with transaction(late.database) as session:
        state = get_attempt_state(session, late.attempt_id)
        late_operations._let_count(session, alone, AFTER, answer, state)
    assert "nobody decided so" in found(late)


def test_verifying_finds_an_answer_that_people_let_count_and_does_not(
    late: Sat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_operations, "_let_count", lambda *_nothing: None)
    for _each in range(2):
        decide(late, officer(late.database), IN_TIME)
    assert "and it doesn't" in found(late)


def test_verifying_finds_other_words_than_those_that_came(
    late: Sat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_operations, "read_late_words", lambda *_any: '{"text":"better"}')
    for _each in range(2):
        decide(late, officer(late.database), IN_TIME)
    assert "not what came late" in found(late)


def test_verifying_finds_a_candidate_who_decided(unguarded: Sat) -> None:
    own = Actor(unguarded.candidate.id, "The same person", frozenset({Role.EXAM_OFFICER}))
    decide(unguarded, own, IN_TIME)
    assert "the candidate decided" in found(unguarded)


# Answer files


def seal(sat: Sat, made_at: datetime, fields: dict[str, list[str]], **changes: Any) -> bytes:
    """What the page does: seal the device's answers with the sitting's public key."""
    with sat.database.read() as session:
        from proficiency.delivery.queries import get_attempt_state

        nonce = get_attempt_state(session, sat.attempt_id).nonce
    answer = {"item": sat.item().id, "epoch": 1, "fields": fields, "age": 60_000}
    inside = {
        "attempt": sat.attempt_id,
        "nonce": nonce,
        "made_at": to_micros(made_at) // 1000,
        "answers": [answer],
    } | changes
    point = base64.b64decode(public_key_text(SECRET, sat.sitting_id))
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    mine = ec.generate_private_key(ec.SECP256R1())
    public = mine.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key = HKDF(SHA256(), 32, public, b"proficiency answer file").derive(
        mine.exchange(ec.ECDH(), theirs)
    )
    iv = os.urandom(12)
    data = AESGCM(key).encrypt(iv, json.dumps(inside).encode(), sat.attempt_id.encode())
    outside = {"kind": "proficiency answer file", "version": 1, "attempt": sat.attempt_id}
    sealed = {"key": public, "iv": iv, "data": data}
    texts = {name: base64.b64encode(value).decode() for name, value in sealed.items()}
    return json.dumps(outside | texts).encode()


@pytest.fixture
def cut_off(database: Database) -> Sat:
    """A candidate who never came back after the connection was lost."""
    sat = factory.started(database)
    sat.write("in time", seq=1, now=NOW + MINUTE)
    act(database, lock_overdue_attempts, SYSTEM, AFTER)
    return sat


def take_in(sat: Sat, content: bytes, now: datetime = AFTER) -> int:
    taker, opener = officer(sat.database), officer(sat.database)
    file = act(sat.database, receive_answer_file, taker, now, content=content)
    return act(sat.database, open_answer_file, opener, now, file_id=file.id, secret=SECRET)


def test_an_answer_file_brings_in_what_the_server_lacks_and_two_people_decide(cut_off: Sat) -> None:
    assert take_in(cut_off, seal(cut_off, END - MINUTE, {"text": ["offline words"]})) == 1
    (answer,) = answers(cut_off)
    assert answer.is_from_file
    assert answer.evidence.claimed_at == END - 2 * MINUTE
    assert answer.evidence.fits
    for _each in range(2):
        decide(cut_off, officer(cut_off.database), IN_TIME)
    assert counting_text(cut_off) == "offline words"


def test_what_the_server_has_already_or_has_newer_is_not_taken_in_again(cut_off: Sat) -> None:
    assert take_in(cut_off, seal(cut_off, END - MINUTE, {"text": ["in time"]})) == 0
    assert take_in(cut_off, seal(cut_off, NOW, {"text": ["older"]})) == 0
    assert answers(cut_off) == []


def test_one_person_takes_a_file_in_and_another_opens_it_once(cut_off: Sat) -> None:
    database, taker = cut_off.database, officer(cut_off.database)
    content = seal(cut_off, END, {"text": ["words"]})
    file = act(database, receive_answer_file, taker, AFTER, content=content)
    assert act(database, receive_answer_file, taker, AFTER, content=content).id == file.id
    with database.read() as session:
        assert len(unopened_files(session, cut_off.sitting_id)) == 1
        assert any("answer file" in c.text and not c.holds
                   for c in check_opening(session, cut_off.sitting_id, AFTER))  # fmt: skip
    with pytest.raises(Refused, match="Somebody else opens"):
        act(database, open_answer_file, taker, AFTER, file_id=file.id, secret=SECRET)
    opener = officer(database, Role.INVIGILATOR)
    act(database, open_answer_file, opener, AFTER, file_id=file.id, secret=SECRET)
    with pytest.raises(Refused, match="opened already"):
        act(database, open_answer_file, opener, AFTER, file_id=file.id, secret=SECRET)
    with database.read() as session:
        (view,) = list_files(session)
    assert (view.received_by, view.opened_by, view.answers) == (taker.id, opener.id, 1)


def test_a_file_that_was_changed_or_is_of_another_exam_is_not_opened(cut_off: Sat) -> None:
    content = json.loads(seal(cut_off, END, {"text": ["words"]}))
    other = factory.started(cut_off.database)
    data = bytearray(base64.b64decode(content["data"]))
    data[3] ^= 1
    for changed in (
        content | {"data": base64.b64encode(bytes(data)).decode()},
        content | {"attempt": other.attempt_id},
    ):
        with pytest.raises(Invalid, match="can’t be opened"):
            take_in(cut_off, json.dumps(changed).encode())
    with pytest.raises(Invalid, match="does not belong"):
        take_in(cut_off, seal(cut_off, END, {"text": ["words"]}, nonce="of somebody else"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"kind":"proficiency answer file","version":2}',
        b"[" * 9999,
    ],
)
def test_what_is_no_answer_file_is_refused_in_words(database: Database, content: bytes) -> None:
    with pytest.raises(Invalid, match="not an answer file"):
        act(database, receive_answer_file, officer(database), content=content)


def test_a_file_comes_too_late_after_the_time_that_the_scheme_gives(cut_off: Sat) -> None:
    content = seal(cut_off, END, {"text": ["words"]})
    taker, last = officer(cut_off.database), END + timedelta(hours=24)
    with pytest.raises(Refused, match="24 hours"):
        act(cut_off.database, receive_answer_file, taker, last + MINUTE, content=content)
    assert act(cut_off.database, receive_answer_file, taker, last, content=content)


def test_every_sitting_has_a_key_of_its_own_that_follows_from_the_secret() -> None:
    one, two = public_key_text(SECRET, "one"), public_key_text(SECRET, "two")
    assert one != two
    assert one == public_key_text(SECRET, "one") != public_key_text(b"another secret", "one")
    assert private_key(SECRET, "one").curve.name == "secp256r1"
