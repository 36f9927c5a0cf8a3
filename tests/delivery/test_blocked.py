"""Time given back to who wanted the next stage while the server could not be reached."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from proficiency.core.access import Actor, operation
from proficiency.core.db import Database
from proficiency.core.errors import Refused
from proficiency.core.verify import verify_all
from proficiency.delivery import verify
from proficiency.delivery.lost_rules import (
    Clock,
    Happened,
    blocked_credit,
    given_before,
    longest,
    silences,
)
from proficiency.delivery.models import AttemptEvent
from proficiency.delivery.operations import open_next_stage, submit_attempt
from proficiency.delivery.queries import get_attempt_state
from proficiency.delivery.recording import append_event
from proficiency.delivery.rules import ZERO, Allowance, EventKind
from tests.delivery import factory
from tests.delivery.factory import MINUTE, SECOND, Sat
from tests.factories import NOW

HOUR = Clock(NOW, Allowance(timedelta(hours=1)))


def happened(kind: EventKind, minutes: float, stage: int = 1, amount: float = 0) -> Happened:
    return Happened(kind, NOW + minutes * MINUTE, amount * MINUTE, stage, is_own=True)


def silence(*events: Happened, until: float) -> timedelta:
    first = happened(EventKind.STARTED, 0)
    return longest(silences(HOUR, [first, *events], NOW + until * MINUTE))


# Rules


def test_the_silence_is_the_longest_stretch_between_two_signs_of_life() -> None:
    events = [happened(EventKind.ANSWER_SAVED, at) for at in (2, 9, 10)]
    assert silence(*events, until=12) == 7 * MINUTE


def test_the_silence_that_lasts_counts_too() -> None:
    assert silence(happened(EventKind.ANSWER_SAVED, 2), until=8) == 6 * MINUTE


def test_a_silence_in_an_earlier_stage_is_not_one_of_this() -> None:
    events = [happened(EventKind.STAGE_OPENED, 20, 2), happened(EventKind.ANSWER_SAVED, 21, 2)]
    assert silence(*events, until=23) == 2 * MINUTE


def test_while_the_clock_is_stopped_nothing_is_lost() -> None:
    events = [happened(EventKind.PAUSED, 3), happened(EventKind.RESUMED, 13)]
    assert silence(*events, until=15) == 5 * MINUTE


def test_what_somebody_else_does_is_no_sign_of_life() -> None:
    assert silence(happened(EventKind.CREDITED, 3, amount=5), until=8) == 8 * MINUTE


def test_after_the_deadline_no_time_is_lost() -> None:
    assert silence(until=75) == timedelta(hours=1)


spans = st.integers(-(10**12), 10**12).map(lambda micros: timedelta(microseconds=micros))


@given(spans, spans, spans)
def test_no_more_is_given_back_than_any_of_the_three_and_never_less_than_nothing(
    claim: timedelta, unheard: timedelta, left: timedelta
) -> None:
    credit = blocked_credit(claim, unheard, left)
    assert ZERO <= credit <= max(min(claim, unheard, left), ZERO)
    assert max(min(claim, unheard, left), ZERO) - credit < SECOND
    assert credit % SECOND == ZERO


moments = st.lists(st.integers(0, 3600), min_size=1, max_size=30).map(sorted)


@given(moments)
def test_the_silence_is_what_a_plain_count_says(seconds: list[int]) -> None:
    events = [happened(EventKind.ANSWER_SAVED, at / 60) for at in seconds]
    expected = max(b - a for a, b in zip([0, *seconds], [*seconds, 3600], strict=True))
    assert silence(*events, until=60) == expected * SECOND


def test_only_the_candidates_own_credits_use_the_allowance_up() -> None:
    own = happened(EventKind.CREDITED, 1, amount=2)
    others = Happened(EventKind.CREDITED, NOW, 5 * MINUTE, 1, is_own=False)
    assert given_before([own, others, own]) == 4 * MINUTE


# The operation


@pytest.fixture
def sat(database: Database) -> Sat:
    return factory.started(database, minutes=60, blocked_minutes=10)


def close(sat: Sat, minutes: float, blocked: float, stage: int = 1) -> int:
    return int(
        sat.do(
            open_next_stage,
            NOW + minutes * MINUTE,
            epoch=1,
            closing=stage,
            blocked=blocked * MINUTE,
        )
    )


def left(sat: Sat, minutes: float) -> timedelta:
    with sat.database.read() as session:
        window = get_attempt_state(session, sat.attempt_id).window
    return window.remaining(NOW + minutes * MINUTE)


def credits(sat: Sat) -> list[timedelta]:
    with sat.database.read() as session:
        rows = session.query(AttemptEvent.amount).filter_by(
            aggregate_id=sat.attempt_id, kind=EventKind.CREDITED
        )
        return [timedelta(microseconds=row.amount) for row in rows.order_by(AttemptEvent.pos)]


def test_what_was_waited_for_is_given_back_when_the_stage_opens(sat: Sat) -> None:
    sat.write("before", 1, NOW + 5 * MINUTE)
    sat.write("kept meanwhile", 2, NOW + 12 * MINUTE)
    assert close(sat, 13, blocked=4) == 2
    assert credits(sat) == [4 * MINUTE]
    assert left(sat, 13) == 51 * MINUTE
    assert verify_all(sat.database).problems == []


def test_a_claim_beyond_the_silence_is_worth_the_silence(sat: Sat) -> None:
    sat.write("before", 1, NOW + 5 * MINUTE)
    sat.write("kept meanwhile", 2, NOW + 8 * MINUTE)
    close(sat, 9, blocked=8)
    assert credits(sat) == [5 * MINUTE]


def test_the_scheme_says_how_much_is_given_back_in_all(sat: Sat) -> None:
    close(sat, 20, blocked=7)
    close(sat, 40, blocked=7, stage=2)
    assert credits(sat) == [7 * MINUTE, 3 * MINUTE]
    assert verify_all(sat.database).problems == []


def test_a_scheme_that_gives_nothing_back_gives_nothing_back(database: Database) -> None:
    sat = factory.started(database, minutes=60, blocked_minutes=0)
    assert close(sat, 20, blocked=7) == 2
    assert credits(sat) == []


def test_a_claim_sent_twice_is_given_back_once(sat: Sat) -> None:
    assert close(sat, 20, blocked=5) == 2
    assert close(sat, 21, blocked=5) == 2
    assert credits(sat) == [5 * MINUTE]


def test_no_claim_no_credit(sat: Sat) -> None:
    close(sat, 20, blocked=0)
    assert credits(sat) == []


@operation()
def give_oneself(
    session: Session, actor: Actor, now: datetime, *, attempt_id: str, amount: timedelta
) -> None:
    """What no operation of ours does."""
    state = get_attempt_state(session, attempt_id).state
    append_event(
        session, actor, now, attempt_id, EventKind.CREDITED, state, amount=amount, reason="Mine."
    )


def test_verify_finds_time_that_the_rule_did_not_give(sat: Sat) -> None:
    sat.do(give_oneself, NOW + 5 * MINUTE, amount=6 * MINUTE)
    assert "the rule" in problem_of(sat)


def test_verify_finds_time_given_back_without_a_stage_that_opened(sat: Sat) -> None:
    sat.do(give_oneself, NOW + 5 * MINUTE, amount=MINUTE)
    sat.write("after it", 1, NOW + 6 * MINUTE)
    assert "does not open the stage" in problem_of(sat)


def problem_of(sat: Sat) -> str:
    with sat.database.read() as session:
        [problem] = verify.check(session)
    return problem


def test_a_submitted_attempt_gets_nothing_back(sat: Sat) -> None:
    sat.do(submit_attempt, NOW + MINUTE, epoch=1)
    with pytest.raises(Refused, match="Your time has ended"):
        close(sat, 2, blocked=1)
