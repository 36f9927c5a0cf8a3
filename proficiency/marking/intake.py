"""What opening does to every attempt: responses under codes of their own, and the machine's marks.

A response with an answer that people have to decide about gets its mark with the last decision that
it waits for. A sitting has thousands of responses, so rows are added in bulk under its lock.
"""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.access import SYSTEM, Actor
from proficiency.core.chain import append_in_bulk
from proficiency.core.chance import new_id
from proficiency.core.errors import Refused
from proficiency.core.text import _
from proficiency.delivery.queries import Answer, current_answers, list_attempts
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.items.rules import get_format
from proficiency.items.written_response import WrittenResponse
from proficiency.marking.answers import load_history, score_decided, stored_answers
from proficiency.marking.judging import Judged, nothing_written
from proficiency.marking.models import Mark, Response
from proficiency.marking.recording import build_mark
from proficiency.marking.rules import Judgement, MarkKind


def take_in(session: Session, actor: Actor, now: datetime, sitting_id: str, form_id: str) -> None:
    """Add a response for each attempt and item of a sitting, and each mark that a machine gives."""
    items = list_form_items(session, form_id)
    responses: list[Response] = []
    marks: list[Mark] = []
    words: dict[str, str] = {}
    for attempt in list_attempts(session, sitting_id):
        answers = current_answers(session, attempt.id)
        for item in items:
            response = _build_response(actor, now, sitting_id, attempt.id, item, answers)
            responses.append(response)
            mark = _mark_by_machine(now, response.id, item, answers.get(item.id))
            if mark is not None:
                marks.append(mark)
                if isinstance(item.body, WrittenResponse):
                    words[mark.id] = _("Nothing was written.")
    append_in_bulk(session, responses, {}, {})
    append_in_bulk(session, marks, words, {})


def _build_response(
    actor: Actor,
    now: datetime,
    sitting_id: str,
    attempt_id: str,
    item: FormItemView,
    answers: Mapping[str, Answer],
) -> Response:
    answer = answers.get(item.id)
    return Response(
        id=new_id(),
        aggregate_id=attempt_id,
        at=now,
        actor_id=actor.id,
        sitting_id=sitting_id,
        attempt_id=attempt_id,
        form_item_id=item.id,
        answer_event_id=answer.event_id if answer else None,
        answer_commitment=answer.commitment if answer else None,
    )


def _mark_by_machine(
    now: datetime, response_id: str, item: FormItemView, answer: Answer | None
) -> Mark | None:
    """The machine's mark, or None where people must judge. Nothing written is 0, with that said.

    Raises `Refused` for an answer whose words were erased: it is not the same as no answer.
    """
    if answer is not None and answer.text is None:
        raise Refused(_("The words of an answer were erased, so it cannot be marked."))
    score = get_format(item.format).score(item.body, item.ids, answer.text if answer else None)
    if score is None:
        return None
    is_written = isinstance(item.body, WrittenResponse)
    judgement = nothing_written(item.body) if is_written else Judgement(score, {})
    mark = build_mark(SYSTEM, now, response_id, item, MarkKind.MACHINE, Judged(judgement))
    mark.id = new_id()
    return mark


def complete_marks(
    session: Session, now: datetime, sitting_id: str, item: FormItemView, text: str, why: str
) -> int:
    """Record the machine's mark of each response that gave the answer `text`, as far as decided.

    Marks that would be the same again are not repeated; one that changes supersedes the one before,
    with `why`. Returns how many were recorded. Needs the lock of the sitting.
    """
    kind = get_format(item.format)
    history = load_history(session, sitting_id, item.id)
    given = _marks_of(session, sitting_id, item.id)
    marks: list[Mark] = []
    for response_id, stored in stored_answers(session, sitting_id, item):
        if text not in kind.undecided(item.body, stored):
            continue
        score = score_decided(sitting_id, item, stored, history)
        before = given.get(response_id)
        if score is None or (before is not None and before.mark == score):
            continue
        judged = Judged(Judgement(score, {}))
        mark = build_mark(SYSTEM, now, response_id, item, MarkKind.MACHINE, judged, before)
        mark.id = new_id()
        marks.append(mark)
    heads = {mark.aggregate_id: (mark.pos, mark.hash) for mark in given.values()}
    append_in_bulk(session, marks, dict.fromkeys((mark.id for mark in marks), why), heads)
    return len(marks)


def _marks_of(session: Session, sitting_id: str, form_item_id: str) -> dict[str, Mark]:
    """The newest mark of each response to a question that only the machine marks before closing."""
    query = (
        sa.select(Mark)
        .join(Response, Response.id == Mark.aggregate_id)
        .where(Response.sitting_id == sitting_id, Response.form_item_id == form_item_id)
        .order_by(Mark.pos)
    )
    return {mark.aggregate_id: mark for mark in session.scalars(query)}
