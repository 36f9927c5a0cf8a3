"""The timed attempt: its window, its writer and its answers, as pure functions (invariant 4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class EventKind(StrEnum):
    """What can happen to an attempt. The order of the chain is the order of the truth."""

    STARTED = "started"
    WRITER_CHANGED = "writer_changed"
    STAGE_OPENED = "stage_opened"
    ANSWER_SAVED = "answer_saved"
    ANSWER_OUTDATED = "answer_outdated"  # from an older writer, and something newer exists
    ANSWER_CONFLICTED = "answer_conflicted"  # another text under a sequence number already used
    ANSWER_LATE = "answer_late"
    FLAGGED = "flagged"
    UNFLAGGED = "unflagged"
    PAUSED = "paused"
    RESUMED = "resumed"
    CREDITED = "credited"
    SUBMITTED = "submitted"
    LOCKED = "locked"


class Phase(StrEnum):
    """Whether the candidate may still write."""

    WRITING = "writing"
    CLOSED = "closed"


CLOSING = frozenset({EventKind.SUBMITTED, EventKind.LOCKED})
WINDOW_KINDS = frozenset({EventKind.PAUSED, EventKind.RESUMED, EventKind.CREDITED})


@dataclass(frozen=True)
class WindowEvent:
    """A recorded fact that moves a deadline: a pause, its end, or a credit of time."""

    kind: EventKind
    at: datetime
    amount: timedelta = timedelta(0)


@dataclass(frozen=True)
class Allowance:
    """How long an attempt may last: the scheme's time and the candidate's extra time."""

    base: timedelta
    extra_percent: int = 0
    extra: timedelta = timedelta(0)

    @property
    def total(self) -> timedelta:
        """⌈base × (1 + percent/100)⌉ to the next whole second, plus the extra minutes."""
        seconds = self.base // timedelta(seconds=1) * (100 + self.extra_percent)
        return timedelta(seconds=-(-seconds // 100)) + self.extra


@dataclass(frozen=True)
class Window:
    """When an attempt ends. `deadline` is None while its clock is stopped."""

    started_at: datetime
    allowed: timedelta
    stopped: timedelta
    stopped_since: datetime | None

    @property
    def deadline(self) -> datetime | None:
        if self.stopped_since is not None:
            return None
        return self.started_at + self.allowed + self.stopped

    def remaining(self, now: datetime) -> timedelta:
        """Time left to write at `now`; never below zero; it stands still while stopped."""
        until = self.stopped_since or now
        left = self.started_at + self.allowed + self.stopped - until
        return max(left, timedelta(0))

    def is_over(self, now: datetime) -> bool:
        """Whether the deadline has passed at `now`. At the very deadline it has not."""
        return self.deadline is not None and now > self.deadline


def compute_window(
    started_at: datetime, allowance: Allowance, events: Iterable[WindowEvent]
) -> Window:
    """Return the window: start + allowance + credits + the union of the stopped intervals.

    A second pause inside a pause counts once; a resume without a pause counts nothing.
    """
    allowed = allowance.total
    stopped = timedelta(0)
    since: datetime | None = None
    for event in sorted(events, key=lambda event: event.at):
        if event.kind is EventKind.CREDITED:
            allowed += event.amount
        elif event.kind is EventKind.PAUSED:
            since = since or event.at
        elif event.kind is EventKind.RESUMED and since is not None:
            stopped += event.at - since
            since = None
    return Window(started_at, allowed, stopped, since)


@dataclass(frozen=True)
class SaveFacts:
    """What decides how one arriving answer is kept."""

    phase: Phase
    window: Window
    transit: timedelta
    now: datetime
    epoch: int
    current_epoch: int
    item_stage: int
    open_stage: int
    newer_exists: bool


def classify_save(facts: SaveFacts) -> EventKind:
    """Return how an arriving answer is recorded. Nothing is ever thrown away.

    Late: closed already, its stage no longer open, or after deadline + transit. Outdated: from an
    older writer when the item has something newer. Everything else becomes the current answer.
    """
    deadline = facts.window.deadline
    too_late = deadline is not None and facts.now > deadline + facts.transit
    if facts.phase is Phase.CLOSED or too_late or facts.item_stage != facts.open_stage:
        return EventKind.ANSWER_LATE
    if facts.epoch < facts.current_epoch and facts.newer_exists:
        return EventKind.ANSWER_OUTDATED
    return EventKind.ANSWER_SAVED


def in_order(events: Sequence[EventKind]) -> bool:
    """Whether a chain of events is one that can happen: started first and once, closed once."""
    if not events or events[0] is not EventKind.STARTED:
        return False
    if events.count(EventKind.STARTED) != 1 or sum(kind in CLOSING for kind in events) > 1:
        return False
    closed = False
    for event in events:
        if closed and event not in {EventKind.ANSWER_LATE, EventKind.ANSWER_CONFLICTED}:
            return False
        closed = closed or event in CLOSING
    return True
