"""What an invigilator does to an attempt apart from its time: permit a device, end it.

Everything is an event of the attempt's chain. A forced end has a reason; a device that
was permitted by the rule, because nobody answered, says so and is signed by the system.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor, operation
from proficiency.core.db import lock
from proficiency.core.errors import Refused
from proficiency.core.text import _
from proficiency.delivery.models import ASKS_FOR_WRITER, CHANGES_WRITER, AttemptEvent
from proficiency.delivery.paper import get_paper
from proficiency.delivery.queries import (
    AttemptState,
    Closing,
    find_closing,
    find_writer,
    get_attempt_state,
    get_own_attempt,
)
from proficiency.delivery.recording import append_event
from proficiency.delivery.rules import EventKind, Phase
from proficiency.delivery.takeover_rules import DeviceEvent, Permission, Word, find_permission
from proficiency.delivery.time_operations import read_key, read_reason

BY_RULE = _("Nobody answered in the time that the scheme gives, so the rule permits it.")


def list_device_events(session: Session, attempt_id: str) -> list[DeviceEvent]:
    """Return which devices asked and were permitted since the last one took over."""
    changed = (
        sa.select(sa.func.max(AttemptEvent.pos))
        .where(AttemptEvent.aggregate_id == attempt_id, sa.text(CHANGES_WRITER))
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(AttemptEvent.kind, AttemptEvent.device_id, AttemptEvent.at)
        .where(
            AttemptEvent.aggregate_id == attempt_id,
            sa.text(ASKS_FOR_WRITER),
            AttemptEvent.pos > changed,
        )
        .order_by(AttemptEvent.pos)
    )
    return [DeviceEvent(EventKind(row.kind), row.device_id, row.at) for row in rows]


def permission_of(
    session: Session, state: AttemptState, device_id: str, now: datetime
) -> Permission:
    """Return whether a device may go on with an attempt at `now`.

    The one that writes may, and so may any where nobody watches over the exam.
    """
    settings = get_paper(session, state.form_id).form.settings
    if not settings.invigilated or find_writer(session, state.id) == device_id:
        return Permission(Word.PERMITTED)
    patience = timedelta(minutes=settings.unanswered_minutes)
    return find_permission(list_device_events(session, state.id), device_id, patience, now)


@operation()
def ask_for_writer(
    session: Session, actor: Actor, now: datetime, *, attempt_id: str, device_id: str
) -> Permission:
    """Ask the room to let another device write, and return how that stands.

    Asking again changes nothing, but for one thing: once nobody has answered for long enough, the
    rule permits it, and that is recorded. Raises `NotFound` for somebody else's attempt and
    `Refused` once the time has ended.
    """
    lock(session, attempt_id)
    state = get_own_attempt(session, attempt_id, actor.id)
    if not state.can_write(now):
        raise Refused(_("Your time has ended. What the server has received counts."))
    found = permission_of(session, state, device_id, now)
    if found.word is Word.NOT_ASKED:
        append_event(
            session, actor, now, attempt_id, EventKind.WRITER_ASKED, state.state,
            device_id=device_id,
        )  # fmt: skip
        return permission_of(session, state, device_id, now)
    if found.word is Word.BY_RULE:
        append_event(
            session, SYSTEM, now, attempt_id, EventKind.WRITER_PERMITTED, state.state,
            device_id=device_id, reason=BY_RULE,
        )  # fmt: skip
    return found


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def permit_writer(session: Session, actor: Actor, now: datetime, *, attempt_id: str) -> int:
    """Permit every device that asks to go on with an attempt; return how many asked.

    A second time it changes nothing. Raises `Refused` once the attempt is over, or for one's own.
    """
    lock(session, attempt_id)
    state = get_attempt_state(session, attempt_id)
    _refuse_own(actor, state)
    if state.is_closed(now):
        raise Refused(_("This attempt is over, so no device can go on with it."))
    events = list_device_events(session, attempt_id)
    permitted = {each.device_id for each in events if each.kind is EventKind.WRITER_PERMITTED}
    asking = {each.device_id for each in events} - permitted
    for device_id in sorted(each for each in asking if each):
        append_event(
            session, actor, now, attempt_id, EventKind.WRITER_PERMITTED, state.state,
            device_id=device_id,
        )  # fmt: skip
    return len(asking)


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def force_submission(
    session: Session, actor: Actor, now: datetime, *, attempt_id: str, reason: str, key: str
) -> Closing:
    """End an attempt now, with a reason; what has been saved is handed in.

    Sent twice under one `key`, it happens once. Raises `Invalid` without a reason, and `Refused`
    when the attempt is over already or is the actor's own.
    """
    reason, key = read_reason(reason), read_key(key)
    lock(session, attempt_id)
    state = get_attempt_state(session, attempt_id)
    _refuse_own(actor, state)
    if state.phase is Phase.CLOSED:
        return _forced_before(session, attempt_id, key)
    append_event(
        session, actor, now, attempt_id, EventKind.FORCED, state.state,
        reason=reason, command_key=key,
    )  # fmt: skip
    return _closing(session, attempt_id)


def _forced_before(session: Session, attempt_id: str, key: str) -> Closing:
    forced = session.scalar(
        sa.select(AttemptEvent.id).where(
            AttemptEvent.aggregate_id == attempt_id,
            AttemptEvent.command_key == key,
            AttemptEvent.kind == EventKind.FORCED,
        )
    )
    if forced is None:
        raise Refused(_("This attempt is over already."))
    return _closing(session, attempt_id)


def _closing(session: Session, attempt_id: str) -> Closing:
    closing = find_closing(session, attempt_id)
    if closing is None:
        raise RuntimeError("an attempt was closed and its end is not there")
    return closing


def _refuse_own(actor: Actor, state: AttemptState) -> None:
    if state.candidate_id == actor.id:
        raise Refused(_("This is your own exam. Somebody else watches over it."))
