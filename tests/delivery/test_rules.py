"""The window of an attempt, the order of its events, and how an arriving answer is kept."""

from datetime import timedelta
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.delivery.rules import (
    CLOSING,
    CONTACT_PERIOD,
    TRANSITIONS,
    Allowance,
    EventKind,
    Phase,
    SaveFacts,
    State,
    Window,
    WindowEvent,
    advance,
    can_happen,
    classify_save,
    compute_window,
    in_last_minute,
    in_order,
)
from tests.clock import NOW

SECOND = timedelta(seconds=1)
HOUR = Allowance(timedelta(hours=1))
TRANSIT = 30 * SECOND

moments = st.integers(0, 200).map(lambda second: NOW + second * SECOND)
pauses = st.lists(st.tuples(moments, moments).map(lambda pair: tuple(sorted(pair))), max_size=6)
credits = st.lists(
    st.builds(
        WindowEvent,
        st.just(EventKind.CREDITED),
        moments,
        st.integers(0, 900).map(lambda second: second * SECOND),
    ),
    max_size=4,
)


def paused(at, until=None):
    events = [WindowEvent(EventKind.PAUSED, at)]
    return events if until is None else [*events, WindowEvent(EventKind.RESUMED, until)]


def window(*events, allowance=HOUR):
    """The window after these events, put into a chain as they happened."""
    return compute_window(NOW, allowance, sorted(events, key=lambda event: event.at))


# The time allowed


@pytest.mark.parametrize(
    ("base", "percent", "extra", "total"),
    [
        (timedelta(hours=2), 25, timedelta(0), timedelta(hours=2, minutes=30)),
        (timedelta(hours=3), 0, timedelta(minutes=20), timedelta(hours=3, minutes=20)),
        (100 * SECOND, 33, timedelta(0), 133 * SECOND),
        (101 * SECOND, 33, timedelta(0), 135 * SECOND),  # 134.33 s, to the next whole second
    ],
)
def test_the_time_allowed_is_the_base_with_its_percentage_rounded_up_and_the_minutes(
    base, percent, extra, total
) -> None:
    assert Allowance(base, percent, extra).total == total


@given(st.integers(1, 50_000), st.integers(0, 300), st.integers(0, 1440))
def test_no_candidate_ever_gets_less_than_their_exact_share(seconds, percent, minutes) -> None:
    extra = timedelta(minutes=minutes)
    exact = Fraction(seconds * (100 + percent), 100)
    total = Allowance(timedelta(seconds=seconds), percent, extra).total
    assert total == timedelta(seconds=ceil(exact)) + extra


# The window


def test_without_pauses_the_deadline_is_the_start_and_the_time_allowed() -> None:
    assert window().deadline == NOW + timedelta(hours=1)


def test_a_pause_moves_the_deadline_by_its_length() -> None:
    stopped = window(*paused(NOW + 10 * SECOND, NOW + 70 * SECOND))
    assert stopped.deadline == NOW + timedelta(hours=1, minutes=1)


def test_while_the_clock_is_stopped_there_is_no_deadline_and_the_time_left_stands_still() -> None:
    stopped = window(*paused(NOW + timedelta(minutes=20)))
    assert stopped.deadline is None
    assert stopped.is_stopped(NOW)
    assert stopped.remaining(NOW + timedelta(hours=5)) == timedelta(minutes=40)
    assert not stopped.is_over(NOW + timedelta(days=1))


def test_a_break_within_a_stop_of_the_room_counts_once_and_ends_with_the_later() -> None:
    both = window(*paused(NOW + 10 * SECOND, NOW + 50 * SECOND),
                  *paused(NOW + 30 * SECOND, NOW + 70 * SECOND))  # fmt: skip
    assert both.deadline == window().deadline + 60 * SECOND


def test_a_resume_without_a_pause_counts_nothing() -> None:
    assert window(WindowEvent(EventKind.RESUMED, NOW + SECOND)).deadline == window().deadline


def test_time_left_never_falls_below_zero_and_the_very_deadline_is_in_time() -> None:
    deadline = window().deadline
    assert window().remaining(deadline + HOUR.total) == timedelta(0)
    assert not window().is_over(deadline)
    assert window().is_over(deadline + timedelta(microseconds=1))
    assert not window().is_over(deadline + TRANSIT, TRANSIT)


