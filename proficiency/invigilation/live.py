"""What an invigilator's page asks for every few seconds: only the pieces that are not the same.

A room is cut into parts (some rows each, the calls, the log, the figures, the outages), and each
part has a short mark that follows from what it shows. The page sends back the marks that it has,
and gets the parts whose marks differ. So nothing is remembered between requests, any worker can
answer, and no clock has to agree with another: what changed is found by what it is.
"""

import base64
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proficiency.invigilation.queries import Candidate, Room

BUCKETS = 32
"""Into how many parts the rows are cut: one that changes takes some three hundred / 32 with it."""

MARK_LENGTH = 8


def bucket_of(booking_id: str) -> int:
    """Return the part of the rows that a candidate belongs to, always the same."""
    return zlib.crc32(booking_id.encode()) % BUCKETS


def _mark(*shown: object) -> str:
    digest = hashlib.sha256(repr(shown).encode()).digest()
    return base64.urlsafe_b64encode(digest[:6]).decode()


@dataclass(frozen=True)
class Parts:
    """The parts of a room with their marks; the seal is all marks, one after the other."""

    buckets: Sequence[Sequence[Candidate]]
    marks: Mapping[str, str]

    @property
    def seal(self) -> str:
        return "".join(self.marks.values())

    def changed(self, since: str) -> list[str]:
        """Return the names of the parts that a page with the seal `since` does not have.

        A seal that is none of ours has nothing.
        """
        names = list(self.marks)
        if len(since) != MARK_LENGTH * len(names):
            return names
        had = (since[at : at + MARK_LENGTH] for at in range(0, len(since), MARK_LENGTH))
        return [name for name, mark in zip(names, had, strict=True) if mark != self.marks[name]]


def cut(room: Room) -> Parts:
    """Return the parts of a room. Durations that a page counts by itself are in no mark."""
    buckets: list[list[Candidate]] = [[] for _each in range(BUCKETS)]
    for candidate in room.candidates:
        buckets[bucket_of(candidate.booking_id)].append(candidate)
    marks = {f"rows-{place}": _mark(rows) for place, rows in enumerate(buckets)}
    marks |= {
        "calls": _mark(room.calls, [c.booking_id for c in room.candidates if c.asks_for_device]),
        "log": _mark(room.lines),
        "figures": _mark(room.counts, room.is_paused),
        "outages": _mark(room.outages),
    }
    return Parts(buckets, marks)
