"""How long people wait after failures, without a database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.accounts.throttle import (
    ACCOUNT_FAILURES,
    FIRST_WAIT,
    FREE_TRIES,
    LONGEST_WAIT,
    NETWORK_FAILURES,
    Failures,
    network_of,
    time_to_wait,
    wait_after,
)
from tests.factories import NOW

failures = st.builds(
    Failures,
    here=st.integers(1, 10_000),
    last=st.timedeltas(timedelta(0), timedelta(hours=24)).map(lambda ago: NOW - ago),
    account=st.integers(0, 100_000),
    network=st.integers(0, 100_000),
)


@pytest.mark.parametrize(
    ("count", "wait"),
    [
        (4, timedelta(0)),
        (5, timedelta(seconds=30)),
        (6, timedelta(minutes=1)),
        (7, timedelta(minutes=2)),
        (9, timedelta(minutes=8)),
        (10, timedelta(minutes=15)),
        (10_000, timedelta(minutes=15)),
    ],
)
def test_waiting_grows_and_stays_bearable(count: int, wait: timedelta):
    assert wait_after(count, FREE_TRIES) == wait


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_a_first_try_is_never_kept_waiting(account: int, network: int):
    assert time_to_wait(Failures(0, None, account, network), NOW) == timedelta(0)


@given(failures)
def test_nobody_waits_longer_than_a_quarter_of_an_hour(found: Failures):
    assert timedelta(0) <= time_to_wait(found, NOW) <= LONGEST_WAIT


@given(failures)
def test_pressure_from_elsewhere_never_shortens_a_wait(found: Failures):
    calm = Failures(found.here, found.last)
    assert time_to_wait(calm, NOW) <= time_to_wait(found, NOW)


def test_a_hall_with_many_mistakes_still_gives_everybody_a_second_try():
    busy = Failures(here=1, last=NOW, network=NETWORK_FAILURES)
    assert time_to_wait(busy, NOW) == timedelta(0)
    assert time_to_wait(Failures(2, NOW, network=NETWORK_FAILURES), NOW) == FIRST_WAIT


def test_an_account_that_is_guessed_from_everywhere_gives_one_try_to_each_network():
    guessed = Failures(here=1, last=NOW, account=ACCOUNT_FAILURES)
    assert time_to_wait(guessed, NOW) == FIRST_WAIT


def test_the_wait_runs_from_the_last_failure():
    found = Failures(FREE_TRIES, NOW - timedelta(seconds=20))
    assert time_to_wait(found, NOW) == timedelta(seconds=10)
    assert time_to_wait(found, NOW + timedelta(seconds=10)) == timedelta(0)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        (None, "unknown"),
        ("local socket", "local socket"),
    ],
)
def test_a_customer_is_one_network(address: str | None, network: str):
    assert network_of(address) == network
