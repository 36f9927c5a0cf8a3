"""Late work as people decide about it: which answers wait, for whom, and until when."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.queries import list_people
from proficiency.accounts.rules import Role
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.delivery.late_reading import LateAnswer, read_late_answers
from proficiency.delivery.late_rules import DECIDED, PEOPLE_NEEDED
from proficiency.delivery.models import IS_LATE, Attempt, AttemptEvent
from proficiency.preparation.details import connected_places, connected_staff
from proficiency.sittings.queries import get_sitting

DECIDERS = (Role.EXAM_OFFICER, Role.INVIGILATOR, Role.ASSESSMENT_BOARD)
"""Whoever holds one of these may decide about late work, but for their own and that of people whom
they may know."""

Gate = Callable[[Session, Collection[str]], Mapping[str, str]]
"""Says of which of some sittings the late work can't be decided any more, and why."""

_gates: list[Gate] = []


def closes_late_work(gate: Gate) -> Gate:
    """Have `gate` asked before late work is decided. For a room above, loaded at the start."""
    if gate not in _gates:
        _gates.append(gate)
    return gate


def why_closed(session: Session, sitting_id: str) -> str | None:
    """Return why late work of a sitting can't be decided any more, or None."""
    return _closed_of(session, [sitting_id]).get(sitting_id)


def _closed_of(session: Session, sitting_ids: Collection[str]) -> dict[str, str]:
    return {
        sitting_id: words
        for gate in reversed(_gates)
        for sitting_id, words in gate(session, sitting_ids).items()
    }


def list_late_answers(session: Session, attempt_id: str) -> list[LateAnswer]:
    """Return the late answers of an attempt that wait or were decided, in the form's order."""
    return read_late_answers(session, [attempt_id])


def late_answers_of(session: Session, sitting_id: str) -> list[LateAnswer]:
    """Return all late answers of a sitting, decided or not, by candidate number and question."""
    return read_late_answers(session, _late_attempts(session, sitting_id)[sitting_id])


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


def undecided(answers: Collection[LateAnswer]) -> list[LateAnswer]:
    """Return those that still wait for somebody."""
    return [answer for answer in answers if answer.standing not in DECIDED]


# Who may decide


def is_for_others(session: Session, person_id: str, booking_id: str) -> bool:
    """Whether somebody may not decide about a candidate's late work, for they may know each other.

    Nobody is told that this is why.
    """
    return person_id in connected_staff(session, booking_id, [person_id])


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
        if sum(_is_for(person, answer, closed) for person in people)
        < PEOPLE_NEEDED[answer.standing]
    }


def _is_for(person_id: str, answer: LateAnswer, closed: Mapping[str, Collection[str]]) -> bool:
    return not answer.was_decided_by(person_id) and answer.attempt_id not in closed[person_id]


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


# Sittings with late work


@dataclass(frozen=True)
class LateSitting:
    """A sitting with late answers: how many, how many wait, and how many for one person."""

    sitting_id: str
    title: str
    answers: int
    waiting: int
    waiting_for_reader: int


def list_late_sittings(session: Session, reader_id: str) -> list[LateSitting]:
    """Return the sittings in which anything came late, the latest first, as they stand for one
    person."""
    found = _late_attempts(session)
    closed = _closed_of(session, found)
    return [
        _late_sitting(session, sitting_id, attempt_ids, reader_id, is_closed=sitting_id in closed)
        for sitting_id, attempt_ids in found.items()
    ]


def list_waiting_sittings(session: Session, reader_id: str) -> list[LateSitting]:
    """Return those sittings whose late work can still be decided, as `list_late_sittings`.

    What was decided long ago is not read, however much there is of it.
    """
    found = _late_attempts(session)
    closed = _closed_of(session, found)
    return [
        _late_sitting(session, sitting_id, attempt_ids, reader_id, is_closed=False)
        for sitting_id, attempt_ids in found.items()
        if sitting_id not in closed
    ]


def _late_sitting(
    session: Session,
    sitting_id: str,
    attempt_ids: Collection[str],
    reader_id: str,
    *,
    is_closed: bool,
) -> LateSitting:
    answers = read_late_answers(session, attempt_ids)
    waiting = [] if is_closed else undecided(answers)
    apart = _closed_to(session, [reader_id], {answer.attempt_id for answer in waiting})
    mine = [each for each in waiting if each.is_over and _is_for(reader_id, each, apart)]
    title = get_sitting(session, sitting_id).title
    return LateSitting(sitting_id, title, len(answers), len(waiting), len(mine))


def _late_attempts(session: Session, sitting_id: str | None = None) -> dict[str, list[str]]:
    """The attempts in which anything came late, by their sittings, the latest first."""
    late = sa.select(AttemptEvent.aggregate_id).where(sa.text(IS_LATE))
    which = sa.select(Attempt.sitting_id, Attempt.id).where(Attempt.id.in_(late))
    if sitting_id is not None:
        which = which.where(Attempt.sitting_id == sitting_id)
    found: dict[str, list[str]] = defaultdict(list)
    for row in session.execute(which.order_by(Attempt.at.desc(), Attempt.id)):
        found[row.sitting_id].append(row.id)
    return found
