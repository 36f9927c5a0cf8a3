"""Any answer that a candidate could give, as it is stored, by format."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from proficiency.items.rules import Decision
from proficiency.scenarios.content import Item
from tests.items.factory import ids_of, sent

Raw = st.SearchStrategy[Any]


def _best(item: Item) -> Raw:
    return st.fixed_dictionaries({"choice": st.none() | st.sampled_from([*ids_of(item).values()])})


def _several(item: Item) -> Raw:
    options = st.sampled_from([*ids_of(item).values()])
    return st.fixed_dictionaries({"choices": st.lists(options, unique=True)})


def _pairs(item: Item) -> Raw:
    """Some or all slots, each with one of its choices, as the ids of `ids_of` name them."""
    names = ids_of(item)
    choices = {
        names[slot.key]: st.sampled_from([names.get(choice, choice) for choice in slot.choices])
        for slot in item.kind.slots(item.body)  # type: ignore[attr-defined]
    }
    given = st.fixed_dictionaries({}, optional=choices)
    return st.fixed_dictionaries({"answers": given | st.fixed_dictionaries(choices)})


def _text(item: Item) -> Raw:
    return st.fixed_dictionaries({"text": st.text(max_size=40)})


def _lines(item: Item) -> st.SearchStrategy[str]:
    """Words that a candidate may type: known ones, dressed up or not, numbers, and anything."""
    known = [each.answer for each in item.kind.accepted_answers(item.body)]
    dressed = st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "The ", "a ", '"', "- ", "  ", "£", "-", "the an "]),
        st.sampled_from([*known, *(each.upper() for each in known), "Tell  Öwen’s friend"]),
        st.sampled_from(["", ".", "!”", " ", "…", " pounds", ")", " £."]),
    )
    number = st.text(alphabet="0123456789., £-–−gbp٤²", max_size=9)
    return dressed | number | st.text(max_size=20)


def _line(item: Item) -> Raw:
    return st.fixed_dictionaries({"text": _lines(item)})


def _boxes(item: Item) -> Raw:
    return st.fixed_dictionaries({"answers": st.lists(_lines(item), max_size=item.body.boxes)})


RAW: dict[str, Callable[[Item], Raw]] = {
    "best_answer": _best,
    "several_answers": _several,
    "written_response": _text,
    "matching": _pairs,
    "ranking": _pairs,
    "judgement_rating": _pairs,
    "drop_downs": _pairs,
    "passages": _several,
    "key_features": _several,
    "short_answer": _line,
    "key_features_write_in": _boxes,
    "numeric": _line,
}


def responses(item: Item) -> st.SearchStrategy[str | None]:
    """Strategy for stored responses to `item` with the ids of `ids_of(item)`, None included."""
    return st.none() | RAW[item.format](item).map(lambda each: sent(item, each))


def decisions(item: Item, response: str | None) -> st.SearchStrategy[dict[str, Decision]]:
    """Strategy for decisions on every answer of `response` that the machine does not know."""
    known = [each.key for each in item.kind.accepted_answers(item.body)]
    points = st.sampled_from(["", "a-new-point", *known])
    marks = st.fractions(min_value=0, max_value=item.max_mark, max_denominator=4)
    one = st.builds(Decision, points, marks)
    return st.fixed_dictionaries(dict.fromkeys(item.kind.undecided(item.body, response), one))
