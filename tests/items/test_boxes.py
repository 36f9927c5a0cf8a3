"""Boxes for one line: named, described, never cutting, read-only when their question is closed."""

import re
from typing import Any

import pytest
from flask import Flask

from proficiency.scenarios.content import Item
from tests.items.factory import NUMERIC_ITEM, SHORT_ITEM, WRITE_IN_ITEM, view

BOXES = {"short_answer": 1, "key_features_write_in": 3, "numeric": 1}
FORMATS = pytest.mark.parametrize(
    "item", [SHORT_ITEM, WRITE_IN_ITEM, NUMERIC_ITEM], ids=lambda item: item.format
)
HOSTILE = '"><script>alert(1)</script>'


def candidate(app: Flask, item: Item, texts: list[str] | None, **given: Any) -> str:
    macros: Any = app.jinja_env.get_template(f"items/{item.format}.html").module
    response = None if texts is None else {"text": texts[0], "answers": texts}
    return str(macros.candidate(view(item), response, **given))


@FORMATS
def test_every_box_has_a_label_and_says_its_limit_before_anything_is_typed(
    app: Flask, item: Item
) -> None:
    html = candidate(app, item, None)
    boxes = re.findall(r'<input class="input[^"]*" type="text" id="([^"]+)"', html)
    assert len(boxes) == BOXES[item.format]
    assert re.findall(r'<label [^>]*for="([^"]+)"', html) == boxes
    described = {id for found in re.findall(r'describedby="([^"]+)"', html) for id in found.split()}
    assert described <= set(re.findall(r' id="([^"]+)"', html))
    assert html.count(f"Up to {view(item)['max_characters']} characters") == len(boxes)
    assert "maxlength" not in html
    assert html.count('autocomplete="off"') == len(boxes)
    assert not re.search(r"style=|\bon[a-z]+=", html)


@FORMATS
def test_an_answer_is_shown_as_it_was_typed_and_a_closed_one_is_read_only(
    app: Flask, item: Item
) -> None:
    texts = [HOSTILE, *["שלום"] * (BOXES[item.format] - 1)]
    html = candidate(app, item, texts, locked=True)
    assert "&#34;&gt;&lt;script&gt;" in html
    assert "<script" not in html
    assert html.count(" readonly") == BOXES[item.format]
    assert html.count("שלום") == BOXES[item.format] - 1
    assert " readonly" not in candidate(app, item, texts)


def test_the_unit_stands_beside_the_box_and_what_is_no_number_is_said(app: Flask) -> None:
    html = candidate(app, NUMERIC_ITEM, ["four"], status="This is not read as a number.")
    assert '<span aria-hidden="true">£</span>' in html
    assert 'inputmode="decimal"' in html
    assert 'spellcheck="false"' in html
    assert re.search(r'role="status"[^>]*>This is not read as a number\.</p>', html)
    assert "spellcheck" not in candidate(app, SHORT_ITEM, None)  # as the scheme says, for all


@FORMATS
def test_the_table_is_for_assessors_alone(app: Flask, item: Item) -> None:
    macros: Any = app.jinja_env.get_template(f"items/{item.format}.html").module
    rows = item.kind.accepted_answers(item.body)
    assert all(row.answer in str(macros.assessor(item.body)) for row in rows)
    assert all(row.reason in str(macros.assessor(item.body)) for row in rows)
    assert not any(row.answer in candidate(app, item, None) for row in rows)
    assert str(macros.facts(view(item))).startswith(("1 mark", "3 marks", "2 marks"))
