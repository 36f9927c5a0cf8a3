"""Late work as people decide about it: what is known of each late answer, and never its words.

The words are compared here with those of the answer that counts, and nothing but the outcome of the
comparison and their length leaves this module.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from proficiency.accounts.queries import list_people
from proficiency.accounts.rules import Role
from proficiency.core.chain import Payload, find_words
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.delivery.late_rules import (
    DECIDED,
    PEOPLE_NEEDED,
    Evidence,
    Ground,
    Kept,
    Standing,
    Verdict,
    awaits_decision,
    standing_of,
)
from proficiency.delivery.models import Attempt, AttemptEvent, LateDecision
from proficiency.delivery.paper import Paper, get_paper
from proficiency.delivery.queries import AttemptState, find_closing, get_attempt_state
from proficiency.delivery.rules import CONTACTS, COUNTING, EventKind
from proficiency.preparation.details import connected_places, connected_staff
from proficiency.sittings.queries import get_sitting

LATE = frozenset({EventKind.ANSWER_LATE, EventKind.ANSWER_FILED})

DECIDERS = (Role.EXAM_OFFICER, Role.INVIGILATOR, Role.ASSESSMENT_BOARD)
"""Whoever holds one of these may decide about late work, but for their own and that of people whom
they may know."""

Gate = Callable[[Session, str], str | None]
"""Says, for a sitting, why its late work can't be decided any more, or None."""

_gates: list[Gate] = []


def closes_late_work(gate: Gate) -> Gate:
    """Have `gate` asked before late work is decided. For a room above, loaded at the start."""
    if gate not in _gates:
        _gates.append(gate)
    return gate


def why_closed(session: Session, sitting_id: str) -> str | None:
    """Return why late work of a sitting can't be decided any more, or None."""
    return next((words for gate in _gates if (words := gate(session, sitting_id))), None)


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
    """One late answer, without its words. `replaces` says whether another answer counts so far."""

    event_id: str
    attempt_id: str
    sitting_id: str
    item_id: str
    question: int
    stage: int
    is_from_file: bool
    length: int
    replaces: bool
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
    item_id: str
    kind: EventKind
    pos: int
    at: datetime
    epoch: int
    seq: int | None
    claimed_age: int | None
    text: str | None


def list_late_answers(session: Session, attempt_id: str) -> list[LateAnswer]:
    """Return the late answers of an attempt that wait or were decided, in the form's order.

    Raises `NotFound`. It is empty for nearly every attempt, at the cost of one statement.
    """
    versions = _versions(session, attempt_id)
    if not any(version.kind in LATE for version in versions):
        return []
    state = get_attempt_state(session, attempt_id)
    paper = get_paper(session, state.form_id)
    decisions = _decisions(session, attempt_id)
    shown = _waiting(versions, decisions) | decisions.keys()
    context = _Context(session, state, paper, versions)
    found = [
        context.view(version, decisions.get(version.id, ()))
        for version in versions
        if version.id in shown
    ]
    return sorted(found, key=lambda answer: (answer.question, answer.evidence.arrived_at))


def get_late_answer(session: Session, event_id: str) -> LateAnswer:
    """Return one late answer that waits or was decided. Raises `NotFound`."""
    attempt_id = session.scalar(
        sa.select(AttemptEvent.aggregate_id).where(AttemptEvent.id == event_id)
    )
    found = list_late_answers(session, attempt_id) if attempt_id else []
    for answer in found:
        if answer.event_id == event_id:
            return answer
    raise NotFound(_("There is no late answer like this to decide about."))


def is_for_others(session: Session, person_id: str, booking_id: str) -> bool:
    """Whether somebody may not decide about a candidate's late work, for they may know each other.

    Nobody is told that this is why.
    """
    return person_id in connected_staff(session, booking_id, [person_id])


def undecided(answers: Collection[LateAnswer]) -> list[LateAnswer]:
    """Return those that still wait for somebody."""
    return [answer for answer in answers if answer.standing not in DECIDED]


