"""Taking in what exam pages notice by themselves: evidence for people, bounded, never a verdict.

A page that goes wrong, or somebody who plays with it, must not fill the record: of one candidate so
many signals a minute are kept, and one more that says that there were others.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Invalid
from proficiency.core.text import _
from proficiency.delivery.queries import find_attempt_of_booking, find_writer
from proficiency.delivery.rules import Phase
from proficiency.invigilation.models import Signal
from proficiency.invigilation.rules import SignalKind
from proficiency.sittings.queries import find_arrangements, get_own_booking
from proficiency.sittings.rules import Measure

FROM_SERVER = frozenset({SignalKind.MORE, SignalKind.SECOND_DEVICE, SignalKind.NETWORK_CHANGED})
"""What the server notices; a page can't claim it."""

OF_WRITING = frozenset({SignalKind.ABSENT, SignalKind.TYPED_AT_ONCE})
"""What help with reading or writing looks like: never kept of who has such help arranged."""

HELPS = frozenset(
    {Measure.READER, Measure.SCRIBE, Measure.SIGNER, Measure.COMPANION, Measure.OWN_TECHNOLOGY}
)

SAME_DEVICE = timedelta(minutes=10)
KEPT_IN_A_MINUTE = 30
MOST_AT_ONCE = 50
LARGEST = 10_000_000
LONGEST_AGE = timedelta(hours=48)


@dataclass(frozen=True)
class Noticed:
    """One signal as a page sent it; `age` is how long ago it happened by the page's clock."""

    kind: SignalKind
    size: int | None
    age: timedelta


def read_noticed(data: Mapping[str, Any]) -> list[Noticed]:
    """Return the signals in what a page sent. Raises `Invalid` for what no page of ours sends."""
    found = data.get("signals")
    if not isinstance(found, list) or len(found) > MOST_AT_ONCE:
        raise _unreadable()
    return [_read_one(each) for each in found]


def _read_one(data: object) -> Noticed:
    if not isinstance(data, dict) or data.get("kind") not in set(SignalKind) - FROM_SERVER:
        raise _unreadable()
    size = data.get("size")
    if size is not None and not _fits(size, LARGEST):
        raise _unreadable()
    age = data.get("age", 0)
    if not _fits(age, LONGEST_AGE // timedelta(milliseconds=1)):
        raise _unreadable()
    return Noticed(SignalKind(data["kind"]), size, timedelta(milliseconds=age))


def place_of(address: str, booking_id: str, secret: str) -> str:
    """Return what stands for a network address in the page, which brings it back with the next.

    The address itself is kept nowhere, and from this it can't be found without our secret.
    """
    digest = hmac.new(secret.encode(), f"network:{booking_id}:{address}".encode(), hashlib.sha256)
    return digest.hexdigest()[:16]


def notice_place(before: object, place: str) -> list[Noticed]:
    """Return that the network changed, when the page brings back another place than this one."""
    if not isinstance(before, str) or not before or before == place:
        return []
    return [Noticed(SignalKind.NETWORK_CHANGED, None, timedelta(0))]


def notice_device(
    session: Session, booking_id: str, device_id: str | None, now: datetime
) -> list[Noticed]:
    """Return that a page is open on a device that does not write, once in a while for each.

    That another device was permitted, or took over, stands in the attempt itself.
    """
    attempt = find_attempt_of_booking(session, booking_id)
    if attempt is None or attempt.phase is Phase.CLOSED:
        return []
    if device_id == find_writer(session, attempt.id):
        return []
    said = session.scalar(
        sa.select(Signal.id)
        .where(
            Signal.aggregate_id == booking_id,
            Signal.kind == SignalKind.SECOND_DEVICE,
            Signal.device_id == device_id if device_id is not None else Signal.device_id.is_(None),
            Signal.at > now - SAME_DEVICE,
        )
        .limit(1)
    )
    if said is not None:
        return []
    return [Noticed(SignalKind.SECOND_DEVICE, None, timedelta(0))]


def _fits(value: object, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _unreadable() -> Invalid:
    return Invalid(_("What the page sent could not be read. Load it again."))


@operation()
def record_signals(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    booking_id: str,
    signals: Sequence[Noticed],
    device_id: str | None,
) -> int:
    """Keep what a candidate's page noticed; return how many are kept. Raises `NotFound`."""
    lock(session, booking_id)
    booking = get_own_booking(session, booking_id, actor.id)
    if _has_help(session, booking_id):
        signals = [each for each in signals if each.kind not in OF_WRITING]
    had = _count_since(session, booking_id, now - timedelta(minutes=1))
    room = max(KEPT_IN_A_MINUTE - had, 0)
    kept = list(signals[:room])
    if len(signals) > room and not _said_more(session, booking_id, now):
        kept.append(Noticed(SignalKind.MORE, None, timedelta(0)))
    for each in kept:
        append(
            session,
            Signal(
                aggregate_id=booking_id,
                at=now,
                actor_id=actor.id,
                booking_id=booking_id,
                sitting_id=booking.sitting_id,
                kind=each.kind,
                size=each.size,
                claimed_age=each.age // timedelta(microseconds=1) or None,
                device_id=device_id,
            ),
        )
    return len(kept)


def _has_help(session: Session, booking_id: str) -> bool:
    arranged = find_arrangements(session, [booking_id]).get(booking_id)
    return arranged is not None and not HELPS.isdisjoint(arranged.measures)


def _count_since(session: Session, booking_id: str, since: datetime) -> int:
    query = sa.select(sa.func.count()).where(
        Signal.aggregate_id == booking_id, Signal.at > since, Signal.kind != SignalKind.MORE
    )
    return session.scalar(query) or 0


def _said_more(session: Session, booking_id: str, now: datetime) -> bool:
    query = sa.select(Signal.id).where(
        Signal.aggregate_id == booking_id,
        Signal.at > now - timedelta(minutes=1),
        Signal.kind == SignalKind.MORE,
    )
    return session.scalar(query.limit(1)) is not None
