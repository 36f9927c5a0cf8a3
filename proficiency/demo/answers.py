"""What the demonstration's candidates answer and its assessors give, drawn from stored seeds.

Written answers are the example responses of the cases, so that a reader of the marking screen sees
something that a candidate might really write.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proficiency.core.chance import draw_number, draw_order
from proficiency.exams.queries import FormItemView
from proficiency.items.written_response import WrittenResponse


@dataclass(frozen=True)
class Judgement:
    """What an assessor of the demonstration would enter."""

    levels: Mapping[str, int]
    comment: str


def answer(item: FormItemView, seed: str, ability: int) -> object:
    """Return what a browser would send for `item`; `ability` from 0 to 100 makes keys likelier."""
    body: Any = item.body
    if isinstance(body, WrittenResponse):
        return {"text": _example(body, seed, ability)}
    keys = [option.key for option in body.options if option.is_key]
    others = [option.key for option in body.options if not option.is_key]
    right = [key for key in keys if draw_number(f"{seed}{item.id}{key}", 100) < ability]
    wrong = draw_order(f"{seed}{item.id}", others)
    chosen = (right + wrong)[: len(keys)]
    ids = [item.ids[key] for key in chosen]
    return {"choice": ids[0]} if item.format == "best_answer" else {"choices": ids}


def _example(body: WrittenResponse, seed: str, ability: int) -> str:
    best_first = sorted(body.examples, key=lambda example: -example.mark)
    place = 0 if draw_number(f"{seed}{body.examples[0].title}", 100) < ability else -1
    return best_first[place].text


def judge(body: WrittenResponse, text: str, seed: str) -> Judgement:
    """Return the levels that the case gives to this example, at times one off: people differ."""
    known = next((e.level_by_criterion for e in body.examples if e.text == text), {})
    levels = {}
    for criterion in body.criteria:
        draw = draw_number(f"{seed}{criterion.key}", 10)
        step = {0: -1, 1: 1, 2: 2 if draw_number(f"{seed}{criterion.key}far", 4) == 0 else 0}
        given = known.get(criterion.key, 0) + step.get(draw, 0)
        levels[criterion.key] = max(0, min(criterion.top, given))
    return Judgement(levels, "")
