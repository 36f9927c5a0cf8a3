"""Whether another device may go on with an exam that is watched over, as a pure function.

One device at a time writes. Where an invigilator watches, another one needs their word; and where
nobody answers in the scheme's time the candidate must not be locked out, so the rule permits it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from proficiency.delivery.rules import EventKind


class Word(StrEnum):
    """What is known of a device that wants to go on."""

    NOT_ASKED = "not_asked"
    WAITING = "waiting"
    BY_RULE = "by_rule"  # it asked, and nobody answered in time
    PERMITTED = "permitted"


@dataclass(frozen=True)
class DeviceEvent:
    """That a device asked or was permitted, since the last one took over."""

    kind: EventKind
    device_id: str | None
    at: datetime


@dataclass(frozen=True)
class Permission:
    """Whether a device may take over. `until` is when the rule permits it, once it has asked."""

    word: Word
    until: datetime | None = None

    @property
    def is_given(self) -> bool:
        return self.word in {Word.PERMITTED, Word.BY_RULE}


def find_permission(
    events: Sequence[DeviceEvent], device_id: str, patience: timedelta, now: datetime
) -> Permission:
    """Return what `device_id` may do, from what happened since the last change of writer.

    Asking again changes nothing: the first time counts. A word for one device is none for another.
    """
    own = [event for event in events if event.device_id == device_id]
    if any(event.kind is EventKind.WRITER_PERMITTED for event in own):
        return Permission(Word.PERMITTED)
    asked = [event.at for event in own if event.kind is EventKind.WRITER_ASKED]
    if not asked:
        return Permission(Word.NOT_ASKED)
    until = min(asked) + patience
    return Permission(Word.BY_RULE if now >= until else Word.WAITING, until)
