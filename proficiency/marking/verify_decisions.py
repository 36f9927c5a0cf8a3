"""Decisions about answers, checked again: who took them, what they say, which marks follow."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.exams.queries import FormItemView
from proficiency.items.rules import Decision, get_format
from proficiency.marking.answers import (
    History,
    aggregate_of,
    decided_items,
    digest_of,
    load_history,
    read_step,
    score_decided,
    stored_answers,
)
from proficiency.marking.deciding import ImpossibleStep, fits
from proficiency.marking.models import AnswerDecision, Mark, Response
from proficiency.marking.queries import find_round
from proficiency.marking.rules import MarkKind, RoundKind
from proficiency.sittings.queries import get_sitting


@dataclass(frozen=True)
class _Chain:
    """The decisions about one question in one sitting."""

    sitting_id: str
    item: FormItemView
    rows: Collection[AnswerDecision]
    closed_at: datetime | None


def check_decisions(
    session: Session, sitting_id: str, candidates: Collection[str]
) -> Iterator[str]:
    """Yield a sentence for each decision, or mark by it, that the rules would not have allowed."""
    closed = find_round(session, sitting_id, RoundKind.CLOSED)
    items = decided_items(session, get_sitting(session, sitting_id).form_id)
    rows = _rows_of(session, sitting_id)
    for aggregate in set(rows) - {aggregate_of(sitting_id, item.id) for item in items}:
        yield f"{aggregate}: decisions about a question that has none"
    for item in items:
        own = rows.get(aggregate_of(sitting_id, item.id), [])
        chain = _Chain(sitting_id, item, own, closed.at if closed else None)
        for problem in _check_chain(session, chain, candidates):
            yield f"question {item.number}: {problem}"


def _rows_of(session: Session, sitting_id: str) -> dict[str, list[AnswerDecision]]:
    found: dict[str, list[AnswerDecision]] = defaultdict(list)
    query = sa.select(AnswerDecision).where(AnswerDecision.sitting_id == sitting_id)
    for row in session.scalars(query.order_by(AnswerDecision.aggregate_id, AnswerDecision.pos)):
        found[row.aggregate_id].append(row)
    return found


def _check_chain(session: Session, chain: _Chain, candidates: Collection[str]) -> Iterator[str]:
    try:
        history = load_history(session, chain.sitting_id, chain.item.id)
    except ImpossibleStep as problem:
        yield str(problem)
        return
    yield from _check_words(chain, history)
    for row in chain.rows:
        if row.actor_id in candidates:
            yield f"decision {row.id} was taken by a candidate of the sitting"
        if chain.closed_at is not None and row.at > chain.closed_at:
            yield f"decision {row.id} lies behind the closing"
    yield from _check_worth(chain)
    yield from _check_marks(session, chain, history)


def _check_words(chain: _Chain, history: History) -> Iterator[str]:
    for digest, text in history.texts.items():
        if digest != digest_of(chain.sitting_id, chain.item.id, text):
            yield f"the words “{text}” are not those that were decided about"


def _check_worth(chain: _Chain) -> Iterator[str]:
    """Each decision means a row of the table, nothing, or an answer that people added."""
    kind = get_format(chain.item.format)
    known = {row.key: row.marks for row in kind.accepted_answers(chain.item.body)}
    added: set[Decision] = set()
    for row in chain.rows:
        decision = read_step(row).decision
        if decision is None:
            continue
        if row.answer_digest == decision.point:
            added.add(decision)
        if not fits(decision, known, added, chain.item.max_mark):
            yield f"decision {row.id} gives what its question does not"


def _check_marks(session: Session, chain: _Chain, history: History) -> Iterator[str]:
    """The machine's newest mark is what the decisions give; there is none while one is missing."""
    marks = _machine_marks(session, chain)
    for response_id, stored in stored_answers(session, chain.sitting_id, chain.item):
        score = score_decided(chain.sitting_id, chain.item, stored, history)
        if marks.get(response_id) != score:
            yield f"response {response_id}: its mark does not follow from the decisions"


def _machine_marks(session: Session, chain: _Chain) -> dict[str, Fraction]:
    query = (
        sa.select(Mark)
        .join(Response, Response.id == Mark.aggregate_id)
        .where(
            Response.sitting_id == chain.sitting_id,
            Response.form_item_id == chain.item.id,
            Mark.kind == MarkKind.MACHINE,
        )
        .order_by(Mark.pos)
    )
    return {mark.aggregate_id: mark.mark for mark in session.scalars(query)}
