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
    WRITER_ASKED = "writer_asked"  # another device asks to go on; its device is in the event
    WRITER_PERMITTED = "writer_permitted"
    WRITER_CHANGED = "writer_changed"
    STAGE_OPENED = "stage_opened"
    ANSWER_SAVED = "answer_saved"
    ANSWER_OUTDATED = "answer_outdated"  # kept, but something newer had already arrived
    ANSWER_CONFLICTED = "answer_conflicted"  # another text under a sequence number already used
    ANSWER_LATE = "answer_late"
    ANSWER_FILED = "answer_filed"  # taken in from the candidate's answer file
    ANSWER_ACCEPTED = "answer_accepted"  # two people let a late or filed answer count
    FLAGGED = "flagged"
    UNFLAGGED = "unflagged"
    CONTACTED = "contacted"  # the page was heard from in the last minute
    PAUSED = "paused"
    RESUMED = "resumed"
    CREDITED = "credited"
    REST_STARTED = "rest_started"  # the candidate's own break
    REST_ENDED = "rest_ended"
    SUBMITTED = "submitted"
    FORCED = "forced"  # an invigilator ended it, with a reason
    LOCKED = "locked"


class RoomEventKind(StrEnum):
    """What can be done to the time of a whole room."""

    PAUSED = "paused"
    RESUMED = "resumed"
    CREDITED = "credited"


class Phase(StrEnum):
    """Whether the candidate may still write."""

    WRITING = "writing"
    CLOSED = "closed"


