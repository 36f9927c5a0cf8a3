"""Any answer that a candidate could give, as it is stored, by format."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from proficiency.scenarios.content import Item
from tests.items.factory import ids_of, sent

Raw = st.SearchStrategy[Any]


def _best(ids: list[str], body: Any) -> Raw:
    return st.fixed_dictionaries({"choice": st.none() | st.sampled_from(ids)})


def _several(ids: list[str], body: Any) -> Raw:
    return st.fixed_dictionaries({"choices": st.lists(st.sampled_from(ids), unique=True)})


def _text(ids: list[str], body: Any) -> Raw:
    return st.fixed_dictionaries({"text": st.text(max_size=40)})


RAW: dict[str, Callable[[list[str], Any], Raw]] = {
    "best_answer": _best,
    "several_answers": _several,
    "written_response": _text,
}


def responses(item: Item) -> st.SearchStrategy[str | None]:
    """Strategy for stored responses to `item` with the ids of `ids_of(item)`, None included."""
    raw = RAW[item.format](list(ids_of(item).values()), item.body)
    return st.none() | raw.map(lambda each: sent(item, each))
