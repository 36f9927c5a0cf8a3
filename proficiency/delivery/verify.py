"""Replays every attempt from its chain alone and compares: states, order, and what was in time.

Nothing that was decided when an event was written is trusted: its state, whether an answer was
saved, overtaken or late, and whether a clock could be moved like this, is worked out again from the
events before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.sights import has_seen
from proficiency.delivery.identity_verify import check_pictures
from proficiency.delivery.late_verify import check_late_work
from proficiency.delivery.lost_rules import (
    Clock,
    Happened,
    blocked_credit,
    given_before,
    read_ledger,
    total,
)
from proficiency.delivery.models import Attempt, AttemptEvent
from proficiency.delivery.paper import Paper, get_paper
from proficiency.delivery.queries import allowance_of
from proficiency.delivery.receipt_verify import check_receipts, check_sent_hashes
from proficiency.delivery.rules import (
    CONTACT_PERIOD,
    CONTACTS,
    WINDOW_KINDS,
    EventKind,
    Phase,
    SaveFacts,
    State,
    Window,
    WindowEvent,
    advance,
    can_happen,
    classify_save,
    compute_window,
)
from proficiency.delivery.start_verify import check_starts
from proficiency.delivery.time_verify import TimeReplay, load_rooms

BATCH = 1000
MICROSECOND = timedelta(microseconds=1)
JUDGED = frozenset({EventKind.ANSWER_SAVED, EventKind.ANSWER_OUTDATED, EventKind.ANSWER_LATE})


@dataclass
class Replay:
    """One attempt as far as it was read."""

    attempt: Attempt
    paper: Paper
    time: TimeReplay
    state: State = field(default_factory=State)
    window_events: list[WindowEvent] = field(default_factory=list)
    contact: datetime | None = None
    happened: list[Happened] = field(default_factory=list)
    opens_at: datetime | None = None
    """When the next stage must open, because the candidate got time back for it."""
    highest: dict[str, dict[int, int]] = field(default_factory=dict)
    """Of each item that was saved, the highest number under which each writer did."""

    @property
    def window(self) -> Window:
        return compute_window(self.attempt.at, allowance_of(self.attempt), self.window_events)

    def problem(self, event: AttemptEvent) -> str | None:
        """Return what is wrong with the next event, if anything, and go on behind it."""
        kind = EventKind(event.kind)
        if event.pos == 1:
            expected = State() if kind is EventKind.STARTED else None
        else:
            expected = advance(self.state, kind) if can_happen(self.state, kind) else None
        if expected is None:
            return f"{kind} can't happen there"
        if wrong := self.time.problem(event, kind, self.window, self.happened):
            return wrong
        if kind in JUDGED and (right := self._judge(event)) is not kind:
            return f"was kept as {kind} and is {right}"
        if self.opens_at is not None and (kind, event.at) != (
            EventKind.STAGE_OPENED,
            self.opens_at,
        ):
            return "does not open the stage for which time was given back"
        self.opens_at = None
        if kind is EventKind.CREDITED and event.actor_id == self.attempt.actor_id:
            self.opens_at = event.at
            if event.amount != self._owed(event) // MICROSECOND:
                return "gives the candidate back more time than the rule does"
        self._note(event, kind)
        self.state = expected
        found = State(Phase(event.phase), event.epoch, event.stage, event.window_events)
        return None if found == expected else "carries a state that doesn't follow"

    def _owed(self, event: AttemptEvent) -> timedelta:
        """What of a credit by the candidate the rule and the chain bear out."""
        ledger = read_ledger(Clock(self.attempt.at, allowance_of(self.attempt)), self.happened)
        given = timedelta(microseconds=event.amount or 0)
        claim = given if event.claimed_age is None else timedelta(microseconds=event.claimed_age)
        most = timedelta(minutes=self.paper.form.settings.blocked_minutes)
        waited = total(ledger.waited(claim, event.at))
        return blocked_credit(claim, waited, most - given_before(self.happened))

    def _judge(self, event: AttemptEvent) -> EventKind:
        item = self.paper.by_id.get(event.item_id or "")
        if item is None or event.epoch_sent is None:
            return EventKind.ANSWER_CONFLICTED
        window, deadline = self.window, self.window.deadline
        return classify_save(
            SaveFacts(
                phase=self.state.phase,
                window=window,
                transit=timedelta(seconds=self.attempt.transit_seconds),
                now=event.at,
                item_stage=item.stage,
                open_stage=self.state.stage,
                newer_exists=self._newer_exists(event, item.id),
                in_contact=deadline is not None
                and self.contact is not None
                and self.contact >= deadline - CONTACT_PERIOD,
            )
        )

    def _newer_exists(self, event: AttemptEvent, item_id: str) -> bool:
        sent, number = event.epoch_sent or 0, event.client_seq
        return any(
            epoch > sent or (epoch == sent and number is not None and highest > number)
            for epoch, highest in self.highest.get(item_id, {}).items()
        )

    def _note(self, event: AttemptEvent, kind: EventKind) -> None:
        self.happened.append(
            Happened(
                kind,
                event.at,
                timedelta(microseconds=event.amount or 0),
                event.stage,
                event.actor_id == self.attempt.actor_id,
                None if event.claimed_age is None else timedelta(microseconds=event.claimed_age),
                self.time.outage_of(event),
            )
        )
        if kind in CONTACTS:
            self.contact = event.at
        if kind is EventKind.ANSWER_SAVED and event.item_id and event.epoch_sent:
            by_writer = self.highest.setdefault(event.item_id, {})
            number = event.client_seq or 0
            by_writer[event.epoch_sent] = max(by_writer.get(event.epoch_sent, 0), number)
        if kind in WINDOW_KINDS:
            amount = timedelta(microseconds=event.amount or 0)
            self.window_events.append(WindowEvent(kind, event.at, amount))


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for the first thing in each attempt that can't be, by its own chain."""
    attempts = {row.id: row for row in session.scalars(sa.select(Attempt))}
    events = session.scalars(
        sa.select(AttemptEvent)
        .order_by(AttemptEvent.aggregate_id, AttemptEvent.pos)
        .execution_options(yield_per=BATCH)
    )
    rooms, begun = load_rooms(session), set()
    for attempt_id, chain in groupby(events, key=lambda event: event.aggregate_id):
        attempt = attempts.get(attempt_id)
        if attempt is None:
            yield f"attempt {attempt_id}: there are events and no attempt"
            continue
        begun.add(attempt_id)
        paper = get_paper(session, attempt.form_id)
        replay = Replay(attempt, paper, TimeReplay(attempt, paper.form.settings, rooms))
        yield from _problems(replay, chain)
        yield from _unseen(session, replay)
    for attempt_id in sorted(attempts.keys() - begun):
        yield f"attempt {attempt_id}: it has no events, not even a start"
    yield from check_late_work(session)
    yield from check_receipts(session)
    yield from check_sent_hashes(session)
    yield from check_starts(session)
    yield from check_pictures(session)


def _problems(replay: Replay, chain: Iterator[AttemptEvent]) -> Iterator[str]:
    for event in chain:
        problem = replay.problem(event)
        if problem is not None:
            yield f"attempt {replay.attempt.id}, position {event.pos}: {problem}"
            return


def _unseen(session: Session, replay: Replay) -> Iterator[str]:
    """Whoever opened a stage has seen its case, and the log of sights must say so."""
    for stage in replay.paper.stages[: replay.state.stage]:
        if not has_seen(session, replay.attempt.actor_id, stage.case_name):
            yield (
                f"attempt {replay.attempt.id}: stage {stage.number} was opened and no sight of "
                f"its case is recorded"
            )
