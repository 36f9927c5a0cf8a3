"""Every format computes its marks twice, and the second time on its own."""

import ast
import builtins
import inspect
import json
import sys
import textwrap
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.items.rules import NOTHING_DECIDED, Decided, ItemFormat, Pick, all_formats
from proficiency.scenarios.content import Item
from tests.items.factory import SAMPLES, ids_of
from tests.items.strategies import responses

FORMATS = tuple(all_formats().values())


def rescoring(
    item: Item, response: str | None, salt: str = "r", decided: Decided = NOTHING_DECIDED
) -> Fraction | None:
    """The mark by the second computation, from plain data as the frozen content holds it."""
    shown = {shown: key for key, shown in ids_of(item, salt).items()}
    content = json.loads(json.dumps(item.kind.to_json(item.body)))
    return item.kind.rescore(content, shown, json.loads(response or "{}"), decided)


def names_used(function: Any) -> set[str]:
    """The names that a function takes from outside of itself and of Python's own library."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    own |= {each.name for node in imported for each in node.names} & sys.stdlib_module_names
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    signature = tree.body[0]
    assert isinstance(signature, ast.FunctionDef)
    body = [node for part in signature.body for node in ast.walk(part)]
    return {node.id for node in body if isinstance(node, ast.Name)} - own - set(dir(builtins))


@pytest.mark.parametrize("format_", FORMATS, ids=lambda each: each.name)
def test_the_second_computation_calls_nothing_of_the_first(format_: ItemFormat[Any]) -> None:
    assert names_used(format_.rescore) <= {"Fraction"}


def test_there_is_a_sample_of_each_format() -> None:
    assert {item.format for item in SAMPLES} == set(all_formats())


@pytest.mark.parametrize("item", SAMPLES, ids=lambda item: item.name)
@given(data=st.data())
def test_any_answer_gets_one_mark_within_bounds_by_both_computations(
    item: Item, data: st.DataObject
) -> None:
    response = data.draw(responses(item))
    mark = item.kind.score(item.body, ids_of(item), response)
    assert mark == rescoring(item, response)
    assert mark is None or (isinstance(mark, Fraction) and 0 <= mark <= item.max_mark)


@pytest.mark.parametrize("item", SAMPLES, ids=lambda item: item.name)
@given(data=st.data())
def test_the_ids_of_a_form_change_no_mark(item: Item, data: st.DataObject) -> None:
    response = data.draw(responses(item))
    turned = json.dumps(json.loads(response or "{}"))
    for key, shown in ids_of(item).items():
        turned = turned.replace(f'"{shown}"', f'"{ids_of(item, "other-")[key]}"')
    again = item.kind.score(item.body, ids_of(item, "other-"), turned if response else None)
    assert again == item.kind.score(item.body, ids_of(item), response)


@pytest.mark.parametrize("item", SAMPLES, ids=lambda item: item.name)
@given(data=st.data())
def test_what_was_picked_is_named_by_names_that_stay(item: Item, data: st.DataObject) -> None:
    response = data.draw(responses(item))
    picks = item.kind.picks(item.body, ids_of(item), response)
    assert picks == item.kind.picks(item.body, ids_of(item), response)
    assert all(isinstance(pick, Pick) and 0 <= pick.credit <= 1 for pick in picks)
    shown = set(ids_of(item).values())
    assert not shown.intersection(word for pick in picks for word in (pick.part, pick.choice))


@pytest.mark.parametrize("item", SAMPLES, ids=lambda item: item.name)
def test_guessing_earns_less_than_knowing(item: Item) -> None:
    chance = item.kind.chance_mark(item.body)
    assert isinstance(chance, Fraction)
    assert 0 <= chance < item.max_mark
