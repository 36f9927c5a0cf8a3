"""Any answer that a candidate could give, as it is stored, by format."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

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
}


def responses(item: Item) -> st.SearchStrategy[str | None]:
    """Strategy for stored responses to `item` with the ids of `ids_of(item)`, None included."""
    return st.none() | RAW[item.format](item).map(lambda each: sent(item, each))
