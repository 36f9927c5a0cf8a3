"""Reading attempts: where one stands, what was answered, and the attempts of a sitting.

An attempt is found by its id and, for a candidate, by who sits it, in one query: somebody else's
attempt is not there (invariant 6).
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from proficiency.core.chain import Payload
from proficiency.core.clock import to_micros
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.delivery.models import (
    CHANGES_WRITER,
    IS_ANSWER,
    IS_CLOSING,
    IS_FLAG,
    IS_NUMBERED,
    MOVES_WINDOW,
    Attempt,
    AttemptEvent,
)
from proficiency.delivery.rules import (
    Allowance,
    EventKind,
    Phase,
    State,
    Window,
    WindowEvent,
    compute_window,
)


@dataclass(frozen=True)
class AttemptState:
    """Where one attempt stands. Whether it is over is asked with the moment of asking."""

    id: str
    booking_id: str
    sitting_id: str
    form_id: str
    candidate_id: str
    candidate_number: str
    nonce: str
    started_at: datetime
    transit: timedelta
    longest_rest: timedelta
    window: Window
    state: State
    pos: int
    hash: str

    @property
    def phase(self) -> Phase:
        return self.state.phase

    @property
    def epoch(self) -> int:
        return self.state.epoch

    @property
    def stage(self) -> int:
        return self.state.stage

    def is_closed(self, now: datetime) -> bool:
        """Whether nothing more can be in time: closed, or the deadline and transit have passed."""
        return self.phase is Phase.CLOSED or self.window.is_over(now, self.transit)

    def can_write(self, now: datetime) -> bool:
        """Whether the candidate may still write: open, and the deadline has not passed."""
        return self.phase is Phase.WRITING and not self.window.is_over(now)


@dataclass(frozen=True)
class Closing:
    """How an attempt ended: by the candidate, or locked when the time had passed."""

    kind: EventKind
    at: datetime
    hash: str


@dataclass(frozen=True)
class AttemptSummary:
    """One attempt in a list. `closed_at` is None until its end is recorded."""

    id: str
    booking_id: str
    sitting_id: str
    candidate_id: str
    candidate_number: str
    started_at: datetime
    phase: Phase
    closed_at: datetime | None
    closing: EventKind | None


@dataclass(frozen=True)
class Answer:
    """The answer that counts for an item: the very save, and its words while they are kept."""

    event_id: str
    text: str | None
    commitment: str
    at: datetime
    pos: int


# What is asked often: making a statement costs more than running it, so each is made once. The
# words in `sa.text` are those of the partial indexes. What a page of the exam shows is in `sheet`.

THIS_ATTEMPT = AttemptEvent.aggregate_id == sa.bindparam("attempt_id")

STATE = (
    sa.select(
        Attempt.id,
        Attempt.booking_id,
        Attempt.sitting_id,
        Attempt.form_id,
        Attempt.actor_id,
        Attempt.candidate_number,
        Attempt.nonce,
        Attempt.at,
        Attempt.base_seconds,
        Attempt.extra_percent,
        Attempt.extra_seconds,
        Attempt.transit_seconds,
        Attempt.rest_seconds,
        Attempt.longest_rest_seconds,
        AttemptEvent.phase,
        AttemptEvent.epoch,
        AttemptEvent.stage,
        AttemptEvent.window_events,
        AttemptEvent.pos.label("head_pos"),
        AttemptEvent.hash.label("head_hash"),
    )
    .join(AttemptEvent, AttemptEvent.aggregate_id == Attempt.id)
    .where(Attempt.id == sa.bindparam("attempt_id"), THIS_ATTEMPT)
    .order_by(AttemptEvent.pos.desc())
    .limit(1)
)
OWN_STATE = STATE.where(Attempt.actor_id == sa.bindparam("candidate_id"))

WRITER = (
    sa.select(AttemptEvent.device_id)
    .where(THIS_ATTEMPT, sa.text(CHANGES_WRITER))
    .order_by(AttemptEvent.pos.desc())
    .limit(1)
)

TOP_SEQ = (
    sa.select(AttemptEvent.client_seq)
    .where(THIS_ATTEMPT, AttemptEvent.epoch_sent == sa.bindparam("epoch"), sa.text(IS_NUMBERED))
    .order_by(AttemptEvent.client_seq.desc())
    .limit(1)
)


def _is_newest_of_item(condition: str) -> sa.ColumnElement[bool]:
    """Positions are taken from a partial index alone, so that hundreds of saves cost little."""
    inner = aliased(AttemptEvent)
    newest = (
        sa.select(sa.func.max(inner.pos))
        .where(inner.aggregate_id == sa.bindparam("attempt_id"), sa.text(condition))
        .group_by(inner.item_id)
        .correlate(None)
    )
    return sa.and_(THIS_ATTEMPT, AttemptEvent.pos.in_(newest))


ANSWERS = (
    sa.select(
        AttemptEvent.item_id,
        AttemptEvent.id,
        AttemptEvent.commitment,
        AttemptEvent.at,
        AttemptEvent.pos,
        Payload.text,
    )
    .outerjoin(Payload, Payload.id == AttemptEvent.id)
    .where(_is_newest_of_item(IS_ANSWER))
)

FLAGS = sa.select(AttemptEvent.item_id, AttemptEvent.kind).where(_is_newest_of_item(IS_FLAG))


def find_state(
    session: Session, attempt_id: str, candidate_id: str | None = None
) -> AttemptState | None:
    """Return where an attempt stands; None when there is none, or it is not this candidate's."""
    asked = {"attempt_id": attempt_id}
    if candidate_id is None:
        row = session.execute(STATE, asked).first()
    else:
        row = session.execute(OWN_STATE, asked | {"candidate_id": candidate_id}).first()
    return None if row is None else make_state(session, row)


