"""The timed attempt as pure functions: its states, its window, and how an answer is kept.

Keeps invariant 4 (deadlines are computed from what is recorded, never scheduled) and 10 (every
change of state goes through one table, in which no kind of event can be missing).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

CONTACT_PERIOD = timedelta(minutes=1)
"""A page heard from in this time before the deadline is given the transit allowance."""

ZERO = timedelta(0)


class EventKind(StrEnum):
    """What can happen to an attempt. The order of the chain is the order of the truth."""

    STARTED = "started"
    WRITER_CHANGED = "writer_changed"
    STAGE_OPENED = "stage_opened"
    ANSWER_SAVED = "answer_saved"
    ANSWER_OUTDATED = "answer_outdated"  # kept, but something newer had already arrived
    ANSWER_CONFLICTED = "answer_conflicted"  # another text under a sequence number already used
    ANSWER_LATE = "answer_late"
    FLAGGED = "flagged"
    UNFLAGGED = "unflagged"
    CONTACTED = "contacted"  # the page was heard from in the last minute
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
FLAGS = frozenset({EventKind.FLAGGED, EventKind.UNFLAGGED})
CONTACTS = frozenset(
    {EventKind.STARTED, EventKind.WRITER_CHANGED, EventKind.STAGE_OPENED, EventKind.ANSWER_SAVED}
    | {EventKind.FLAGGED, EventKind.UNFLAGGED, EventKind.CONTACTED}
)
"""What only a page in time can cause, and so proves that it was heard from."""


@dataclass(frozen=True)
class State:
    """Where an attempt stands after an event; every event carries it.

    `epoch` counts the devices that have written, `stage` is the one that is open, and
    `window_events` says how many events have moved the deadline.
    """

    phase: Phase = Phase.WRITING
    epoch: int = 1
    stage: int = 1
    window_events: int = 0


@dataclass(frozen=True)
class Transition:
    """What an event needs and does: the phases it may happen in, and what it changes."""

    allowed_in: frozenset[Phase]
    closes: bool = False
    epochs: int = 0
    stages: int = 0
    window_events: int = 0


WRITING = frozenset({Phase.WRITING})
ALWAYS = frozenset(Phase)

TRANSITIONS: Mapping[EventKind, Transition] = {
    EventKind.STARTED: Transition(frozenset()),  # only ever the first event
    EventKind.WRITER_CHANGED: Transition(WRITING, epochs=1),
    EventKind.STAGE_OPENED: Transition(WRITING, stages=1),
    EventKind.ANSWER_SAVED: Transition(WRITING),
    EventKind.ANSWER_OUTDATED: Transition(WRITING),
    EventKind.ANSWER_CONFLICTED: Transition(ALWAYS),
    EventKind.ANSWER_LATE: Transition(ALWAYS),
    EventKind.FLAGGED: Transition(WRITING),
    EventKind.UNFLAGGED: Transition(WRITING),
    EventKind.CONTACTED: Transition(WRITING),
    EventKind.PAUSED: Transition(WRITING, window_events=1),
    EventKind.RESUMED: Transition(WRITING, window_events=1),
    EventKind.CREDITED: Transition(WRITING, window_events=1),
    EventKind.SUBMITTED: Transition(WRITING, closes=True),
    EventKind.LOCKED: Transition(WRITING, closes=True),
}
if set(TRANSITIONS) != set(EventKind):
    raise RuntimeError("the transition table must name every kind of event")


def can_happen(state: State, kind: EventKind) -> bool:
    """Whether an event of `kind` may follow `state`."""
    return state.phase in TRANSITIONS[kind].allowed_in


def advance(state: State, kind: EventKind) -> State:
    """Return the state after an event. Raises `ValueError` when it can't follow `state`."""
    if not can_happen(state, kind):
        raise ValueError(f"{kind} cannot follow {state.phase}")
    change = TRANSITIONS[kind]
    return State(
        phase=Phase.CLOSED if change.closes else state.phase,
        epoch=state.epoch + change.epochs,
        stage=state.stage + change.stages,
        window_events=state.window_events + change.window_events,
    )


