"""Reading what is known of a booking beyond the place itself, and who is connected with whom.

Nobody who marks is shown any of it. What a room does with a match is to keep the two apart.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.queries import names_of
from proficiency.core.chain import Payload, find_words
from proficiency.preparation.models import BookingDetails, CheckInConfirmation, StaffConnections
from proficiency.preparation.rules import (
    Connection,
    Link,
    Nation,
    Reason,
    connections_from_text,
    may_be_same,
    may_mean_same,
    name_words,
    phone_from_text,
)
from proficiency.sittings.queries import get_booking


@dataclass(frozen=True)
class Details:
    """What a candidate, or an officer for them, told before the day. `number` counts versions."""

    booking_id: str
    number: int
    reason: Reason
    nation: Nation
    needed_by: date | None
    connections: tuple[Connection, ...]
    phone: str
    told_at: datetime
    told_by: str

    def names(self, link: Link) -> tuple[str, ...]:
        """The names of one kind, as they were written."""
        return tuple(each.name for each in self.connections if each.link is link)


def find_details(session: Session, booking_id: str) -> Details | None:
    """Return what holds for a booking now, or None when nobody has told it yet."""
    found = list_details(session, booking_id)
    return found[0] if found else None


def list_details(session: Session, booking_id: str) -> list[Details]:
    """Return every version of what was told, the newest first."""
    rows = session.scalars(
        sa.select(BookingDetails)
        .where(BookingDetails.aggregate_id == booking_id)
        .order_by(BookingDetails.pos.desc())
    )
    return [_details(session, row) for row in rows]


def _details(session: Session, row: BookingDetails) -> Details:
    words = find_words(session, row.id)
    return Details(
        booking_id=row.booking_id,
        number=row.pos,
        reason=Reason(row.reason),
        nation=Nation(row.nation),
        needed_by=date.fromisoformat(row.needed_by) if row.needed_by else None,
        connections=connections_from_text(words),
        phone=phone_from_text(words),
        told_at=row.at,
        told_by=row.actor_id,
    )


def find_phones(session: Session, booking_ids: Collection[str]) -> dict[str, str]:
    """Return the telephone number of each of these places for which one was told, in one query."""
    rows = session.execute(
        sa.select(BookingDetails.booking_id, Payload.text)
        .join(Payload, Payload.id == BookingDetails.id)
        .where(BookingDetails.aggregate_id.in_(booking_ids))
        .order_by(BookingDetails.pos)
    )
    newest = {row.booking_id: phone_from_text(row.text) for row in rows}
    return {booking_id: phone for booking_id, phone in newest.items() if phone}


def who_has_told(session: Session, booking_ids: Collection[str]) -> set[str]:
    """Return which of `booking_ids` have their details."""
    return set(
        session.scalars(
            sa.select(BookingDetails.booking_id)
            .where(BookingDetails.aggregate_id.in_(booking_ids))
            .distinct()
        )
    )


def connections_of(session: Session, booking_id: str) -> tuple[Connection, ...]:
    """Return whom the candidate of a booking is connected with; none when nothing was told."""
    found = find_details(session, booking_id)
    return () if found is None else found.connections


def staff_connections_of(
    session: Session, account_id: str, by: datetime | None = None
) -> tuple[Connection, ...]:
    """Return whom somebody who judges work is connected with, as they last told it.

    With a moment `by`, as they had told it by then; or what they told first, if that was later.
    """
    rows = session.execute(
        sa.select(StaffConnections.id, StaffConnections.at)
        .where(StaffConnections.aggregate_id == account_id)
        .order_by(StaffConnections.pos)
    ).all()
    in_time = [row for row in rows if by is None or row.at <= by] or rows[:1]
    return connections_from_text(find_words(session, in_time[-1].id)) if in_time else ()


def connected_staff(
    session: Session, booking_id: str, staff_ids: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Return who of `staff_ids` may be connected with a candidate, and the names that say so.

    A candidate named them, they named the candidate, or both named the same person or body. The
    names are for whoever keeps the two apart; neither of the two is told.
    """
    candidate_id = get_booking(session, booking_id).candidate_id
    names = names_of(session, {candidate_id, *staff_ids})
    told = {each.name for each in connections_of(session, booking_id)}
    found = {}
    for account_id in staff_ids:
        theirs = {each.name for each in staff_connections_of(session, account_id)}
        pairs = [(one, names[account_id]) for one in told]
        pairs += [(names[candidate_id], other) for other in theirs]
        pairs += [(one, other) for one in told for other in theirs]
        matched = {other for one, other in pairs if may_be_same(one, other)}
        if matched:
            found[account_id] = tuple(sorted(matched))
    return found


def connected_places(
    session: Session,
    staff_ids: Collection[str],
    places: Mapping[str, str],
    by: datetime | None = None,
) -> dict[str, frozenset[str]]:
    """Return, for each of `staff_ids`, the places of those whom they may be connected with.

    `places` are the candidates by their bookings. By the same comparison as `connected_staff`, for
    a whole room at once: the statements don't grow with it. With `by`, what people told after that
    moment does not count, as in `staff_connections_of`.
    """
    names = names_of(session, {*places.values(), *staff_ids})
    told = _told_at(session, places)
    found = {}
    for staff_id in staff_ids:
        mine = name_words(names[staff_id])
        theirs = [name_words(each.name) for each in staff_connections_of(session, staff_id, by)]
        found[staff_id] = frozenset(
            booking_id
            for booking_id, candidate_id in places.items()
            if any(may_mean_same(one, each) for one in told[booking_id] for each in (mine, *theirs))
            or any(may_mean_same(name_words(names[candidate_id]), each) for each in theirs)
        )
    return found


def _told_at(session: Session, booking_ids: Collection[str]) -> dict[str, list[frozenset[str]]]:
    """Return the words of each name that was told last at these places, in one query."""
    rows = session.execute(
        sa.select(BookingDetails.booking_id, Payload.text)
        .outerjoin(Payload, Payload.id == BookingDetails.id)
        .where(BookingDetails.aggregate_id.in_(booking_ids))
        .order_by(BookingDetails.pos)
    )
    newest = {row.booking_id: row.text for row in rows}
    return {
        booking_id: [
            name_words(each.name) for each in connections_from_text(newest.get(booking_id))
        ]
        for booking_id in booking_ids
    }


def has_checked_in(session: Session, booking_id: str) -> bool:
    """Whether the candidate has confirmed what is confirmed before the start."""
    found = session.scalar(
        sa.select(CheckInConfirmation.id)
        .where(CheckInConfirmation.aggregate_id == booking_id)
        .limit(1)
    )
    return found is not None
