"""What changes the time of one attempt: a pause and its end, time given back, a candidate's break.

Each verb appends to the attempt's chain, and the window follows from the chain (invariant 4). A
command may carry a key of its own: sent twice, it happens once. Nobody changes the time of their
own attempt, but for the breaks that were allowed to them.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.db import lock
from proficiency.core.errors import Conflict, Invalid, Refused
from proficiency.core.text import _, clean_text
from proficiency.delivery.models import MOVES_WINDOW, AttemptEvent
from proficiency.delivery.queries import AttemptState, get_attempt_state, get_own_attempt
from proficiency.delivery.recording import append_event
from proficiency.delivery.rules import EventKind

LONGEST_KEY = 60
MOST_TIME = timedelta(days=1)
"""More than any fault can cost somebody in one exam: a longer credit is a slip of the finger."""


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def record_pause(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    attempt_id: str,
    reason: str,
    key: str | None = None,
) -> AttemptEvent:
    """Stop an attempt's clock. A pause lasts until a resumption of its own.

    Under a `key` that was used before, the event of that time is returned. Raises `Invalid` without
    a reason, and `Refused` once the attempt is over or when it is the actor's own.
    """
    return _record(session, actor, now, attempt_id, EventKind.PAUSED, reason, key)


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def record_resume(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    attempt_id: str,
    reason: str,
    key: str | None = None,
) -> AttemptEvent:
    """Let the clock run again, unless another pause still stops it.

    Raises `Refused` when no pause of this one attempt lasts (a pause of the whole room is ended for
    the whole room), and as `record_pause` does.
    """
    return _record(session, actor, now, attempt_id, EventKind.RESUMED, reason, key)


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def record_credit(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    attempt_id: str,
    amount: timedelta,
    reason: str,
    key: str | None = None,
) -> AttemptEvent:
    """Give time back that was lost to a fault.

    Raises `Invalid` for no time or no reason, and as `record_pause` does.
    """
    refuse_amount(amount)
    return _record(session, actor, now, attempt_id, EventKind.CREDITED, reason, key, amount)


def refuse_amount(amount: timedelta) -> None:
    """Raise `Invalid` for time that can't be given back."""
    if amount <= timedelta(0):
        raise Invalid(_("Write how much time is given back: at least a second."))
    if amount > MOST_TIME:
        raise Invalid(_("Give back at most 24 hours at once."))


def read_reason(reason: str) -> str:
    """Return a reason as it is kept. Raises `Invalid` for none."""
    reason = clean_text(reason).strip()
    if not reason:
        raise Invalid(_("Write a reason. It is kept with the record."))
    return reason


def read_key(key: str) -> str:
    """Return the key of a command. Raises `Invalid` for what no page of ours sends."""
    if not (key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY):
        raise Invalid(_("This command has no key that we know. Load the page again."))
    return key


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    attempt_id: str,
    kind: EventKind,
    reason: str,
    key: str | None,
    amount: timedelta | None = None,
) -> AttemptEvent:
    reason, key = read_reason(reason), None if key is None else read_key(key)
    lock(session, attempt_id)
    earlier = _find_command(session, attempt_id, key)
    if earlier is not None:
        if earlier.kind != kind:
            raise Conflict(_("This command was already used for something else."))
        return earlier
    state = get_attempt_state(session, attempt_id)
    _refuse_change(session, actor, now, state, kind)
    return append_event(
        session, actor, now, attempt_id, kind, state.state,
        amount=amount, reason=reason, command_key=key,
    )  # fmt: skip


def _find_command(session: Session, attempt_id: str, key: str | None) -> AttemptEvent | None:
    if key is None:
        return None
    return session.scalar(
        sa.select(AttemptEvent).where(
            AttemptEvent.aggregate_id == attempt_id, AttemptEvent.command_key == key
        )
    )


def _refuse_change(
    session: Session, actor: Actor, now: datetime, state: AttemptState, kind: EventKind
) -> None:
    if state.candidate_id == actor.id:
        raise Refused(_("This is your own exam. Somebody else decides about its time."))
    if state.is_closed(now):
        raise Refused(_("This attempt is over, so its time no longer changes."))
    if kind is EventKind.RESUMED and not count_own_pauses(session, state.id):
        if state.window.is_paused:
            raise Refused(_("The whole room is paused. Let the room go on to let this clock run."))
        raise Refused(_("The clock of this attempt is not stopped."))


def count_own_pauses(session: Session, attempt_id: str) -> int:
    """Return how many pauses of this one attempt, not of its room, have no end yet."""
    kinds = session.scalars(
        sa.select(AttemptEvent.kind)
        .where(
            AttemptEvent.aggregate_id == attempt_id,
            AttemptEvent.room_event_id.is_(None),
            sa.text(MOVES_WINDOW),
        )
        .order_by(AttemptEvent.pos)
    ).all()
    return kinds.count(EventKind.PAUSED) - kinds.count(EventKind.RESUMED)


@operation()
def start_break(
    session: Session, actor: Actor, now: datetime, *, attempt_id: str, epoch: int
) -> datetime | None:
    """Stop the candidate's own clock for a break; return when it runs on by itself.

    In a break already, it goes on as it was. Raises `NotFound` for somebody else's attempt,
    `Refused` when the time has ended, the clock is stopped, or no break is left, and `Conflict`
    when another device writes.
    """
    lock(session, attempt_id)
    state = get_own_attempt(session, attempt_id, actor.id)
    window = state.window
    if not state.can_write(now):
        raise Refused(_("Your time has ended. What the server has received counts."))
    if window.is_paused:
        raise Refused(_("The clock is stopped already, so no break is used up. Rest as you like."))
    if window.is_stopped(now):
        return window.stopped_until
    if not window.rest_remaining(now):
        raise Refused(_("You have no break left. If you need one, tell your invigilator."))
    if epoch != state.epoch:
        raise Conflict(_("You continued on another device. Take the break there."))
    append_event(session, actor, now, attempt_id, EventKind.REST_STARTED, state.state)
    return get_attempt_state(session, attempt_id).window.stopped_until


@operation()
def end_break(session: Session, actor: Actor, now: datetime, *, attempt_id: str) -> None:
    """Go on before the break is used up; what is left of it can be used later.

    Outside a break it changes nothing. Raises `NotFound` for somebody else's attempt.
    """
    lock(session, attempt_id)
    state = get_own_attempt(session, attempt_id, actor.id)
    if state.can_write(now) and state.window.break_remaining(now):
        append_event(session, actor, now, attempt_id, EventKind.REST_ENDED, state.state)
