"""What people decided about the answers in one response, step by step, for whoever traces it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.exams.queries import FormItemView
from proficiency.items.rules import get_format
from proficiency.marking.answers import (
    Meaning,
    aggregate_of,
    digest_of,
    list_choices,
    load_history,
    meaning_of,
    read_step,
)
from proficiency.marking.deciding import StepKind
from proficiency.marking.models import AnswerDecision
from proficiency.marking.queries import ResponseView, find_answer


@dataclass(frozen=True)
class DecisionView:
    """One step of deciding about one answer. `meaning` is None for one that was taken back."""

    id: str
    answer: str
    kind: StepKind
    actor_id: str
    at: datetime
    meaning: Meaning | None


def decisions_about(
    session: Session, response: ResponseView, item: FormItemView
) -> list[DecisionView]:
    """Return every step about the answers that a response holds, in the order of their chain."""
    texts = get_format(item.format).undecided(item.body, find_answer(session, response))
    if not texts:
        return []
    digests = {digest_of(response.sitting_id, item.id, text): text for text in texts}
    history = load_history(session, response.sitting_id, item.id)
    choices = {each.key: each for each in list_choices(item, history)}
    rows = session.scalars(
        sa.select(AnswerDecision)
        .where(
            AnswerDecision.aggregate_id == aggregate_of(response.sitting_id, item.id),
            AnswerDecision.answer_digest.in_(digests),
        )
        .order_by(AnswerDecision.pos)
    )
    found = []
    for row in rows:
        decision, reason = read_step(row).decision, history.reasons.get(row.id, "")
        meaning = decision and meaning_of(decision, reason, row.answer_digest, choices)
        answer = digests[row.answer_digest]
        found.append(
            DecisionView(row.id, answer, StepKind(row.kind), row.actor_id, row.at, meaning)
        )
    return found
