"""However pauses, breaks and credits interleave, the window is what a second hand would count.

The model is a simulation that lets every second pass by itself. It shares nothing with the product
but the kinds of events.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from proficiency.delivery.rules import (
    Allowance,
    EventKind,
    Window,
    WindowEvent,
    compute_window,
    running_time,
)
from tests.clock import NOW

SECOND = timedelta(seconds=1)
ZERO = timedelta(0)
PAUSED, RESUMED = EventKind.PAUSED, EventKind.RESUMED
CREDITED = EventKind.CREDITED
REST_STARTED, REST_ENDED = EventKind.REST_STARTED, EventKind.REST_ENDED
LAST = 120

KINDS = [PAUSED, RESUMED, RESUMED, CREDITED, REST_STARTED, REST_STARTED, REST_ENDED]


def happenings_within(last: int):
    """What happens to an attempt in its first seconds: when, what, and how much."""
    return st.lists(
        st.tuples(st.integers(0, last), st.sampled_from(KINDS), st.integers(1, 40)), max_size=14
    )


happenings = happenings_within(LAST)
allowances = st.builds(
    lambda base, rest, longest: Allowance(base * SECOND, 0, ZERO, rest * SECOND, longest * SECOND),
    st.integers(1, 90),
    st.integers(0, 30),
    st.integers(1, 20),
)


def chain_of(happened) -> list[WindowEvent]:
    """A chain as it would be written: in order of time, and as drawn within one second."""
    return [
        WindowEvent(kind, NOW + second * SECOND, amount * SECOND if kind is CREDITED else ZERO)
        for second, kind, amount in sorted(happened, key=lambda each: each[0])
    ]


@dataclass
class SecondHand:
    """A clock that is looked at once a second."""

    left: int
    rest: int
    longest: int
    pauses: int = 0
    of_break: int = 0
    rested: int = 0

    @property
    def stands(self) -> bool:
        return self.pauses > 0 or self.of_break > 0

    def hear(self, kind: EventKind, amount: int) -> None:
        if kind is CREDITED:
            self.left += amount
        if kind is PAUSED:
            self.pauses += 1
        if kind is RESUMED and self.pauses > 0:
            self.pauses -= 1
        if kind is REST_STARTED and self.of_break == 0:
            self.of_break = min(self.rest, self.longest)
        if kind is REST_ENDED:
            self.of_break = 0

    def pass_second(self) -> None:
        if self.pauses > 0:
            return
        if self.of_break > 0:
            self.of_break -= 1
            self.rest -= 1
            self.rested += 1
            return
        self.left -= 1


def watch(allowance: Allowance, events: list[WindowEvent], until: int) -> SecondHand:
    hand = SecondHand(
        allowance.total // SECOND, allowance.rest // SECOND, allowance.longest_rest // SECOND
    )
    for second in range(until + 1):
        for event in events:
            if event.at == NOW + second * SECOND:
                hand.hear(event.kind, event.amount // SECOND)
        if second < until:
            hand.pass_second()
    return hand


@settings(max_examples=400)
@example(Allowance(86 * SECOND, 0, ZERO, SECOND, SECOND), [(87, REST_STARTED, 1)], 0)
@given(allowances, happenings, st.integers(0, 60))
def test_the_window_is_what_a_second_hand_counts(allowance, happened, later) -> None:
    events = chain_of(happened)
    window = compute_window(NOW, allowance, events)
    last = max((event.at for event in events), default=NOW)
    moment = last + later * SECOND
    hand = watch(allowance, events, (moment - NOW) // SECOND)
    assert window.is_stopped(moment) is hand.stands
    assert window.remaining(moment) == max(hand.left, 0) * SECOND
    assert window.rest_remaining(moment) == hand.rest * SECOND
    assert window.break_remaining(moment) == hand.of_break * SECOND
    assert window.is_over(moment) is (hand.left < 0 and hand.pauses == 0)


@given(allowances, happenings)
def test_breaks_never_exceed_their_allowance_and_each_its_length(allowance, happened) -> None:
    events = chain_of(happened)
    hand = watch(allowance, events, LAST + 60)
    window = compute_window(NOW, allowance, events)
    assert ZERO <= window.rest_left <= allowance.rest
    assert hand.rested * SECOND <= allowance.rest
    assert window.break_left <= min(allowance.longest_rest, allowance.rest)


def without_strays(events: list[WindowEvent]) -> list[WindowEvent]:
    """Leave out resumptions that end nothing, which operations refuse: they could end the pause
    that is added here."""
    kept, pauses = [], 0
    for event in events:
        pauses += {PAUSED: 1, RESUMED: -1}.get(event.kind, 0)
        if pauses >= 0:
            kept.append(event)
        pauses = max(pauses, 0)
    return kept


def latest(window: Window) -> datetime:
    """The deadline if all that is left of breaks is still taken."""
    assert window.deadline is not None
    return window.deadline + window.rest_left - window.break_left


@given(allowances, happenings, st.integers(0, LAST), st.integers(1, 60), st.integers(1, 30))
def test_one_more_pause_or_credit_never_brings_the_deadline_forward(
    allowance, happened, at, length, amount
) -> None:
    events = without_strays(chain_of(happened))
    open_pauses = sum({PAUSED: 1, RESUMED: -1}.get(event.kind, 0) for event in events)
    ended = [*events, *([WindowEvent(RESUMED, NOW + (2 * LAST) * SECOND)] * open_pauses)]
    before = compute_window(NOW, allowance, ended)
    more = [
        [
            WindowEvent(PAUSED, NOW + at * SECOND),
            WindowEvent(RESUMED, NOW + (at + length) * SECOND),
        ],
        [WindowEvent(CREDITED, NOW + at * SECOND, amount * SECOND)],
    ]
    for added in more:
        longer = compute_window(
            NOW, allowance, sorted([*ended, *added], key=lambda event: event.at)
        )
        # What a break would have stopped anyway, it can still be taken for.
        assert latest(longer) >= latest(before)


@given(allowances, st.lists(st.tuples(st.integers(0, LAST), st.integers(0, LAST)), max_size=6))
def test_stops_that_overlap_count_once(allowance, pauses) -> None:
    pauses = [tuple(sorted(pair)) for pair in pauses]
    events = sorted(
        [WindowEvent(PAUSED, NOW + start * SECOND) for start, _end in pauses]
        + [WindowEvent(RESUMED, NOW + end * SECOND) for _start, end in pauses],
        key=lambda event: (event.at, event.kind is RESUMED),
    )
    stopped = {second for start, end in pauses for second in range(start, end)}
    window = compute_window(NOW, allowance, events)
    assert window.deadline == NOW + allowance.total + len(stopped) * SECOND


@given(allowances, happenings, st.integers(0, LAST))
def test_read_again_from_the_chain_in_two_parts_it_is_the_same(allowance, happened, at) -> None:
    """A server that starts again reads the whole chain; what was known before stays true."""
    events = chain_of(happened)
    moment = NOW + at * SECOND
    known = [event for event in events if event.at <= moment]
    now, later = compute_window(NOW, allowance, known), compute_window(NOW, allowance, events)
    hand = watch(allowance, events, at)
    assert now.remaining(moment) == max(hand.left, 0) * SECOND
    assert later == compute_window(NOW, allowance, list(events))


@example(Allowance(60 * SECOND), [(5, PAUSED, 1), (5, RESUMED, 1)], [2, -1, *[0] * 12])
@given(allowances, happenings_within(12), st.lists(st.integers(-3, 3), min_size=14, max_size=14))
def test_servers_whose_clocks_differ_a_little_leave_nobody_stopped_or_short(
    allowance, happened, skews
) -> None:
    """The order of the chain decides: an end that seems to come before its beginning ends it."""
    exact = chain_of(happened)
    skewed = [
        WindowEvent(event.kind, event.at + skew * SECOND, event.amount)
        for event, skew in zip(exact, skews, strict=False)
    ]
    one, other = compute_window(NOW, allowance, exact), compute_window(NOW, allowance, skewed)
    assert one.is_paused is other.is_paused
    assert abs(other.left - one.left) <= (3 + 2 * 3 * len(exact)) * SECOND


@given(allowances, happenings, st.integers(0, 60), st.integers(0, 60))
def test_time_lost_is_the_time_for_which_the_clock_ran(allowance, happened, wait, length) -> None:
    events = chain_of(happened)
    window = compute_window(NOW, allowance, events)
    since = max((event.at for event in events), default=NOW) + wait * SECOND
    until = since + length * SECOND
    start = (since - NOW) // SECOND
    before, after = watch(allowance, events, start), watch(allowance, events, start + length)
    lost = max(before.left, 0) - max(after.left, 0)
    assert running_time(window, since, until) == lost * SECOND
    assert running_time(window, until, since) == ZERO


def test_a_break_that_is_over_is_not_brought_back_by_a_pause() -> None:
    allowance = Allowance(60 * SECOND, 0, ZERO, 20 * SECOND, 10 * SECOND)
    events = [
        WindowEvent(REST_STARTED, NOW),
        WindowEvent(PAUSED, NOW + 10 * SECOND),
        WindowEvent(RESUMED, NOW + 30 * SECOND),
    ]
    window = compute_window(NOW, allowance, events)
    assert not window.is_stopped(NOW + 30 * SECOND)
    assert window.deadline == NOW + 90 * SECOND
    assert window.rest_left == 10 * SECOND
