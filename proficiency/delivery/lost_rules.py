"""Which minutes of an exam were lost to whom, so that none of them is given back twice. Pure.

Two rules give time back by themselves: a candidate who waits for the next part without a server,
and an outage of the service. The same minute can be both. Each credit covers the minutes that it
stands for, and a later one gives only what none before it covered. Invariant 4: all of it follows
from the chain of the attempt and the outages that it names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from proficiency.delivery.rules import (
    CONTACTS,
    WINDOW_KINDS,
    ZERO,
    Allowance,
    EventKind,
    Window,
    WindowEvent,
    compute_window,
)

SECOND = timedelta(seconds=1)
SIGNS = CONTACTS | {
    EventKind.ANSWER_OUTDATED,
    EventKind.ANSWER_CONFLICTED,
    EventKind.ANSWER_LATE,
    EventKind.WRITER_ASKED,
}
"""What only a page that reaches the server can cause."""

OPENING = frozenset({EventKind.STARTED, EventKind.STAGE_OPENED})


@dataclass(frozen=True)
class Span:
    """A stretch of time in which a clock ran; `from_at` is before `to_at`."""

    from_at: datetime
    to_at: datetime

    @property
    def length(self) -> timedelta:
        return self.to_at - self.from_at


Spans = tuple[Span, ...]
"""Stretches that don't overlap, in their order."""


def total(spans: Iterable[Span]) -> timedelta:
    """Return how long all of `spans` are together."""
    return sum((span.length for span in spans), ZERO)


def outside(spans: Iterable[Span], others: Iterable[Span]) -> Spans:
    """Return what of `spans` lies in none of `others`."""
    left = list(spans)
    for other in others:
        left = [part for span in left for part in _cut(span, other)]
    return tuple(left)


def _cut(span: Span, other: Span) -> Iterable[Span]:
    before = Span(span.from_at, min(span.to_at, other.from_at))
    after = Span(max(span.from_at, other.to_at), span.to_at)
    return (part for part in (before, after) if part.from_at < part.to_at)


def last_of(spans: Sequence[Span], amount: timedelta) -> Spans:
    """Return the last `amount` of `spans`; all of them when they are shorter."""
    kept: list[Span] = []
    for span in reversed(spans):
        if amount <= ZERO:
            break
        kept.append(Span(max(span.from_at, span.to_at - amount), span.to_at))
        amount -= span.length
    return tuple(reversed(kept))


def running_span(window: Window, since: datetime, until: datetime) -> Spans:
    """Return when the clock ran from `since` to `until`, with no event in between: once or never.

    `window` is what followed from the events before `since`. It is as long as
    `rules.running_time` says.
    """
    if window.deadline is None:
        return ()
    begin = max(since, window.at + window.break_left)
    end = min(until, window.deadline)
    return (Span(begin, end),) if begin < end else ()


@dataclass(frozen=True)
class Happened:
    """One event of an attempt as far as it matters here. `is_own`: the candidate caused it.

    Of time given back, `claim` is how long the candidate's page said that it waited, and `outage`
    when the service was away, of a credit for that.
    """

    kind: EventKind
    at: datetime
    amount: timedelta
    stage: int
    is_own: bool
    claim: timedelta | None = None
    outage: Span | None = None

    @property
    def window_event(self) -> WindowEvent:
        return WindowEvent(self.kind, self.at, self.amount)


@dataclass(frozen=True)
class Clock:
    """What an attempt starts with: the moment, and the time that it has."""

    started_at: datetime
    allowance: Allowance

    def window(self, moves: Iterable[WindowEvent]) -> Window:
        return compute_window(self.started_at, self.allowance, moves)


def silences(clock: Clock, events: Sequence[Happened], now: datetime) -> list[Spans]:
    """Return when the clock ran, for each stretch in which the page was not heard from.

    Only the open stage counts. `events` are all of the attempt, in order. The clock's stops are
    left out: whatever ended with the server away, a pause or a break has given its time back.
    """
    window = clock.window(())
    moves: list[WindowEvent] = []
    found: list[Spans] = []
    silent: Spans = ()
    since = clock.started_at
    for event in events:
        silent += running_span(window, since, event.at)
        since = max(since, event.at)
        if event.kind in WINDOW_KINDS:
            moves.append(event.window_event)
            window = clock.window(moves)
        if event.kind in SIGNS:
            is_within = event.stage == events[-1].stage and event.kind not in OPENING
            found, silent = [*found, silent] if is_within else [], ()
    return [*found, silent + running_span(window, since, now)]


