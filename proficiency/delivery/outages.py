"""When the service itself was away, and what that cost each candidate.

The processes that serve candidates show every few seconds that they are alive and can write. A
longer silence is an outage: from the last sign of life to the next, an answer that was kept being
one too. Whoever was writing then lost the time in which their clock ran, as far as they have not
got it back for waiting (invariant 4: it is worked out from what is recorded, and offered; a person
gives it back).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Forbidden
from proficiency.core.text import _
from proficiency.delivery.blocked import read_ledgers
from proficiency.delivery.lost_rules import Ledger, Span, given_before
from proficiency.delivery.models import (
    IS_CLOSING,
    Attempt,
    AttemptEvent,
    RoomEvent,
    ServiceOutage,
    ServicePulse,
)
from proficiency.delivery.queries import AttemptState
from proficiency.delivery.rules import Phase, Window

SERVICE = "service"
PULSE = timedelta(seconds=5)
"""How often a process shows that it is alive."""

LEAST = timedelta(seconds=30)
"""A shorter silence is no outage: pages keep what is typed and send it again by themselves."""

MERCY = timedelta(minutes=10)
"""How long after an outage the end of an attempt that it may have cut short is not recorded yet."""


@dataclass(frozen=True)
class Outage:
    """A time in which the service was away, as one sitting saw it.

    `owed` is what each open attempt lost and has not got back, by its id; `reached` counts those
    that have it back.
    """

    id: str
    from_at: datetime
    to_at: datetime
    owed: dict[str, timedelta]
    reached: int

    @property
    def lasted(self) -> timedelta:
        return self.to_at - self.from_at


@operation()
def note_pulse(session: Session, actor: Actor, now: datetime) -> ServiceOutage | None:
    """Write down that the service is alive, and the outage that ends with this, if there was one.

    Raises `Forbidden` for anybody but the system.
    """
    if not actor.is_system:
        raise Forbidden(_("Only the system writes down its own pulse."))
    lock(session, SERVICE)
    pulse = session.get(ServicePulse, SERVICE, populate_existing=True)
    if pulse is None:
        session.add(ServicePulse(id=SERVICE, seen_at=now))
        return None
    since, until = _longest_silence(session, pulse.seen_at, now)
    pulse.seen_at = now
    if until - since < LEAST:
        return None
    outage = ServiceOutage(
        aggregate_id=SERVICE, at=now, actor_id=actor.id, from_at=since, to_at=until
    )
    return append(session, outage)


def _longest_silence(
    session: Session, since: datetime, until: datetime
) -> tuple[datetime, datetime]:
    """Return the longest time between two signs of life; what was kept in an exam is one."""
    if until - since < LEAST:
        return since, max(since, until)
    kept = session.scalars(
        sa.select(AttemptEvent.at)
        .where(AttemptEvent.at > since, AttemptEvent.at < until)
        .order_by(AttemptEvent.at)
    )
    return max(pairwise([since, *kept, until]), key=lambda pair: pair[1] - pair[0])


def is_pulse_due(session: Session, now: datetime) -> bool:
    """Whether nobody has shown for a while that the service is alive; a look without a lock."""
    seen = session.scalar(sa.select(ServicePulse.seen_at).where(ServicePulse.id == SERVICE))
    return seen is None or not seen <= now < seen + PULSE


def is_away(session: Session, now: datetime) -> bool:
    """Whether the service, which has been there, is away: nobody's end is recorded meanwhile."""
    seen = session.scalar(sa.select(ServicePulse.seen_at).where(ServicePulse.id == SERVICE))
    return seen is not None and now - seen >= LEAST


def made_good(lost: timedelta, window: Window, now: datetime) -> timedelta:
    """Return the credit at `now` that gives `lost` back to be written in.

    Whose time has run out since could not write for so long: that comes on top, or nothing of what
    is given back would be left.
    """
    deadline = window.deadline
    locked = now - deadline if deadline is not None else timedelta(0)
    return lost + max(locked, timedelta(0))


def find_outages(session: Session, sitting_id: str) -> list[Outage]:
    """Return the outages in which somebody in a sitting lost time, the newest first.

    Attempts whose end is recorded are left out: their time can no longer change.
    """
    return _outages(session, Attempt.sitting_id == sitting_id)


def find_owed(session: Session, sitting_id: str, outage: ServiceOutage) -> dict[str, timedelta]:
    """Return what each open attempt lost to one outage and has not got back, in their order."""
    found = [each for each in find_outages(session, sitting_id) if each.id == outage.id]
    return found[0].owed if found else {}


def waits_for_credit(session: Session, attempt_id: str, now: datetime) -> bool:
    """Whether an attempt lost time to an outage that ended just now and may be made good."""
    found = _outages(session, Attempt.id == attempt_id)
    return any(each.owed and now < each.to_at + MERCY for each in found)


def is_overdue(session: Session, state: AttemptState, now: datetime) -> bool:
    """Whether the end of an attempt can be recorded: nothing more will be in time."""
    return (
        state.phase is Phase.WRITING
        and state.is_closed(now)
        and not waits_for_credit(session, state.id, now)
    )


def _outages(session: Session, which: sa.ColumnElement[bool]) -> list[Outage]:
    outages = session.scalars(
        sa.select(ServiceOutage)
        .where(
            ServiceOutage.to_at > sa.select(sa.func.min(Attempt.at)).where(which).scalar_subquery()
        )
        .order_by(ServiceOutage.from_at.desc())
    ).all()
    if not outages:
        return []
    ledgers = _ledgers(session, _open_attempts(session, which))
    reached = _reached(session, which)
    made = []
    for outage in outages:
        span, have = Span(outage.from_at, outage.to_at), reached.get(outage.id, set())
        lost = {key: ledger.lost(span) for key, ledger in ledgers.items() if key not in have}
        owed = {key: time for key, time in lost.items() if time}
        if owed or have:
            made.append(Outage(outage.id, outage.from_at, outage.to_at, owed, len(have)))
    return made


def _ledgers(session: Session, attempts: list[Attempt]) -> dict[str, Ledger]:
    """Return what was given back in each attempt.

    When a page waited is told by all events of an attempt. Few ever got time back for that; of the
    others only what moved their window is read.
    """
    ledgers = read_ledgers(session, attempts, only_moves=True)
    waited = [each for each in attempts if given_before(ledgers[each.id].events)]
    return ledgers | read_ledgers(session, waited)


def _open_attempts(session: Session, which: sa.ColumnElement[bool]) -> list[Attempt]:
    closed = sa.select(AttemptEvent.aggregate_id).where(sa.text(IS_CLOSING))
    rows = sa.select(Attempt).where(which, Attempt.id.not_in(closed)).order_by(Attempt.id)
    return list(session.scalars(rows))


def _reached(session: Session, which: sa.ColumnElement[bool]) -> dict[str, set[str]]:
    """Return who has got their time back, by the outage."""
    rows = session.execute(
        sa.select(RoomEvent.outage_id, AttemptEvent.aggregate_id)
        .join(AttemptEvent, AttemptEvent.room_event_id == RoomEvent.id)
        .join(Attempt, Attempt.id == AttemptEvent.aggregate_id)
        .where(which, RoomEvent.outage_id.is_not(None))
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.outage_id or "", set()).add(row.aggregate_id)
    return found
