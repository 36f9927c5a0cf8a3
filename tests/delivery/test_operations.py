"""What happens to an attempt, on both databases."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.chain import append
from proficiency.core.db import Database
from proficiency.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from proficiency.core.operation import transaction
from proficiency.core.sights import Sight, has_seen, record_sight
from proficiency.core.verify import verify_all
from proficiency.delivery import jobs, queries
from proficiency.delivery.models import Attempt, AttemptEvent
from proficiency.delivery.operations import (
    change_writer,
    lock_overdue_attempts,
    open_next_stage,
    record_credit,
    record_pause,
    record_resume,
    save_answer,
    save_form,
    set_flag,
    submit_attempt,
)
from proficiency.delivery.rules import EventKind, Phase
from proficiency.exams.queries import list_form_items
from proficiency.items.rules import InvalidResponse
from proficiency.sittings.operations import cancel_booking
from tests.delivery import factory
from tests.delivery.factory import DEVICE, MINUTE, OTHER_DEVICE, SECOND, Sat
from tests.exams import factory as exams
from tests.factories import NOW, act, person
from tests.sittings import factory as sittings
from tests.starting import start_attempt

HOUR = timedelta(hours=1)
DEADLINE = NOW + 2 * HOUR
SAVED, LATE = EventKind.ANSWER_SAVED, EventKind.ANSWER_LATE
OUTDATED, CONFLICTED = EventKind.ANSWER_OUTDATED, EventKind.ANSWER_CONFLICTED


def state(sat: Sat):
    with sat.database.read() as session:
        return queries.get_attempt_state(session, sat.attempt_id)


def answers(sat: Sat) -> dict[str, str | None]:
    with sat.database.read() as session:
        found = queries.current_answers(session, sat.attempt_id)
    return {item_id: answer.text for item_id, answer in found.items()}


def answer(sat: Sat, stage: int = 1) -> str | None:
    return answers(sat).get(sat.item(stage=stage).id)


def kinds(sat: Sat) -> list[EventKind]:
    with sat.database.read() as session:
        rows = session.query(AttemptEvent.kind).filter_by(aggregate_id=sat.attempt_id)
        return [EventKind(row.kind) for row in rows.order_by(AttemptEvent.pos)]


def problems(database: Database) -> list[str]:
    return verify_all(database).problems


# Starting


def test_a_start_copies_the_time_allowed_so_that_nothing_changed_later_moves_it(
    database: Database,
) -> None:
    place = factory.booked(database, minutes=120)
    sittings.extra_time(database, place.booking_id, percent=25, minutes=5)
    sat = factory.started(database, place=place)
    sittings.extra_time(database, place.booking_id, percent=300)
    assert state(sat).window.deadline == NOW + timedelta(minutes=155)


def test_starting_twice_gives_the_same_attempt(database: Database) -> None:
    sat = factory.started(database)
    again = factory.started(database, NOW + MINUTE, place=sat)
    assert again.attempt_id == sat.attempt_id
    assert kinds(sat) == [EventKind.STARTED]


def test_nobody_starts_at_somebody_elses_place(database: Database) -> None:
    place = factory.booked(database)
    stranger = person(database, Role.CANDIDATE, Role.EXAM_OFFICER)
    with pytest.raises(NotFound):
        act(database, start_attempt, stranger, booking_id=place.booking_id, device_id=DEVICE)


@pytest.mark.parametrize(
    ("now", "words"),
    [(NOW - SECOND, "not open yet"), (NOW + HOUR + SECOND, "last time to start has passed")],
)
def test_a_start_outside_the_times_of_the_sitting_is_refused(database, now, words) -> None:
    place = factory.booked(database)
    with pytest.raises(Refused, match=words):
        factory.started(database, now, place=place)


def test_a_cancelled_booking_cannot_be_started(database: Database) -> None:
    place = factory.booked(database)
    act(database, cancel_booking, SYSTEM, booking_id=place.booking_id, reason="Ill.")
    with pytest.raises(Refused, match="no longer stands"):
        factory.started(database, place=place)


def test_a_start_that_waits_for_the_cancelling_of_its_booking_is_refused(
    database: Database,
) -> None:
    place = factory.booked(database)
    with ThreadPoolExecutor(1) as threads:
        with transaction(database) as session:
            cancel_booking(session, SYSTEM, NOW, booking_id=place.booking_id, reason="Ill.")
            start = threads.submit(factory.started, database, place=place)
            with pytest.raises(TimeoutError):  # it waits until this transaction has ended
                start.result(timeout=0.3)
        with pytest.raises(Refused, match="no longer stands"):
            start.result(timeout=30)


def test_who_sat_a_case_since_the_booking_cannot_start_another_exam_with_it(
    database: Database,
) -> None:
    place = factory.booked(database)
    second = sittings.sitting(database, place.form_id)
    booking = sittings.booking(database, second.id, place.candidate.id)
    factory.started(database, place=place)
    with pytest.raises(Refused, match="seen a case"):
        act(
            database, start_attempt, place.candidate, NOW + MINUTE, booking_id=booking.id,
            device_id=DEVICE,
        )  # fmt: skip


def test_whoever_writes_an_exam_is_shown_its_cases_nowhere_else_until_it_is_over(
    database: Database,
) -> None:
    sat = factory.started(database, NOW + HOUR)  # at the last moment: it ends two hours later
    case = sat.paper.stages[0].case_name
    after_last_start = NOW + HOUR + MINUTE
    with pytest.raises(Forbidden, match="until it is over"):
        record_sight(database, sat.candidate, after_last_start, "case", case, "preview")
    with database.read() as session:
        count = session.query(Sight).filter_by(aggregate_id=sat.candidate.id).count()
    assert count == 1  # the exam itself
    sat.do(submit_attempt, after_last_start, epoch=1)
    record_sight(database, sat.candidate, after_last_start, "case", case, "preview")


def test_an_exam_whose_time_is_over_closes_nothing_even_before_that_is_recorded(
    database: Database,
) -> None:
    sat = factory.started(database)
    case = sat.paper.stages[0].case_name
    with pytest.raises(Forbidden, match="until it is over"):
        record_sight(database, sat.candidate, DEADLINE, "case", case, "preview")
    record_sight(database, sat.candidate, DEADLINE + MINUTE, "case", case, "preview")


def test_a_candidate_has_seen_a_case_when_its_first_stage_opens_and_not_before(
    database: Database,
) -> None:
    sat = factory.started(database)
    first, last = sat.paper.stages[0].case_name, sat.paper.stages[-1].case_name
    assert first != last

    def seen(case: str) -> bool:
        with database.read() as session:
            return has_seen(session, sat.candidate.id, case)

    assert seen(first)
    assert not seen(last)
    for _stage in sat.paper.stages[1:]:
        sat.do(open_next_stage, epoch=1)
    assert seen(last)


def test_the_database_holds_one_attempt_per_booking(database: Database) -> None:
    sat = factory.started(database)
    with database.read() as session:
        first = session.get_one(Attempt, sat.attempt_id)
        copied = {
            column.key: getattr(first, column.key)
            for column in Attempt.__table__.columns
            if column.key not in {"id", "pos", "prev_hash", "hash"}
        }
    with pytest.raises(IntegrityError), transaction(database) as session:
        append(session, Attempt(**copied))


# Saving


def test_the_last_words_count_and_all_words_are_kept(database: Database) -> None:
    sat = factory.started(database)
    for seq, words in enumerate(("H", "He", "Help him decide"), 1):
        assert sat.write(words, seq, NOW + seq * SECOND).kind is SAVED
    assert answer(sat) == '{"text":"Help him decide"}'
    assert kinds(sat).count(SAVED) == 3
    assert problems(database) == []


def test_a_replay_of_the_same_number_and_words_gets_the_same_answer(database: Database) -> None:
    sat = factory.started(database)
    first = sat.write("Once", 1)
    sat.write("Twice", 2)
    assert sat.write("Once", 1, NOW + MINUTE) == first
    assert kinds(sat) == [EventKind.STARTED, SAVED, SAVED]


def test_other_words_under_a_number_already_used_are_kept_as_a_conflict(database) -> None:
    sat = factory.started(database)
    sat.write("First", 1)
    conflict = sat.write("Second", 1)
    assert conflict.kind is CONFLICTED
    assert sat.write("Second", 1) == conflict
    assert answer(sat) == '{"text":"First"}'
    assert kinds(sat) == [EventKind.STARTED, SAVED, CONFLICTED]
    assert problems(database) == []


def test_a_number_used_for_another_question_is_a_conflict_too(database: Database) -> None:
    sat = factory.started(database)
    sat.write("First", 1)
    choice = sat.item("best_answer")
    option = next(iter(choice.ids.values()))
    receipt = sat.do(save_answer, item_id=choice.id, epoch=1, client_seq=1, raw={"choice": option})
    assert receipt.kind is CONFLICTED
    assert choice.id not in answers(sat)


def test_what_was_overtaken_on_the_way_is_kept_and_does_not_count(database: Database) -> None:
    sat = factory.started(database)
    sat.write("newer", 2)
    assert sat.write("older", 1).kind is OUTDATED
    assert answer(sat) == '{"text":"newer"}'


def test_an_older_number_for_another_question_counts(database: Database) -> None:
    sat = factory.started(database)
    sat.write("newer", 2)
    choice = sat.item("best_answer")
    option = next(iter(choice.ids.values()))
    receipt = sat.do(save_answer, item_id=choice.id, epoch=1, client_seq=1, raw={"choice": option})
    assert receipt.kind is SAVED


def test_saving_to_somebody_elses_attempt_finds_no_attempt(database: Database) -> None:
    sat = factory.started(database)
    stranger = person(database, Role.CANDIDATE, Role.EXAM_OFFICER, Role.INVIGILATOR)
    with pytest.raises(NotFound):
        act(
            database, save_answer, stranger, attempt_id=sat.attempt_id, item_id=sat.item().id,
            epoch=1, client_seq=1, raw={"text": "mine"},
        )  # fmt: skip
    assert kinds(sat) == [EventKind.STARTED]


@pytest.mark.parametrize("item_id", ["0" * 20, "", "x'; DROP TABLE attempt_event; --"])
def test_a_forged_question_is_refused(database: Database, item_id: str) -> None:
    sat = factory.started(database)
    with pytest.raises(NotFound, match="no such question"):
        sat.do(save_answer, item_id=item_id, epoch=1, client_seq=1, raw={"text": "x"})
    assert kinds(sat) == [EventKind.STARTED]


def test_a_question_of_another_form_is_refused(database: Database) -> None:
    sat = factory.started(database)
    other = exams.form(database, files=[exams.CASES[0]], name="another")
    with database.read() as session:
        foreign = list_form_items(session, other.id)[0]
    with pytest.raises(NotFound, match="no such question"):
        sat.do(save_answer, item_id=foreign.id, epoch=1, client_seq=1, raw={"choice": None})


def test_a_question_of_a_stage_that_is_not_open_yet_is_refused(database: Database) -> None:
    sat = factory.started(database)
    with pytest.raises(NotFound, match="no such question"):
        sat.write("too early", stage=2)


def test_an_epoch_that_was_never_given_out_is_refused(database: Database) -> None:
    sat = factory.started(database)
    with pytest.raises(NotFound):
        sat.write("from the future", epoch=2)


def test_an_option_that_the_form_did_not_give_out_is_refused(database: Database) -> None:
    sat = factory.started(database)
    item = sat.item("best_answer")
    with pytest.raises(InvalidResponse, match="option that this question does not have"):
        sat.do(save_answer, item_id=item.id, epoch=1, client_seq=1, raw={"choice": "key"})


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("Ask him 🧑🏽‍🦽 first", "Ask him 🧑🏽‍🦽 first"),
        ("שאל אותו \u202eקודם\u202c", "שאל אותו \u202eקודם\u202c"),
        ("a\x00b", "a\ufffdb"),
        ("lone \ud800 half", "lone \ufffd half"),
        ("\ud83d\ude00", "\U0001f600"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
    ],
)
def test_whatever_is_typed_is_stored_as_the_same_words_on_both_databases(
    database: Database, typed: str, stored: str
) -> None:
    sat = factory.started(database)
    assert sat.write(typed).kind is SAVED
    assert json.loads(answer(sat)) == {"text": stored}
    assert sat.write(typed).pos == 2  # a replay is known by its cleaned words
    assert problems(database) == []


def test_a_hundred_thousand_characters_are_stored_and_twice_as_many_refused(database) -> None:
    sat = factory.started(database)
    assert sat.write("æ" * 100_000, 1).kind is SAVED
    with pytest.raises(InvalidResponse, match=r"200,000 characters.*100,000.*still on your screen"):
        sat.write("æ" * 200_000, 2)
    assert len(answer(sat)) > 100_000
    assert sat.write("shorter", 2).kind is SAVED


# In time and late


def test_what_arrives_after_the_deadline_and_transit_is_kept_as_late(database: Database) -> None:
    sat = factory.started(database)
    sat.write("in time", 1, DEADLINE - SECOND)
    assert sat.write("in transit", 2, DEADLINE + 30 * SECOND).kind is SAVED
    assert sat.write("late", 3, DEADLINE + 31 * SECOND).kind is LATE
    assert answer(sat) == '{"text":"in transit"}'
    assert problems(database) == []


def test_after_the_deadline_only_a_page_in_contact_has_the_transit_allowance(database) -> None:
    sat = factory.started(database)
    sat.write("long ago", 1, DEADLINE - 2 * MINUTE)
    assert sat.write("unannounced", 2, DEADLINE + SECOND).kind is LATE
    assert sat.write("again", 3, DEADLINE + 2 * SECOND).kind is LATE


def test_a_save_after_submission_is_kept_as_late(database: Database) -> None:
    sat = factory.started(database)
    sat.write("before", 1)
    sat.do(submit_attempt, epoch=1)
    assert sat.write("after", 2).kind is LATE
    assert answer(sat) == '{"text":"before"}'
    assert kinds(sat) == [EventKind.STARTED, SAVED, EventKind.SUBMITTED, LATE]
    assert problems(database) == []


def test_a_save_for_a_stage_that_is_closed_is_kept_as_late(database: Database) -> None:
    sat = factory.started(database)
    sat.do(open_next_stage, epoch=1)
    assert sat.write("about stage one", 1).kind is LATE
    assert sat.write("about stage two", 2, stage=2).kind is SAVED


# Two devices


def test_the_device_that_took_over_writes_and_the_other_is_kept(database: Database) -> None:
    sat = factory.started(database)
    sat.write("from one", 1)
    assert sat.do(change_writer, device_id=OTHER_DEVICE) == 2
    assert sat.write("from two", 1, epoch=2).kind is SAVED
    assert sat.write("still from one", 2).kind is OUTDATED
    assert answer(sat) == '{"text":"from two"}'
    with database.read() as session:
        assert queries.find_writer(session, sat.attempt_id) == OTHER_DEVICE
        assert queries.find_top_seq(session, sat.attempt_id, 1) == 2
        assert queries.find_top_seq(session, sat.attempt_id, 2) == 1


def test_what_the_older_device_sends_counts_where_nothing_newer_exists(database) -> None:
    sat = factory.started(database)
    sat.do(change_writer, device_id=OTHER_DEVICE)
    assert sat.write("typed before the change", 7).kind is SAVED
    assert answer(sat) == '{"text":"typed before the change"}'
    assert sat.write("and seen by nobody", 1, epoch=2).kind is SAVED
    assert answer(sat) == '{"text":"and seen by nobody"}'


def test_only_the_writing_device_closes_a_stage_or_submits(database: Database) -> None:
    sat = factory.started(database)
    sat.do(change_writer, device_id=OTHER_DEVICE)
    with pytest.raises(Conflict, match="another device"):
        sat.do(open_next_stage, epoch=1)
    with pytest.raises(Conflict, match="another device"):
        sat.do(submit_attempt, epoch=1)
    assert state(sat).stage == 1


def test_nobody_takes_over_somebody_elses_attempt_or_one_that_is_over(database) -> None:
    sat = factory.started(database)
    stranger = person(database, Role.CANDIDATE)
    with pytest.raises(NotFound):
        act(database, change_writer, stranger, attempt_id=sat.attempt_id, device_id=DEVICE)
    with pytest.raises(Refused, match="time has ended"):
        sat.do(change_writer, DEADLINE + SECOND, device_id=OTHER_DEVICE)


# Stages


def test_stages_open_one_way_and_closing_one_twice_opens_one(database: Database) -> None:
    sat = factory.started(database)
    assert sat.do(open_next_stage, epoch=1, closing=1) == 2
    assert sat.do(open_next_stage, epoch=1, closing=1) == 2
    assert state(sat).stage == 2


def test_there_is_nothing_after_the_last_stage(database: Database) -> None:
    sat = factory.started(database)
    for _stage in sat.paper.stages[1:]:
        sat.do(open_next_stage, epoch=1)
    with pytest.raises(Refused, match="last part"):
        sat.do(open_next_stage, epoch=1)


def test_no_stage_opens_after_the_deadline(database: Database) -> None:
    sat = factory.started(database)
    with pytest.raises(Refused, match="time has ended"):
        sat.do(open_next_stage, DEADLINE + SECOND, epoch=1)


# Flags


def test_a_flag_is_set_taken_away_and_replayed(database: Database) -> None:
    sat = factory.started(database)
    item = sat.item()

    def flag(flagged: bool, seq: int):
        return sat.do(set_flag, item_id=item.id, epoch=1, client_seq=seq, flagged=flagged)

    def flags() -> set[str]:
        with database.read() as session:
            return queries.flagged_items(session, sat.attempt_id)

    first = flag(True, 1)
    assert flags() == {item.id}
    assert flag(False, 2).kind is EventKind.UNFLAGGED
    assert flag(True, 1) == first
    assert flags() == set()


def test_a_flag_that_is_late_or_overtaken_leaves_no_trace(database: Database) -> None:
    sat = factory.started(database)
    item = sat.item()
    sat.do(set_flag, item_id=item.id, epoch=1, client_seq=5, flagged=True)
    overtaken = sat.do(set_flag, item_id=item.id, epoch=1, client_seq=4, flagged=False)
    assert overtaken.kind is OUTDATED
    sat.do(submit_attempt, epoch=1)
    assert sat.do(set_flag, item_id=item.id, epoch=1, client_seq=6, flagged=False).kind is LATE
    assert kinds(sat) == [EventKind.STARTED, EventKind.FLAGGED, EventKind.SUBMITTED]


# A page posted without a script


def posted(sat: Sat, words: str, *, flagged: bool = False, choice: str | None = None):
    written, best = sat.item(), sat.item("best_answer")
    form = {f"{written.id}:present": ["1"], f"{written.id}:text": [words]}
    form[f"{best.id}:present"] = ["1"]
    if choice:
        form[f"{best.id}:choice"] = [choice]
    if flagged:
        form[f"{written.id}:flag"] = ["yes"]
    return form


def test_a_posted_page_keeps_each_answer_once_and_none_that_was_never_given(database) -> None:
    sat = factory.started(database)

    def post(form):
        return sat.do(save_form, epoch=1, device_id=DEVICE, form=form)

    saved = post(posted(sat, "Points", flagged=True))
    assert (saved.late, saved.problems) == (0, {})
    post(posted(sat, "Points", flagged=True))
    assert kinds(sat) == [EventKind.STARTED, EventKind.FLAGGED, SAVED]
    post(posted(sat, ""))
    assert answer(sat) == '{"text":""}'
    assert kinds(sat)[3:] == [EventKind.UNFLAGGED, SAVED]


def test_one_answer_that_is_too_long_does_not_stop_the_others(database: Database) -> None:
    sat = factory.started(database)
    best = sat.item("best_answer")
    option = next(iter(best.ids.values()))
    form = posted(sat, "x" * 200_000, choice=option)
    saved = sat.do(save_form, epoch=1, device_id=DEVICE, form=form)
    assert set(saved.problems) == {sat.item().id}
    assert best.id in answers(sat)


def test_a_page_posted_after_the_end_says_how_many_answers_are_late(database: Database) -> None:
    sat = factory.started(database)
    form = posted(sat, "late", flagged=True)
    saved = sat.do(save_form, DEADLINE + MINUTE, epoch=1, device_id=DEVICE, form=form)
    assert saved.late == 1
    assert kinds(sat) == [EventKind.STARTED, LATE]


# The end


def test_submitting_twice_gives_the_same_end(database: Database) -> None:
    sat = factory.started(database)
    first = sat.do(submit_attempt, epoch=1)
    assert first.kind is EventKind.SUBMITTED
    assert sat.do(submit_attempt, NOW + MINUTE, epoch=1) == first
    assert kinds(sat) == [EventKind.STARTED, EventKind.SUBMITTED]
    assert state(sat).phase is Phase.CLOSED


def test_submitting_when_the_time_has_ended_locks_instead(database: Database) -> None:
    sat = factory.started(database)
    closing = sat.do(submit_attempt, DEADLINE + 31 * SECOND, epoch=1)
    assert closing.kind is EventKind.LOCKED


def test_nobody_submits_somebody_elses_attempt(database: Database) -> None:
    sat = factory.started(database)
    with pytest.raises(NotFound):
        act(
            database, submit_attempt, person(database, Role.CANDIDATE),
            attempt_id=sat.attempt_id, epoch=1,
        )  # fmt: skip


def test_the_database_holds_one_end_per_attempt(database: Database) -> None:
    sat = factory.started(database)
    sat.do(submit_attempt, epoch=1)
    with pytest.raises(IntegrityError), transaction(database) as session:
        append(
            session,
            AttemptEvent(
                aggregate_id=sat.attempt_id, at=NOW, actor_id=SYSTEM.id, kind=EventKind.LOCKED,
                phase=Phase.CLOSED, epoch=1, stage=1, window_events=0,
            ),
        )  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "submitted", "phase": "writing"},
        {"kind": "credited", "phase": "writing"},
        {"kind": "paused", "phase": "writing", "amount": 5},
        {"kind": "answer_saved", "phase": "writing"},
        {"kind": "thrown_away", "phase": "writing"},
        {"kind": "paused", "phase": "asleep"},
        {"kind": "paused", "phase": "writing", "epoch": 0},
    ],
)
def test_the_database_refuses_an_event_that_cannot_be(database: Database, wrong) -> None:
    sat = factory.started(database)
    usual = {"epoch": 1, "stage": 1, "window_events": 0}
    with pytest.raises(IntegrityError), transaction(database) as session:
        append(
            session,
            AttemptEvent(
                aggregate_id=sat.attempt_id, at=NOW, actor_id=SYSTEM.id, **{**usual, **wrong}
            ),
        )


def test_overdue_attempts_are_locked_by_the_system_and_no_sooner(database: Database) -> None:
    sat = factory.started(database)
    early = DEADLINE + 30 * SECOND
    assert act(database, lock_overdue_attempts, SYSTEM, early) == 0
    assert act(database, lock_overdue_attempts, SYSTEM, early + SECOND) == 1
    assert act(database, lock_overdue_attempts, SYSTEM, early + SECOND) == 0
    assert kinds(sat) == [EventKind.STARTED, EventKind.LOCKED]
    with pytest.raises(Forbidden):
        act(database, lock_overdue_attempts, person(database, Role.OPERATOR), early)


def test_the_job_locks_every_overdue_attempt_a_few_at_a_time(database, monkeypatch) -> None:
    monkeypatch.setattr("proficiency.delivery.operations.LOCKED_AT_ONCE", 2)
    monkeypatch.setattr("proficiency.delivery.jobs.LOCKED_AT_ONCE", 2)
    first = factory.started(database)
    sats = [first]
    for _number in range(4):
        candidate = sittings.candidate(database)
        booking = sittings.booking(database, first.sitting_id, candidate.id)
        place = Sat(database, candidate, first.sitting_id, booking.id, first.form_id, "")
        sats.append(factory.started(database, place=place))
    jobs.lock_overdue(database, DEADLINE)
    assert [state(sat).phase for sat in sats] == [Phase.WRITING] * 5
    jobs.lock_overdue(database, DEADLINE + HOUR)
    assert [state(sat).phase for sat in sats] == [Phase.CLOSED] * 5
    with database.read() as session:
        listed = queries.list_attempts(session, first.sitting_id)
    assert {attempt.closing for attempt in listed} == {EventKind.LOCKED}
    assert [attempt.candidate_number for attempt in listed] == sorted(
        attempt.candidate_number for attempt in listed
    )


# Stopping the clock and giving time back


def officer(database: Database):
    return person(database, Role.INVIGILATOR)


def test_a_pause_stops_the_clock_and_a_credit_moves_the_deadline(database: Database) -> None:
    sat, invigilator = factory.started(database), officer(database)

    def run(operation, now, **kwargs):
        return act(database, operation, invigilator, now, attempt_id=sat.attempt_id, **kwargs)

    run(record_pause, NOW + MINUTE, reason="Fire alarm.")
    assert state(sat).window.deadline is None
    assert sat.write("while stopped", 1, NOW + 9 * HOUR).kind is SAVED
    run(record_resume, NOW + 11 * MINUTE, reason="All back.")
    run(record_credit, NOW + 12 * MINUTE, amount=4 * MINUTE, reason="Evacuation.")
    found = state(sat)
    assert found.window.deadline == DEADLINE + 14 * MINUTE
    assert found.state.window_events == 3
    sat.write("still in time", 2, DEADLINE + 14 * MINUTE)
    assert sat.write("late", 3, DEADLINE + 15 * MINUTE).kind is LATE
    assert act(database, lock_overdue_attempts, SYSTEM, DEADLINE + 14 * MINUTE) == 0
    assert problems(database) == []


@pytest.mark.parametrize("operation", [record_pause, record_resume])
def test_the_clock_changes_only_with_a_reason_by_those_who_may_and_while_it_runs(
    database: Database, operation
) -> None:
    sat = factory.started(database)
    on = {"attempt_id": sat.attempt_id}
    with pytest.raises(Invalid, match="reason"):
        act(database, operation, officer(database), reason=" ", **on)
    with pytest.raises(Forbidden):
        act(database, operation, sat.candidate, reason="I want it.", **on)
    with pytest.raises(Refused, match="over"):
        act(database, operation, officer(database), DEADLINE + HOUR, reason="Late.", **on)
    assert kinds(sat) == [EventKind.STARTED]


def test_a_clock_that_runs_cannot_be_resumed_and_no_time_is_no_credit(database) -> None:
    sat = factory.started(database)
    on = {"attempt_id": sat.attempt_id, "reason": "A reason."}
    with pytest.raises(Refused, match="not stopped"):
        act(database, record_resume, officer(database), **on)
    with pytest.raises(Invalid, match="at least a second"):
        act(database, record_credit, officer(database), amount=timedelta(0), **on)
