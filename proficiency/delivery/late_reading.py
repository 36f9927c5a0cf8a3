"""What is known of late answers, without their words.

The words are compared here with those of the answer that counts, and nothing but the outcome of the
comparison and their length leaves this module. It reads the late answers of any number of attempts
in the same few statements.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from proficiency.core.chain import Payload, find_words
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.delivery.late_rules import (
    Evidence,
    Ground,
    Kept,
    Standing,
    Verdict,
    awaits_decision,
    standing_of,
)
from proficiency.delivery.models import (
    IS_ANSWER,
    IS_CLOSING,
    IS_LATE,
    Attempt,
    AttemptEvent,
    LateDecision,
)
from proficiency.delivery.paper import Paper, get_paper
from proficiency.delivery.queries import windows_of
from proficiency.delivery.rules import CONTACTS, EventKind, Window

LATE = frozenset({EventKind.ANSWER_LATE, EventKind.ANSWER_FILED})

LATE_IDS = sa.select(AttemptEvent.id).where(
    AttemptEvent.aggregate_id.in_(sa.bindparam("attempt_ids", expanding=True)), sa.text(IS_LATE)
)
"""Asked whenever a candidate has handed in, so it is made once."""


@dataclass(frozen=True)
class DecisionView:
    """One person's verdict."""

    actor_id: str
    at: datetime
    verdict: Verdict
    ground: Ground
    reason: str | None


@dataclass(frozen=True)
class LateAnswer:
    """One late answer, without its words.

    `replaces` says whether another answer counts so far, `is_over` whether the attempt has ended,
    so that people may decide.
    """

    event_id: str
    attempt_id: str
    sitting_id: str
    item_id: str
    question: int
    stage: int
    is_from_file: bool
    length: int
    replaces: bool
    is_over: bool
    evidence: Evidence
    decisions: tuple[DecisionView, ...]
    standing: Standing

    def was_decided_by(self, person_id: str) -> bool:
        """Whether this person has given a verdict on it."""
        return any(decision.actor_id == person_id for decision in self.decisions)


@dataclass(frozen=True)
class _Version:
    """One version of an answer with its words, which stay in this module."""

    id: str
    attempt_id: str
    item_id: str
    kind: EventKind
    pos: int
    at: datetime
    epoch: int
    seq: int | None
    claimed_age: int | None
    heard_at: datetime | None
    text: str | None


def read_late_answers(session: Session, attempt_ids: Collection[str]) -> list[LateAnswer]:
    """Return the late answers of these attempts that wait or were decided.

    They come by candidate number, and each candidate's in the form's order. For attempts in which
    nothing came late, which is nearly all, it takes one statement.
    """
    late_ids = session.scalars(LATE_IDS, {"attempt_ids": list(attempt_ids)}).all()
    if not late_ids:
        return []
    late = _by_attempt(_versions(session, AttemptEvent.id.in_(late_ids)))
    counting = _by_attempt(_versions(session, _is_counting(late)))
    decisions = _decisions(session, late)
    return [
        context.view(version, decisions.get(version.id, ()))
        for context in _contexts(session, late, counting, decisions)
        for version in context.shown
    ]


def read_late_words(session: Session, event_id: str) -> str:
    """Return the words of a late answer, for the operation that lets it count and nobody else.

    Raises `NotFound` when they were erased.
    """
    words = find_words(session, event_id)
    if words is None:
        raise NotFound(_("The words of this answer were erased, so it can’t count."))
    return words


# Versions


def _is_counting(attempt_ids: Collection[str]) -> sa.ColumnElement[bool]:
    """The answer that counts of each item: the one that was kept last, and it is the newest too."""
    event = aliased(AttemptEvent)
    newest = (
        sa.select(event.aggregate_id, sa.func.max(event.pos))
        .where(event.aggregate_id.in_(attempt_ids), sa.text(IS_ANSWER))
        .group_by(event.aggregate_id, event.item_id)
    )
    return sa.tuple_(AttemptEvent.aggregate_id, AttemptEvent.pos).in_(newest)


