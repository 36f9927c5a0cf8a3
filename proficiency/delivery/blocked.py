"""Time given back to who wanted the next stage and could not reach the server.

The page claims what its steady clock counted. The server believes no more of it than it did not
hear from the page at a stretch, in running time, while the stage was open; and no more than is left
of what the scheme gives back. All three follow from the chain, and `verify` works them out again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.core.show import duration
from proficiency.core.text import _
from proficiency.delivery.models import Attempt, AttemptEvent
from proficiency.delivery.queries import AttemptState, allowance_of, get_attempt_state
from proficiency.delivery.recording import append_event
from proficiency.delivery.rules import (
    CONTACTS,
    WINDOW_KINDS,
    Allowance,
    EventKind,
    WindowEvent,
    compute_window,
    running_time,
)

ZERO = timedelta(0)
SECOND = timedelta(seconds=1)
SIGNS = CONTACTS | {
    EventKind.ANSWER_OUTDATED,
    EventKind.ANSWER_CONFLICTED,
    EventKind.ANSWER_LATE,
    EventKind.WRITER_ASKED,
}
"""What only a page that reaches the server can cause."""

OPENING = frozenset({EventKind.STARTED, EventKind.STAGE_OPENED})


@dataclass(frozen=True)
class Happened:
    """One event as far as it matters here. `is_own`: the candidate caused it."""

    kind: EventKind
    at: datetime
    amount: timedelta
    stage: int
    is_own: bool

    @property
    def window_event(self) -> WindowEvent:
        return WindowEvent(self.kind, self.at, self.amount)


def longest_silence(
    started_at: datetime, allowance: Allowance, events: Sequence[Happened], now: datetime
) -> timedelta:
    """Return the most running time at a stretch in which the page of the open stage was not heard.

    `events` are all of the attempt, in order. The clock's stops count nothing: whatever ended with
    the server away, a pause or a break has given its time back already.
    """
    window = compute_window(started_at, allowance, ())
    moves: list[WindowEvent] = []
    longest, silent, since = ZERO, ZERO, started_at
    for event in events:
        silent += running_time(window, since, event.at)
        since = max(since, event.at)
        if event.kind in WINDOW_KINDS:
            moves.append(event.window_event)
            window = compute_window(started_at, allowance, moves)
        if event.kind in SIGNS:
            is_within = event.stage == events[-1].stage and event.kind not in OPENING
            longest, silent = max(longest, silent) if is_within else ZERO, ZERO
    return max(longest, silent + running_time(window, since, now))


def given_before(events: Iterable[Happened]) -> timedelta:
    """Return what was given back to the candidate by this rule already."""
    own = (event for event in events if event.kind is EventKind.CREDITED and event.is_own)
    return sum((event.amount for event in own), ZERO)


def blocked_credit(claim: timedelta, silence: timedelta, left: timedelta) -> timedelta:
    """Return how much is given back, in whole seconds: the least of the three, never below 0."""
    least = max(min(claim, silence, left), ZERO)
    return least // SECOND * SECOND


def credit_blocked(
    session: Session,
    actor: Actor,
    now: datetime,
    state: AttemptState,
    most: timedelta,
    claim: timedelta,
) -> AttemptState:
    """Give back what `claim` is worth, at most `most` in one attempt; return where it stands then.

    The caller has locked the attempt, and opens the next stage in the same transaction.
    """
    if claim <= ZERO:
        return state
    attempt = session.get_one(Attempt, state.id)
    events = _events(session, attempt)
    silence = longest_silence(attempt.at, allowance_of(attempt), events, now)
    amount = blocked_credit(claim, silence, most - given_before(events))
    if not amount:
        return state
    reason = _(
        "The next part was asked for and the server could not be reached. The page counted "
        "{claim}; the server had not heard from it for {silence}; {most} are given back in one "
        "exam at most."
    )
    append_event(
        session, actor, now, state.id, EventKind.CREDITED, state.state, amount=amount,
        reason=reason.replace("{claim}", duration(claim))
        .replace("{silence}", duration(silence))
        .replace("{most}", duration(most)),
    )  # fmt: skip
    return get_attempt_state(session, state.id)


def _events(session: Session, attempt: Attempt) -> list[Happened]:
    rows = session.execute(
        sa.select(
            AttemptEvent.kind,
            AttemptEvent.at,
            AttemptEvent.amount,
            AttemptEvent.stage,
            AttemptEvent.actor_id,
        )
        .where(AttemptEvent.aggregate_id == attempt.id)
        .order_by(AttemptEvent.pos)
    )
    return [
        Happened(
            EventKind(kind),
            at,
            timedelta(microseconds=amount or 0),
            stage,
            actor_id == attempt.actor_id,
        )
        for kind, at, amount, stage, actor_id in rows
    ]
