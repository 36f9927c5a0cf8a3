"""Changing when a sitting may be started: all of it, or for one booking.

A late start is evidence of its own; a sitting that moves is state, and its audit event says from
when to when. Whether somebody is writing already, the room of delivery knows and asks.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.audit import record
from proficiency.core.chain import append
from proficiency.core.clock import to_micros
from proficiency.core.db import lock
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.text import _, clean_text
from proficiency.sittings.models import LateStart, Sitting
from proficiency.sittings.news import BOOKING_CHANGED, tell_booked, tell_candidate
from proficiency.sittings.queries import get_booking, get_sitting
from proficiency.sittings.rules import SittingPhase, sitting_phase, time_problem

LATEST_START = timedelta(hours=24)
"""How long after the last start somebody may be let in: later is another sitting."""

SITTING_MOVED = "sitting_moved"


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def allow_late_start(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    booking_id: str,
    until: datetime,
    reason: str,
) -> LateStart:
    """Let one candidate start until `until`, after everybody's last start; the newest leave holds.

    Raises `Invalid` without a reason or for a moment that is past, no later than everybody's last
    start, or more than a day behind it, and `Refused` for one's own booking, one that no longer
    stands, or a sitting that has not opened.
    """
    reason = _read_reason(reason)
    booking = get_booking(session, booking_id)
    lock(session, booking.sitting_id)
    lock(session, booking_id)
    booking = get_booking(session, booking_id)
    sitting = get_sitting(session, booking.sitting_id)
    phase = sitting.phase(now)
    if booking.candidate_id == actor.id:
        raise Refused(_("This is your own booking. Somebody else decides about it."))
    if not booking.is_booked or phase is SittingPhase.CANCELLED:
        raise Refused(_("This booking no longer stands, so there is nothing to start."))
    if phase is SittingPhase.SCHEDULED:
        raise Refused(_("The sitting has not opened yet. Move the sitting instead."))
    if until <= max(now, sitting.last_start_at):
        raise Invalid(_("Choose a moment that is still to come, after everybody’s last start."))
    if until > sitting.last_start_at + LATEST_START:
        raise Invalid(_("A start can be at most 24 hours late. Book another sitting instead."))
    leave = LateStart(
        aggregate_id=booking_id, at=now, actor_id=actor.id, booking_id=booking_id, until_at=until
    )
    append(session, leave, text=reason)
    tell_candidate(session, now, BOOKING_CHANGED, booking_id, leave.id)
    return leave


@operation(Role.EXAM_OFFICER)
def move_sitting(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    sitting_id: str,
    opens_at: datetime,
    last_start_at: datetime,
    reason: str,
) -> None:
    """Move a sitting to other times; everybody who is booked is told.

    The caller has made sure that nobody has started (`delivery.shift_operations`). Raises `Invalid`
    without a reason or for times that can't be, and `Refused` when the sitting is cancelled, its
    last start has passed, or it would not move.
    """
    reason = _read_reason(reason)
    lock(session, sitting_id)
    sitting = session.get(Sitting, sitting_id, populate_existing=True)
    if sitting is None:
        raise NotFound(_("There is no such sitting."))
    before = (sitting.opens_at, sitting.last_start_at)
    phase = sitting_phase(*before, sitting.cancelled_at, now)
    if phase is SittingPhase.CANCELLED:
        raise Refused(_("This sitting is cancelled, so it can’t be moved."))
    if phase is SittingPhase.RUNNING:
        raise Refused(_("The last start has passed. Schedule another sitting instead."))
    problem = time_problem(opens_at, last_start_at, now)
    if problem is not None:
        raise Invalid(problem)
    if before == (opens_at, last_start_at):
        raise Refused(_("These are the times that the sitting has already."))
    sitting.opens_at, sitting.last_start_at = opens_at, last_start_at
    done = record(
        session, actor, now, SITTING_MOVED, "sitting", sitting.id,
        details={
            "opened_at": to_micros(before[0]), "last_started_at": to_micros(before[1]),
            "opens_at": to_micros(opens_at), "last_start_at": to_micros(last_start_at),
        },
        reason=reason,
    )  # fmt: skip
    tell_booked(session, now, BOOKING_CHANGED, sitting.id, done.id)


def _read_reason(reason: str) -> str:
    reason = clean_text(reason).strip()
    if not reason:
        raise Invalid(_("Write a reason. It is kept with the record."))
    return reason
