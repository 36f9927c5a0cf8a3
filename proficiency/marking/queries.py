"""Reading marks and where responses stand. Nothing here is stored: it follows from the evidence.

Invariants kept: the mark of a response is derived from its marks by one rule (`marking.rules`);
scripts get numbers from the stored seed of the sitting's marking, so that those who review them
need neither a candidate number nor the id of an attempt.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.chain import find_words
from proficiency.core.chance import draw_order
from proficiency.core.errors import NotFound, Refused
from proficiency.core.sights import list_subjects
from proficiency.core.text import _
from proficiency.delivery.queries import get_attempt_state
from proficiency.delivery.sights import ATTEMPT, HISTORY
from proficiency.exams.queries import get_form, list_form_cases, list_form_items
from proficiency.marking.blind import get_blind_script as get_blind_script
from proficiency.marking.models import Mark, MarkingRound, Response
from proficiency.marking.rules import (
    GivenMark,
    Judgement,
    MarkKind,
    MarkSource,
    RoundKind,
    Settled,
    Standing,
    Tolerance,
    derive_final_mark,
)
from proficiency.sittings.queries import get_sitting, list_candidate_bookings


@dataclass(frozen=True)
class FinalMark:
    """The mark of one settled response, and the marks that it follows from."""

    response_id: str
    attempt_id: str
    form_item_id: str
    mark: Fraction
    max_mark: Fraction
    is_critical: bool
    source: MarkSource
    levels: Mapping[str, Fraction]
    mark_ids: tuple[str, ...]


@dataclass(frozen=True)
class MarkView:
    """One mark as it was given. `comment` is None when there is none or it was erased."""

    id: str
    kind: MarkKind
    actor_id: str
    at: datetime
    mark: Fraction
    levels: Mapping[str, int]
    traps: frozenset[str]
    critical_traps: frozenset[str]
    indicators: frozenset[str]
    is_critical: bool
    comment: str | None
    supersedes_id: str | None
    hash: str


@dataclass(frozen=True)
class ResponseView:
    """One response: whose attempt, which item, and the very save that counts."""

    id: str
    sitting_id: str
    attempt_id: str
    form_item_id: str
    answer_event_id: str | None
    answer_commitment: str | None


# Rounds


def find_round(session: Session, sitting_id: str, kind: RoundKind) -> MarkingRound | None:
    """Return the opening or the closing of a sitting's marking, or None."""
    return session.scalar(
        sa.select(MarkingRound).where(
            MarkingRound.aggregate_id == sitting_id, MarkingRound.kind == kind
        )
    )


def is_marking_open(session: Session, sitting_id: str) -> bool:
    """Whether marks may be given now: opened, and not yet closed."""
    return _rounds(session, sitting_id) == {RoundKind.OPENED}


def is_marking_closed(session: Session, sitting_id: str) -> bool:
    """Whether marking is over: every response has its mark."""
    return RoundKind.CLOSED in _rounds(session, sitting_id)


def _rounds(session: Session, sitting_id: str) -> set[str]:
    query = sa.select(MarkingRound.kind).where(MarkingRound.aggregate_id == sitting_id)
    return set(session.scalars(query))


def rounds_by_sitting(session: Session) -> dict[str, frozenset[RoundKind]]:
    """Return for each sitting whose marking was ever opened what happened to it."""
    found: dict[str, set[RoundKind]] = defaultdict(set)
    for sitting_id, kind in session.execute(
        sa.select(MarkingRound.aggregate_id, MarkingRound.kind)
    ):
        found[sitting_id].add(RoundKind(kind))
    return {sitting_id: frozenset(kinds) for sitting_id, kinds in found.items()}


# Responses and scripts


_RESPONSE = (
    Response.id,
    Response.sitting_id,
    Response.attempt_id,
    Response.form_item_id,
    Response.answer_event_id,
    Response.answer_commitment,
)


def get_response(session: Session, response_id: str) -> ResponseView:
    """Return a response by its code. Raises `NotFound`."""
    row = session.execute(sa.select(*_RESPONSE).where(Response.id == response_id)).first()
    if row is None:
        raise NotFound(_("There is no such response."))
    return ResponseView(*row)


def list_responses(
    session: Session,
    sitting_id: str,
    *,
    attempt_id: str | None = None,
    form_item_id: str | None = None,
) -> list[ResponseView]:
    """Return the responses of a sitting, or of one attempt or item in it, in a fixed order."""
    query = sa.select(*_RESPONSE).where(Response.sitting_id == sitting_id)
    if attempt_id is not None:
        query = query.where(Response.aggregate_id == attempt_id)
    if form_item_id is not None:
        query = query.where(Response.form_item_id == form_item_id)
    rows = session.execute(query.order_by(Response.aggregate_id, Response.pos))
    return [ResponseView(*row) for row in rows]


