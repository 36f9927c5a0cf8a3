"""How an answer grew: what is said of each version, and who may see it."""

import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from proficiency.accounts.rules import Role
from proficiency.authoring.diff import Mark
from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from proficiency.core.errors import NotFound, Refused
from proficiency.core.operation import transaction
from proficiency.core.sights import has_seen
from proficiency.delivery.history_queries import (
    get_answer_history,
    get_attempt_history,
    in_words,
    list_rows,
)
from proficiency.delivery.history_rules import Version, compare_versions, make_steps
from proficiency.delivery.operations import change_writer, submit_attempt
from proficiency.delivery.receipt_key import ReceiptKey
from proficiency.delivery.receipt_operations import Claim, hand_in
from proficiency.delivery.rules import EventKind
from proficiency.delivery.saving import Save, Sender, ledger_of
from tests.delivery import factory
from tests.delivery.factory import MINUTE, OTHER_DEVICE, SECOND, Sat
from tests.factories import NOW, person, sign_in_as

SAVED, LATE = EventKind.ANSWER_SAVED, EventKind.ANSWER_LATE
WORDS = st.lists(st.sampled_from(["Ask", "Owen", "Owens", " ", "\n", ", ", "now", "é", "🧑🏽‍🦽"]))


# What changed


@given(WORDS, WORDS)
def test_the_parts_of_a_comparison_are_exactly_both_texts(one: list[str], other: list[str]) -> None:
    old, new = "".join(one), "".join(other)
    runs = compare_versions(old, new)
    assert "".join(run.text for run in runs if run.mark is not Mark.ADDED) == old
    assert "".join(run.text for run in runs if run.mark is not Mark.REMOVED) == new


def test_a_word_that_is_typed_on_is_one_change_and_the_rest_is_kept() -> None:
    runs = compare_versions("Ask Owen fir", "Ask Owen first")
    assert [(run.mark, run.text) for run in runs] == [
        (Mark.KEPT, "Ask Owen "), (Mark.REMOVED, "fir"), (Mark.ADDED, "first"),
    ]  # fmt: skip


def version(pos: int, text: str | None, kind: EventKind = SAVED, seconds: int = 0) -> Version:
    return Version(f"v{pos}", pos, NOW + seconds * SECOND, kind, "A", "h", text)


def test_many_words_at_one_place_and_a_long_silence_are_pointed_out() -> None:
    many = " ".join(["word"] * 30)
    steps = make_steps(
        [version(2, "Ask"), version(3, f"Ask {many}", seconds=3), version(4, "Ask", seconds=600)]
    )
    assert [step.is_sudden for step in steps] == [False, True, False]
    assert [step.at_once for step in steps] == [1, 30, 0]
    assert [step.is_after_gap for step in steps] == [False, False, True]
    assert (steps[2].removed, steps[2].words, steps[2].counts) == (30, 1, True)


def test_thirty_words_in_thirty_places_are_not_at_once() -> None:
    old = " ".join(f"a{n} beside" for n in range(30))
    new = " ".join(f"a{n} new beside" for n in range(30))
    (_first, step) = make_steps([version(2, old), version(3, new)])
    assert step.added >= 30
    assert not step.is_sudden


def test_what_does_not_count_changes_nothing_of_what_stands() -> None:
    steps = make_steps([version(2, "Ask"), version(3, "Late words", LATE), version(4, "Ask Owen")])
    assert [(run.mark, run.text) for run in steps[2].runs] == [
        (Mark.KEPT, "Ask"), (Mark.ADDED, " Owen"),
    ]  # fmt: skip
    assert steps[2].words == 2
    assert [step.counts for step in steps] == [False, False, True]


def test_erased_words_leave_their_version() -> None:
    steps = make_steps([version(2, "Ask"), version(3, None), version(4, "Ask Owen")])
    assert [len(step.runs) > 0 for step in steps] == [True, False, True]


# Reading it


def send(sat: Sat, words: str, seq: int, *, now=NOW, epoch: int = 1, device: str = "d1") -> None:
    item = sat.item()
    with transaction(sat.database) as session:
        sender = Sender(sat.attempt_id, epoch, device_id=device, is_trusted=True)
        save = Save(sender, item.id, item.stage, now, seq, text=json.dumps({"text": words}))
        ledger_of(session).keep(save)


def grown(database: Database) -> Sat:
    """Answers of every kind that pages can send, on two devices."""
    sat = factory.started(database)
    send(sat, "Ask", 1)
    send(sat, "Ask Owen", 2, now=NOW + 10 * SECOND)
    send(sat, "Another text", 2, now=NOW + 12 * SECOND)
    sat.do(change_writer, NOW + MINUTE, device_id=OTHER_DEVICE)
    send(sat, "Ask Owen first", 1, now=NOW + 2 * MINUTE, epoch=2, device=OTHER_DEVICE)
    send(sat, "Overtaken", 3, now=NOW + 3 * MINUTE)
    sat.do(submit_attempt, NOW + 4 * MINUTE, epoch=2)
    send(sat, "Too late", 2, now=NOW + 5 * MINUTE, epoch=2, device=OTHER_DEVICE)
    return sat


