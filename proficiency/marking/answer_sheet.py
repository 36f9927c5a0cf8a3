"""What a person sees who decides about answers, and nothing else (invariant 7).

An `AnswerSheet` has no place for a candidate, an attempt, a response or anybody's name: a page that
is built from it cannot show them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.core.errors import NotFound, Refused
from proficiency.core.text import _
from proficiency.exams.queries import FormItemView
from proficiency.items.rules import AcceptedAnswer
from proficiency.marking.answers import (
    AnswerLine,
    decided_items,
    list_choices,
    list_lines,
    load_history,
)
from proficiency.marking.blind import StageText, read_stages, stage_text
from proficiency.marking.queries import find_conflict, find_round, is_marking_open
from proficiency.marking.rules import RoundKind
from proficiency.sittings.queries import get_sitting


@dataclass(frozen=True)
class AnswerSheet:
    """The answers to one question, with the question, its table and its case.

    `choices` are what an answer can mean, `current` the answer that the page is about.
    """

    sitting_id: str
    sitting_title: str
    form_item_id: str
    question: int
    case_name: str
    case_title: str
    nation: str
    stages: tuple[StageText, ...]
    format: str
    body: Any
    max_mark: Fraction
    choices: tuple[AcceptedAnswer, ...]
    lines: tuple[AnswerLine, ...]
    current: AnswerLine | None
    is_open: bool

    @property
    def waiting(self) -> int:
        """How many answers wait for this person."""
        return sum(line.waits for line in self.lines)

    def find(self, digest: str | None) -> AnswerLine | None:
        """Return one of the answers, or None."""
        return next((line for line in self.lines if line.digest == digest), None)


def get_sheet(
    session: Session, actor: Actor, sitting_id: str, form_item_id: str, digest: str | None = None
) -> AnswerSheet:
    """Return the answers to one question as `actor`'s work.

    `digest` chooses the answer to begin with; else it is the first that waits for them. Raises
    `NotFound` for a question that has none, and `Refused` before marking and for a candidate of the
    same cases.
    """
    item = _find_item(session, sitting_id, form_item_id)
    if find_round(session, sitting_id, RoundKind.OPENED) is None:
        raise Refused(_("Marking of this sitting is not open."))
    conflict = find_conflict(session, actor.id, sitting_id)
    if conflict is not None:
        raise Refused(conflict)
    history = load_history(session, sitting_id, item.id)
    lines = list_lines(session, actor, sitting_id, item, history)
    stages = read_stages(session, sitting_id, item)
    return AnswerSheet(
        sitting_id=sitting_id,
        sitting_title=get_sitting(session, sitting_id).title,
        form_item_id=item.id,
        question=item.number,
        case_name=item.case_name,
        case_title=stages[0].candidate["case_title"],
        nation=stages[0].candidate["nation"],
        stages=tuple(stage_text(stage) for stage in stages),
        format=item.format,
        body=item.body,
        max_mark=item.max_mark,
        choices=list_choices(item, history),
        lines=tuple(lines),
        current=_current(lines, digest),
        is_open=is_marking_open(session, sitting_id),
    )


def _find_item(session: Session, sitting_id: str, form_item_id: str) -> FormItemView:
    for item in decided_items(session, get_sitting(session, sitting_id).form_id):
        if item.id == form_item_id:
            return item
    raise NotFound(_("This sitting has no such question with answers to decide about."))


def _current(lines: Sequence[AnswerLine], digest: str | None) -> AnswerLine | None:
    chosen = next((line for line in lines if line.digest == digest), None)
    return chosen or next((line for line in lines if line.waits), None)