def make_state(session: Session, row: Any) -> AttemptState:
    """Return the state in a row that has the columns of `STATE` by their names."""
    events = list_window_events(session, row.id) if row.window_events else []
    return AttemptState(
        id=row.id,
        booking_id=row.booking_id,
        sitting_id=row.sitting_id,
        form_id=row.form_id,
        candidate_id=row.actor_id,
        candidate_number=row.candidate_number,
        nonce=row.nonce,
        started_at=row.at,
        transit=timedelta(seconds=row.transit_seconds),
        longest_rest=timedelta(seconds=row.longest_rest_seconds or 0),
        window=compute_window(row.at, allowance_of(row), events),
        state=State(Phase(row.phase), row.epoch, row.stage, row.window_events),
        pos=row.head_pos,
        hash=row.head_hash,
    )


def allowance_of(attempt: Attempt) -> Allowance:
    """Return the time that was allowed when the attempt started."""
    return Allowance(
        timedelta(seconds=attempt.base_seconds),
        attempt.extra_percent,
        timedelta(seconds=attempt.extra_seconds),
        timedelta(seconds=attempt.rest_seconds or 0),
        timedelta(seconds=attempt.longest_rest_seconds or 0),
    )


def list_window_events(session: Session, attempt_id: str) -> list[WindowEvent]:
    """Return the pauses, resumptions and credits of an attempt, in order."""
    return _window_events(session, [attempt_id])[attempt_id]


def windows_of(session: Session, attempts: Collection[Attempt]) -> dict[str, Window]:
    """Return the time of each of these attempts, by its id, in one statement."""
    events = _window_events(session, [attempt.id for attempt in attempts])
    return {
        attempt.id: compute_window(attempt.at, allowance_of(attempt), events[attempt.id])
        for attempt in attempts
    }


def _window_events(
    session: Session, attempt_ids: Collection[str]
) -> defaultdict[str, list[WindowEvent]]:
    rows = session.execute(
        sa.select(
            AttemptEvent.aggregate_id, AttemptEvent.kind, AttemptEvent.at, AttemptEvent.amount
        )
        .where(AttemptEvent.aggregate_id.in_(attempt_ids), sa.text(MOVES_WINDOW))
        .order_by(AttemptEvent.aggregate_id, AttemptEvent.pos)
    )
    found: defaultdict[str, list[WindowEvent]] = defaultdict(list)
    for row in rows:
        lasts = timedelta(microseconds=row.amount or 0)
        found[row.aggregate_id].append(WindowEvent(EventKind(row.kind), row.at, lasts))
    return found


def get_attempt_state(session: Session, attempt_id: str) -> AttemptState:
    """Return where an attempt stands. Raises `NotFound`."""
    found = find_state(session, attempt_id)
    if found is None:
        raise NotFound(_("There is no such attempt."))
    return found


def get_own_attempt(session: Session, attempt_id: str, candidate_id: str) -> AttemptState:
    """Return where a candidate's own attempt stands. Raises `NotFound`, also for another's."""
    found = find_state(session, attempt_id, candidate_id)
    if found is None:
        raise NotFound(_("There is no such attempt."))
    return found


def find_writer(session: Session, attempt_id: str) -> str | None:
    """Return the device that writes now: the newest that started or took over."""
    return session.scalar(WRITER, {"attempt_id": attempt_id})


