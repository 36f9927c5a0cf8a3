"""That the database keeps what was acknowledged: every message, and what counts in the end."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.chain import Payload
from proficiency.core.db import Database
from proficiency.delivery.models import Attempt, AttemptEvent
from proficiency.delivery.paper import get_paper
from proficiency.delivery.queries import current_answers
from proficiency.exams.queries import FormItemView
from proficiency.items.rules import get_format
from proficiency.simulate.pages import Answer
from proficiency.simulate.sender import Acknowledged


@dataclass(frozen=True)
class Written:
    """What one attempt must hold: all that was acknowledged, and what was in the page at the end.

    `is_final` is False for somebody who was interrupted: then the end is not compared.
    """

    attempt: str
    told: Sequence[Acknowledged]
    final: Mapping[str, Answer]
    is_final: bool = True


def find_losses(database: Database, everybody: Iterable[Written]) -> Iterator[str]:
    """Yield a sentence for each acknowledged message that is not kept word for word.

    And for each question whose counting answer is not what its writer saw last.
    """
    with database.read() as session:
        for written in everybody:
            if written.attempt:
                yield from _losses_of(session, written)


def _losses_of(session: Session, written: Written) -> Iterator[str]:
    kept = _kept_messages(session, written.attempt)
    items = _items(session, written.attempt)
    for message in written.told:
        texts = kept.get((message.item, message.epoch, message.seq), [])
        if not any(_is_same(items[message.item], message, text) for text in texts):
            yield (
                f"attempt {written.attempt}: message {message.seq} to question {message.item} "
                "was acknowledged and is not kept"
            )
    if not written.is_final:
        return
    answers = current_answers(session, written.attempt)
    for item, answer in written.final.items():
        found = answers[item].text if item in answers else None
        if found != _canonical(items[item], answer):
            yield f"attempt {written.attempt}, question {item}: what counts is not what was typed"


def _kept_messages(session: Session, attempt: str) -> dict[tuple[str, int, int], list[str]]:
    query = (
        sa.select(
            AttemptEvent.item_id, AttemptEvent.epoch_sent, AttemptEvent.client_seq, Payload.text
        )
        .join(Payload, Payload.id == AttemptEvent.id)
        .where(AttemptEvent.aggregate_id == attempt, AttemptEvent.client_seq.is_not(None))
    )
    kept: dict[tuple[str, int, int], list[str]] = {}
    for item, epoch, seq, text in session.execute(query):
        if item is not None and epoch is not None and seq is not None:
            kept.setdefault((item, epoch, seq), []).append(text)
    return kept


def _items(session: Session, attempt: str) -> Mapping[str, FormItemView]:
    form_id = session.scalars(sa.select(Attempt.form_id).where(Attempt.id == attempt)).one()
    return get_paper(session, form_id).by_id


def _is_same(item: FormItemView, message: Acknowledged, text: str) -> bool:
    if message.answer is not None:
        return text == _canonical(item, message.answer)
    words = json.loads(text)["text"]
    return hashlib.sha256(words.encode()).digest() == message.digest


def _canonical(item: FormItemView, answer: Answer) -> str:
    """The text that is stored of what a page would post."""
    kind = get_format(item.format)
    fields = {part: list(values) for part, values in answer.items()}
    return kind.read_response(item.body, item.ids, kind.from_form(item.body, item.ids, fields))
