"""Telling what must be known before the day. Each telling is kept, and the newest holds."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.text import _, clean_text
from proficiency.preparation.details import has_checked_in
from proficiency.preparation.models import BookingDetails, StaffConnections
from proficiency.preparation.place import Place, get_place
from proficiency.preparation.rules import (
    Connection,
    Nation,
    Reason,
    connections_problem,
    connections_to_text,
    phone_problem,
    told_to_text,
)

JUDGES_OF_WORK = (
    Role.ASSESSOR,
    Role.LEAD_ASSESSOR,
    Role.MODERATOR,
    Role.LAY_MEMBER,
    Role.JUDGE,
    Role.ASSESSMENT_BOARD,
    Role.PANEL_MEMBER,
)
"""Who keeps their connections current, so as not to be given the work of somebody they know."""


def own_place(session: Session, actor: Actor, booking_id: str) -> Place:
    """Return a place of whoever acts. To everybody else there is none: raises `NotFound`."""
    place = get_place(session, booking_id)
    if place.booking.candidate_id != actor.id:
        raise NotFound(_("There is no such booking."))
    return place


@operation(Role.CANDIDATE, Role.EXAM_OFFICER)
def record_details(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    booking_id: str,
    reason: Reason,
    nation: Nation,
    needed_by: date | None,
    connections: Collection[Connection],
    phone: str = "",
) -> BookingDetails:
    """Keep the reason for sitting, where somebody practises and whom they are connected with.

    `needed_by` is the day by which somebody who is registered must pass; `phone` is where an
    invigilator reaches them on the day. Raises `NotFound` for a
    booking that is neither one's own nor an officer's to keep, `Invalid` for what can't be, and
    `Refused` once the candidate has checked in or the booking no longer stands.
    """
    lock(session, booking_id)
    place = (
        get_place(session, booking_id)
        if actor.has(Role.EXAM_OFFICER)
        else own_place(session, actor, booking_id)
    )
    _refuse_late(session, place, now)
    if reason is Reason.EXISTING_REGISTRANT and needed_by is None:
        raise Invalid(_("Write the day by which you must pass. Your letter from us says it."))
    phone = clean_text(phone).strip()
    problem = connections_problem(connections) or phone_problem(phone)
    if problem is not None:
        raise Invalid(problem)
    row = BookingDetails(
        aggregate_id=booking_id,
        at=now,
        actor_id=actor.id,
        booking_id=booking_id,
        reason=reason,
        nation=nation,
        needed_by=needed_by.isoformat() if needed_by else None,
    )
    return append(session, row, text=told_to_text(connections, phone))


def _refuse_late(session: Session, place: Place, now: datetime) -> None:
    if not place.stands(now) or place.is_practice:
        raise Refused(_("This booking no longer stands, so there is nothing to tell."))
    if has_checked_in(session, place.booking.id):
        raise Refused(_("You have checked in, so this can’t be changed any more. Tell the office."))


@operation(*JUDGES_OF_WORK)
def record_connections(
    session: Session, actor: Actor, now: datetime, *, connections: Collection[Connection]
) -> StaffConnections:
    """Keep whom one is connected with oneself. Raises `Invalid` for too many or too long names."""
    problem = connections_problem(connections)
    if problem is not None:
        raise Invalid(problem)
    row = StaffConnections(aggregate_id=actor.id, at=now, actor_id=actor.id, account_id=actor.id)
    return append(session, row, text=connections_to_text(connections))
