"""What changes the time of a whole room: a pause and its end, time given back, an outage made good.

A room event stands in the chain of the sitting, and what it does to each attempt in the attempt's
own chain, naming it: a unique key lets it happen to each attempt once. The sitting is locked first
and the attempts by their ids (docs/decisions/0006). Whoever starts waits for the sitting's lock in
a shared way, so that nobody slips through between a pause of the room and its record.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Conflict, NotFound, Refused
from proficiency.core.text import _
from proficiency.delivery.models import Attempt, AttemptEvent, RoomEvent, ServiceOutage
from proficiency.delivery.outages import find_owed, made_good
from proficiency.delivery.queries import AttemptState, get_attempt_state
from proficiency.delivery.recording import append_event
from proficiency.delivery.room_time import find_room_pause, list_open_attempts
from proficiency.delivery.rules import EventKind, Phase, RoomEventKind, State
from proficiency.delivery.time_operations import read_key, read_reason, refuse_amount
from proficiency.sittings.queries import get_sitting


@dataclass(frozen=True)
class RoomOutcome:
    """What a command did: the room's event, and the attempts that it reached."""

    event_id: str
    attempt_ids: tuple[str, ...]


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def pause_room(
    session: Session, actor: Actor, now: datetime, *, sitting_id: str, reason: str, key: str
) -> RoomOutcome:
    """Stop every clock of a sitting. Who starts while it lasts starts with a clock that stands.

    Sent twice under one `key`, it happens once. Raises `Invalid` without a reason, and `Refused`
    when the room is paused already.
    """
    reason = read_reason(reason)
    earlier = _begin(session, actor, sitting_id, key, RoomEventKind.PAUSED)
    if earlier is not None:
        return earlier
    if find_room_pause(session, sitting_id) is not None:
        raise Refused(_("The room is paused already."))
    event = _append(session, actor, now, sitting_id, key, RoomEventKind.PAUSED, reason)
    return _reach(session, actor, now, event, EventKind.PAUSED, reason)


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def resume_room(
    session: Session, actor: Actor, now: datetime, *, sitting_id: str, reason: str, key: str
) -> RoomOutcome:
    """Let every clock run again that the room's pause stopped; other pauses go on.

    Raises `Refused` when the room is not paused, and as `pause_room` does.
    """
    reason = read_reason(reason)
    earlier = _begin(session, actor, sitting_id, key, RoomEventKind.RESUMED)
    if earlier is not None:
        return earlier
    pause = find_room_pause(session, sitting_id)
    if pause is None:
        raise Refused(_("The room is not paused."))
    event = _append(session, actor, now, sitting_id, key, RoomEventKind.RESUMED, reason)
    stopped = set(
        session.scalars(
            sa.select(AttemptEvent.aggregate_id).where(AttemptEvent.room_event_id == pause.id)
        )
    )
    return _reach(session, actor, now, event, EventKind.RESUMED, reason, only=stopped)


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def credit_room(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    sitting_id: str,
    amount: timedelta,
    reason: str,
    key: str,
) -> RoomOutcome:
    """Give time back to everybody who is writing now. Raises as `pause_room`, and `Invalid` for no
    time.
    """
    refuse_amount(amount)
    reason = read_reason(reason)
    earlier = _begin(session, actor, sitting_id, key, RoomEventKind.CREDITED)
    if earlier is not None:
        return earlier
    event = _append(session, actor, now, sitting_id, key, RoomEventKind.CREDITED, reason, amount)
    return _reach(session, actor, now, event, EventKind.CREDITED, reason, amount=amount)


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def credit_outage(
    session: Session, actor: Actor, now: datetime, *, sitting_id: str, outage_id: str
) -> RoomOutcome:
    """Give everybody in a sitting back what they lost while the service was away, each once.

    Whose time ran out in the outage and whose end is not recorded yet can write again. Pressed
    twice, it reaches only those whom it did not reach before. Raises `NotFound` for an outage that
    there was not, and `Refused` when nobody who is left lost anything.
    """
    outage = session.get(ServiceOutage, outage_id)
    if outage is None:
        raise NotFound(_("There was no such outage."))
    _lock_room(session, actor, sitting_id)
    reason = _("The service was away.")
    states = {state.id: state for state in _lock_open(session, sitting_id)}
    owed = find_owed(session, sitting_id, outage)
    if not owed:
        raise Refused(_("Everybody who lost time to this outage has it back already."))
    event = _find_outage_event(session, sitting_id, outage_id) or append(
        session,
        RoomEvent(
            aggregate_id=sitting_id,
            at=now,
            actor_id=actor.id,
            sitting_id=sitting_id,
            kind=RoomEventKind.CREDITED,
            key=f"outage:{outage_id}",
            outage_id=outage_id,
        ),
        text=reason,
    )
    for attempt_id, lost in owed.items():
        append_event(
            session, actor, now, attempt_id, EventKind.CREDITED, states[attempt_id].state,
            amount=made_good(lost, states[attempt_id].window, now), reason=reason,
            room_event_id=event.id,
        )  # fmt: skip
    return RoomOutcome(event.id, tuple(owed))


