"""Reading how the times of a sitting changed, and who may start late."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.audit import AuditEvent
from proficiency.core.chain import find_words
from proficiency.core.clock import from_micros
from proficiency.sittings.models import LateStart
from proficiency.sittings.queries import BookingView, get_sitting
from proficiency.sittings.rules import SittingPhase, phase_with_leave
from proficiency.sittings.time_operations import SITTING_MOVED


@dataclass(frozen=True)
class Leave:
    """Leave to start late, until a moment."""

    id: str
    booking_id: str
    until: datetime
    at: datetime
    by: str
    reason: str | None


@dataclass(frozen=True)
class Move:
    """One move of a sitting: from which times to which, when, by whom and why."""

    opened_at: datetime
    last_started_at: datetime
    opens_at: datetime
    last_start_at: datetime
    at: datetime
    by: str
    reason: str | None


def find_late_start(session: Session, booking_id: str) -> datetime | None:
    """Return until when a booking may be started late, or None without leave."""
    return session.scalar(
        sa.select(LateStart.until_at)
        .where(LateStart.aggregate_id == booking_id)
        .order_by(LateStart.pos.desc())
        .limit(1)
    )


def start_phase(session: Session, booking: BookingView, now: datetime) -> SittingPhase:
    """Return where the sitting stands for one booking: a late start keeps it open for that one."""
    phase = get_sitting(session, booking.sitting_id).phase(now)
    return phase_with_leave(phase, find_late_start(session, booking.id), now)


def find_late_starts(session: Session, booking_ids: Collection[str]) -> dict[str, datetime]:
    """Return until when each of these bookings may be started late that has leave."""
    rows = session.execute(
        sa.select(LateStart.booking_id, LateStart.until_at)
        .where(LateStart.aggregate_id.in_(booking_ids))
        .order_by(LateStart.pos)
    )
    return {row.booking_id: row.until_at for row in rows}


def list_late_starts(session: Session, booking_id: str) -> list[Leave]:
    """Return every leave that a booking was given, the newest first."""
    rows = session.scalars(
        sa.select(LateStart)
        .where(LateStart.aggregate_id == booking_id)
        .order_by(LateStart.pos.desc())
    ).all()
    return [
        Leave(
            row.id, row.booking_id, row.until_at, row.at, row.actor_id, find_words(session, row.id)
        )
        for row in rows
    ]


def list_moves(session: Session, sitting_id: str) -> list[Move]:
    """Return how a sitting was moved, the newest first."""
    rows = session.scalars(
        sa.select(AuditEvent)
        .where(AuditEvent.aggregate_id == sitting_id, AuditEvent.action == SITTING_MOVED)
        .order_by(AuditEvent.pos.desc())
    ).all()
    return [_move(session, row) for row in rows]


def _move(session: Session, row: AuditEvent) -> Move:
    times = {name: from_micros(value) for name, value in json.loads(row.details).items()}
    return Move(**times, at=row.at, by=row.actor_id, reason=find_words(session, row.id))
