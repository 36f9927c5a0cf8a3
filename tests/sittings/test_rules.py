"""Phases, times and addresses, without a database."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.core.show import HOME_ZONE
from proficiency.delivery.rules import Allowance
from proficiency.sittings.rules import (
    SittingPhase,
    allowed_text,
    allowed_time,
    is_safe_address,
    local_moment,
    read_addresses,
    sitting_phase,
    sum_of_extra,
    time_problem,
)
from tests.factories import NOW

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("now", "phase"),
    [
        (NOW - TICK, SittingPhase.SCHEDULED),
        (NOW, SittingPhase.OPEN),
        (NOW + HOUR, SittingPhase.OPEN),
        (NOW + HOUR + TICK, SittingPhase.RUNNING),
    ],
)
def test_a_sitting_is_open_from_its_opening_to_its_last_start(now: datetime, phase: SittingPhase):
    assert sitting_phase(NOW, NOW + HOUR, None, now) is phase
    assert sitting_phase(NOW, NOW + HOUR, NOW, now) is SittingPhase.CANCELLED


def test_the_times_of_a_sitting_must_be_in_order_ahead_and_not_years_apart():
    assert time_problem(NOW, NOW + HOUR, NOW) is None
    assert time_problem(NOW - HOUR, NOW + TICK, NOW) is None
    assert "before the opening" in (time_problem(NOW + HOUR, NOW, NOW) or "")
    assert "passed already" in (time_problem(NOW - HOUR, NOW, NOW) or "")
    assert "31 days" in (time_problem(NOW, NOW + timedelta(days=365), NOW) or "")


@given(st.integers(1, 1440), st.integers(0, 300), st.integers(0, 1440))
def test_the_time_shown_is_the_time_that_an_attempt_gets(minutes: int, percent: int, extra: int):
    allowance = Allowance(timedelta(minutes=minutes), percent, timedelta(minutes=extra))
    assert allowed_time(minutes, percent, extra) == allowance.total


@pytest.mark.parametrize(
    ("arranged", "words"),
    [
        ((120, 0, 0), "2 h"),
        ((120, 25, 0), "2 h + 25 % = 2 h 30 min"),
        ((120, 0, 15), "2 h + 15 min = 2 h 15 min"),
        ((90, 25, 10), "1 h 30 min + 25 % + 10 min = 2 h 2 min"),
    ],
)
def test_extra_time_is_shown_as_a_sum_that_can_be_checked(arranged, words):
    assert allowed_text(*arranged) == words


def test_no_extra_time_is_no_words():
    assert sum_of_extra(0, 0) == ""


def test_a_time_of_day_is_read_in_the_zone_of_the_institution():
    winter = local_moment(date(2026, 11, 21), time(14, 5), HOME_ZONE)
    summer = local_moment(date(2026, 7, 1), time(14, 5), HOME_ZONE)
    assert winter == datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
    assert summer == datetime(2026, 7, 1, 13, 5, tzinfo=UTC)


def test_an_hour_that_the_clock_leaves_out_is_refused_and_one_that_it_repeats_is_the_first():
    with pytest.raises(ValueError, match="leaves out"):
        local_moment(date(2026, 3, 29), time(1, 30), HOME_ZONE)
    assert local_moment(date(2026, 10, 25), time(1, 30), HOME_ZONE) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "addresses", "strays"),
    [
        ("a@b.cd\nE@F.gh\r\na@b.cd", ("a@b.cd", "e@f.gh"), ()),
        ("Ann Other <ann@b.cd>; Bob <bob@b.cd>,", ("ann@b.cd", "bob@b.cd"), ()),
        ("Name\tE-mail\nAnn\tann@b.cd.", ("ann@b.cd",), ("Name\tE-mail",)),
        ("ann at b.cd", (), ("ann at b.cd",)),
        (" \n\n", (), ()),
    ],
)
def test_addresses_are_read_as_people_paste_them(text, addresses, strays):
    assert read_addresses(text) == (addresses, strays)


@given(st.text())
def test_any_paste_is_read_without_a_fault(text: str):
    addresses, _strays = read_addresses(text)
    assert all("@" in address and address == address.lower() for address in addresses)


@pytest.mark.parametrize(
    ("address", "is_safe"),
    [
        ("https://exam.example.org", True),
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://localhost", True),
        ("http://exam.example.org", False),
        ("http://localhost.example.org", False),
        ("http://10.0.0.4:8000", False),
    ],
)
def test_an_exam_is_served_encrypted_or_on_this_machine(address: str, is_safe: bool):
    assert is_safe_address(address) is is_safe
