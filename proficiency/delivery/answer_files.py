"""Taking in answer files: one person receives the file, another opens it.

What it holds and the server does not have is kept as filed answers, about which two people decide
as about every late answer. The file itself stays as it came, sealed.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append, find_words
from proficiency.core.clock import from_micros
from proficiency.core.db import lock
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.text import _
from proficiency.delivery.answer_file import (
    MOST_BYTES,
    FiledAnswer,
    Opened,
    digest_of,
    open_file,
    private_key,
    read_sealed,
)
from proficiency.delivery.late import why_closed
from proficiency.delivery.models import AnswerFile, AnswerFileOpening, Attempt, AttemptEvent
from proficiency.delivery.paper import get_paper
from proficiency.delivery.queries import (
    Answer,
    AttemptState,
    current_answers,
    find_closing,
    find_state,
    get_attempt_state,
)
from proficiency.delivery.rules import EventKind, advance
from proficiency.exams.queries import FormItemView
from proficiency.items.rules import InvalidResponse, get_format

TAKERS = (Role.EXAM_OFFICER, Role.INVIGILATOR)
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class FileView:
    """An answer file and what became of it. `answers` is None until it is opened."""

    id: str
    attempt_id: str
    sitting_id: str
    candidate_number: str
    digest: str
    received_by: str
    received_at: datetime
    opened_by: str | None
    opened_at: datetime | None
    answers: int | None


def list_files(session: Session, sitting_id: str | None = None) -> list[FileView]:
    """Return the answer files of a sitting, or of all, the newest first."""
    statement = (
        sa.select(AnswerFile, AnswerFileOpening, Attempt.sitting_id, Attempt.candidate_number)
        .join(Attempt, Attempt.id == AnswerFile.aggregate_id)
        .outerjoin(AnswerFileOpening, AnswerFileOpening.file_id == AnswerFile.id)
        .order_by(AnswerFile.at.desc(), AnswerFile.id)
    )
    if sitting_id is not None:
        statement = statement.where(Attempt.sitting_id == sitting_id)
    return [
        FileView(
            file.id,
            file.aggregate_id,
            of_sitting,
            number,
            file.digest,
            file.actor_id,
            file.at,
            opening.actor_id if opening else None,
            opening.at if opening else None,
            opening.answers if opening else None,
        )
        for file, opening, of_sitting, number in session.execute(statement)
    ]


def unopened_files(session: Session, sitting_id: str) -> list[FileView]:
    """Return the files of a sitting that wait for a second person."""
    return [file for file in list_files(session, sitting_id) if file.opened_at is None]


@operation(*TAKERS)
def receive_answer_file(
    session: Session, actor: Actor, now: datetime, *, content: bytes
) -> AnswerFile:
    """Keep an answer file as it came; a second person opens it. The same file is kept once.

    Raises `Invalid` for what is no answer file, `NotFound` for one of another installation, and
    `Refused` after the scheme's time for it, for one's own exam, or once marking has begun.
    """
    if len(content) > MOST_BYTES:
        raise Invalid(_("This file is larger than an answer file can be."))
    sealed = read_sealed(content)
    state = find_state(session, sealed.attempt_id)
    if state is None:
        raise NotFound(_("This answer file is of no exam that this system knows."))
    lock(session, state.sitting_id)
    lock(session, state.id)
    earlier = session.scalar(
        sa.select(AnswerFile).where(
            AnswerFile.aggregate_id == state.id, AnswerFile.digest == digest_of(content)
        )
    )
    if earlier is not None:
        return earlier
    _refuse(session, actor, state)
    _refuse_too_late(session, state, now)
    file = AnswerFile(aggregate_id=state.id, at=now, actor_id=actor.id, digest=digest_of(content))
    return append(session, file, text=base64.b64encode(content).decode())


@operation(*TAKERS)
def open_answer_file(
    session: Session, actor: Actor, now: datetime, *, file_id: str, secret: bytes
) -> int:
    """Open a received file and keep what the server lacks; return how many answers that are.

    `secret` is the installation's secret for answer files. Raises `NotFound`, `Invalid` for a file
    that can't be opened, and `Refused` for the person who received it, for one's own exam, for a
    file that was opened before, and once marking has begun.
    """
    file = session.get(AnswerFile, file_id)
    if file is None:
        raise NotFound(_("There is no such answer file."))
    state = get_attempt_state(session, file.aggregate_id)
    lock(session, state.sitting_id)
    lock(session, state.id)
    state = get_attempt_state(session, state.id)
    _refuse_opening(session, actor, file)
    _refuse(session, actor, state)
    opened = _unseal(session, file, state, secret)
    kept = _keep(session, actor, now, state, opened)
    append(
        session,
        AnswerFileOpening(
            aggregate_id=state.id,
            at=now,
            actor_id=actor.id,
            file_id=file.id,
            received_by=file.actor_id,
            answers=kept,
        ),
    )
    return kept


def _refuse(session: Session, actor: Actor, state: AttemptState) -> None:
    if state.candidate_id == actor.id:
        raise Refused(_("This is your own exam. Other people take in its answer file."))
    closed = why_closed(session, state.sitting_id)
    if closed is not None:
        raise Refused(closed)


def _refuse_too_late(session: Session, state: AttemptState, now: datetime) -> None:
    closing = find_closing(session, state.id)
    ended = state.window.deadline
    if closing is not None and closing.kind is not EventKind.LOCKED:
        ended = closing.at
    hours = get_paper(session, state.form_id).form.settings.late_hours
    if ended is not None and now > ended + timedelta(hours=hours):
        words = _(
            "The time for answer files has passed: {n} hours after the end. Keep the file; the "
            "candidate can ask for special consideration."
        )
        raise Refused(words.format(n=hours))


def _refuse_opening(session: Session, actor: Actor, file: AnswerFile) -> None:
    if file.actor_id == actor.id:
        raise Refused(_("You took this file in. Somebody else opens it."))
    opened = sa.select(AnswerFileOpening.id).where(AnswerFileOpening.file_id == file.id)
    if session.scalar(opened) is not None:
        raise Refused(_("This file was opened already. Nothing more is needed."))


def _unseal(session: Session, file: AnswerFile, state: AttemptState, secret: bytes) -> Opened:
    words = find_words(session, file.id)
    if words is None:
        raise NotFound(_("This answer file was erased."))
    sealed = read_sealed(base64.b64decode(words))
    opened = open_file(sealed, private_key(secret, state.sitting_id))
    if opened.nonce != state.nonce:
        raise Invalid(_("This answer file does not belong to this exam."))
    return opened


def _keep(
    session: Session, actor: Actor, now: datetime, state: AttemptState, opened: Opened
) -> int:
    items = get_paper(session, state.form_id).by_id
    made_at = min(from_micros(opened.made_at * 1000), now)
    current = current_answers(session, state.id)
    kept = 0
    for filed in opened.answers:
        item = items.get(filed.item_id)
        if item is None or item.stage > state.stage or not 1 <= filed.epoch <= state.epoch:
            continue
        text = _read(item, filed)
        if text is None or not _is_news(item, text, made_at, current):
            continue
        claimed_at = made_at - (filed.age or 0) * MILLISECOND
        _append(
            session, actor, now, state, filed, text, None if filed.age is None else now - claimed_at
        )
        kept += 1
    return kept


def _read(item: FormItemView, filed: FiledAnswer) -> str | None:
    """The answer as it is kept; None for fields that are no answer to this question."""
    kind = get_format(item.format)
    try:
        raw = kind.from_form(item.body, item.ids, filed.fields)
        return kind.read_response(item.body, item.ids, raw)
    except InvalidResponse:
        return None


def _is_news(
    item: FormItemView, text: str, made_at: datetime, current: Mapping[str, Answer]
) -> bool:
    """Whether the server lacks it: it has no answer, or other words from before the file."""
    answer = current.get(item.id)
    if answer is None:
        return get_format(item.format).is_answered(text)
    return answer.text != text and answer.at <= made_at


def _append(
    session: Session,
    actor: Actor,
    now: datetime,
    state: AttemptState,
    filed: FiledAnswer,
    text: str,
    claimed_age: timedelta | None,
) -> None:
    after = advance(state.state, EventKind.ANSWER_FILED)
    event = AttemptEvent(
        aggregate_id=state.id,
        at=now,
        actor_id=actor.id,
        kind=EventKind.ANSWER_FILED,
        phase=after.phase,
        epoch=after.epoch,
        stage=after.stage,
        window_events=after.window_events,
        item_id=filed.item_id,
        epoch_sent=filed.epoch,
        sign_in_id=actor.session_id,
        claimed_age=None if claimed_age is None else claimed_age // timedelta(microseconds=1),
    )
    append(session, event, text=text)