@given(pauses, credits)
def test_the_deadline_is_the_start_the_allowance_the_credits_and_the_union_of_the_pauses(
    intervals, given_back
) -> None:
    events = [event for start, end in intervals for event in paused(start, end)]
    stopped_seconds = {
        second
        for start, end in intervals
        for second in range((start - NOW) // SECOND, (end - NOW) // SECOND)
    }
    credited = sum((event.amount for event in given_back), timedelta(0))
    found = window(*events, *given_back)
    assert found.deadline == NOW + HOUR.total + credited + len(stopped_seconds) * SECOND


@given(pauses, credits, moments)
def test_one_more_pause_or_credit_never_takes_time_away(intervals, given_back, at) -> None:
    events = [event for start, end in intervals for event in paused(start, end)] + given_back
    before = window(*events)
    longer = window(*events, *paused(at, at + 30 * SECOND))
    assert longer.deadline >= before.deadline
    assert longer.deadline - before.deadline <= 30 * SECOND


@given(pauses, moments, moments)
def test_remaining_time_runs_down_no_faster_than_the_clock(intervals, one, other) -> None:
    events = [event for start, end in intervals for event in paused(start, end)]
    found = window(*events)
    earlier, later = sorted((one, other))
    spent = found.remaining(earlier) - found.remaining(later)
    assert timedelta(0) <= spent <= later - earlier


# The order of events


def test_every_kind_of_event_has_its_place_in_the_table() -> None:
    assert set(TRANSITIONS) == set(EventKind)


def test_nothing_but_late_words_follows_the_end() -> None:
    closed = advance(State(), EventKind.SUBMITTED)
    assert closed.phase is Phase.CLOSED
    after = {kind for kind in EventKind if can_happen(closed, kind)}
    assert after == {
        EventKind.ANSWER_LATE,
        EventKind.ANSWER_CONFLICTED,
        EventKind.ANSWER_FILED,
        EventKind.ANSWER_ACCEPTED,
    }


def test_what_cannot_happen_is_refused() -> None:
    closed = advance(State(), EventKind.LOCKED)
    with pytest.raises(ValueError, match="submitted cannot follow closed"):
        advance(closed, EventKind.SUBMITTED)
    with pytest.raises(ValueError, match="started"):
        advance(State(), EventKind.STARTED)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (EventKind.WRITER_CHANGED, State(epoch=3, stage=2, window_events=1)),
        (EventKind.STAGE_OPENED, State(epoch=2, stage=3, window_events=1)),
        (EventKind.PAUSED, State(epoch=2, stage=2, window_events=2)),
        (EventKind.RESUMED, State(epoch=2, stage=2, window_events=2)),
        (EventKind.CREDITED, State(epoch=2, stage=2, window_events=2)),
        (EventKind.ANSWER_SAVED, State(epoch=2, stage=2, window_events=1)),
        (EventKind.CONTACTED, State(epoch=2, stage=2, window_events=1)),
    ],
)
def test_an_event_changes_the_state_as_the_table_says(kind, expected) -> None:
    assert advance(State(epoch=2, stage=2, window_events=1), kind) == expected


@given(st.lists(st.sampled_from(EventKind), max_size=8))
def test_a_chain_in_order_starts_once_closes_at_most_once_and_then_only_hears_late_words(
    kinds,
) -> None:
    if not in_order(kinds):
        return
    closings = [place for place, kind in enumerate(kinds) if kind in CLOSING]
    assert kinds[0] is EventKind.STARTED
    assert kinds.count(EventKind.STARTED) == 1
    assert len(closings) <= 1
    if closings:
        late = {EventKind.ANSWER_LATE, EventKind.ANSWER_CONFLICTED}
        assert set(kinds[closings[0] + 1 :]) <= late


@pytest.mark.parametrize(
    "kinds",
    [
        [],
        [EventKind.ANSWER_SAVED],
        [EventKind.STARTED, EventKind.STARTED],
        [EventKind.STARTED, EventKind.SUBMITTED, EventKind.LOCKED],
        [EventKind.STARTED, EventKind.LOCKED, EventKind.ANSWER_SAVED],
    ],
)
def test_chains_that_cannot_be_are_known(kinds) -> None:
    assert not in_order(kinds)


# How an arriving answer is kept


def facts(**changes) -> SaveFacts:
    usual = {
        "phase": Phase.WRITING,
        "window": window(),
        "transit": TRANSIT,
        "now": NOW + timedelta(minutes=5),
        "item_stage": 1,
        "open_stage": 1,
        "newer_exists": False,
        "in_contact": True,
    }
    return SaveFacts(**{**usual, **changes})


DEADLINE = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, EventKind.ANSWER_SAVED),
        ({"now": DEADLINE}, EventKind.ANSWER_SAVED),
        ({"now": DEADLINE + TRANSIT}, EventKind.ANSWER_SAVED),
        ({"now": DEADLINE + TRANSIT + SECOND}, EventKind.ANSWER_LATE),
        ({"now": DEADLINE + SECOND, "in_contact": False}, EventKind.ANSWER_LATE),
        ({"now": DEADLINE, "in_contact": False}, EventKind.ANSWER_SAVED),
        ({"phase": Phase.CLOSED}, EventKind.ANSWER_LATE),
        ({"open_stage": 2}, EventKind.ANSWER_LATE),
        ({"newer_exists": True}, EventKind.ANSWER_OUTDATED),
        ({"newer_exists": True, "phase": Phase.CLOSED}, EventKind.ANSWER_LATE),
    ],
)
def test_how_an_answer_is_kept(changes, kind) -> None:
    assert classify_save(facts(**changes)) is kind


def test_while_the_clock_is_stopped_a_page_that_was_offline_catches_up() -> None:
    stopped = window(*paused(NOW + timedelta(minutes=59)))
    late = NOW + timedelta(hours=9)
    assert classify_save(facts(window=stopped, now=late)) is EventKind.ANSWER_SAVED


@pytest.mark.parametrize(
    ("at", "earned"),
    [
        (DEADLINE - CONTACT_PERIOD - SECOND, False),
        (DEADLINE - CONTACT_PERIOD, True),
        (DEADLINE, True),
        (DEADLINE + SECOND, False),
    ],
)
def test_only_a_sign_of_life_in_the_last_minute_earns_the_transit_allowance(at, earned) -> None:
    assert in_last_minute(window(), at) is earned
    assert not in_last_minute(Window(NOW, HOUR.total, is_paused=True), at)