def pause_with_room(session: Session, actor: Actor, now: datetime, attempt: Attempt) -> None:
    """Stop the clock of an attempt that starts while its room is paused.

    For `start_attempt`, which holds the sitting's lock in a shared way.
    """
    pause = find_room_pause(session, attempt.sitting_id)
    if pause is not None:
        append_event(
            session, actor, now, attempt.id, EventKind.PAUSED, State(),
            reason=pause.reason, room_event_id=pause.id, ordered_by=pause.by,
        )  # fmt: skip


def _lock_room(session: Session, actor: Actor, sitting_id: str) -> None:
    lock(session, sitting_id)
    get_sitting(session, sitting_id)
    own = sa.select(Attempt.id).where(
        Attempt.sitting_id == sitting_id, Attempt.actor_id == actor.id
    )
    if session.scalar(own) is not None:
        raise Refused(_("You sit this exam yourself. Somebody else decides about its time."))


def _begin(
    session: Session, actor: Actor, sitting_id: str, key: str, kind: RoomEventKind
) -> RoomOutcome | None:
    """Lock the sitting, and return what this command did when it was sent before."""
    _lock_room(session, actor, sitting_id)
    event = session.scalar(
        sa.select(RoomEvent).where(
            RoomEvent.aggregate_id == sitting_id, RoomEvent.key == read_key(key)
        )
    )
    if event is None:
        return None
    if event.kind != kind:
        raise Conflict(_("This command was already used for something else."))
    reached = session.scalars(
        sa.select(AttemptEvent.aggregate_id)
        .where(AttemptEvent.room_event_id == event.id)
        .order_by(AttemptEvent.aggregate_id)
    )
    return RoomOutcome(event.id, tuple(reached))


def _append(
    session: Session,
    actor: Actor,
    now: datetime,
    sitting_id: str,
    key: str,
    kind: RoomEventKind,
    reason: str,
    amount: timedelta | None = None,
) -> RoomEvent:
    event = RoomEvent(
        aggregate_id=sitting_id,
        at=now,
        actor_id=actor.id,
        sitting_id=sitting_id,
        kind=kind,
        key=key,
        amount=None if amount is None else amount // timedelta(microseconds=1),
    )
    return append(session, event, text=reason)


def _reach(
    session: Session,
    actor: Actor,
    now: datetime,
    event: RoomEvent,
    kind: EventKind,
    reason: str,
    *,
    amount: timedelta | None = None,
    only: set[str] | None = None,
) -> RoomOutcome:
    """Let the room's event happen to everybody who is writing, or to `only` some of them."""
    reached = []
    for state in _lock_open(session, event.sitting_id):
        if not state.is_closed(now) and (only is None or state.id in only):
            append_event(
                session, actor, now, state.id, kind, state.state,
                amount=amount, reason=reason, room_event_id=event.id,
            )  # fmt: skip
            reached.append(state.id)
    return RoomOutcome(event.id, tuple(reached))


def _lock_open(session: Session, sitting_id: str) -> Iterable[AttemptState]:
    """Lock every attempt that has no end yet, by the ids, and yield where it stands."""
    for attempt_id in list_open_attempts(session, sitting_id):
        lock(session, attempt_id)
        state = get_attempt_state(session, attempt_id)
        if state.phase is Phase.WRITING:
            yield state


def _find_outage_event(session: Session, sitting_id: str, outage_id: str) -> RoomEvent | None:
    return session.scalar(
        sa.select(RoomEvent).where(
            RoomEvent.aggregate_id == sitting_id, RoomEvent.outage_id == outage_id
        )
    )
