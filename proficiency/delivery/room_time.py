"""Reading the time of a whole room: whether it is paused, and what was done to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.chain import find_words
from proficiency.delivery.models import IS_CLOSING, Attempt, AttemptEvent, RoomEvent
from proficiency.delivery.rules import RoomEventKind


@dataclass(frozen=True)
class RoomEventView:
    """Something that was done to the time of a room. `amount` is None but for a plain credit."""

    id: str
    kind: RoomEventKind
    at: datetime
    by: str
    reason: str | None
    amount: timedelta | None
    outage_id: str | None


def _view(session: Session, row: RoomEvent) -> RoomEventView:
    return RoomEventView(
        id=row.id,
        kind=RoomEventKind(row.kind),
        at=row.at,
        by=row.actor_id,
        reason=find_words(session, row.id),
        amount=None if row.amount is None else timedelta(microseconds=row.amount),
        outage_id=row.outage_id,
    )


def find_room_pause(session: Session, sitting_id: str) -> RoomEventView | None:
    """Return the pause of a room that lasts, or None when the room is not paused."""
    newest = session.execute(LAST_PAUSE, {"sitting_id": sitting_id}).first()
    if newest is None or newest.kind != RoomEventKind.PAUSED:
        return None
    return _view(session, session.get_one(RoomEvent, newest.id))


LAST_PAUSE = (
    sa.select(RoomEvent.id, RoomEvent.kind)
    .where(
        RoomEvent.aggregate_id == sa.bindparam("sitting_id"),
        RoomEvent.kind.in_([RoomEventKind.PAUSED, RoomEventKind.RESUMED]),
    )
    .order_by(RoomEvent.pos.desc())
    .limit(1)
)
"""The newest pause or end of a pause of a room, by `sitting_id`."""


def list_room_events(session: Session, sitting_id: str) -> list[RoomEventView]:
    """Return what was done to the time of a room, the newest first."""
    rows = session.scalars(
        sa.select(RoomEvent)
        .where(RoomEvent.aggregate_id == sitting_id)
        .order_by(RoomEvent.pos.desc())
    ).all()
    return [_view(session, row) for row in rows]


def list_open_attempts(session: Session, sitting_id: str) -> list[str]:
    """Return the ids of the attempts at a sitting whose end is not recorded, in their order."""
    closed = sa.select(AttemptEvent.aggregate_id).where(sa.text(IS_CLOSING))
    return list(
        session.scalars(
            sa.select(Attempt.id)
            .where(Attempt.sitting_id == sitting_id, Attempt.id.not_in(closed))
            .order_by(Attempt.id)
        )
    )