def lacking_people(session: Session, answers: Collection[LateAnswer]) -> set[str]:
    """Return the events of those late answers that wait for more people than are left to decide.

    Left is who may decide about late work, is not the candidate, has not decided about this answer
    and doesn't know the candidate as far as anybody has told.
    """
    waiting = undecided(answers)
    if not waiting:
        return set()
    people = {account.id for role in DECIDERS for account in list_people(session, role)}
    closed = _closed_to(session, people, {answer.attempt_id for answer in waiting})
    return {
        answer.event_id
        for answer in waiting
        if sum(
            not answer.was_decided_by(person) and answer.attempt_id not in closed[person]
            for person in people
        )
        < PEOPLE_NEEDED[answer.standing]
    }


def late_answers_of(session: Session, sitting_id: str) -> list[LateAnswer]:
    """Return all late answers of a sitting, decided or not, by candidate number and question."""
    attempts = session.scalars(
        sa.select(Attempt.id)
        .where(
            Attempt.sitting_id == sitting_id,
            Attempt.id.in_(
                sa.select(AttemptEvent.aggregate_id).where(AttemptEvent.kind.in_(sorted(LATE)))
            ),
        )
        .order_by(Attempt.candidate_number)
    ).all()
    return [answer for each in attempts for answer in list_late_answers(session, each)]


@dataclass(frozen=True)
class LateSitting:
    """A sitting with late answers: how many, how many wait, and how many for one person."""

    sitting_id: str
    title: str
    answers: int
    waiting: int
    waiting_for_reader: int


def list_late_sittings(session: Session, reader_id: str) -> list[LateSitting]:
    """Return the sittings in which anything came late, as they stand for one person."""
    sitting_ids = session.scalars(
        sa.select(Attempt.sitting_id)
        .join(AttemptEvent, AttemptEvent.aggregate_id == Attempt.id)
        .where(AttemptEvent.kind.in_(sorted(LATE)))
        .group_by(Attempt.sitting_id)
        .order_by(sa.func.min(Attempt.at))
    ).all()
    return [_late_sitting(session, sitting_id, reader_id) for sitting_id in sitting_ids]


def _late_sitting(session: Session, sitting_id: str, reader_id: str) -> LateSitting:
    answers = late_answers_of(session, sitting_id)
    waiting = [] if why_closed(session, sitting_id) else undecided(answers)
    attempt_ids = {answer.attempt_id for answer in waiting}
    closed = _closed_to(session, [reader_id], attempt_ids)[reader_id]
    mine = [
        answer
        for answer in waiting
        if not answer.was_decided_by(reader_id) and answer.attempt_id not in closed
    ]
    title = get_sitting(session, sitting_id).title
    return LateSitting(sitting_id, title, len(answers), len(waiting), len(mine))


def _closed_to(
    session: Session, people: Collection[str], attempt_ids: Collection[str]
) -> dict[str, set[str]]:
    """Return for each of `people` those attempts about whose late work they may not decide.

    They are their own, and those that are for others as in `is_for_others`.
    """
    rows = session.execute(
        sa.select(Attempt.id, Attempt.booking_id, Attempt.actor_id).where(
            Attempt.id.in_(attempt_ids)
        )
    ).all()
    places = {row.booking_id: row.actor_id for row in rows}
    connected = connected_places(session, people, places)
    return {
        person: {
            row.id for row in rows if row.actor_id == person or row.booking_id in connected[person]
        }
        for person in people
    }


def read_late_words(session: Session, event_id: str) -> str:
    """Return the words of a late answer, for the operation that lets it count and nobody else.

    Raises `NotFound` when they were erased.
    """
    words = find_words(session, event_id)
    if words is None:
        raise NotFound(_("The words of this answer were erased, so it can’t count."))
    return words


def _versions(session: Session, attempt_id: str) -> list[_Version]:
    """The answers that count or came late. An accepted one was written when what it repeats was."""
    repeated = aliased(AttemptEvent)
    rows = session.execute(
        sa.select(
            AttemptEvent.id,
            AttemptEvent.item_id,
            AttemptEvent.kind,
            AttemptEvent.pos,
            AttemptEvent.at,
            sa.func.coalesce(repeated.epoch_sent, AttemptEvent.epoch_sent).label("epoch"),
            sa.func.coalesce(repeated.client_seq, AttemptEvent.client_seq).label("seq"),
            AttemptEvent.claimed_age,
            Payload.text,
        )
        .outerjoin(repeated, repeated.id == AttemptEvent.refers_to)
        .outerjoin(Payload, Payload.id == AttemptEvent.id)
        .where(
            AttemptEvent.aggregate_id == attempt_id,
            AttemptEvent.kind.in_(sorted(LATE | COUNTING)),
        )
        .order_by(AttemptEvent.pos)
    )
    return [
        _Version(
            row.id,
            row.item_id,
            EventKind(row.kind),
            row.pos,
            row.at,
            row.epoch or 0,
            row.seq,
            row.claimed_age,
            row.text,
        )
        for row in rows
    ]


