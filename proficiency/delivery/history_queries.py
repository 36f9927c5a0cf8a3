"""Reading every version of the answers of one attempt, whatever became of each."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.chain import Payload
from proficiency.core.errors import NotFound, Refused
from proficiency.core.text import _
from proficiency.delivery.history_rules import ANSWERS, Step, Version, make_steps
from proficiency.delivery.models import Attempt, AttemptEvent, Receipt
from proficiency.delivery.paper import Paper, get_paper
from proficiency.delivery.queries import (
    AttemptState,
    AttemptSummary,
    get_attempt_state,
    list_attempts,
)
from proficiency.delivery.rules import EventKind
from proficiency.exams.queries import FormItemView
from proficiency.items.rules import get_format
from proficiency.sittings.queries import SittingView, get_sitting

KINDS = sorted(kind.value for kind in ANSWERS)


@dataclass(frozen=True)
class ItemHistory:
    """One question in a list: how many versions its answer has, of which kinds, and their times."""

    item_id: str
    number: int
    stage: int
    format_title: str
    kinds: Mapping[EventKind, int]
    first_at: datetime | None
    last_at: datetime | None

    @property
    def versions(self) -> int:
        return sum(self.kinds.values())

    @property
    def others(self) -> dict[EventKind, int]:
        """The versions that were not simply saved in time."""
        return {kind: n for kind, n in self.kinds.items() if kind is not EventKind.ANSWER_SAVED}


@dataclass(frozen=True)
class AttemptHistory:
    """One attempt by its number only: every question that was opened."""

    state: AttemptState
    sitting: SittingView
    items: Sequence[ItemHistory]


def get_closed(session: Session, attempt_id: str, now: datetime) -> AttemptState:
    """Return where an attempt stands that is over.

    Raises `NotFound`, and `Refused` while its candidate may still write.
    """
    state = get_attempt_state(session, attempt_id)
    if not state.is_closed(now):
        raise Refused(
            _("This exam is still being written. Its history can be read when it is over.")
        )
    return state


def get_attempt_history(session: Session, attempt_id: str, now: datetime) -> AttemptHistory:
    """Return the questions of an attempt with what is known of each answer's versions.

    Raises as `get_closed` does.
    """
    state = get_closed(session, attempt_id, now)
    paper = get_paper(session, state.form_id)
    kinds: dict[str, Counter[EventKind]] = {}
    times: dict[str, list[datetime]] = {}
    for row in session.execute(
        sa.select(AttemptEvent.item_id, AttemptEvent.kind, AttemptEvent.at)
        .where(AttemptEvent.aggregate_id == attempt_id, AttemptEvent.kind.in_(KINDS))
        .order_by(AttemptEvent.pos)
    ):
        kinds.setdefault(row.item_id, Counter())[EventKind(row.kind)] += 1
        times.setdefault(row.item_id, []).append(row.at)
    return AttemptHistory(
        state=state,
        sitting=get_sitting(session, state.sitting_id),
        items=[
            ItemHistory(
                item_id=item.id,
                number=item.number,
                stage=item.stage,
                format_title=get_format(item.format).title,
                kinds=kinds.get(item.id, Counter()),
                first_at=min(times.get(item.id, []), default=None),
                last_at=max(times.get(item.id, []), default=None),
            )
            for item in paper.items
            if item.stage <= state.stage
        ],
    )


@dataclass(frozen=True)
class AnswerHistory:
    """Every version of the answer to one question."""

    state: AttemptState
    sitting: SittingView
    number: int
    stage: int
    case_name: str
    format_title: str
    steps: Sequence[Step]

    @property
    def devices(self) -> list[str]:
        return sorted({step.version.device for step in self.steps} - {""})


def get_item(paper: Paper, state: AttemptState, item_id: str) -> FormItemView:
    """Return a question that was opened in the attempt. Raises `NotFound`."""
    item = paper.by_id.get(item_id)
    if item is None or item.stage > state.stage:
        raise NotFound(_("There is no such question in this exam."))
    return item


def get_answer_history(
    session: Session, attempt_id: str, item_id: str, now: datetime
) -> AnswerHistory:
    """Return the history of one answer. Raises as `get_closed` does, and `NotFound`."""
    state = get_closed(session, attempt_id, now)
    paper = get_paper(session, state.form_id)
    item = get_item(paper, state, item_id)
    return AnswerHistory(
        state=state,
        sitting=get_sitting(session, state.sitting_id),
        number=item.number,
        stage=item.stage,
        case_name=paper.stage(item.stage).case_name,
        format_title=get_format(item.format).title,
        steps=make_steps(_versions(session, attempt_id, item)),
    )


def _versions(session: Session, attempt_id: str, item: FormItemView) -> list[Version]:
    rows = session.execute(
        sa.select(AttemptEvent, Payload.text)
        .outerjoin(Payload, Payload.id == AttemptEvent.id)
        .where(
            AttemptEvent.aggregate_id == attempt_id,
            AttemptEvent.item_id == item.id,
            AttemptEvent.kind.in_(KINDS),
        )
        .order_by(AttemptEvent.pos)
    )
    letters = _device_letters(session, attempt_id)
    return [
        Version(
            event_id=event.id,
            pos=event.pos,
            at=event.at,
            kind=EventKind(event.kind),
            device=letters.get(event.device_id or "", ""),
            hash=event.hash,
            text=None if text is None else in_words(item, text),
            claimed_age=None
            if event.claimed_age is None
            else timedelta(microseconds=event.claimed_age),
        )
        for event, text in rows
    ]


def in_words(item: FormItemView, response: str) -> str:
    """Return an answer for a reader: the very words, or what was chosen, a line for each."""
    data = json.loads(response)
    if isinstance(data, dict) and isinstance(data.get("text"), str):
        return str(data["text"])
    return "\n".join(get_format(item.format).describe(item.body, item.ids, response))


def _device_letters(session: Session, attempt_id: str) -> dict[str, str]:
    """Return a letter for each device of the attempt, in the order in which they came."""
    rows = session.execute(
        sa.select(AttemptEvent.device_id, sa.func.min(AttemptEvent.pos).label("first"))
        .where(AttemptEvent.aggregate_id == attempt_id, AttemptEvent.device_id.is_not(None))
        .group_by(AttemptEvent.device_id)
        .order_by(sa.text("first"))
    )
    return {row.device_id: _letter(place) for place, row in enumerate(rows)}


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"{place + 1}"


@dataclass(frozen=True)
class AttemptRow:
    """One attempt in the list of a sitting, with its receipt, if there is one yet."""

    attempt: AttemptSummary
    digest: str | None
    is_disputed: bool
    answers: int | None


def list_rows(session: Session, sitting_id: str) -> list[AttemptRow]:
    """Return the attempts at a sitting by candidate number, with their receipts."""
    receipts = {
        receipt.attempt_id: receipt
        for receipt in session.scalars(
            sa.select(Receipt)
            .join(Attempt, Attempt.id == Receipt.attempt_id)
            .where(Attempt.sitting_id == sitting_id)
        )
    }
    return [_row(each, receipts.get(each.id)) for each in list_attempts(session, sitting_id)]


def _row(attempt: AttemptSummary, receipt: Receipt | None) -> AttemptRow:
    if receipt is None:
        return AttemptRow(attempt, None, False, None)
    is_disputed = receipt.claimed is not None and receipt.claimed != receipt.digest
    return AttemptRow(attempt, receipt.digest, is_disputed, receipt.answers)
