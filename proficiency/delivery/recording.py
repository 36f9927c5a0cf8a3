"""Appending what happened to the chain of an attempt, with the state that the one table gives."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.core.chain import EMPTY, append
from proficiency.delivery.models import AttemptEvent
from proficiency.delivery.rules import EventKind, State, advance


def append_event(
    session: Session,
    actor: Actor,
    now: datetime,
    attempt_id: str,
    kind: EventKind,
    before: State,
    *,
    device_id: str | None = None,
    amount: timedelta | None = None,
    reason: str | None = None,
    room_event_id: str | None = None,
    command_key: str | None = None,
    ordered_by: str | None = None,
    claimed_age: timedelta | None = None,
) -> AttemptEvent:
    """Append an event of `kind` that follows `before`, and return it.

    `reason` becomes the payload of its row. It is written down as done by the actor, or by
    `ordered_by` when somebody else's earlier word makes it happen now. `claimed_age` is how long
    ago the page says that it began. Raises `ValueError` when it
    can't follow. The caller has locked the attempt.
    """
    state = before if kind is EventKind.STARTED else advance(before, kind)
    event = AttemptEvent(
        aggregate_id=attempt_id,
        at=now,
        actor_id=ordered_by or actor.id,
        kind=kind,
        phase=state.phase,
        epoch=state.epoch,
        stage=state.stage,
        window_events=state.window_events,
        device_id=device_id,
        sign_in_id=None if ordered_by else actor.session_id,
        amount=None if amount is None else amount // timedelta(microseconds=1),
        claimed_age=None if claimed_age is None else claimed_age // timedelta(microseconds=1),
        room_event_id=room_event_id,
        command_key=command_key,
    )
    return append(session, event, text=reason, head=EMPTY if kind is EventKind.STARTED else None)