def _decisions(session: Session, attempt_id: str) -> dict[str, tuple[DecisionView, ...]]:
    rows = session.execute(
        sa.select(LateDecision, Payload.text)
        .outerjoin(Payload, Payload.id == LateDecision.id)
        .where(LateDecision.aggregate_id == attempt_id)
        .order_by(LateDecision.pos)
    )
    found: dict[str, tuple[DecisionView, ...]] = {}
    for row, reason in rows:
        view = DecisionView(row.actor_id, row.at, Verdict(row.verdict), Ground(row.ground), reason)
        found[row.event_id] = (*found.get(row.event_id, ()), view)
    return found


def _standing(decisions: Sequence[DecisionView]) -> Standing:
    return standing_of([decision.verdict for decision in decisions])


def _waiting(
    versions: Sequence[_Version], decisions: Mapping[str, Sequence[DecisionView]]
) -> set[str]:
    counting = _counting(versions)
    refused = {
        event_id
        for event_id, given in decisions.items()
        if _standing(given) is Standing.DOES_NOT_COUNT
    }
    kept = [
        Kept(
            version.id,
            version.item_id,
            version.kind in LATE,
            version.item_id in counting and counting[version.item_id].text == version.text,
            version.epoch,
            version.seq,
        )
        for version in versions
        if version.id not in refused
    ]
    return set(awaits_decision(kept))


def _counting(versions: Sequence[_Version]) -> dict[str, _Version]:
    """The answer that counts of each item: the one that was kept last."""
    return {version.item_id: version for version in versions if version.kind in COUNTING}


class _Context:
    """What is known about one attempt, to tell when each of its late answers was written."""

    def __init__(
        self, session: Session, state: AttemptState, paper: Paper, versions: Sequence[_Version]
    ) -> None:
        self._state = state
        self._paper = paper
        closing = find_closing(session, state.id)
        is_own_end = closing is not None and closing.kind is not EventKind.LOCKED
        self._closed_at = closing.at if closing and is_own_end else None
        self._counting = _counting(versions)
        events = session.execute(
            sa.select(AttemptEvent.kind, AttemptEvent.pos, AttemptEvent.at)
            .where(
                AttemptEvent.aggregate_id == state.id,
                AttemptEvent.kind.in_(sorted(CONTACTS)),
            )
            .order_by(AttemptEvent.pos)
        ).all()
        self._contacts = [(row.pos, row.at) for row in events]
        self._openings = [row.at for row in events if row.kind == EventKind.STAGE_OPENED]

    def view(self, version: _Version, decisions: Sequence[DecisionView]) -> LateAnswer:
        item = self._paper.by_id[version.item_id]
        earlier = self._counting.get(version.item_id)
        return LateAnswer(
            event_id=version.id,
            attempt_id=self._state.id,
            sitting_id=self._state.sitting_id,
            item_id=item.id,
            question=item.number,
            stage=item.stage,
            is_from_file=version.kind is EventKind.ANSWER_FILED,
            length=len(version.text or ""),
            replaces=earlier is not None and earlier.pos < version.pos,
            evidence=self._evidence(version, item.stage),
            decisions=tuple(decisions),
            standing=_standing(decisions),
        )

    def _evidence(self, version: _Version, stage: int) -> Evidence:
        heard = [at for pos, at in self._contacts if pos < version.pos]
        age = version.claimed_age
        return Evidence(
            arrived_at=version.at,
            deadline=self._state.window.deadline,
            closed_at=self._closed_at,
            stage_closed_at=self._openings[stage - 1] if stage <= len(self._openings) else None,
            last_heard_at=max(heard, default=self._state.started_at),
            claimed_age=None if age is None else timedelta(microseconds=age),
        )