def find_answer(session: Session, response: ResponseView) -> str | None:
    """Return the stored answer of a response as its format wrote it; None for none, or erased."""
    if response.answer_event_id is None:
        return None
    return find_words(session, response.answer_event_id)


def script_numbers(session: Session, sitting_id: str) -> dict[str, int]:
    """Return a number from 1 for each attempt, in an order drawn from the seed of the marking.

    It is what people who review scripts know them by. Empty before marking was opened.
    """
    opened = find_round(session, sitting_id, RoundKind.OPENED)
    if opened is None:
        return {}
    query = sa.select(Response.attempt_id).where(Response.sitting_id == sitting_id).distinct()
    attempts = sorted(session.scalars(query))
    return {id: number for number, id in enumerate(draw_order(opened.seed, attempts), start=1)}


# Marks


_GIVEN = (
    Mark.aggregate_id.label("response_id"),
    Mark.id,
    Mark.kind,
    Mark.actor_id,
    Mark.mark_num,
    Mark.mark_den,
    Mark.levels,
    Mark.traps,
    Mark.supersedes_id,
)
"""What the rules need of a mark. A sitting has thousands, so rows are read and not objects."""


def given_mark(row: Any) -> GivenMark:
    """Return a stored mark, or the columns of one, as the rules read it."""
    judgement = Judgement(
        mark=Fraction(row.mark_num, row.mark_den),
        levels=json.loads(row.levels),
        critical_traps=frozenset(json.loads(row.traps)["critical"]),
    )
    return GivenMark(row.id, MarkKind(row.kind), row.actor_id, judgement, row.supersedes_id)


def given_marks(
    session: Session,
    sitting_id: str,
    response_ids: Collection[str] | None = None,
    *,
    by_people: bool = False,
) -> dict[str, list[GivenMark]]:
    """Return the marks of a sitting as the rules read them, by response, in order.

    A response without marks has an empty list. `response_ids` limits it to those, `by_people` to
    the ones that the machine did not mark.
    """
    ids = sa.select(Response.id).where(Response.sitting_id == sitting_id)
    if response_ids is not None:
        ids = ids.where(Response.id.in_(response_ids))
    if by_people:
        ids = ids.where(~has_machine_mark())
    found: dict[str, list[GivenMark]] = {id: [] for id in session.scalars(ids)}
    query = sa.select(*_GIVEN).where(Mark.aggregate_id.in_(ids))
    for row in session.execute(query.order_by(Mark.aggregate_id, Mark.pos)):
        found[row.response_id].append(given_mark(row))
    return found


def load_marks(session: Session, sitting_id: str) -> dict[str, list[Mark]]:
    """Return the whole marks of a sitting by response, each list in the order of its chain.

    A response without marks has an empty list.
    """
    ids = sa.select(Response.id).where(Response.sitting_id == sitting_id)
    found: dict[str, list[Mark]] = {id: [] for id in session.scalars(ids)}
    query = sa.select(Mark).where(Mark.aggregate_id.in_(ids)).order_by(Mark.aggregate_id, Mark.pos)
    for row in session.scalars(query):
        found[row.response_id].append(row)
    return found


def has_machine_mark() -> sa.Exists:
    """The condition, within a query of responses, that the machine marked this one."""
    return sa.exists().where(Mark.aggregate_id == Response.id, Mark.kind == MarkKind.MACHINE)


def response_marks(session: Session, response_id: str) -> list[MarkView]:
    """Return every mark that a response was ever given, in order, with its words."""
    rows = session.scalars(
        sa.select(Mark).where(Mark.aggregate_id == response_id).order_by(Mark.pos)
    )
    return [mark_view(row, find_words(session, row.id)) for row in rows]


def mark_view(row: Mark, comment: str | None) -> MarkView:
    """Return a stored mark with its words."""
    traps = json.loads(row.traps)
    return MarkView(
        id=row.id,
        kind=MarkKind(row.kind),
        actor_id=row.actor_id,
        at=row.at,
        mark=row.mark,
        levels=json.loads(row.levels),
        traps=frozenset(traps["critical"] + traps["other"]),
        critical_traps=frozenset(traps["critical"]),
        indicators=frozenset(json.loads(row.indicators)),
        is_critical=row.is_critical,
        comment=comment,
        supersedes_id=row.supersedes_id,
        hash=row.hash,
    )


def tolerance_of(session: Session, sitting_id: str) -> Tolerance:
    """Return the tolerances that the sitting's scheme fixed before marking."""
    settings = get_form(session, get_sitting(session, sitting_id).form_id).settings
    return Tolerance(settings.item_tolerance_mark, settings.criterion_tolerance_levels)


def standing_of(session: Session, response_id: str) -> Standing:
    """Return where one response stands. Raises `NotFound`."""
    sitting_id = get_response(session, response_id).sitting_id
    given = given_marks(session, sitting_id, [response_id])[response_id]
    return derive_final_mark(given, tolerance_of(session, sitting_id))


