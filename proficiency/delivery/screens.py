"""What a candidate's pages show, as frozen values: nothing of a form but its candidate's view."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from proficiency.core.clock import to_micros
from proficiency.core.show import duration
from proficiency.core.text import _
from proficiency.delivery.autosave import MILLISECOND, milliseconds_to_go
from proficiency.delivery.late import list_late_answers
from proficiency.delivery.late_reading import LateAnswer
from proficiency.delivery.late_rules import DECIDED, GROUND_WORDS
from proficiency.delivery.paper import Paper, get_paper
from proficiency.delivery.queries import (
    AttemptState,
    Closing,
    current_answers,
    find_closing,
)
from proficiency.delivery.sheet import AnswerSheet, top_seq_of
from proficiency.exams.queries import FormItemView
from proficiency.exams.rules import SchemeSettings
from proficiency.items.rules import get_format
from proficiency.sittings.queries import (
    get_sitting,
)

LOW = timedelta(minutes=5)


@dataclass(frozen=True)
class Question:
    """One question with what the candidate has answered so far."""

    id: str
    number: int
    format: str
    item: dict[str, Any]
    response: dict[str, Any] | None
    answered: bool
    flagged: bool
    href: str
    status: str | None


@dataclass(frozen=True)
class StageText:
    """The words of a stage of a form, as they were frozen for candidates."""

    form_id: str
    number: int
    title: str
    case_title: str
    nation: str
    blocks: Sequence[dict[str, Any]]

    @property
    def has_files(self) -> bool:
        """Whether it shows a picture or a file, whose address names the attempt."""
        inner = (part for block in self.blocks for part in block.get("blocks", ()))
        return any("file_id" in part for part in inner)


@dataclass(frozen=True)
class Bar:
    """What the bar on top says of place and time, and where the page's script reports to.

    `epoch` and `token` are what this device may send under; without a token it may not. `pos` is
    where the record stood when the page was made: what is behind it, the page doesn't show.
    `blocked_minutes` may be given back to who waits for the next stage without a server. A break
    that is being taken ends by itself at `runs_on_at`; `rest_left` is what is left of breaks.
    """

    attempt_id: str
    stage: int
    last_stage: int
    left: timedelta
    is_low: bool
    is_stopped: bool
    runs_on_at: datetime | None
    resumes_in: int | None
    rest_left: timedelta
    longest_rest: timedelta
    credited: int
    deadline: datetime | None
    is_writer: bool
    epoch: int
    top_seq: int
    pos: int
    blocked_minutes: int
    settings: SchemeSettings
    sitting_id: str
    booking_id: str
    nonce: str
    now: datetime

    @property
    def break_left(self) -> timedelta:
        """How long the break that is being taken still lasts."""
        return timedelta(milliseconds=self.resumes_in or 0)

    @property
    def left_text(self) -> str:
        return duration(self.left)

    @property
    def milliseconds(self) -> int:
        return self.left // timedelta(milliseconds=1)

    @property
    def at(self) -> int:
        """When the page was made, in milliseconds since 1970."""
        return to_micros(self.now) // 1000


@dataclass(frozen=True)
class ExamPage:
    """One stage: the case beside its questions. Earlier stages of the same case are at hand."""

    bar: Bar
    text: StageText
    earlier: Sequence[StageText]
    questions: Sequence[Question]
    is_open: bool
    locked: bool

    @property
    def minutes(self) -> int:
        """What the authors think that this stage takes."""
        return sum(question.item.get("minutes") or 0 for question in self.questions)


@dataclass(frozen=True)
class StageSummary:
    """What one stage holds, for the overview and the check before the end."""

    number: int
    title: str
    is_open: bool
    questions: Sequence[Question]

    @property
    def unanswered(self) -> list[Question]:
        return [question for question in self.questions if not question.answered]

    @property
    def flagged(self) -> list[Question]:
        return [question for question in self.questions if question.flagged]


@dataclass(frozen=True)
class Overview:
    """Everything that was opened so far, and how many stages were not."""

    bar: Bar
    stages: Sequence[StageSummary]

    @property
    def unopened(self) -> int:
        return self.bar.last_stage - self.bar.stage

    @property
    def open_stage(self) -> StageSummary:
        return self.stages[-1]


@dataclass(frozen=True)
class Finished:
    """What was received. `closing` is None while the end is not recorded yet.

    `late` says of each answer that came late the number of its question, and what became of it.
    """

    attempt_id: str
    title: str
    candidate_number: str
    started_at: datetime
    ended_at: datetime | None
    closing: Closing | None
    answered: int
    total: int
    last_save_at: datetime | None
    late: Sequence[tuple[int, str]]


def make_bar(
    session: Session, sheet: AnswerSheet, now: datetime, device_id: str | None, paper: Paper
) -> Bar:
    """Return the bar for this device."""
    state, is_writer = sheet.state, sheet.is_writer(device_id)
    epoch = state.epoch if is_writer else state.epoch - 1
    left = state.window.remaining(now)
    return Bar(
        attempt_id=state.id,
        stage=state.stage,
        last_stage=paper.last_stage,
        left=left,
        is_low=left <= LOW,
        is_stopped=state.window.is_stopped(now),
        runs_on_at=state.window.stopped_until if state.window.is_stopped(now) else None,
        resumes_in=milliseconds_to_go(state.window, now),
        rest_left=state.window.rest_remaining(now),
        longest_rest=state.longest_rest,
        credited=state.window.credited // MILLISECOND,
        deadline=state.window.deadline,
        is_writer=is_writer,
        epoch=epoch,
        top_seq=top_seq_of(session, sheet, epoch),
        pos=state.pos,
        blocked_minutes=paper.form.settings.blocked_minutes,
        settings=paper.form.settings,
        sitting_id=state.sitting_id,
        booking_id=state.booking_id,
        nonce=state.nonce,
        now=now,
    )


def make_exam_page(
    session: Session,
    sheet: AnswerSheet,
    now: datetime,
    device_id: str | None,
    stage: int | None = None,
) -> ExamPage:
    """Return the page of the open stage, or of an earlier one, which can only be read."""
    state = sheet.state
    paper = get_paper(session, state.form_id)
    shown = state.stage if stage is None else stage
    bar = make_bar(session, sheet, now, device_id, paper)
    case = paper.stage(shown).case_name
    return ExamPage(
        bar=bar,
        text=_stage_text(paper, shown),
        earlier=[
            _stage_text(paper, number)
            for number in range(1, shown)
            if paper.stage(number).case_name == case
        ],
        questions=_questions(sheet, paper.items_of(shown)),
        is_open=shown == state.stage,
        locked=shown != state.stage or not bar.is_writer or bar.is_stopped,
    )


def _stage_text(paper: Paper, number: int) -> StageText:
    view = paper.stage(number).candidate
    names = (view["title"], view["case_title"], view["nation"])
    return StageText(paper.form.id, number, *names, view["blocks"])


def _questions(sheet: AnswerSheet, items: Sequence[FormItemView]) -> list[Question]:
    made = []
    for item in items:
        kind, text = get_format(item.format), sheet.texts.get(item.id)
        made.append(
            Question(
                id=item.id,
                number=item.number,
                format=item.format,
                item=item.candidate,
                response=None if text is None else json.loads(text),
                answered=kind.is_answered(text),
                flagged=item.id in sheet.flagged,
                href=f"#question-{item.number}",
                status=kind.status(item.body, text),
            )
        )
    return made


def make_overview(
    session: Session, sheet: AnswerSheet, now: datetime, device_id: str | None
) -> Overview:
    """Return what is answered and flagged in every stage that was opened."""
    state = sheet.state
    paper = get_paper(session, state.form_id)
    questions = _questions(sheet, [i for i in paper.items if i.stage <= state.stage])
    stage_of = {item.id: item.stage for item in paper.items}
    return Overview(
        bar=make_bar(session, sheet, now, device_id, paper),
        stages=[
            StageSummary(
                number=number,
                title=paper.stage(number).title,
                is_open=number == state.stage,
                questions=[q for q in questions if stage_of[q.id] == number],
            )
            for number in range(1, state.stage + 1)
        ],
    )


def _late_outcome(answer: LateAnswer) -> str:
    """What its candidate is told: the outcome with its ground, once it is decided."""
    if answer.standing not in DECIDED:
        return _("waits for the decision.")
    return GROUND_WORDS[answer.decisions[-1].ground]


def make_finished(session: Session, state: AttemptState) -> Finished:
    """Return what the server received of an attempt that is over."""
    paper = get_paper(session, state.form_id)
    answers = current_answers(session, state.id)
    answered = [
        item
        for item in paper.items
        if item.id in answers and get_format(item.format).is_answered(answers[item.id].text)
    ]
    closing = find_closing(session, state.id)
    return Finished(
        attempt_id=state.id,
        title=get_sitting(session, state.sitting_id).title,
        candidate_number=state.candidate_number,
        started_at=state.started_at,
        ended_at=closing.at if closing else state.window.deadline,
        closing=closing,
        answered=len(answered),
        total=len(paper.items),
        last_save_at=max((answer.at for answer in answers.values()), default=None),
        late=[
            (each.question, _late_outcome(each)) for each in list_late_answers(session, state.id)
        ],
    )