def find_top_seq(session: Session, attempt_id: str, epoch: int) -> int:
    """Return the highest number that a writer has used, 0 for none."""
    return session.scalar(TOP_SEQ, {"attempt_id": attempt_id, "epoch": epoch}) or 0


def current_answers(session: Session, attempt_id: str) -> dict[str, Answer]:
    """Return the answer that counts for each item that has one, by the item's id."""
    rows = session.execute(ANSWERS, {"attempt_id": attempt_id})
    return {
        row.item_id: Answer(row.id, row.text, row.commitment, row.at, row.pos)
        for row in rows
        if row.item_id is not None and row.commitment is not None
    }


def flagged_items(session: Session, attempt_id: str) -> set[str]:
    """Return the ids of the items that the candidate has flagged to look at again."""
    rows = session.execute(FLAGS, {"attempt_id": attempt_id})
    return {row.item_id for row in rows if row.item_id and row.kind == EventKind.FLAGGED}


def find_closing(session: Session, attempt_id: str) -> Closing | None:
    """Return how an attempt ended, or None while its end is not recorded."""
    row = session.execute(
        sa.select(AttemptEvent.kind, AttemptEvent.at, AttemptEvent.hash).where(
            AttemptEvent.aggregate_id == attempt_id, sa.text(IS_CLOSING)
        )
    ).first()
    return None if row is None else Closing(EventKind(row.kind), row.at, row.hash)


def list_attempts(session: Session, sitting_id: str) -> list[AttemptSummary]:
    """Return the attempts at a sitting, by candidate number."""
    return _summaries(session, Attempt.sitting_id == sitting_id)


def find_attempt_of_booking(session: Session, booking_id: str) -> AttemptSummary | None:
    """Return the attempt at a booked place, or None before it has started."""
    found = _summaries(session, Attempt.booking_id == booking_id)
    return found[0] if found else None


def find_attempt_id(session: Session, booking_id: str) -> str | None:
    """Return the id of the attempt at a booked place, or None before it has started."""
    return session.scalar(ID_OF_BOOKING, {"booking_id": booking_id})


ID_OF_BOOKING = sa.select(Attempt.id).where(Attempt.booking_id == sa.bindparam("booking_id"))
"""The attempt at a booked place, by `booking_id`."""


def find_attempts_of_bookings(
    session: Session, booking_ids: Collection[str]
) -> dict[str, AttemptSummary]:
    """Return the attempts at these places that have started, by the booking's id."""
    found = _summaries(session, Attempt.booking_id.in_(booking_ids))
    return {attempt.booking_id: attempt for attempt in found}


_closing = (
    sa.select(AttemptEvent.aggregate_id, AttemptEvent.kind, AttemptEvent.at)
    .where(sa.text(IS_CLOSING))
    .subquery()
)
_WITH_END = (
    sa.select(Attempt, _closing.c.kind, _closing.c.at)
    .outerjoin(_closing, _closing.c.aggregate_id == Attempt.id)
    .order_by(Attempt.candidate_number)
)


def _summaries(session: Session, which: sa.ColumnElement[bool]) -> list[AttemptSummary]:
    rows = session.execute(_WITH_END.where(which))
    return [_summary(attempt, kind, at) for attempt, kind, at in rows]


def _summary(attempt: Attempt, kind: str | None, at: datetime | None) -> AttemptSummary:
    return AttemptSummary(
        id=attempt.id,
        booking_id=attempt.booking_id,
        sitting_id=attempt.sitting_id,
        candidate_id=attempt.actor_id,
        candidate_number=attempt.candidate_number,
        started_at=attempt.at,
        phase=Phase.WRITING if kind is None else Phase.CLOSED,
        closed_at=at,
        closing=None if kind is None else EventKind(kind),
    )


def list_possibly_overdue(session: Session, now: datetime) -> list[str]:
    """Return the ids of open attempts whose time would be over without pauses and credits.

    Pauses and credits only ever lengthen an attempt, so every overdue one is among them.
    """
    share = sa.cast(Attempt.base_seconds, sa.BigInteger) * (100 + Attempt.extra_percent) // 100
    seconds = share + Attempt.extra_seconds + Attempt.transit_seconds
    ends = sa.type_coerce(Attempt.at, sa.BigInteger) + seconds * 1_000_000
    closed = sa.select(AttemptEvent.aggregate_id).where(sa.text(IS_CLOSING))
    return list(
        session.scalars(
            sa.select(Attempt.id)
            .where(Attempt.id.not_in(closed), ends < to_micros(now))
            .order_by(Attempt.at, Attempt.id)
        )
    )