def _versions(session: Session, chosen: sa.ColumnElement[bool]) -> list[_Version]:
    """Versions of any attempts. An accepted one was written when what it repeats was."""
    repeated, contact = aliased(AttemptEvent), aliased(AttemptEvent)
    heard = (
        sa.select(contact.at)
        .where(
            contact.aggregate_id == AttemptEvent.aggregate_id,
            contact.pos < AttemptEvent.pos,
            contact.kind.in_(sorted(CONTACTS)),
        )
        .order_by(contact.pos.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(
            AttemptEvent.id,
            AttemptEvent.aggregate_id,
            AttemptEvent.item_id,
            AttemptEvent.kind,
            AttemptEvent.pos,
            AttemptEvent.at,
            sa.func.coalesce(repeated.epoch_sent, AttemptEvent.epoch_sent).label("epoch"),
            sa.func.coalesce(repeated.client_seq, AttemptEvent.client_seq).label("seq"),
            AttemptEvent.claimed_age,
            heard.label("heard_at"),
            Payload.text,
        )
        .outerjoin(repeated, repeated.id == AttemptEvent.refers_to)
        .outerjoin(Payload, Payload.id == AttemptEvent.id)
        .where(chosen)
    )
    return [
        _Version(
            row.id,
            row.aggregate_id,
            row.item_id,
            EventKind(row.kind),
            row.pos,
            row.at,
            row.epoch or 0,
            row.seq,
            row.claimed_age,
            row.heard_at,
            row.text,
        )
        for row in rows
    ]


def _by_attempt(versions: Iterable[_Version]) -> defaultdict[str, list[_Version]]:
    found: defaultdict[str, list[_Version]] = defaultdict(list)
    for version in versions:
        found[version.attempt_id].append(version)
    return found


# Decisions


def _decisions(
    session: Session, attempt_ids: Collection[str]
) -> dict[str, tuple[DecisionView, ...]]:
    rows = session.execute(
        sa.select(LateDecision, Payload.text)
        .outerjoin(Payload, Payload.id == LateDecision.id)
        .where(LateDecision.aggregate_id.in_(attempt_ids))
        .order_by(LateDecision.aggregate_id, LateDecision.pos)
    )
    found: dict[str, tuple[DecisionView, ...]] = {}
    for row, reason in rows:
        view = DecisionView(row.actor_id, row.at, Verdict(row.verdict), Ground(row.ground), reason)
        found[row.event_id] = (*found.get(row.event_id, ()), view)
    return found


def _standing(decisions: Sequence[DecisionView]) -> Standing:
    return standing_of([decision.verdict for decision in decisions])


def _waiting(
    late: Iterable[_Version],
    counting: Mapping[str, _Version],
    decisions: Mapping[str, Sequence[DecisionView]],
) -> set[str]:
    """The late answers of one attempt that people decide about, or still have to."""
    kept = [
        Kept(
            version.id,
            version.item_id,
            version.kind in LATE,
            version.item_id in counting and counting[version.item_id].text == version.text,
            version.epoch,
            version.seq,
        )
        for version in sorted([*late, *counting.values()], key=lambda version: version.pos)
        if _standing(decisions.get(version.id, ())) is not Standing.DOES_NOT_COUNT
    ]
    return set(awaits_decision(kept))


# What is known about when they were written


@dataclass(frozen=True)
class _Context:
    """What is known about one attempt, to tell when each of its late answers was written.

    `closing` is how it ended and when; `openings` when the second stage and each after was opened.
    """

    attempt: Attempt
    paper: Paper
    window: Window
    closing: tuple[EventKind, datetime] | None
    openings: Sequence[datetime]
    counting: Mapping[str, _Version]
    shown: Sequence[_Version]

    def view(self, version: _Version, decisions: Sequence[DecisionView]) -> LateAnswer:
        item = self.paper.by_id[version.item_id]
        earlier = self.counting.get(version.item_id)
        return LateAnswer(
            event_id=version.id,
            attempt_id=self.attempt.id,
            sitting_id=self.attempt.sitting_id,
            item_id=item.id,
            question=item.number,
            stage=item.stage,
            is_from_file=version.kind is EventKind.ANSWER_FILED,
            length=len(version.text or ""),
            replaces=earlier is not None and earlier.pos < version.pos,
            is_over=self.closing is not None,
            evidence=self._evidence(version, item.stage),
            decisions=tuple(decisions),
            standing=_standing(decisions),
        )

    def _evidence(self, version: _Version, stage: int) -> Evidence:
        kind, at = self.closing or (None, None)
        age = version.claimed_age
        return Evidence(
            arrived_at=version.at,
            deadline=self.window.deadline,
            closed_at=None if kind is EventKind.LOCKED else at,
            stage_closed_at=self.openings[stage - 1] if stage <= len(self.openings) else None,
            last_heard_at=version.heard_at or self.attempt.at,
            claimed_age=None if age is None else timedelta(microseconds=age),
        )


def _contexts(
    session: Session,
    late: Mapping[str, Sequence[_Version]],
    counting: Mapping[str, Sequence[_Version]],
    decisions: Mapping[str, Sequence[DecisionView]],
) -> Iterator[_Context]:
    """By candidate number, each with what is shown of it by question and arrival."""
    attempts = session.scalars(
        sa.select(Attempt).where(Attempt.id.in_(late)).order_by(Attempt.candidate_number)
    ).all()
    windows = windows_of(session, attempts)
    ends, openings = _ends(session, late), _openings(session, late)
    for attempt in attempts:
        paper = get_paper(session, attempt.form_id)
        mine = late[attempt.id]
        held = {version.item_id: version for version in counting.get(attempt.id, ())}
        shown = _waiting(mine, held, decisions) | decisions.keys()
        yield _Context(
            attempt=attempt,
            paper=paper,
            window=windows[attempt.id],
            closing=ends.get(attempt.id),
            openings=openings.get(attempt.id, ()),
            counting=held,
            shown=sorted(
                (version for version in mine if version.id in shown),
                key=lambda version: (paper.by_id[version.item_id].number, version.at),
            ),
        )


def _ends(session: Session, attempt_ids: Collection[str]) -> dict[str, tuple[EventKind, datetime]]:
    rows = session.execute(
        sa.select(AttemptEvent.aggregate_id, AttemptEvent.kind, AttemptEvent.at).where(
            AttemptEvent.aggregate_id.in_(attempt_ids), sa.text(IS_CLOSING)
        )
    )
    return {row.aggregate_id: (EventKind(row.kind), row.at) for row in rows}


def _openings(session: Session, attempt_ids: Collection[str]) -> dict[str, list[datetime]]:
    rows = session.execute(
        sa.select(AttemptEvent.aggregate_id, AttemptEvent.at)
        .where(
            AttemptEvent.aggregate_id.in_(attempt_ids),
            AttemptEvent.kind == EventKind.STAGE_OPENED,
        )
        .order_by(AttemptEvent.pos)
    )
    found: dict[str, list[datetime]] = defaultdict(list)
    for row in rows:
        found[row.aggregate_id].append(row.at)
    return found
