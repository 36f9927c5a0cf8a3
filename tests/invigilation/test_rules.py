"""Who stands where, who comes first, and who may go on with another device."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.delivery.admission import Admission, CheckInKind, after, can_follow
from proficiency.delivery.presence import SILENCE, SignOfLife, read_sign
from proficiency.delivery.rules import (
    Allowance,
    EventKind,
    Phase,
    WindowEvent,
    compute_window,
)
from proficiency.delivery.takeover_rules import DeviceEvent, Word, find_permission
from proficiency.invigilation.attention import Call, Facts, Place, Rank, judge
from proficiency.invigilation.live import BUCKETS, bucket_of
from proficiency.invigilation.rules import Topic
from tests.factories import NOW

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
PATIENCE = 3 * MINUTE
WINDOW = compute_window(NOW, Allowance(HOUR), [])
WRITING = {"phase": Phase.WRITING, "window": WINDOW, "last_event_at": NOW}


def place(now: datetime = NOW, **facts: Any) -> Place:
    return judge(Facts(**facts), now).place


# Places


def test_before_the_start_the_door_says_where_somebody_stands() -> None:
    assert [place(admission=each) for each in Admission] == [
        Place.ABSENT, Place.WAITING, Place.ADMITTED, Place.TURNED_AWAY,
    ]  # fmt: skip


def test_a_silent_page_is_offline_after_two_heartbeats_and_a_little() -> None:
    assert place(NOW + SILENCE, **WRITING) is Place.WRITING
    assert place(NOW + SILENCE + SECOND, **WRITING) is Place.OFFLINE
    heard = {**WRITING, "heard_at": NOW + MINUTE}
    assert place(NOW + MINUTE + SILENCE, **heard) is Place.WRITING


def test_a_stopped_clock_is_a_pause_or_a_break_and_never_offline() -> None:
    paused = compute_window(NOW, Allowance(HOUR), [WindowEvent(EventKind.PAUSED, NOW)])
    assert place(NOW + HOUR, **{**WRITING, "window": paused}) is Place.PAUSED
    allowance = Allowance(HOUR, rest=HOUR, longest_rest=HOUR)
    resting = compute_window(NOW, allowance, [WindowEvent(EventKind.REST_STARTED, NOW)])
    assert place(NOW + MINUTE, **{**WRITING, "window": resting}) is Place.RESTING


def test_when_the_time_is_over_nobody_is_offline() -> None:
    assert place(NOW + 2 * HOUR, **WRITING) is Place.ENDED
    closed = {**WRITING, "phase": Phase.CLOSED, "closed_at": NOW}
    assert place(NOW + MINUTE, **closed) is Place.FINISHED


# Attention


def test_somebody_unwell_comes_before_everybody_else() -> None:
    unwell, other = Call("1", Topic.UNWELL, NOW), Call("2", Topic.OTHER, NOW - HOUR)
    assert judge(Facts(calls=[other, unwell]), NOW).rank is Rank.UNWELL
    assert judge(Facts(calls=[other]), NOW).rank is Rank.CALLS
    over = {**WRITING, "phase": Phase.CLOSED, "closed_at": NOW, "calls": [unwell]}
    assert judge(Facts(**over), NOW).rank is Rank.UNWELL


def test_answers_that_do_not_get_through_need_a_look_after_a_minute() -> None:
    heard = {**WRITING, "heard_at": NOW, "unsent": 2}
    assert judge(Facts(**heard, waiting=MINUTE), NOW).rank is Rank.NOTHING
    assert judge(Facts(**heard, waiting=MINUTE + SECOND), NOW).rank is Rank.UNSENT


# The door


@given(st.lists(st.sampled_from(CheckInKind), max_size=12))
def test_nobody_is_let_in_who_did_not_arrive(kinds: list[CheckInKind]) -> None:
    admission, arrived = Admission.ABSENT, False
    for kind in kinds:
        if not can_follow(admission, kind):
            with pytest.raises(ValueError, match="cannot follow"):
                after(admission, kind)
            continue
        admission = after(admission, kind)
        arrived |= kind is CheckInKind.ARRIVED
    assert arrived or admission is Admission.ABSENT


# Another device

devices = st.sampled_from(["one", "two", None])
kinds = st.sampled_from([EventKind.WRITER_ASKED, EventKind.WRITER_PERMITTED])
moments = st.integers(0, 600).map(lambda seconds: NOW + seconds * SECOND)


@given(st.lists(st.builds(DeviceEvent, kinds, devices, moments), max_size=8), moments)
def test_a_device_goes_on_by_a_word_for_itself_or_after_waiting(
    events: list[DeviceEvent], now: datetime
) -> None:
    found = find_permission(events, "one", PATIENCE, now)
    own = [event for event in events if event.device_id == "one"]
    permitted = any(event.kind is EventKind.WRITER_PERMITTED for event in own)
    asked = [event.at for event in own if event.kind is EventKind.WRITER_ASKED]
    assert (found.word is Word.PERMITTED) is permitted
    if not permitted:
        waited = bool(asked) and now - min(asked) >= PATIENCE
        assert found.is_given is waited


# What a page says


@given(st.dictionaries(st.sampled_from(["unsent", "waiting", "hidden"]), st.integers() | st.text()))
def test_whatever_a_page_says_is_a_sign_of_life(data: dict[str, object]) -> None:
    sign = read_sign(data)
    assert sign.unsent >= 0
    assert sign.waiting >= 0
    assert read_sign({}) == SignOfLife()


@given(st.text(min_size=1))
def test_a_candidate_is_always_in_the_same_part(booking_id: str) -> None:
    assert 0 <= bucket_of(booking_id) == bucket_of(booking_id) < BUCKETS
