"""Scheduling, booking and arranging, on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from proficiency.accounts.operations import deactivate_account
from proficiency.accounts.rules import Role
from proficiency.authoring.life_operations import report_leak
from proficiency.authoring.release import find_release
from proficiency.core.access import SYSTEM
from proficiency.core.chain import append, find_words
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Invalid, NotFound, Refused
from proficiency.core.operation import transaction
from proficiency.core.sights import Sight, append_sight
from proficiency.exams.operations import assemble_form
from proficiency.exams.queries import list_form_cases
from proficiency.exams.rules import SchemeKind
from proficiency.sittings.models import AccessArrangement, Booking
from proficiency.sittings.operations import (
    book_candidate,
    cancel_booking,
    cancel_sitting,
    record_arrangement,
    schedule_sitting,
)
from proficiency.sittings.queries import (
    find_arrangement,
    find_refusals,
    get_booking,
    get_sitting,
    list_arrangements,
    list_bookings,
    list_candidate_bookings,
    list_sittings,
)
from proficiency.sittings.rules import SittingPhase
from proficiency.sittings.sights import ASSESSMENT
from proficiency.sittings.verify import check
from tests.accounts.factory import change_behind_its_back
from tests.exams import factory as exams
from tests.factories import NOW, act, person
from tests.sittings.factory import booking, candidate, extra_time, sitting

HOUR = timedelta(hours=1)
AFTER = NOW + HOUR + timedelta(seconds=1)


def test_a_sitting_pins_its_form_and_times(database):
    made = sitting(database)
    with database.read() as session:
        view = get_sitting(session, made.id)
        assert list_sittings(session) == [view]
    assert (view.opens_at, view.last_start_at) == (NOW, NOW + HOUR)
    assert view.phase(NOW) is SittingPhase.OPEN
    assert view.phase(AFTER) is SittingPhase.RUNNING


@pytest.mark.parametrize(
    ("opens", "last"),
    [(HOUR, timedelta(0)), (-2 * HOUR, -HOUR), (timedelta(0), timedelta(days=32))],
)
def test_impossible_times_are_refused(database, opens, last):
    with pytest.raises(Invalid):
        sitting(database, opens_at=NOW + opens, last_start_at=NOW + last)


def test_the_database_refuses_times_out_of_order(database):
    made = sitting(database)
    with pytest.raises(sa.exc.IntegrityError), transaction(database) as session:
        session.execute(
            sa.text("UPDATE sitting SET last_start_at = opens_at - 1 WHERE id = :id"),
            {"id": made.id},
        )


def live_form(database: Database) -> str:
    scheme = exams.scheme(database, SchemeKind.LIVE, "live")
    form = act(
        database, assemble_form, SYSTEM,
        scheme_version_id=scheme.id, title="Live",
        case_version_ids=[exams.live(database)],
    )  # fmt: skip
    return form.id


def test_a_live_exam_is_not_scheduled_where_others_could_read_along(database):
    values = {
        "form_id": live_form(database), "title": "Live",
        "opens_at": NOW, "last_start_at": NOW + HOUR,
    }  # fmt: skip
    with pytest.raises(Refused, match="https"):
        act(database, schedule_sitting, SYSTEM, address="http://exam.example.org", **values)
    for address in ("https://exam.example.org", "http://127.0.0.1:8000"):
        act(database, schedule_sitting, SYSTEM, address=address, **values)


def test_a_live_exam_is_not_scheduled_with_a_case_that_leaked(database):
    form_id = live_form(database)
    with database.read() as session:
        (case,) = list_form_cases(session, form_id)
        work_id = find_release(session, case.case_version_id).work_id
    witness = person(database, Role.JUDGE)
    act(database, report_leak, witness, work_id=work_id, reason="Read it on a forum.")
    with pytest.raises(Refused, match="can’t be sat any more"):
        act(
            database, schedule_sitting, SYSTEM, form_id=form_id, title="Live",
            opens_at=NOW, last_start_at=NOW + HOUR,
        )  # fmt: skip


def test_a_demonstration_may_be_scheduled_anywhere(sqlite_database):
    form = exams.form(sqlite_database)
    act(
        sqlite_database, schedule_sitting, SYSTEM, form_id=form.id, title="Demo",
        opens_at=NOW, last_start_at=NOW + HOUR, address="http://exam.example.org",
    )  # fmt: skip


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EXAM_OFFICER])
def test_only_an_officer_schedules_books_and_arranges(sqlite_database, role):
    actor = person(sqlite_database, role)
    calls = (
        (schedule_sitting, {"form_id": "x", "title": "T", "opens_at": NOW, "last_start_at": NOW}),
        (cancel_sitting, {"sitting_id": "x", "reason": "r"}),
        (book_candidate, {"sitting_id": "x", "candidate_id": actor.id}),
        (cancel_booking, {"booking_id": "x", "reason": "r"}),
        (
            record_arrangement,
            {"booking_id": "x", "extra_percent": 300, "extra_minutes": 0, "reason": "r"},
        ),
    )
    for operation, values in calls:
        with pytest.raises(Forbidden):
            act(sqlite_database, operation, actor, **values)


def test_a_booking_has_a_number_that_tells_nothing(database):
    made, first, second = sitting(database), candidate(database), candidate(database)
    one, two = (booking(database, made.id, who.id) for who in (first, second))
    assert one.candidate_number != two.candidate_number
    for each in (one, two):
        assert len(each.candidate_number) == 8
        assert each.candidate_number.isdecimal()
    with database.read() as session:
        assert {b.id for b in list_bookings(session, made.id)} == {one.id, two.id}
        assert [b.id for b in list_candidate_bookings(session, first.id)] == [one.id]


def test_a_candidate_has_one_place_in_a_sitting(database):
    made, who = sitting(database), candidate(database)
    booking(database, made.id, who.id)
    with pytest.raises(Refused, match="already"):
        booking(database, made.id, who.id)
    with pytest.raises(sa.exc.IntegrityError), transaction(database) as session:
        session.add(
            Booking(
                id="0" * 20, sitting_id=made.id, candidate_id=who.id, candidate_number="1",
                state="booked", created_at=NOW,
            )
        )  # fmt: skip


def test_a_cancelled_place_can_be_given_back(database):
    made, who = sitting(database), candidate(database)
    first = booking(database, made.id, who.id)
    act(database, cancel_booking, SYSTEM, booking_id=first.id, reason="Ill.")
    with database.read() as session:
        assert not get_booking(session, first.id).is_booked
    again = booking(database, made.id, who.id)
    assert (again.id, again.candidate_number) == (first.id, first.candidate_number)
    with database.read() as session:
        assert get_booking(session, first.id).is_booked
        assert list(check(session)) == []


def test_who_has_seen_a_case_of_the_form_can_not_sit_it(database):
    made, who, other = sitting(database), candidate(database), candidate(database)
    with transaction(database) as session:
        append_sight(session, who, NOW, "case", "a-place-to-land", "preview")
        append_sight(session, other, NOW, "case", "another-case", "preview")
    with pytest.raises(Refused, match="has seen a case"):
        booking(database, made.id, who.id)
    booking(database, made.id, other.id)


def test_only_active_candidates_are_booked(database):
    made = sitting(database)
    judge, gone = person(database, Role.JUDGE), candidate(database)
    act(database, deactivate_account, SYSTEM, account_id=gone.id)
    for who, words in ((judge.id, "role of a candidate"), (gone.id, "deactivated")):
        with pytest.raises(Refused, match=words):
            booking(database, made.id, who)
    with pytest.raises(Refused, match="no such account"):
        booking(database, made.id, "0" * 20)


def test_refusals_of_many_are_those_of_each(database):
    made = sitting(database)
    good, booked, judge = candidate(database), candidate(database), person(database, Role.JUDGE)
    booking(database, made.id, booked.id)
    with database.read() as session:
        view = get_sitting(session, made.id)
        refusals = find_refusals(session, view, [good.id, booked.id, judge.id, "x"])
    assert set(refusals) == {booked.id, judge.id, "x"}


def test_a_sitting_that_is_over_or_cancelled_takes_no_bookings(database):
    who = candidate(database)
    over = sitting(database)
    with pytest.raises(Refused, match="last start"):
        booking(database, over.id, who.id, now=AFTER)
    later = sitting(database, over.form_id, opens_at=NOW + HOUR)
    act(database, cancel_sitting, SYSTEM, sitting_id=later.id, reason="The hall burnt down.")
    with pytest.raises(Refused, match="cancelled"):
        booking(database, later.id, who.id)
    with database.read() as session:
        assert get_sitting(session, later.id).phase(NOW) is SittingPhase.CANCELLED
        assert list(check(session)) == []


def test_a_sitting_that_has_opened_is_not_cancelled(database):
    made = sitting(database)
    with pytest.raises(Refused, match="has opened"):
        act(database, cancel_sitting, SYSTEM, sitting_id=made.id, reason="Late.")
    later = sitting(database, made.form_id, opens_at=NOW + HOUR)
    act(database, cancel_sitting, SYSTEM, sitting_id=later.id, reason="In time.")
    with pytest.raises(Refused, match="already"):
        act(database, cancel_sitting, SYSTEM, sitting_id=later.id, reason="Again.")


def test_extra_time_is_recorded_with_its_reason_and_the_newest_holds(database):
    made, who = sitting(database), candidate(database)
    place = booking(database, made.id, who.id)
    extra_time(database, place.id, 25)
    newest = extra_time(database, place.id, 50, 10)
    with database.read() as session:
        found = find_arrangement(session, place.id)
        assert (found.extra_percent, found.extra_minutes) == (50, 10)
        assert [a.extra_percent for a in list_arrangements(session, place.id)] == [50, 25]
        assert find_words(session, newest.id) == "Slower reading, letter seen."


def test_extra_time_needs_a_reason_and_sensible_numbers(database):
    made, who = sitting(database), candidate(database)
    place = booking(database, made.id, who.id)
    for percent, minutes, reason in ((25, 0, " "), (-1, 0, "r"), (301, 0, "r"), (0, 1441, "r")):
        with pytest.raises(Invalid):
            act(
                database, record_arrangement, SYSTEM, booking_id=place.id,
                extra_percent=percent, extra_minutes=minutes, reason=reason,
            )  # fmt: skip
    with database.read() as session:
        assert find_arrangement(session, place.id) is None


def test_nothing_is_arranged_or_cancelled_after_the_last_start(database):
    made, who = sitting(database), candidate(database)
    place = booking(database, made.id, who.id)
    with pytest.raises(Refused):
        act(
            database, record_arrangement, SYSTEM, AFTER, booking_id=place.id,
            extra_percent=25, extra_minutes=0, reason="r",
        )  # fmt: skip
    with pytest.raises(Refused):
        act(database, cancel_booking, SYSTEM, AFTER, booking_id=place.id, reason="r")


def test_a_cancelled_booking_is_not_arranged_or_cancelled_again(database):
    made, who = sitting(database), candidate(database)
    place = booking(database, made.id, who.id)
    act(database, cancel_booking, SYSTEM, booking_id=place.id, reason="Ill.")
    with pytest.raises(Refused):
        extra_time(database, place.id)
    with pytest.raises(Refused):
        act(database, cancel_booking, SYSTEM, booking_id=place.id, reason="Ill.")


@pytest.mark.parametrize("operation", [cancel_booking, cancel_sitting])
def test_nothing_is_cancelled_without_a_reason_or_where_nothing_is(sqlite_database, operation):
    key = "booking_id" if operation is cancel_booking else "sitting_id"
    with pytest.raises(Invalid):
        act(sqlite_database, operation, SYSTEM, reason=" \n", **{key: "x"})
    with pytest.raises(NotFound):
        act(sqlite_database, operation, SYSTEM, reason="r", **{key: "x"})


def test_an_arrangement_never_changes(database):
    place = booking(database, sitting(database).id, candidate(database).id)
    extra_time(database, place.id)
    for statement in (
        sa.update(AccessArrangement).values(extra_percent=99),
        sa.delete(AccessArrangement),
    ):
        with pytest.raises(sa.exc.DBAPIError), transaction(database) as session:
            session.execute(statement)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE booking SET state = 'cancelled'", "does not end with booking_cancelled"),
        ("UPDATE booking SET candidate_number = 'ANN'", "is not 8 digits"),
        ("UPDATE sitting SET cancelled_at = 1", "does not end with sitting_cancelled"),
    ],
)
def test_verify_finds_what_was_changed_behind_its_back(database, statement, words):
    booking(database, sitting(database).id, candidate(database).id)
    with database.read() as session:
        assert list(check(session)) == []
    change_behind_its_back(database, statement)
    with database.read() as session:
        assert any(words in problem for problem in check(session))


def test_verify_finds_somebody_who_was_booked_after_seeing_a_case(database):
    made, who = sitting(database), candidate(database)
    booking(database, made.id, who.id)
    saw_behind_its_back(database, who, NOW - HOUR)
    with database.read() as session:
        assert any("had seen a case" in problem for problem in check(session))


def test_verify_finds_somebody_who_saw_a_case_while_they_were_booked(database):
    made, who = sitting(database), candidate(database)
    booking(database, made.id, who.id)
    saw_behind_its_back(database, who, NOW + HOUR, purpose=ASSESSMENT)
    saw_behind_its_back(database, who, AFTER)
    with database.read() as session:
        assert list(check(session)) == []
    saw_behind_its_back(database, who, NOW + HOUR)
    with database.read() as session:
        assert any("though it was closed" in problem for problem in check(session))


def saw_behind_its_back(database, who, at, purpose="preview"):
    """A sight that no page of ours would have let happen."""
    with transaction(database) as session:
        append(
            session,
            Sight(
                aggregate_id=who.id,
                at=at,
                actor_id=who.id,
                subject="case",
                subject_id="a-place-to-land",
                purpose=purpose,
            ),
        )
