"""What an assessor sees of a response, and nothing else (invariant 7: blindness is a type).

A `BlindScript` has no place for a candidate, an attempt, a name, or anybody else's mark: a page
that is built from it cannot show them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.core.chain import find_words
from proficiency.core.errors import NotFound
from proficiency.core.text import _, count_words
from proficiency.exams.queries import (
    FormItemView,
    FormStageView,
    get_form_item,
    list_form_stages,
)
from proficiency.items.written_response import WrittenResponse, response_text
from proficiency.marking.judging import rubric_of
from proficiency.marking.models import Allocation, Response
from proficiency.marking.recording import find_own_mark
from proficiency.marking.rules import Duty, MarkKind
from proficiency.sittings.queries import get_sitting


@dataclass(frozen=True)
class StageText:
    """One stage of the case, as the writer of the response had read it."""

    number: int
    title: str
    blocks: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class OwnMark:
    """What this person entered for this response before."""

    mark: Fraction
    levels: Mapping[str, int]
    indicators: frozenset[str]
    traps: frozenset[str]
    words: str


@dataclass(frozen=True)
class BlindScript:
    """One response with its question, its case and its rubric.

    `code` is random and new for each item; `text` is None when the words were lawfully erased.
    `own` is the mark that the reader gave themselves, if they did.
    """

    allocation_id: str
    code: str
    sitting_id: str
    form_item_id: str
    question: int
    case_name: str
    case_title: str
    nation: str
    stages: tuple[StageText, ...]
    body: WrittenResponse
    max_mark: Fraction
    text: str | None
    own: OwnMark | None

    @property
    def words(self) -> int:
        """How many words the response has, counted as the candidate's page counts them."""
        return count_words(self.text or "")


def get_blind_script(session: Session, actor: Actor, allocation_id: str) -> BlindScript:
    """Return the response that `actor` holds or has marked under this allocation.

    Raises `NotFound` for anybody else's, and for one that was given back.
    """
    row = session.execute(
        sa.select(Allocation, Response)
        .join(Response, Response.id == Allocation.response_id)
        .where(
            Allocation.id == allocation_id,
            Allocation.assessor_id == actor.id,
            Allocation.returned_at.is_(None),
        )
    ).first()
    if row is None:
        raise NotFound(_("You do not hold this response."))
    allocation, response = row
    item = get_form_item(session, response.form_item_id)
    stages = read_stages(session, response.sitting_id, item)
    return BlindScript(
        allocation_id=allocation.id,
        code=response.id,
        sitting_id=response.sitting_id,
        form_item_id=item.id,
        question=item.number,
        case_name=item.case_name,
        case_title=stages[0].candidate["case_title"],
        nation=stages[0].candidate["nation"],
        stages=tuple(stage_text(stage) for stage in stages),
        body=rubric_of(item),
        max_mark=item.max_mark,
        text=_read_text(session, response),
        own=_find_own(session, actor, allocation),
    )


def read_stages(session: Session, sitting_id: str, item: FormItemView) -> list[FormStageView]:
    """Return the stages of the case that the writer had before them when they answered an item."""
    form_id = get_sitting(session, sitting_id).form_id
    return [stage for stage in list_form_stages(session, form_id) if _was_read(stage, item)]


def stage_text(stage: FormStageView) -> StageText:
    """Return one stage as pages of marking show it."""
    return StageText(stage.number, stage.title, tuple(stage.candidate["blocks"]))


def _was_read(stage: FormStageView, item: FormItemView) -> bool:
    """Whether the writer had this stage of the item's case before them when they answered."""
    return stage.case_version_id == item.case_version_id and stage.number <= item.stage


def _read_text(session: Session, response: Response) -> str | None:
    if response.answer_event_id is None:
        return ""
    stored = find_words(session, response.answer_event_id)
    return None if stored is None else response_text(stored)


def _find_own(session: Session, actor: Actor, allocation: Allocation) -> OwnMark | None:
    kind = MarkKind.ASSESSOR if allocation.duty == Duty.ASSESSOR else MarkKind.ADJUDICATOR
    mark = find_own_mark(session, actor.id, allocation.response_id, kind)
    if mark is None:
        return None
    traps = json.loads(mark.traps)
    return OwnMark(
        mark=mark.mark,
        levels=json.loads(mark.levels),
        indicators=frozenset(json.loads(mark.indicators)),
        traps=frozenset(traps["critical"] + traps["other"]),
        words=find_words(session, mark.id) or "",
    )
