"""What opening does to every attempt: responses under codes of their own, and the machine's marks.

A sitting has thousands of them, so they are added in bulk: their chains begin here and the sitting
is locked, so no lock per chain is needed (PostgreSQL has room for a few thousand only).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.core.access import SYSTEM, Actor
from proficiency.core.chain import GENESIS, Chained, Payload, commit_to, hash_row, row_values
from proficiency.core.chance import new_id, new_salt
from proficiency.core.errors import Refused
from proficiency.core.text import _
from proficiency.delivery.queries import Answer, current_answers, list_attempts
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.items.rules import get_format
from proficiency.items.written_response import WrittenResponse
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
    begin_chains(session, responses)
    begin_chains(session, marks, words)


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


def begin_chains(
    session: Session, rows: Sequence[Chained], words: Mapping[str, str] | None = None
) -> None:
    """Add evidence rows to chains that are empty so far, each chain in the order of `rows`.

    Every row has its id; `words` gives the payload by id. A chain that has begun already is
    refused by its unique positions (`IntegrityError`).
    """
    heads: dict[str, tuple[int, str]] = {}
    for row in rows:
        pos, head = heads.get(row.aggregate_id, (0, GENESIS))
        row.pos, row.prev_hash = pos + 1, head
        text = (words or {}).get(row.id)
        if text is not None:
            payload = Payload(id=row.id, salt=new_salt(), text=text)
            row.commitment = commit_to(payload.salt, text)
            session.add(payload)
        row.hash = hash_row(row.__tablename__, row_values(row))
        heads[row.aggregate_id] = row.pos, row.hash
    session.add_all(rows)
    session.flush()
