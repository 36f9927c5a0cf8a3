"""What the demonstration's candidates answer and its assessors give, drawn from stored seeds.

Written answers are the example responses of the cases, so that a reader of the marking screen sees
something that a candidate might really write. Short answers are the wordings of the cases, now and
then with a slip of the fingers, so that people have something to decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proficiency.core.chance import draw_number, draw_order
from proficiency.exams.queries import FormItemView
from proficiency.items.accepted import Accepted
from proficiency.items.key_features_write_in import KeyFeaturesWriteIn
from proficiency.items.names import nearest
from proficiency.items.numbers import plain
from proficiency.items.numeric import Numeric
from proficiency.items.pairs import PairsFormat
from proficiency.items.rules import AcceptedAnswer, get_format
from proficiency.items.short_answer import ShortAnswer
from proficiency.items.written_response import WrittenResponse

SLIPS = 3
"""One of so many answers in words has a letter too few."""


@dataclass(frozen=True)
class Judgement:
    """What an assessor of the demonstration would enter."""

    levels: Mapping[str, int]
    comment: str


def answer(item: FormItemView, seed: str, ability: int) -> object:
    """Return what a browser would send for `item`; `ability` from 0 to 100 makes keys likelier."""
    body: Any = item.body
    kind = get_format(item.format)
    match body:
        case WrittenResponse():
            return {"text": _example(body, seed, ability)}
        case ShortAnswer():
            return {"text": _in_words(body.accepted, 1, seed, ability)[0]}
        case KeyFeaturesWriteIn():
            return {"answers": _in_words(body.accepted, body.boxes, seed, ability)}
        case Numeric():
            return {"text": _amount(body, seed, ability)}
    if isinstance(kind, PairsFormat):
        return {"answers": _pairs(kind, item, seed, ability)}
    return _chosen(item, seed, ability)


def _chosen(item: FormItemView, seed: str, ability: int) -> object:
    options: Any = item.body
    keys = [option.key for option in options.options if option.is_key]
    others = [option.key for option in options.options if not option.is_key]
    right = [key for key in keys if draw_number(f"{seed}{item.id}{key}", 100) < ability]
    wrong = draw_order(f"{seed}{item.id}", others)
    ids = [item.ids[key] for key in (right + wrong)[: len(keys)]]
    return {"choice": ids[0]} if item.format == "best_answer" else {"choices": ids}


def _pairs(kind: PairsFormat[Any], item: FormItemView, seed: str, ability: int) -> dict[str, str]:
    """Give every part its best choice, or as often as not some other."""
    given = {}
    for slot in kind.slots(item.body):
        drawn = draw_order(f"{seed}{item.id}{slot.key}", slot.choices)
        knows = draw_number(f"{seed}{item.id}{slot.key}", 100) < ability
        credits = {choice: kind.credit(item.body, slot.key, choice) for choice in drawn}
        choice = max(drawn, key=credits.__getitem__) if knows else drawn[0]
        given[item.ids[slot.key]] = item.ids.get(choice, choice)
    return given


def _amount(body: Numeric, seed: str, ability: int) -> str:
    right = [value for value in body.values if value.accepted.marks]
    knows = draw_number(f"{seed}{body.unit}", 100) < ability
    return plain(right[0].low if knows else right[0].low + 10)


def _in_words(accepted: Sequence[Accepted], count: int, seed: str, ability: int) -> list[str]:
    """Return `count` different wordings of the table; the able draw from what earns marks."""
    drawn = draw_order(f"{seed}{accepted[0].answer}", accepted)
    known = sorted(
        drawn,
        key=lambda row: (row.marks > 0) != (draw_number(f"{seed}{row.key}", 100) < ability),
    )
    return [_typed(row.answer, seed) for row in known[:count]]


def _typed(words: str, seed: str) -> str:
    """Return words as somebody in a hurry types them: at times without one of their letters."""
    if len(words) < 6 or draw_number(f"{seed}{words}slips", SLIPS):
        return words
    place = 1 + draw_number(f"{seed}{words}letter", len(words) - 2)
    return words[:place] + words[place + 1 :]


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


def mean(words: str, choices: Sequence[AcceptedAnswer]) -> str:
    """Return the key of the known answer that `words` come nearest to, or "" for none."""
    by_words = {each.answer.casefold(): each.key for each in choices}
    near = nearest(words.casefold(), by_words)
    return by_words[near] if near else ""