CLOSING = frozenset({EventKind.SUBMITTED, EventKind.FORCED, EventKind.LOCKED})
COUNTING = frozenset({EventKind.ANSWER_SAVED, EventKind.ANSWER_ACCEPTED})
"""The newest of these is the answer that counts."""
WINDOW_KINDS = frozenset(
    {EventKind.PAUSED, EventKind.RESUMED, EventKind.CREDITED}
    | {EventKind.REST_STARTED, EventKind.REST_ENDED}
)
FLAGS = frozenset({EventKind.FLAGGED, EventKind.UNFLAGGED})
CONTACTS = frozenset(
    {EventKind.STARTED, EventKind.WRITER_CHANGED, EventKind.STAGE_OPENED, EventKind.ANSWER_SAVED}
    | {EventKind.FLAGGED, EventKind.UNFLAGGED, EventKind.CONTACTED}
    | {EventKind.REST_STARTED, EventKind.REST_ENDED}
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
CLOSED = frozenset({Phase.CLOSED})
ALWAYS = frozenset(Phase)

TRANSITIONS: Mapping[EventKind, Transition] = {
    EventKind.STARTED: Transition(frozenset()),  # only ever the first event
    EventKind.WRITER_ASKED: Transition(WRITING),
    EventKind.WRITER_PERMITTED: Transition(WRITING),
    EventKind.WRITER_CHANGED: Transition(WRITING, epochs=1),
    EventKind.STAGE_OPENED: Transition(WRITING, stages=1),
    EventKind.ANSWER_SAVED: Transition(WRITING),
    EventKind.ANSWER_OUTDATED: Transition(WRITING),
    EventKind.ANSWER_CONFLICTED: Transition(ALWAYS),
    EventKind.ANSWER_LATE: Transition(ALWAYS),
    EventKind.ANSWER_FILED: Transition(ALWAYS),
    EventKind.ANSWER_ACCEPTED: Transition(CLOSED),
    EventKind.FLAGGED: Transition(WRITING),
    EventKind.UNFLAGGED: Transition(WRITING),
    EventKind.CONTACTED: Transition(WRITING),
    EventKind.PAUSED: Transition(WRITING, window_events=1),
    EventKind.RESUMED: Transition(WRITING, window_events=1),
    EventKind.CREDITED: Transition(WRITING, window_events=1),
    EventKind.REST_STARTED: Transition(WRITING, window_events=1),
    EventKind.REST_ENDED: Transition(WRITING, window_events=1),
    EventKind.SUBMITTED: Transition(WRITING, closes=True),
    EventKind.FORCED: Transition(WRITING, closes=True),
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
    """A recorded fact that moves a deadline: a pause or a break, its end, or a credit of time."""

    kind: EventKind
    at: datetime
    amount: timedelta = ZERO


@dataclass(frozen=True)
class Allowance:
    """How long an attempt may last: the scheme's time and the candidate's extra time.

    `rest` is what all the candidate's own breaks may take together, `longest_rest` what one may.
    """

    base: timedelta
    extra_percent: int = 0
    extra: timedelta = ZERO
    rest: timedelta = ZERO
    longest_rest: timedelta = ZERO

    @property
    def total(self) -> timedelta:
        """⌈base × (1 + percent/100)⌉ to the next whole second, plus the extra minutes."""
        seconds = self.base // timedelta(seconds=1) * (100 + self.extra_percent)
        return timedelta(seconds=-(-seconds // 100)) + self.extra


@dataclass(frozen=True)
class Window:
    """How much time an attempt has, as it stood `at` its last event that moved it.

    `left` is the time to write that was left then, below zero once the deadline has passed. The
    clock stands still while a pause lasts, until somebody ends it (`is_paused`), and for as long as
    is left of a break of the candidate's own (`break_left`), which ends by itself. `rest_left` is
    what may still be spent on breaks, what is left of this one included; `credited` is all that was
    given back so far.
    """

    at: datetime
    left: timedelta
    is_paused: bool = False
    break_left: timedelta = ZERO
    rest_left: timedelta = ZERO
    credited: timedelta = ZERO

    @property
    def stopped_until(self) -> datetime | None:
        """When the clock runs on by itself; None while a pause lasts, or when it runs anyway."""
        return self.at + self.break_left if self.break_left and not self.is_paused else None

    @property
    def deadline(self) -> datetime | None:
        """The end of the time to write, None while a pause has no end yet.

        In a break it is the latest that it can be: going on earlier brings it forward.
        """
        return None if self.is_paused else self.at + self.break_left + self.left

    def is_stopped(self, now: datetime) -> bool:
        """Whether the clock stands still at `now`."""
        return self.is_paused or now < self.at + self.break_left

    def remaining(self, now: datetime) -> timedelta:
        """Time left to write at `now`; never below zero; it stands still while stopped."""
        deadline = self.deadline
        if deadline is None or self.is_stopped(now):
            return max(self.left, ZERO)
        return max(deadline - now, ZERO)

    def break_remaining(self, now: datetime) -> timedelta:
        """What is left of the candidate's break at `now`; a pause keeps it as it was."""
        if self.is_paused:
            return self.break_left
        return max(self.at + self.break_left - now, ZERO)

    def rest_remaining(self, now: datetime) -> timedelta:
        """What may still be spent on breaks from `now` on, this one included."""
        return self.rest_left - self.break_left + self.break_remaining(now)

    def is_over(self, now: datetime, transit: timedelta = ZERO) -> bool:
        """Whether the deadline and `transit` have passed. At the very moment they have not."""
        if self.deadline is None:
            return False
        return self.left + transit < ZERO or now > self.deadline + transit  # no break undoes an end


def compute_window(
    started_at: datetime, allowance: Allowance, events: Iterable[WindowEvent]
) -> Window:
    """Return the window: start + allowance + credits + the union of the stopped intervals.

    `events` come in the order of their chain, which decides; a clock that was set back between two
    of them, or differs a little between two servers, takes nothing from anybody. Each pause lasts
    until a resume of its own, so that a break within a stop of the whole room counts once and ends
    with the later of the two; a resume without a pause counts nothing. A break ends by itself when
    it or the whole allowance is used up, and uses nothing while a pause lasts.
    """
    clock = _Clock(started_at, allowance.total, allowance.rest)
    for event in events:
        clock.pass_to(event.at)
        clock.take(event, allowance.longest_rest)
    return Window(
        at=clock.moment,
        left=clock.left,
        is_paused=clock.pauses > 0,
        break_left=clock.break_left,
        rest_left=clock.rest_left,
        credited=clock.credited,
    )


def running_time(window: Window, since: datetime, until: datetime) -> timedelta:
    """Return for how long the clock ran from `since` to `until`, with no event in between.

    `window` is what followed from the events before `since`. It is never more than what was left.
    """
    return max(window.remaining(since) - window.remaining(max(since, until)), ZERO)


@dataclass
class _Clock:
    """The clock of one attempt, moved from event to event."""

    moment: datetime
    left: timedelta
    rest_left: timedelta
    pauses: int = 0
    break_left: timedelta = ZERO
    credited: timedelta = ZERO

    def pass_to(self, moment: datetime) -> None:
        """Let time pass: a pause uses nothing, a break uses the rest, else the clock runs."""
        passed = max(moment - self.moment, ZERO)
        self.moment += passed
        if self.pauses:
            return
        rested = min(passed, self.break_left)
        self.break_left -= rested
        self.rest_left -= rested
        self.left -= passed - rested

    def take(self, event: WindowEvent, longest_rest: timedelta) -> None:
        """Let an event happen now."""
        if event.kind is EventKind.CREDITED:
            self.left += event.amount
            self.credited += event.amount
        elif event.kind is EventKind.PAUSED:
            self.pauses += 1
        elif event.kind is EventKind.RESUMED:
            self.pauses = max(self.pauses - 1, 0)
        elif event.kind is EventKind.REST_STARTED and not self.break_left:
            self.break_left = min(self.rest_left, longest_rest)
        elif event.kind is EventKind.REST_ENDED:
            self.break_left = ZERO


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
    the chain's newest row. `sent_hash` is what the server says that it received: the page, which
    knows what it sent, compares.
    """

    kind: EventKind
    pos: int
    hash: str
    sent_hash: str | None = None
