"""Time given back to who wanted the next stage and could not reach the server.

The page claims what its steady clock counted. The server believes no more of it than it did not
hear from the page at a stretch, in running time, while the stage was open; nothing that was given
back for an outage already; and no more than is left of what the scheme gives. All of it follows
from the chain (`lost_rules`), and `verify` works it out again.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.core.show import duration
from proficiency.core.text import _
from proficiency.delivery.lost_rules import (
    Clock,
    Happened,
    Ledger,
    Span,
    blocked_credit,
    given_before,
    read_ledger,
    total,
)
from proficiency.delivery.models import (
    MOVES_WINDOW,
    Attempt,
    AttemptEvent,
    RoomEvent,
    ServiceOutage,
)
from proficiency.delivery.queries import AttemptState, allowance_of, get_attempt_state
from proficiency.delivery.recording import append_event
from proficiency.delivery.rules import ZERO, EventKind


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
    ledger = read_ledgers(session, [session.get_one(Attempt, state.id)])[state.id]
    waited = total(ledger.waited(claim, now))
    amount = blocked_credit(claim, waited, most - given_before(ledger.events))
    if not amount:
        return state
    reason = _(
        "The next part was asked for and the server could not be reached. The page counted "
        "{claim}; for {waited} the server had not heard from it and had given nothing back; {most} "
        "are given back in one exam at most."
    )
    append_event(
        session, actor, now, state.id, EventKind.CREDITED, state.state, amount=amount,
        claimed_age=claim,
        reason=reason.replace("{claim}", duration(claim))
        .replace("{waited}", duration(waited))
        .replace("{most}", duration(most)),
    )  # fmt: skip
    return get_attempt_state(session, state.id)


def read_ledgers(
    session: Session, attempts: Collection[Attempt], *, only_moves: bool = False
) -> dict[str, Ledger]:
    """Return what was given back by rule in each of `attempts`, from all of their events.

    `only_moves` reads those alone that moved their windows: enough where nobody waited.
    """
    events: dict[str, list[Happened]] = {each.id: [] for each in attempts}
    own = {each.id: each.actor_id for each in attempts}
    query = _HAPPENED.where(AttemptEvent.aggregate_id.in_(events))
    if only_moves:
        query = query.where(sa.text(f"attempt_event.{MOVES_WINDOW}"))
    for row in session.execute(query):
        events[row.aggregate_id].append(_happened(row, own[row.aggregate_id]))
    return {
        each.id: read_ledger(Clock(each.at, allowance_of(each)), events[each.id])
        for each in attempts
    }


_HAPPENED = (
    sa.select(
        AttemptEvent.aggregate_id,
        AttemptEvent.kind,
        AttemptEvent.at,
        AttemptEvent.amount,
        AttemptEvent.stage,
        AttemptEvent.actor_id,
        AttemptEvent.claimed_age,
        ServiceOutage.from_at,
        ServiceOutage.to_at,
    )
    .outerjoin(RoomEvent, RoomEvent.id == AttemptEvent.room_event_id)
    .outerjoin(ServiceOutage, ServiceOutage.id == RoomEvent.outage_id)
    .order_by(AttemptEvent.aggregate_id, AttemptEvent.pos)
)


def _happened(row: Any, own: str) -> Happened:
    return Happened(
        EventKind(row.kind),
        row.at,
        timedelta(microseconds=row.amount or 0),
        row.stage,
        is_own=row.actor_id == own,
        claim=None if row.claimed_age is None else timedelta(microseconds=row.claimed_age),
        outage=None if row.from_at is None else Span(row.from_at, row.to_at),
    )
