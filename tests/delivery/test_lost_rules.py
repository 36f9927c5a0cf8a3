"""No minute is given back twice: waiting for the next part, and outages of the service."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.core.verify import verify_all
from proficiency.delivery.lost_rules import (
    Clock,
    Happened,
    Ledger,
    Span,
    blocked_credit,
    given_before,
    last_of,
    outside,
    read_ledger,
    running_span,
    total,
)
from proficiency.delivery.models import AttemptEvent
from proficiency.delivery.operations import open_next_stage
from proficiency.delivery.outages import find_outages, note_pulse
from proficiency.delivery.queries import get_attempt_state
from proficiency.delivery.room_time_operations import credit_outage
from proficiency.delivery.rules import (
    ZERO,
    Allowance,
    EventKind,
    Window,
    WindowEvent,
    compute_window,
    running_time,
)
from tests.delivery import factory
from tests.delivery.factory import MINUTE, SECOND, Sat
from tests.factories import NOW, act, person

CLOCK = Clock(NOW, Allowance(timedelta(hours=10)))


def span(begin: int, end: int) -> Span:
    return Span(NOW + begin * SECOND, NOW + end * SECOND)


def seconds(spans: Sequence[Span]) -> set[int]:
    return {
        second
        for each in spans
        for second in range((each.from_at - NOW) // SECOND, (each.to_at - NOW) // SECOND)
    }


# Stretches of time

ends = st.integers(0, 200)
stretches = st.tuples(ends, ends).filter(lambda pair: pair[0] < pair[1])
apart = st.lists(ends, unique=True, max_size=12).map(
    lambda cuts: [
        span(begin, end) for begin, end in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)
    ]
)


@given(apart, st.lists(stretches))
def test_what_lies_outside_is_what_single_seconds_say(
    spans: list[Span], others: list[tuple[int, int]]
) -> None:
    left = outside(spans, [span(*each) for each in others])
    expected = seconds(spans) - {s for begin, end in others for s in range(begin, end)}
    assert seconds(left) == expected
    assert total(left) == len(expected) * SECOND


@given(apart, st.integers(-5, 300))
def test_the_last_part_is_what_single_seconds_say(spans: list[Span], amount: int) -> None:
    kept = last_of(spans, amount * SECOND)
    assert seconds(kept) == set(sorted(seconds(spans))[max(len(seconds(spans)) - amount, 0) :])


moves = st.lists(
    st.builds(
        WindowEvent,
        st.sampled_from([EventKind.PAUSED, EventKind.RESUMED, EventKind.REST_STARTED]),
        st.integers(0, 90).map(lambda at: NOW + at * MINUTE),
    ),
    max_size=4,
)


@given(moves, st.integers(0, 150), st.integers(0, 60))
def test_a_clock_runs_as_long_as_the_window_says(
    events: list[WindowEvent], since: int, more: int
) -> None:
    allowance = Allowance(timedelta(hours=1), rest=20 * MINUTE, longest_rest=15 * MINUTE)
    window: Window = compute_window(NOW, allowance, events)
    begin = max(NOW + since * MINUTE, window.at)
    end = begin + more * MINUTE
    assert total(running_span(window, begin, end)) == running_time(window, begin, end)


# What is given back


class Case(NamedTuple):
    """In seconds: the silence, what its page claims, the limit, the outages and the order.

    The wait is given back before the outage of number `place`, or after all of them.
    """

    silence: tuple[int, int]
    waited: int
    limit: int
    outages: list[Span]
    place: int


cases = st.builds(Case, stretches, ends, ends, apart, st.integers(0, 6))


def play(case: Case) -> tuple[timedelta, list[timedelta]]:
    """What is given back for the wait and for each outage, all of it at the end."""
    begin, end = case.silence
    now = NOW + end * SECOND
    events = [happened(EventKind.STARTED, 0), happened(EventKind.ANSWER_SAVED, begin)]
    for_waiting, for_outages = ZERO, []
    steps: list[Span | None] = [*case.outages]
    steps.insert(case.place, None)
    for outage in steps:
        ledger = read_ledger(CLOCK, events)
        if outage is None:
            for_waiting = wait(ledger, case, now)
            if for_waiting:
                claim = case.waited * SECOND
                events.append(Happened(EventKind.CREDITED, now, for_waiting, 1, True, claim))
        else:
            for_outages.append(ledger.lost(outage))
            events.append(
                Happened(EventKind.CREDITED, now, for_outages[-1], 1, False, None, outage)
            )
    return for_waiting, for_outages


def wait(ledger: Ledger, case: Case, now: datetime) -> timedelta:
    claim = case.waited * SECOND
    left = case.limit * SECOND - given_before(ledger.events)
    return blocked_credit(claim, total(ledger.waited(claim, now)), left)


def happened(kind: EventKind, at: int) -> Happened:
    return Happened(kind, NOW + at * SECOND, ZERO, 1, is_own=True)


@given(cases)
@example(Case((0, 200), 150, 100, [span(50, 120), span(150, 180)], 1))
def test_no_second_is_given_back_twice_and_the_order_makes_no_difference(case: Case) -> None:
    for_waiting, for_outages = play(case)
    away = seconds(case.outages)
    begin, end = case.silence
    waited = set(range(end - min(case.waited, max(begin, end - begin)), end))
    assert min([for_waiting, *for_outages]) >= ZERO
    # Every second of an outage, and of the others as many as the scheme gives: none of them twice.
    expected = len(away) + min(len(waited - away), case.limit)
    assert for_waiting + sum(for_outages, ZERO) == expected * SECOND


stages = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60)), min_size=1, max_size=4)


@given(stages, apart, st.integers(0, 100), st.lists(st.integers(0, 100), min_size=6, max_size=6))
def test_with_several_parts_too_no_second_is_given_back_twice(
    parts: list[tuple[int, int]], outages: list[Span], limit: int, delays: list[int]
) -> None:
    """Each part is silent throughout; outages are given back a while after they ended."""
    steps: list[tuple[int, int, Span | None]] = []
    at, waited = 0, set()
    for length, claim in parts:
        steps.append((at + length, claim, None))
        waited |= set(range(max(at, at + length - claim), at + length))
        at += length
    for outage, delay in zip(outages, delays, strict=False):
        steps.append(((outage.to_at - NOW) // SECOND + delay, 0, outage))
    events, stage, given = [happened(EventKind.STARTED, 0)], 1, ZERO
    for moment, claim, outage in sorted(steps, key=lambda step: step[0]):
        now, ledger = NOW + moment * SECOND, read_ledger(CLOCK, events)
        if outage is not None:
            amount = ledger.lost(outage)
            events.append(Happened(EventKind.CREDITED, now, amount, stage, False, None, outage))
        else:
            had = total(ledger.waited(claim * SECOND, now))
            left = limit * SECOND - given_before(ledger.events)
            amount = blocked_credit(claim * SECOND, had, left)
            mine = Happened(EventKind.CREDITED, now, amount, stage, True, claim * SECOND)
            stage += 1
            events += [mine, Happened(EventKind.STAGE_OPENED, now, ZERO, stage, True)]
        assert amount >= ZERO
        given += amount
    assert len(seconds(outages)) * SECOND <= given
    assert given <= len(seconds(outages) | waited) * SECOND


# The operations


def pulse(database: Database, minutes: float) -> None:
    act(database, note_pulse, SYSTEM, NOW + minutes * MINUTE)


def give_back(sat: Sat, minutes: float) -> None:
    with sat.database.read() as session:
        [outage] = find_outages(session, sat.sitting_id)
    invigilator = person(sat.database, Role.INVIGILATOR)
    act(
        sat.database, credit_outage, invigilator, NOW + minutes * MINUTE,
        sitting_id=sat.sitting_id, outage_id=outage.id,
    )  # fmt: skip


def open_part(sat: Sat, minutes: float, waited: float) -> None:
    moment = NOW + minutes * MINUTE
    sat.do(open_next_stage, moment, epoch=1, closing=1, blocked=waited * MINUTE)


def credits(sat: Sat) -> list[timedelta]:
    with sat.database.read() as session:
        rows = session.query(AttemptEvent.amount).filter_by(
            aggregate_id=sat.attempt_id, kind=EventKind.CREDITED
        )
        return [timedelta(microseconds=row.amount) for row in rows.order_by(AttemptEvent.pos)]


def sat_through_an_outage(database: Database) -> Sat:
    """Heard at minute 10; the service was away from there to minute 22."""
    sat = factory.started(database, minutes=60, blocked_minutes=10)
    pulse(database, 10)
    sat.write("before", 1, NOW + 10 * MINUTE)
    pulse(database, 22)
    return sat


def test_what_was_given_back_for_waiting_is_not_given_back_for_the_outage(
    database: Database,
) -> None:
    sat = sat_through_an_outage(database)
    open_part(sat, 22, waited=8)
    give_back(sat, 23)
    assert credits(sat) == [8 * MINUTE, 4 * MINUTE]
    with sat.database.read() as session:
        window = get_attempt_state(session, sat.attempt_id).window
    assert window.deadline == NOW + 72 * MINUTE
    assert verify_all(database).problems == []


def test_what_was_given_back_for_the_outage_is_not_given_back_for_waiting(
    database: Database,
) -> None:
    sat = sat_through_an_outage(database)
    give_back(sat, 23)
    open_part(sat, 30, waited=15)  # from minute 15 on: seven of these in the outage
    assert credits(sat) == [12 * MINUTE, 8 * MINUTE]
    assert verify_all(database).problems == []


def test_who_got_all_of_it_for_waiting_is_owed_nothing(database: Database) -> None:
    sat = factory.started(database, minutes=60, blocked_minutes=10)
    pulse(database, 10)
    sat.write("before", 1, NOW + 10 * MINUTE)
    pulse(database, 18)
    open_part(sat, 18, waited=8)
    with database.read() as session:
        assert find_outages(session, sat.sitting_id) == []


def test_what_the_limit_kept_back_of_a_wait_is_given_back_for_the_outage(
    database: Database,
) -> None:
    sat = factory.started(database, minutes=60, blocked_minutes=10)
    sat.write("before", 1, NOW + 10 * MINUTE)
    pulse(database, 20)
    pulse(database, 25)
    open_part(sat, 25, waited=15)
    give_back(sat, 26)
    assert credits(sat) == [10 * MINUTE, 5 * MINUTE]
    assert verify_all(database).problems == []
