"""What a start has to know of its candidate and its room, read by one statement.

A room starts together, so each statement counts. It runs when the locks of the start are held, and
what it says holds to the end of the transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.chain import EMPTY, Head
from proficiency.core.sights import Sight
from proficiency.delivery.queries import ID_OF_BOOKING
from proficiency.delivery.room_time import LAST_PAUSE
from proficiency.delivery.rules import RoomEventKind


@dataclass(frozen=True)
class Standing:
    """How things stand with a place that somebody starts at.

    `attempt_id` is None before the start, and `sights` the head of what this person was shown.
    """

    attempt_id: str | None
    has_seen_case: bool
    is_room_paused: bool
    sights: Head


def read_standing(
    session: Session,
    booking_id: str,
    sitting_id: str,
    candidate_id: str,
    case_names: Collection[str],
) -> Standing:
    """Return how things stand. The caller holds the sitting, the booking and the candidate."""
    asked = {
        "booking_id": booking_id,
        "sitting_id": sitting_id,
        "candidate_id": candidate_id,
        "case_names": list(case_names),
    }
    row = session.execute(_STANDING, asked).one()
    return Standing(
        attempt_id=row.attempt_id,
        has_seen_case=bool(row.has_seen),
        is_room_paused=row.kind == RoomEventKind.PAUSED,
        sights=EMPTY if row.pos is None else (row.pos, row.hash),
    )


_mine = Sight.aggregate_id == sa.bindparam("candidate_id")
_last_sight = sa.select(Sight.pos, Sight.hash).where(_mine).order_by(Sight.pos.desc()).limit(1)
_seen = _mine & Sight.subject_id.in_(sa.bindparam("case_names", expanding=True))
_one_row = sa.select(sa.literal(1)).subquery()
_sights, _pause = _last_sight.subquery(), LAST_PAUSE.subquery()
_STANDING = sa.select(
    ID_OF_BOOKING.scalar_subquery().label("attempt_id"),
    sa.exists().where(_seen).label("has_seen"),
    _sights.c.pos,
    _sights.c.hash,
    _pause.c.kind,
).select_from(_one_row.outerjoin(_sights, sa.true()).outerjoin(_pause, sa.true()))
