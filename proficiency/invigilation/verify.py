"""Cross-row rules of the room, for `proficiency verify`.

What answers something answers what is there and was meant for it; nothing at the door skips a
step; and nobody started a watched exam whom no person let in.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.delivery.door_verify import check_doors
from proficiency.invigilation.models import RoomEntry, Signal
from proficiency.invigilation.rules import BY_CANDIDATE, CLOSES_HAND, OPENS, TOLD, EntryKind
from proficiency.sittings.queries import find_all_bookings


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for each entry or signal that contradicts what it belongs to."""
    yield from check_doors(session)
    entries = {row.id: row for row in session.scalars(sa.select(RoomEntry))}
    bookings = find_all_bookings(session)
    for entry in sorted(entries.values(), key=lambda row: row.id):
        booking = bookings.get(entry.booking_id or "")
        if booking is not None and booking.sitting_id != entry.sitting_id:
            yield f"room_entry {entry.id}: its booking is of another sitting"
        if booking is not None:
            by_candidate = entry.actor_id == booking.candidate_id
            if by_candidate is not (EntryKind(entry.kind) in BY_CANDIDATE):
                yield f"room_entry {entry.id}: {entry.kind} is by the wrong person"
        yield from _check_reference(entry, entries)
    for signal in session.scalars(sa.select(Signal).order_by(Signal.id)):
        booking = bookings.get(signal.booking_id)
        if booking is None or booking.sitting_id != signal.sitting_id:
            yield f"signal {signal.id}: its booking is of another sitting"
        elif booking.candidate_id != signal.actor_id:
            yield f"signal {signal.id}: it is not from the candidate's own page"


def _check_reference(entry: RoomEntry, entries: dict[str, RoomEntry]) -> Iterator[str]:
    if entry.refers_to is None:
        return
    about = entries[entry.refers_to]
    answered = OPENS if EntryKind(entry.kind) in CLOSES_HAND else TOLD
    if EntryKind(about.kind) not in answered:
        yield f"room_entry {entry.id}: {entry.kind} can't answer {about.kind}"
    if about.aggregate_id not in {entry.aggregate_id, entry.sitting_id}:
        yield f"room_entry {entry.id}: it answers what was not meant for it"
    if about.at > entry.at and about.actor_id == entry.actor_id:
        yield f"room_entry {entry.id}: it answers what came later"
