"""What the lead assessor sees of a sitting's marking: how far it is, where people differ, who is at
work. Assessors have names here, candidates never.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.queries import list_people, names_of
from proficiency.accounts.rules import Role
from proficiency.exams.queries import FormItemView
from proficiency.marking.answers import decided_items, distinct_answers, load_history
from proficiency.marking.connections import closed_to_each
from proficiency.marking.models import Allocation, Response
from proficiency.marking.queries import (
    find_conflict,
    given_marks,
    list_responses,
    tolerance_of,
)
from proficiency.marking.rules import (
    ASSESSORS_PER_RESPONSE,
    Awaited,
    Discrepant,
    Duty,
    GivenMark,
    MarkKind,
    MarkSource,
    ReturnReason,
    Settled,
    Standing,
    current_marks,
    derive_final_mark,
)
from proficiency.marking.worklist import count_done, written_items
from proficiency.scenarios.queries import list_case_versions
from proficiency.sittings.queries import get_sitting


@dataclass(frozen=True)
class QuestionProgress:
    """How far one question is. `marked` and `due` count single marks, two for each response."""

    form_item_id: str
    question: int
    case_title: str
    responses: int
    empty: int
    marked: int
    due: int
    settled: int
    agreed_exactly: int
    waiting_adjudication: int
    adjudicated: int
    stuck: int
    """Responses for which no assessor is left who may still mark them."""
    unsettled: int
    """Responses that wait for adjudication, and no lead assessor is left who may settle them."""


@dataclass(frozen=True)
class AnswersProgress:
    """How far people are with the answers to one question that no machine may mark."""

    form_item_id: str
    question: int
    case_title: str
    answers: int
    decided: int
    differing: int


@dataclass(frozen=True)
class AssessorProgress:
    """How much one person has marked, and what they gave back."""

    name: str
    marked: int
    held: int
    returned: int


@dataclass(frozen=True)
class Held:
    """A response that somebody drew and has not finished."""

    allocation_id: str
    name: str
    question: int
    duty: Duty
    drawn_at: datetime


@dataclass(frozen=True)
class Overview:
    """The marking of one sitting at a glance."""

    questions: tuple[QuestionProgress, ...]
    answers: tuple[AnswersProgress, ...]
    assessors: tuple[AssessorProgress, ...]
    held: tuple[Held, ...]


@dataclass(frozen=True)
class _Work:
    """What was read of a sitting, once. Marks are those of the responses that people mark."""

    marks: Mapping[str, list[GivenMark]]
    standing: Mapping[str, Standing]
    allocations: tuple[Allocation, ...]
    item_of: Mapping[str, str]
    attempt_of: Mapping[str, str]
    assessors: frozenset[str]
    leads: frozenset[str]
    closed: Mapping[str, frozenset[str]]
    """By person, the attempts that are not for them."""

    def able(self, people: frozenset[str], response_id: str) -> set[str]:
        """Return who of `people` may have a response, as far as it is not about who had it."""
        attempt_id = self.attempt_of[response_id]
        return {person for person in people if attempt_id not in self.closed[person]}


def count_stuck(session: Session, sitting_id: str) -> tuple[int, int]:
    """Return for how many responses no assessor is left, and for how many no lead assessor."""
    work = _read(session, sitting_id)
    return len(_stuck(work.standing, work)), len(_unsettled(work.standing, work))


def get_overview(session: Session, sitting_id: str) -> Overview:
    """Return the marking of a sitting at a glance. Raises `NotFound`."""
    work = _read(session, sitting_id)
    form_id = get_sitting(session, sitting_id).form_id
    items = written_items(session, form_id)
    titles = {version.id: version.title for version in list_case_versions(session)}
    return Overview(
        questions=tuple(_question(item, titles[item.case_version_id], work) for item in items),
        answers=tuple(
            _answers(session, sitting_id, item, titles[item.case_version_id])
            for item in decided_items(session, form_id)
        ),
        assessors=_assessors(session, sitting_id, work.allocations),
        held=_held(session, work, {item.id: item.number for item in items}),
    )


def _read(session: Session, sitting_id: str) -> _Work:
    tolerance = tolerance_of(session, sitting_id)
    marks = {
        response_id: current_marks(given)
        for response_id, given in given_marks(session, sitting_id, by_people=True).items()
    }
    allocations = session.scalars(
        sa.select(Allocation)
        .join(Response, Response.id == Allocation.response_id)
        .where(Response.sitting_id == sitting_id)
        .order_by(Allocation.drawn_at, Allocation.id)
    ).all()
    assessors, leads = (
        _free(session, sitting_id, role) for role in (Role.ASSESSOR, Role.LEAD_ASSESSOR)
    )
    responses = list_responses(session, sitting_id)
    return _Work(
        marks=marks,
        standing={id: derive_final_mark(given, tolerance) for id, given in marks.items()},
        allocations=tuple(allocations),
        item_of={each.id: each.form_item_id for each in responses},
        attempt_of={each.id: each.attempt_id for each in responses},
        assessors=assessors,
        leads=leads,
        closed=closed_to_each(session, assessors | leads, sitting_id),
    )


def _free(session: Session, sitting_id: str, role: Role) -> frozenset[str]:
    """Return who has a role and may take part in the marking of a sitting."""
    people = (person.id for person in list_people(session, role))
    return frozenset(each for each in people if find_conflict(session, each, sitting_id) is None)


def _question(item: FormItemView, case_title: str, work: _Work) -> QuestionProgress:
    ids = [id for id, item_id in work.item_of.items() if item_id == item.id]
    by_people = [id for id in ids if id in work.marks]
    standing = [work.standing[id] for id in by_people]
    sources = Counter(each.source for each in standing if isinstance(each, Settled))
    given = [mark for id in by_people for mark in work.marks[id] if mark.kind is MarkKind.ASSESSOR]
    return QuestionProgress(
        form_item_id=item.id,
        question=item.number,
        case_title=case_title,
        responses=len(ids),
        empty=len(ids) - len(by_people),
        marked=len(given),
        due=ASSESSORS_PER_RESPONSE * len(by_people),
        settled=sum(isinstance(each, Settled) for each in standing),
        agreed_exactly=sum(agreed_exactly(work.marks[id]) for id in by_people),
        waiting_adjudication=sum(isinstance(each, Discrepant) for each in standing),
        adjudicated=sources[MarkSource.ADJUDICATOR],
        stuck=len(_stuck(by_people, work)),
        unsettled=len(_unsettled(by_people, work)),
    )


def _answers(
    session: Session, sitting_id: str, item: FormItemView, case_title: str
) -> AnswersProgress:
    history = load_history(session, sitting_id, item.id)
    states = [history.state(digest) for digest in distinct_answers(session, sitting_id, item)]
    return AnswersProgress(
        form_item_id=item.id,
        question=item.number,
        case_title=case_title,
        answers=len(states),
        decided=sum(state.decision is not None for state in states),
        differing=sum(state.dispute is not None for state in states),
    )


def agreed_exactly(marks: Iterable[GivenMark]) -> bool:
    """Whether two assessors gave the same level on each criterion and the same critical traps."""
    pair = [mark.judgement for mark in marks if mark.kind is MarkKind.ASSESSOR]
    return len(pair) == ASSESSORS_PER_RESPONSE and pair[0] == pair[1]


def _stuck(response_ids: Iterable[str], work: _Work) -> list[str]:
    """Responses with more free places than assessors who never had them."""
    had, active = defaultdict(set), Counter[str]()
    for allocation in work.allocations:
        had[allocation.response_id].add(allocation.assessor_id)
        if allocation.duty == Duty.ASSESSOR and allocation.returned_at is None:
            active[allocation.response_id] += 1
    return [
        id
        for id in response_ids
        if isinstance(work.standing[id], Awaited)
        and len(work.able(work.assessors, id) - had[id]) < ASSESSORS_PER_RESPONSE - active[id]
    ]


def _unsettled(response_ids: Iterable[str], work: _Work) -> list[str]:
    """Discrepant responses that nobody holds and that no lead assessor is left to settle."""
    had, taken = defaultdict(set), set()
    for allocation in work.allocations:
        had[allocation.response_id].add(allocation.assessor_id)
        if allocation.duty == Duty.ADJUDICATOR and allocation.returned_at is None:
            taken.add(allocation.response_id)
    return [
        id
        for id in response_ids
        if isinstance(work.standing[id], Discrepant)
        and id not in taken
        and not work.able(work.leads, id) - had[id]
    ]


def _assessors(
    session: Session, sitting_id: str, allocations: Iterable[Allocation]
) -> tuple[AssessorProgress, ...]:
    done = count_done(session, sitting_id)
    held, returned = Counter[str](), Counter[str]()
    for allocation in allocations:
        if allocation.duty == Duty.ASSESSOR and allocation.done_at is None:
            by_themselves = allocation.return_reason not in (None, ReturnReason.RELEASED)
            held[allocation.assessor_id] += allocation.returned_at is None
            returned[allocation.assessor_id] += by_themselves
    people = {person.id for person in list_people(session, Role.ASSESSOR)} | set(done) | set(held)
    names = names_of(session, people)
    rows = [AssessorProgress(names[id], done[id], held[id], returned[id]) for id in sorted(people)]
    return tuple(sorted(rows, key=lambda row: (-row.marked, row.name)))


def _held(session: Session, work: _Work, questions: Mapping[str, int]) -> tuple[Held, ...]:
    open_ones = [a for a in work.allocations if a.done_at is None and a.returned_at is None]
    names = names_of(session, {allocation.assessor_id for allocation in open_ones})
    return tuple(
        Held(
            allocation_id=allocation.id,
            name=names[allocation.assessor_id],
            question=questions[work.item_of[allocation.response_id]],
            duty=Duty(allocation.duty),
            drawn_at=allocation.drawn_at,
        )
        for allocation in open_ones
    )
