"""How the demonstration's people decide about answers that no machine may mark.

Two assessors decide, each by what the answer comes nearest to. The second is now and then stricter
about a slip of the fingers; then the lead assessor reads both and settles it.
"""

from datetime import datetime
from typing import Any

from proficiency.core.chance import draw_number
from proficiency.demo.answers import mean
from proficiency.demo.story import Stage
from proficiency.exams.queries import FormItemView
from proficiency.items.rules import get_format
from proficiency.marking.answer_operations import decide_answer, settle_answer
from proficiency.marking.answers import AnswerLine, list_choices, list_lines, load_history
from proficiency.marking.deciding import NOTHING, Turn

STRICT_ONCE_IN = 4
REASON = "A letter is missing, and nobody could take it for anything else."


def decide(stage: Stage, sitting_id: str, at: datetime) -> None:
    """Let both assessors decide about every answer that waits, and the lead where they differ."""
    for login in ("assessor", "assessor2", "lead"):
        decide_as(stage, sitting_id, login, at)


def decide_as(stage: Stage, sitting_id: str, login: str, at: datetime) -> None:
    """Let one of the staff do all that waits for them."""
    for item in stage.items:
        if get_format(item.format).is_decided_by_people:
            for line, point in _work(stage, sitting_id, item, login):
                _one(stage, sitting_id, item, login, at, line, point)


def _work(
    stage: Stage, sitting_id: str, item: FormItemView, login: str
) -> list[tuple[AnswerLine, str]]:
    """Return what waits for one of the staff, each with what they take it to mean."""
    with stage.database.read() as session:
        history = load_history(session, sitting_id, item.id)
        lines = list_lines(session, stage.staff[login], sitting_id, item, history)
        choices = list_choices(item, history)
    return [(line, mean(line.text, choices)) for line in lines if line.waits]


def _one(
    stage: Stage,
    sitting_id: str,
    item: FormItemView,
    login: str,
    at: datetime,
    line: AnswerLine,
    point: str,
) -> None:
    about: dict[str, Any] = {
        "sitting_id": sitting_id, "form_item_id": item.id, "digest": line.digest,
    }  # fmt: skip
    if line.turn is Turn.SETTLE:
        stage.act(settle_answer, login, at, **about, point=point, reason=REASON)
        return
    is_strict = login == "assessor2" and not draw_number(line.digest, STRICT_ONCE_IN)
    stage.act(decide_answer, login, at, **about, point=NOTHING.point if is_strict else point)