def in_order(events: Sequence[EventKind]) -> bool:
    """Whether a chain of events is one that can happen: started first and once, closed once."""
    if not events or events[0] is not EventKind.STARTED:
        return False
    state = State()
    for event in events[1:]:
        if not can_happen(state, event):
            return False
        state = advance(state, event)
    return True


@dataclass(frozen=True)
class WindowEvent:
    """A recorded fact that moves a deadline: a pause, its end, or a credit of time."""

    kind: EventKind
    at: datetime
    amount: timedelta = ZERO


@dataclass(frozen=True)
class Allowance:
    """How long an attempt may last: the scheme's time and the candidate's extra time."""

    base: timedelta
    extra_percent: int = 0
    extra: timedelta = ZERO

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

    @property
    def is_stopped(self) -> bool:
        return self.stopped_since is not None

    def remaining(self, now: datetime) -> timedelta:
        """Time left to write at `now`; never below zero; it stands still while stopped."""
        until = self.stopped_since or now
        return max(self.started_at + self.allowed + self.stopped - until, ZERO)

    def is_over(self, now: datetime, transit: timedelta = ZERO) -> bool:
        """Whether the deadline and `transit` have passed. At the very moment they have not."""
        return self.deadline is not None and now > self.deadline + transit


def compute_window(
    started_at: datetime, allowance: Allowance, events: Iterable[WindowEvent]
) -> Window:
    """Return the window: start + allowance + credits + the union of the stopped intervals.

    Each pause lasts until a resume of its own, so that a break within a stop of the whole room
    counts once and ends with the later of the two. A resume without a pause counts nothing.
    """
    allowed, stopped = allowance.total, ZERO
    since: datetime | None = None
    depth = 0
    for event in sorted(events, key=lambda event: event.at):
        if event.kind is EventKind.CREDITED:
            allowed += event.amount
        elif event.kind is EventKind.PAUSED:
            since = event.at if depth == 0 else since
            depth += 1
        elif event.kind is EventKind.RESUMED and depth:
            depth -= 1
            if depth == 0 and since is not None:
                stopped += event.at - since
                since = None
    return Window(started_at, allowed, stopped, since)


@dataclass(frozen=True)
class SaveFacts:
    """What decides how one arriving answer is kept.

    `newer_exists`: for this item something was saved by a later writer, or by the same writer
    under a higher number. `in_contact`: the page was heard from in the last minute before the
    deadline; it matters only after the deadline.
    """

    phase: Phase
    window: Window
    transit: timedelta
    now: datetime
    item_stage: int
    open_stage: int
    newer_exists: bool
    in_contact: bool


def classify_save(facts: SaveFacts) -> EventKind:
    """Return how an arriving answer is recorded. Nothing is ever thrown away.

    Late: closed already, its stage no longer open, or after the deadline and what transit allows.
    Outdated: it was overtaken on the way. Everything else becomes the current answer, also while
    the clock is stopped: a page that was offline catches up whenever it can.
    """
    transit = facts.transit if facts.in_contact else ZERO
    if facts.phase is Phase.CLOSED or facts.item_stage < facts.open_stage:
        return EventKind.ANSWER_LATE
    if facts.window.is_over(facts.now, transit):
        return EventKind.ANSWER_LATE
    return EventKind.ANSWER_OUTDATED if facts.newer_exists else EventKind.ANSWER_SAVED


def in_last_minute(window: Window, now: datetime) -> bool:
    """Whether a sign of life at `now` earns the transit allowance: the last minute, inclusive."""
    deadline = window.deadline
    return deadline is not None and deadline - CONTACT_PERIOD <= now <= deadline


@dataclass(frozen=True)
class SaveReceipt:
    """What became of one arriving answer or flag, and the proof: its place in the chain.

    A flag that comes too late or is overtaken leaves no event; its `pos` and `hash` are those of
    the chain's newest row.
    """

    kind: EventKind
    pos: int
    hash: str
