"""The second computation by itself: it agrees with the first on anything, and shares nothing."""

import ast
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.core.config import ROOT
from proficiency.results import recompute
from proficiency.results.recompute import ContradictoryEvidence
from proficiency.results.rules import MarkedItem, Part, score_items

CODES = ("1.1", "1.2", "4.1", "11.2", "13.4", "20.1")
THEMES = {"1.1": "A", "1.2": "A", "4.1": "B", "11.2": "B", "13.4": "C", "20.1": "D"}


def test_it_imports_nothing_of_the_first() -> None:
    source = (ROOT / "proficiency" / "results" / "recompute.py").read_text(encoding="utf-8")
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
        elif isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
    of_ours = {name for name in imported if name.startswith("proficiency")}
    assert of_ours == {"proficiency.items.rules"}, "only to find the format's second computation"


shares = st.lists(
    st.tuples(
        st.lists(st.sampled_from(CODES), min_size=1, max_size=5),
        st.fractions(min_value=0, max_value=1, max_denominator=60),
        st.integers(1, 12).map(Fraction),
    ),
    min_size=1,
    max_size=5,
)


@given(st.lists(shares, min_size=1, max_size=10))
def test_both_share_any_marks_among_themes_alike(items: list[Any]) -> None:
    first = score_items(
        [
            MarkedItem(
                sum((part * most for _codes, part, most in item), Fraction(0)),
                tuple(
                    Part(str(place), most, tuple(codes), most)
                    for place, (codes, _part, most) in enumerate(item)
                ),
                {str(place): part for place, (_codes, part, _most) in enumerate(item)},
            )
            for item in items
        ],
        THEMES.__getitem__,
    )
    tally = recompute._Tally()
    for item in items:
        recompute._add(tally, [(codes, part * most, most) for codes, part, most in item], THEMES)
    assert (tally.total, tally.max_mark) == (first.total, first.max_mark)
    assert [(t.theme, t.mark, t.max_mark, t.items) for t in first.themes] == [
        (code, tally.marks[code], tally.maxima[code], tally.items[code])
        for code in sorted(tally.maxima)
    ]


def response(words: str | None, **changes: Any) -> dict[str, Any]:
    """A response row as the query gives it, sealed as it should be."""
    seal = None
    if words is not None:
        framed = recompute._frame((b"salt", words.encode()))
        seal = recompute._sha256(framed)
    event = None if words is None else "e"
    row = {
        "id": "r",
        "answer_event_id": event,
        "last_save": event,
        "answer_commitment": seal,
        "commitment": seal,
        "salt": "salt",
        "text": words,
    }
    return row | changes


BEST = {
    "number": 1,
    "format": "best_answer",
    "option": {"x": "a", "y": "b"},
    "body": {
        "marks": "1",
        "options": [{"key": "a", "is_key": True}, {"key": "b", "is_key": False}],
    },
}
SEVERAL = {
    "number": 2,
    "format": "several_answers",
    "option": {"x": "a", "y": "b", "z": "c"},
    "body": {
        "marks": "3",
        "choose": 2,
        "options": [
            {"key": "a", "is_key": True},
            {"key": "b", "is_key": True},
            {"key": "c", "is_key": False},
        ],
    },
}
WRITTEN = {"number": 3, "format": "written_response", "option": {}, "body": {}}


@pytest.mark.parametrize(
    ("item", "words", "score"),
    [
        (BEST, '{"choice":"x"}', 1),
        (BEST, '{"choice":"y"}', 0),
        (BEST, '{"choice":null}', 0),
        (BEST, None, 0),
        (SEVERAL, '{"choices":["x","y"]}', 3),
        (SEVERAL, '{"choices":["x"]}', Fraction(3, 2)),
        (SEVERAL, '{"choices":["x","y","z"]}', 0),
        (SEVERAL, '{"choices":[]}', 0),
        (WRITTEN, '{"text":"Words."}', None),
        (WRITTEN, '{"text":" \\n "}', 0),
        (WRITTEN, None, 0),
    ],
)
def test_it_scores_the_stored_words_again(item: Any, words: str | None, score: Any) -> None:
    assert recompute._rescore(response(words), item, {}) == score  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"last_save": "later"}, "not the answer saved last"),
        ({"text": None}, "words were erased"),
        ({"text": '{"choice":"y"}'}, "words were changed"),
        ({"salt": "other"}, "words were changed"),
        ({"answer_commitment": "0" * 64}, "words were changed"),
    ],
)
def test_it_marks_no_words_but_those_last_saved(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ContradictoryEvidence, match=fault):
        recompute._rescore(response('{"choice":"x"}', **changes), BEST, {})  # type: ignore[arg-type]


def test_it_refuses_a_format_that_is_not_known() -> None:
    unknown = BEST | {"format": "riddle"}
    with pytest.raises(ContradictoryEvidence, match="riddle is not known"):
        recompute._rescore(response('{"choice":"x"}'), unknown, {})  # type: ignore[arg-type]


def test_a_mark_that_moderation_set_as_a_whole_is_split_as_the_maxima_are() -> None:
    item = {
        "format": "written_response",
        "standards": ["1.1"],
        "body": {
            "criteria": [
                {"key": "a", "weight": "2", "standards": ["1.1"], "levels": [{"value": 3}]},
                {"key": "b", "weight": "1", "standards": ["4.1"], "levels": [{"value": 3}]},
            ]
        },
    }
    row = {"levels": "{}", "mark_num": 7, "mark_den": 1, "max_num": 9, "max_den": 1}
    assert recompute._shares(item, [row]) == [  # type: ignore[list-item]
        (["1.1"], Fraction(14, 3), Fraction(6)),
        (["4.1"], Fraction(7, 3), Fraction(3)),
    ]


def pair(**other: Any) -> list[Any]:
    """Two marks of one written response that differ only in `other`."""
    one = {"mark_num": 5, "mark_den": 1, "levels": '{"a":2}', "traps": '{"critical":[],"other":[]}'}
    return [one, one | other]


@pytest.mark.parametrize(
    "other",
    [
        {"mark_num": 15, "mark_den": 2},
        {"levels": '{"a":0}'},
        {"traps": '{"critical":["hides-it"],"other":[]}'},
    ],
)
def test_two_marks_that_lie_apart_or_see_another_danger_make_no_mean(other: Any) -> None:
    tolerance = (Fraction(2), Fraction(1))
    recompute._check_tolerance("here", pair(), tolerance)
    with pytest.raises(ContradictoryEvidence, match="beyond tolerance"):
        recompute._check_tolerance("here", pair(**other), tolerance)