def test_every_version_is_there_whatever_became_of_it(database: Database) -> None:
    sat = grown(database)
    with database.read() as session:
        shown = get_answer_history(session, sat.attempt_id, sat.item().id, NOW + 10 * MINUTE)
    told = [(step.version.text, step.version.kind, step.version.device) for step in shown.steps]
    assert told == [
        ("Ask", SAVED, "B"),
        ("Ask Owen", SAVED, "B"),
        ("Another text", EventKind.ANSWER_CONFLICTED, "B"),
        ("Ask Owen first", SAVED, "C"),
        ("Overtaken", EventKind.ANSWER_OUTDATED, "B"),
        ("Too late", LATE, "C"),
    ]
    assert [step.counts for step in shown.steps].index(True) == 3
    assert shown.steps[1].gap == 10 * SECOND


def test_the_list_counts_versions_by_kind(database: Database) -> None:
    sat = grown(database)
    with database.read() as session:
        shown = get_attempt_history(session, sat.attempt_id, NOW + 10 * MINUTE)
    by_number = {each.number: each for each in shown.items}
    assert [each.versions for each in shown.items] == [0, 0, 6]
    assert by_number[3].others == {
        EventKind.ANSWER_CONFLICTED: 1, EventKind.ANSWER_OUTDATED: 1, LATE: 1,
    }  # fmt: skip
    assert by_number[3].last_at == NOW + 5 * MINUTE


def test_nobody_reads_along_while_somebody_writes(database: Database) -> None:
    sat = factory.started(database)
    with database.read() as session:
        with pytest.raises(Refused, match="still being written"):
            get_attempt_history(session, sat.attempt_id, NOW + MINUTE)
        with pytest.raises(NotFound):
            get_attempt_history(session, "nothing", NOW)


def test_a_question_of_a_stage_that_was_never_opened_is_not_there(database: Database) -> None:
    sat = grown(database)
    with database.read() as session, pytest.raises(NotFound):
        get_answer_history(session, sat.attempt_id, sat.item(stage=2).id, NOW + HOUR)


HOUR = timedelta(hours=1)


def test_a_choice_is_shown_in_words(database: Database) -> None:
    sat = factory.started(database)
    item = sat.item("best_answer")
    chosen = next(iter(item.ids.values()))
    words = in_words(item, json.dumps({"choice": chosen}))
    assert words
    assert chosen not in words


def test_the_list_of_a_sitting_shows_receipts_and_disputes(database: Database) -> None:
    sat = factory.started(database)
    key = ReceiptKey("a secret that is long enough for a test")
    sat.do(hand_in, NOW + MINUTE, epoch=1, key=key, claim=Claim("0" * 64, 0, is_disputed=True))
    with database.read() as session:
        (row,) = list_rows(session, sat.sitting_id)
    assert (row.is_disputed, row.answers) == (True, 0)


# Who may


@pytest.fixture
def over(sqlite_database: Database) -> Sat:
    """An attempt that is over by the clock on the wall."""
    now = read_clock()
    sat = factory.started(sqlite_database, NOW)
    send(sat, "Ask Owen", 1)
    send(sat, "Ask Owen & <lock> the flat", 2, now=NOW + MINUTE)
    sat.do(submit_attempt, NOW + 2 * MINUTE, epoch=1)
    assert now > NOW
    return sat


@pytest.mark.parametrize("role", [Role.EXAM_OFFICER, Role.PANEL_MEMBER])
def test_officer_and_panel_read_it_by_number_and_the_look_is_recorded(
    client: FlaskClient, over: Sat, role: Role
) -> None:
    reader = person(over.database, role)
    sign_in_as(client, reader)
    address = f"/attempts/{over.attempt_id}/history"
    shown = client.get(address)
    assert shown.status_code == 200
    answer = client.get(f"{address}/{over.item().id}")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert "&amp; &lt;lock&gt; the flat" in text
    assert over.candidate.display_name not in text + shown.get_data(as_text=True)
    assert client.get(f"/sittings/{over.sitting_id}/attempts").status_code == 200
    with over.database.read() as session:
        assert has_seen(session, reader.id, over.attempt_id)
        assert has_seen(session, reader.id, "the-spare-key")


@pytest.mark.parametrize("role", [Role.ASSESSOR, Role.INVIGILATOR, Role.CANDIDATE, Role.MODERATOR])
def test_others_do_not(client: FlaskClient, over: Sat, role: Role) -> None:
    sign_in_as(client, person(over.database, role))
    assert client.get(f"/attempts/{over.attempt_id}/history").status_code == 403


def test_the_versions_are_a_list_without_a_script(client: FlaskClient, over: Sat) -> None:
    sign_in_as(client, person(over.database, Role.EXAM_OFFICER))
    text = client.get(f"/attempts/{over.attempt_id}/history/{over.item().id}").get_data(
        as_text=True
    )
    assert re.findall(r'data-version="(\d+)"', text) == ["1", "2"]
    assert 'id="replay" class="replay" hidden' in text