def longest(stretches: Iterable[Spans]) -> timedelta:
    """Return how long the longest of them is."""
    return max(map(total, stretches), default=ZERO)


def outage_span(clock: Clock, moves: Iterable[WindowEvent], outage: Span) -> Spans:
    """Return when the clock ran while the service was away: once or never.

    `moves` are all that moved the window; what came after the outage does not count.
    """
    if clock.started_at >= outage.to_at:
        return ()
    before = [event for event in moves if event.at <= outage.from_at]
    begin = max(clock.started_at, outage.from_at)
    return running_span(clock.window(before), begin, outage.to_at)


@dataclass(frozen=True)
class _Waited:
    """Time given back for waiting: when that was, outside the outages given back before it."""

    spans: Spans
    amount: timedelta

    def within(self, outages: Iterable[Span]) -> timedelta:
        """Return how much of the amount can only have been for minutes of `outages`."""
        return max(self.amount - total(outside(self.spans, outages)), ZERO)


@dataclass(frozen=True)
class Ledger:
    """What was given back by rule so far. `after` are the outages given back after each wait."""

    clock: Clock
    events: tuple[Happened, ...]
    outages: Spans = ()
    waits: tuple[tuple[_Waited, Spans], ...] = ()

    def waited(self, claim: timedelta, now: datetime) -> Spans:
        """Return when a page waited that says at `now` that it did for `claim`, as far as we know.

        The last part of the time that ran; no more of it than the longest silence, and nothing that
        was given back for an outage.
        """
        stretches = silences(self.clock, self.events, now)
        ran = [span for stretch in stretches for span in stretch]
        return outside(last_of(ran, min(claim, longest(stretches))), self.outages)

    def span_of(self, outage: Span) -> Spans:
        """Return when the clock ran in `outage`, given back or not."""
        moves = [each.window_event for each in self.events if each.kind in WINDOW_KINDS]
        return outage_span(self.clock, moves, outage)

    def lost(self, outage: Span) -> timedelta:
        """Return what `outage` cost that was not given back yet.

        A wait counts first for its minutes outside the outage: what the scheme's limit kept back
        of it is then made good here.
        """
        spans = self.span_of(outage)
        covered = sum(
            (wait.within((*later, *spans)) - wait.within(later) for wait, later in self.waits), ZERO
        )
        return total(outside(spans, self.outages)) - covered


def read_ledger(clock: Clock, events: Sequence[Happened]) -> Ledger:
    """Return what was given back by rule in an attempt, from all of its events in order."""
    ledger = Ledger(clock, ())
    for place, event in enumerate(events):
        if event.kind is EventKind.CREDITED:
            ledger = _after(replace(ledger, events=tuple(events[:place])), event)
    return replace(ledger, events=tuple(events))


def _after(ledger: Ledger, credit: Happened) -> Ledger:
    if credit.outage is not None:
        spans = outside(ledger.span_of(credit.outage), ledger.outages)
        waits = tuple((wait, later + spans) for wait, later in ledger.waits)
        return replace(ledger, outages=ledger.outages + spans, waits=waits)
    if credit.is_own:
        claim = credit.amount if credit.claim is None else credit.claim
        wait = _Waited(ledger.waited(claim, credit.at), credit.amount)
        return replace(ledger, waits=(*ledger.waits, (wait, ())))
    return ledger


def given_before(events: Iterable[Happened]) -> timedelta:
    """Return what was given back to the candidate for waiting already."""
    own = (event for event in events if event.kind is EventKind.CREDITED and event.is_own)
    return sum((event.amount for event in own), ZERO)


def blocked_credit(claim: timedelta, waited: timedelta, left: timedelta) -> timedelta:
    """Return how much is given back, in whole seconds: the least of the three, never below 0.

    `claim` is what the page counted, `waited` what the chain bears out, `left` what the scheme
    still gives.
    """
    least = max(min(claim, waited, left), ZERO)
    return least // SECOND * SECOND