def standings(session: Session, sitting_id: str, *, by_people: bool = False) -> dict[str, Standing]:
    """Return where every response of a sitting stands, by its code; or only what people mark."""
    tolerance = tolerance_of(session, sitting_id)
    marks = given_marks(session, sitting_id, by_people=by_people)
    return {id: derive_final_mark(given, tolerance) for id, given in marks.items()}


def final_marks(session: Session, sitting_id: str) -> dict[str, FinalMark]:
    """Return the mark of every response of a sitting, by its code.

    Raises `Refused` while any response is not settled: a sum of some marks is no total.
    """
    return {final.response_id: final for final, _marks in settled_marks(session, sitting_id)}


def settled_marks(
    session: Session, sitting_id: str, responses: Sequence[ResponseView] | None = None
) -> list[tuple[FinalMark, list[GivenMark]]]:
    """Return the final mark of each response with all the marks that it was ever given.

    `responses` limits it to some of the sitting. Raises `Refused` while any is not settled.
    """
    tolerance = tolerance_of(session, sitting_id)
    form_id = get_sitting(session, sitting_id).form_id
    max_marks = {item.id: item.max_mark for item in list_form_items(session, form_id)}
    ids = None if responses is None else [response.id for response in responses]
    marks = given_marks(session, sitting_id, ids)
    found = []
    for response in list_responses(session, sitting_id) if responses is None else responses:
        standing = derive_final_mark(marks[response.id], tolerance)
        found.append((_final_mark(response, standing, max_marks), marks[response.id]))
    return found


def _final_mark(
    response: ResponseView, standing: Standing, max_marks: Mapping[str, Fraction]
) -> FinalMark:
    if not isinstance(standing, Settled):
        raise Refused(_("Marking is not complete: some responses have no settled mark yet."))
    return FinalMark(
        response_id=response.id,
        attempt_id=response.attempt_id,
        form_item_id=response.form_item_id,
        mark=standing.mark,
        max_mark=max_marks[response.form_item_id],
        is_critical=standing.is_critical,
        source=standing.source,
        levels=standing.levels,
        mark_ids=standing.mark_ids,
    )


def moderated_marks(session: Session) -> dict[str, tuple[str, str]]:
    """Return every mark that moderation ever gave: by its id, the response and who gave it."""
    rows = session.execute(
        sa.select(Mark.id, Mark.response_id, Mark.actor_id).where(Mark.kind == MarkKind.MODERATOR)
    )
    return {row.id: (row.response_id, row.actor_id) for row in rows}


def find_last_mark_at(session: Session, sitting_id: str) -> datetime | None:
    """Return the moment of the newest mark of a sitting, or None."""
    return session.scalar(
        sa.select(sa.func.max(Mark.at))
        .join(Response, Response.id == Mark.aggregate_id)
        .where(Response.sitting_id == sitting_id)
    )


# Who may


def find_conflict(session: Session, person_id: str, sitting_id: str) -> str | None:
    """Return why a person must not see the responses of a sitting, or None.

    Whoever is booked for an exam with a case of this form, on this sitting or another, may
    neither mark it nor decide about it; nor may who has read how a candidate's answers grew.
    """
    for attempt_id in list_subjects(session, person_id, ATTEMPT, HISTORY):
        if get_attempt_state(session, attempt_id).sitting_id == sitting_id:
            return _("You have read how answers of this sitting grew, beside candidate numbers.")
    cases = _cases_of(session, get_sitting(session, sitting_id).form_id)
    for booking in list_candidate_bookings(session, person_id):
        sitting = get_sitting(session, booking.sitting_id)
        stands = booking.is_booked and sitting.cancelled_at is None
        if stands and not cases.isdisjoint(_cases_of(session, sitting.form_id)):
            return _("You are booked as a candidate for an exam with a case of this sitting.")
    return None


def _cases_of(session: Session, form_id: str) -> set[str]:
    return {case.name for case in list_form_cases(session, form_id)}


def has_marked(session: Session, person_id: str, response_id: str) -> bool:
    """Whether a person ever marked or adjudicated a response."""
    found = session.scalar(
        sa.select(Mark.id)
        .where(
            Mark.aggregate_id == response_id,
            Mark.actor_id == person_id,
            Mark.kind.in_((MarkKind.ASSESSOR, MarkKind.ADJUDICATOR)),
        )
        .limit(1)
    )
    return found is not None


def markers_of(session: Session, sitting_id: str) -> set[str]:
    """Return everybody who marked or adjudicated any response of a sitting."""
    query = (
        sa.select(Mark.actor_id)
        .join(Response, Response.id == Mark.aggregate_id)
        .where(
            Response.sitting_id == sitting_id,
            Mark.kind.in_((MarkKind.ASSESSOR, MarkKind.ADJUDICATOR)),
        )
        .distinct()
    )
    return set(session.scalars(query))
