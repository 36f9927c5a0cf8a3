"""One response as the advisory group sees it: the answer, each mark it was given, each decision.

People who marked are numbers here, and the writer is a script's number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.text import _, count_words
from proficiency.exams.queries import FormItemView, get_form_item, list_form_stages
from proficiency.items.rules import get_format
from proficiency.items.written_response import WrittenResponse, response_text
from proficiency.marking.queries import (
    MarkView,
    ResponseView,
    find_answer,
    get_response,
    has_marked,
    response_marks,
    script_numbers,
    standing_of,
)
from proficiency.marking.rules import MarkKind, MarkSource, Settled
from proficiency.moderation.queries import ActView, get_state, list_acts
from proficiency.sittings.queries import get_sitting


@dataclass(frozen=True)
class GivenMark:
    """One mark with the title of who gave it.

    `is_current` unless its giver corrected it; `is_superseded` when it was, or moderation changed
    what followed from it.
    """

    title: str
    kind: MarkKind
    mark: Fraction
    levels: Mapping[str, int]
    indicators: frozenset[str]
    traps: frozenset[str]
    comment: str | None
    at: datetime
    is_current: bool
    is_superseded: bool


@dataclass(frozen=True)
class Stage:
    """One stage of the case, as the writer had read it."""

    number: int
    title: str
    blocks: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Sheet:
    """One response with everything that was said about it.

    `text` is the words of a written response, None when they were erased; `lines` say any other
    answer in words. `obstacle` says why the reader cannot decide about it now.
    """

    response_id: str
    sitting_id: str
    sitting_title: str
    script: int
    scripts: int
    form_item_id: str
    question: int
    format: str
    body: Any
    is_written: bool
    case_name: str
    case_title: str
    stages: tuple[Stage, ...]
    max_mark: Fraction
    text: str | None
    lines: tuple[str, ...]
    final: Settled
    marks: tuple[GivenMark, ...]
    acts: tuple[ActView, ...]
    may_comment: bool
    obstacle: str | None

    @property
    def words(self) -> int:
        return count_words(self.text or "")

    @property
    def current(self) -> tuple[GivenMark, ...]:
        """The marks that no later one corrects."""
        return tuple(mark for mark in self.marks if mark.is_current)


SOURCES = {
    MarkSource.MACHINE: _("by the machine"),
    MarkSource.MEAN: _("mean of two assessors"),
    MarkSource.ADJUDICATOR: _("by adjudication"),
    MarkSource.MODERATOR: _("by moderation"),
}


def get_sheet(session: Session, actor: Actor, response_id: str) -> Sheet:
    """Return one response for the advisory group. Raises `NotFound`."""
    response = get_response(session, response_id)
    sitting = get_sitting(session, response.sitting_id)
    item = get_form_item(session, response.form_item_id)
    stages = _stages(session, sitting.form_id, item)
    numbers = script_numbers(session, sitting.id)
    final = standing_of(session, response_id)
    if not isinstance(final, Settled):
        raise ValueError("moderation was opened over a response that is not settled")
    text, lines = _answer(session, response, item)
    state = get_state(session, sitting.id)
    return Sheet(
        response_id=response.id,
        sitting_id=sitting.id,
        sitting_title=sitting.title,
        script=numbers[response.attempt_id],
        scripts=len(numbers),
        form_item_id=item.id,
        question=item.number,
        format=item.format,
        body=item.body,
        is_written=isinstance(item.body, WrittenResponse),
        case_name=item.case_name,
        case_title=stages[0].title,
        stages=stages,
        max_mark=item.max_mark,
        text=text,
        lines=lines,
        final=final,
        marks=_marks(response_marks(session, response_id)),
        acts=tuple(list_acts(session, sitting.id, response_id=response_id)),
        may_comment=state.is_open,
        obstacle=_obstacle(session, actor, response_id, is_open=state.is_open),
    )


def _obstacle(session: Session, actor: Actor, response_id: str, *, is_open: bool) -> str | None:
    if not is_open:
        return _("This sitting is signed off: its marks stand.")
    if not actor.has(Role.MODERATOR):
        return _("Moderators decide about marks. You can comment, and your signature is needed.")
    if has_marked(session, actor.id, response_id):
        return _("You marked this response, so others must decide about it.")
    return None


def _stages(session: Session, form_id: str, item: FormItemView) -> tuple[Stage, ...]:
    return tuple(
        Stage(stage.number, stage.title, tuple(stage.candidate["blocks"]))
        for stage in list_form_stages(session, form_id)
        if stage.case_version_id == item.case_version_id and stage.number <= item.stage
    )


def _answer(
    session: Session, response: ResponseView, item: FormItemView
) -> tuple[str | None, tuple[str, ...]]:
    stored = find_answer(session, response)
    if stored is None and response.answer_event_id is not None:
        return None, ()
    if isinstance(item.body, WrittenResponse):
        return response_text(stored), ()
    return "", tuple(get_format(item.format).describe(item.body, item.ids, stored))


def _marks(marks: Sequence[MarkView]) -> tuple[GivenMark, ...]:
    corrected = {mark.supersedes_id for mark in marks}
    order = dict.fromkeys(mark.actor_id for mark in marks if mark.kind is MarkKind.ASSESSOR)
    numbers = {person: number for number, person in enumerate(order, start=1)}
    was_changed = any(mark.kind is MarkKind.MODERATOR for mark in marks)
    return tuple(
        GivenMark(
            title=_title(mark, numbers),
            kind=mark.kind,
            mark=mark.mark,
            levels=mark.levels,
            indicators=mark.indicators,
            traps=mark.traps,
            comment=mark.comment,
            at=mark.at,
            is_current=mark.id not in corrected,
            is_superseded=mark.id in corrected
            or (was_changed and mark.kind is not MarkKind.MODERATOR),
        )
        for mark in marks
    )


def _title(mark: MarkView, numbers: Mapping[str, int]) -> str:
    if mark.kind is MarkKind.ASSESSOR:
        return _("Assessor {n}").format(n=numbers[mark.actor_id])
    return {
        MarkKind.MACHINE: _("Machine"),
        MarkKind.ADJUDICATOR: _("Adjudicator"),
        MarkKind.MODERATOR: _("Moderation"),
    }[mark.kind]
