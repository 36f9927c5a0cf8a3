"""What every format does: find, read, score and describe, exactly and without surprises."""

import importlib
import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import proficiency.items
from proficiency.items import rules
from proficiency.items.names import MAX_NAME, derive_names, is_name, nearest, slug
from proficiency.items.numbers import plain, read_number
from proficiency.items.rules import (
    InvalidResponse,
    ItemFormat,
    UnknownFormat,
    all_formats,
    find_format,
    form_part,
    get_format,
)
from proficiency.items.written_response import (
    MAX_CHARACTERS,
    WrittenResponse,
    response_text,
    score_levels,
)
from proficiency.scenarios.content import Item, ItemKeys, candidate_item, from_content, to_content
from tests.items.factory import (
    BEST_ITEM,
    SEVERAL_ITEM,
    TOY,
    WRITTEN_ITEM,
    best,
    ids_of,
    one_more_format,
    sent,
    several,
    view,
    written,
)
from tests.scenarios.factory import read, small_case, with_question

ITEMS = (BEST_ITEM, SEVERAL_ITEM, WRITTEN_ITEM)

# Finding a format


def test_the_formats_are_those_that_have_a_file() -> None:
    folder = Path(rules.__file__).parent
    files = {path.stem for path in folder.glob("*.py") if "\nFORMAT = " in path.read_text()}
    assert set(all_formats()) == files >= {"best_answer", "matching", "written_response"}
    assert all(get_format(name).name == name for name in all_formats())


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownFormat, match=r"“riddle”.*best_answer.*several_answers"):
        get_format("riddle")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("best answer", "best_answer"),
        ("Best  Answer", "best_answer"),
        ("choose 3 of 7", "several_answers"),
        ("choose 2", "several_answers"),
        ("several answers", "several_answers"),
        ("written response", "written_response"),
        ("ranking of 5", "ranking"),
        ("key features", None),
        ("choose some", None),
        ("", None),
    ],
)
def test_a_format_is_found_by_how_an_author_names_it(words: str, name: str | None) -> None:
    found = find_format(words)
    assert (found.name if found else None) == name


@pytest.fixture
def toy_format(tmp_path: Path) -> Iterator[str]:
    """The name of one more format."""
    with one_more_format(tmp_path) as name:
        yield name


def test_a_new_format_is_one_new_file(toy_format: str) -> None:
    case = small_case(
        with_question("yes or no · 2 marks · standards 2.3 · name is-it\n\nDo you tell him?\n")
    )
    assert from_content(to_content(case)) == case
    item = case.item("is-it")
    assert item.kind is get_format(toy_format)
    seen = candidate_item(item, ItemKeys("item1", {}, ()))
    assert seen["question_html"].strip() == "<p>Do you tell him?</p>"
    response = item.kind.read_response(item.body, {}, {"yes": True})
    assert item.kind.score(item.body, {}, response) == 2
    assert "“yes or no”" in " ".join(read(with_question("x · 1 mark · standards 2.3\n")).report())


def test_two_files_may_not_claim_one_name(toy_format: str) -> None:
    folder = Path(proficiency.items.__path__[-1])
    (folder / "yes_or_no_again.py").write_text(TOY)
    all_formats.cache_clear()
    importlib.invalidate_caches()
    with pytest.raises(ValueError, match="two item formats are called 'yes_or_no'"):
        all_formats()
    sys.modules.pop("proficiency.items.yes_or_no_again", None)


def test_every_format_has_a_template_and_a_name_of_its_own() -> None:
    folder = Path(rules.__file__).parents[2] / "templates" / "items"
    for each in all_formats().values():
        assert (folder / f"{each.name}.html").is_file()
        assert find_format(*each.notation.split(", ")) is each


# Best answer


def test_the_key_scores_all_marks_and_any_other_option_none() -> None:
    item = best()
    keys = list(ids_of(item).values())
    scores = [item.kind.score(item.body, ids_of(item), sent(item, {"choice": key})) for key in keys]
    assert scores == [3, 0, 0]


def test_a_choice_can_be_taken_back() -> None:
    response = sent(best(), {"choice": None})
    assert response == '{"choice":null}'
    assert not best().kind.is_answered(response)
    assert best().kind.score(best().body, ids_of(best()), response) == 0


# Several answers


@given(st.integers(1, 5), st.integers(1, 4), st.data())
def test_equal_credit_per_correct_choice_and_nothing_for_too_many(
    choose: int, more: int, data: st.DataObject
) -> None:
    item = several(choose, choose + more, marks="5")
    ids = list(ids_of(item).values())
    chosen = data.draw(st.lists(st.sampled_from(ids), unique=True))
    score = item.kind.score(item.body, ids_of(item), sent(item, {"choices": chosen}))
    correct = len([each for each in chosen if each in ids[:choose]])
    expected = Fraction(5) * correct / choose if len(chosen) <= choose else Fraction(0)
    assert score == expected
    assert 0 <= expected <= item.max_mark


@given(st.permutations(range(6)), st.permutations(range(6)))
def test_neither_the_order_of_ticking_nor_of_showing_changes_anything(
    ticking: list[int], showing: list[int]
) -> None:
    item = several(3, 6)
    keys = item.kind.local_keys(item.body)
    ids = {key: f"x{showing[n]}" for n, key in enumerate(keys)}
    chosen = [ids[keys[n]] for n in ticking if n in (0, 2, 5)]
    response = item.kind.read_response(item.body, ids, {"choices": chosen})
    assert response == item.kind.read_response(item.body, ids, {"choices": sorted(chosen)})
    assert item.kind.score(item.body, ids, response) == 2
    assert item.kind.describe(item.body, ids, response) == [
        "Option number 0",
        "Option number 2",
        "Option number 5",
    ]


@pytest.mark.parametrize(
    ("chosen", "status"),
    [(0, "0 chosen, choose 3"), (2, "2 chosen, choose 3"), (3, None), (4, "4 chosen, choose 3")],
)
def test_the_page_says_how_many_are_chosen_when_the_number_is_wrong(
    chosen: int, status: str | None
) -> None:
    item = several(3, 7)
    response = sent(item, {"choices": list(ids_of(item).values())[:chosen]})
    assert item.kind.status(item.body, response) == status


def test_thirds_of_a_mark_stay_exact() -> None:
    item = several(3, 6, marks="1")
    response = sent(item, {"choices": ["r0"]})
    assert item.kind.score(item.body, ids_of(item), response) == Fraction(1, 3)


# Written response


def test_people_mark_what_is_written_and_nothing_is_worth_nothing() -> None:
    kind = WRITTEN_ITEM.kind
    assert kind.is_marked_by_people
    assert kind.score(WRITTEN_ITEM.body, {}, sent(WRITTEN_ITEM, {"text": "I ring Owen."})) is None
    assert kind.score(WRITTEN_ITEM.body, {}, sent(WRITTEN_ITEM, {"text": " \n "})) == 0
    assert kind.score(WRITTEN_ITEM.body, {}, None) == 0


@given(
    st.lists(
        st.tuples(st.sampled_from(["1", "2", "0.5", "1.25"]), st.integers(1, 4)),
        min_size=1,
        max_size=4,
    ),
    st.data(),
)
def test_a_written_mark_is_the_weighted_sum_of_levels(
    tops: list[tuple[str, int]], data: st.DataObject
) -> None:
    body: WrittenResponse = written(*tops).body
    levels = {
        criterion.key: data.draw(st.integers(0, top))
        for criterion, (_weight, top) in zip(body.criteria, tops, strict=True)
    }
    mark = score_levels(body, levels)
    assert mark == sum(
        Fraction(weight) * level
        for (weight, _top), level in zip(tops, levels.values(), strict=True)
    )
    assert 0 <= mark <= body.marks
    assert (
        score_levels(body, {key: c.top for key, c in zip(levels, body.criteria, strict=True)})
        == body.marks
    )


@pytest.mark.parametrize(
    "levels",
    [
        {},
        {"asks-owen": 2},
        {"asks-owen": 3, "makes-safe": 0},
        {"asks-owen": -1, "makes-safe": 0},
        {"asks-owen": 1, "makes-safe": 0, "other": 1},
    ],
)
def test_a_mark_is_made_from_a_whole_judgement_or_not_at_all(levels: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        score_levels(WRITTEN_ITEM.body, levels)


def test_criteria_traps_and_examples_keep_what_the_author_wrote() -> None:
    body: WrittenResponse = WRITTEN_ITEM.body
    assert [(c.key, c.title, c.weight, c.standards) for c in body.criteria] == [
        ("asks-owen", "Asks Owen", 2, ("7.1",)),
        ("makes-safe", "Makes it safe", 1, ("1.2", "3.5")),
    ]
    assert [(t.words.markdown, t.is_critical, t.standards) for t in body.traps] == [
        ("Hides the loss from Owen", True, ("3.5",)),
        ("Blames the sister", False, ("1.2",)),
    ]
    good, bad = body.examples
    assert good.text == (
        "I ring Owen and ask what he wants to do about the lock.\n\n- Locksmith today\n"
        "- Note in the record"
    )
    assert score_levels(body, bad.level_by_criterion) == bad.mark == 1
    assert body.expected_standards == ("7.1", "1.2", "3.5")
    assert body.word_limit == 120


@given(st.text(max_size=300))
def test_the_words_of_an_answer_are_kept_whole(text: str) -> None:
    response = sent(WRITTEN_ITEM, {"text": text})
    kept = response_text(response)
    assert kept.replace("\ufffd", "") == (
        text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").replace("\ufffd", "")
    )
    assert sent(WRITTEN_ITEM, {"text": kept}) == response
    assert "\n".join(WRITTEN_ITEM.kind.describe(WRITTEN_ITEM.body, {}, response)) in (kept, "")


def test_nul_and_half_characters_from_a_browser_are_made_visible() -> None:
    raw = json.loads('{"text": "a\\u0000b\\ud83dc \\u05d0 \\ud83d\\ude42"}')
    assert response_text(sent(WRITTEN_ITEM, raw)) == "a\ufffdb\ufffdc א 🙂"


def test_an_answer_beyond_what_is_stored_is_refused_and_never_cut() -> None:
    whole = "x" * MAX_CHARACTERS
    assert response_text(sent(WRITTEN_ITEM, {"text": whole})) == whole
    with pytest.raises(
        InvalidResponse, match=r"200,000 characters.*up to 100,000.*Nothing was cut"
    ):
        sent(WRITTEN_ITEM, {"text": "x" * 200_000})
    assert view(WRITTEN_ITEM)["max_characters"] == MAX_CHARACTERS


def test_the_word_limit_is_said_and_stops_nothing() -> None:
    response = sent(WRITTEN_ITEM, {"text": "word " * 130})
    assert WRITTEN_ITEM.kind.status(WRITTEN_ITEM.body, response) == "130 of up to 120 words"
    assert len(response_text(response).split()) == 130


# Every format


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.format)
def test_a_body_survives_its_plain_form(item: Item) -> None:
    data = json.loads(json.dumps(item.kind.to_json(item.body)))
    assert item.kind.from_json(data) == item.body


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.format)
def test_nothing_saved_scores_nothing_and_is_no_answer(item: Item) -> None:
    assert not item.kind.is_answered(None)
    assert item.kind.score(item.body, ids_of(item), None) == 0
    assert item.kind.describe(item.body, ids_of(item), None) == []


FORGED = [None, [], "r0", 7, {}, {"choice": "zz"}, {"choice": ["r0"]}, {"choice": "r0", "more": 1},
          {"choices": "r0"}, {"choices": ["r0", "r0"]}, {"choices": ["zz"]}, {"choices": [None]},
          {"text": None}, {"text": ["a"]}, {"text": "a", "choice": "r0"}, {"choice": {"a": 1}},
          {"choices": [["r0"]]}, {1: 2}]  # fmt: skip


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.format)
@pytest.mark.parametrize("raw", FORGED, ids=str)
def test_what_no_page_of_ours_would_send_is_refused_in_kind_words(item: Item, raw: object) -> None:
    with pytest.raises(InvalidResponse) as refused:
        sent(item, raw)
    assert "not saved" in refused.value.message


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.format)
@given(raw=st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["choice", "choices", "text", "x"]), inner, max_size=3),
))  # fmt: skip
def test_anything_that_arrives_is_stored_or_refused(item: Item, raw: object) -> None:
    try:
        response = sent(item, raw)
    except InvalidResponse:
        return
    score = item.kind.score(item.body, ids_of(item), response)
    assert score is None or 0 <= score <= item.max_mark


def test_a_stored_answer_that_is_not_ours_makes_no_mark() -> None:
    for faulty in ("", "[]", '{"choice":"zz"}', '{"text":"a"}'):
        with pytest.raises(InvalidResponse):
            BEST_ITEM.kind.score(BEST_ITEM.body, ids_of(BEST_ITEM), faulty)


def test_ids_of_another_form_are_not_accepted() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        BEST_ITEM.kind.score(BEST_ITEM.body, {"a": "r0"}, '{"choice":"r0"}')


# Forms without JavaScript


def test_a_posted_form_is_divided_by_item() -> None:
    form = {
        "csrf_token": ["t"],
        "a1:present": ["1"],
        "a1:choices": ["x", "y"],
        "b2:present": ["1"],
        "c3:text": ["words"],
    }
    assert form_part(form, "a1") == {"choices": ["x", "y"]}
    assert form_part(form, "b2") == {}
    assert form_part(form, "c3") is None


def test_a_posted_form_is_what_the_script_would_have_sent() -> None:
    best_raw = BEST_ITEM.kind.from_form(BEST_ITEM.body, ids_of(BEST_ITEM), {"choice": ["r1"]})
    assert sent(BEST_ITEM, best_raw) == sent(BEST_ITEM, {"choice": "r1"})
    nothing = BEST_ITEM.kind.from_form(BEST_ITEM.body, ids_of(BEST_ITEM), {})
    assert sent(BEST_ITEM, nothing) == sent(BEST_ITEM, {"choice": None})
    boxes = SEVERAL_ITEM.kind.from_form(SEVERAL_ITEM.body, ids_of(SEVERAL_ITEM), {})
    assert sent(SEVERAL_ITEM, boxes) == '{"choices":[]}'
    words = WRITTEN_ITEM.kind.from_form(WRITTEN_ITEM.body, {}, {"text": ["a\r\nb"]})
    assert sent(WRITTEN_ITEM, words) == '{"text":"a\\nb"}'


# Names and numbers


@given(st.lists(st.text(max_size=40), max_size=8))
def test_derived_names_are_valid_unique_and_stable(texts: list[str]) -> None:
    names = derive_names(texts, [None] * len(texts), "item")
    assert len(set(names)) == len(texts)
    assert all(is_name(name) and len(name) <= MAX_NAME for name in names)
    assert derive_names(texts, names, "item") == names


def test_names_are_made_of_telling_words() -> None:
    assert slug("What do you say to the client's sister?") == "say-clients-sister"
    assert slug("Élodie’s café") == "elodies-cafe"
    assert slug("المفتاح") == ""
    assert derive_names(["!", "?"], [None, None], "option") == ["option", "option-2"]
    assert derive_names(["Key", "Key"], [None, "key"], "option") == ["key-2", "key"]


def test_the_nearest_word_is_found_or_none() -> None:
    assert nearest("scotlnd", ["England", "Scotland"]) == "Scotland"
    assert nearest("zzz", ["England", "Scotland"]) is None


@given(st.fractions(min_value=0, max_value=1000))
def test_numbers_are_shown_exactly_and_read_back(number: Fraction) -> None:
    shown = plain(number)
    assert Fraction(shown) == number
    assert read_number(shown) in (number, None)


@pytest.mark.parametrize("text", ["", "-1", "1e3", "one", "1/2", "1,5", "٣", "0.12345", "nan"])
def test_what_is_no_plain_number_is_none(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize("format_", all_formats().values(), ids=lambda each: each.name)
def test_the_example_that_authors_begin_from_has_nothing_wrong(format_: ItemFormat[Any]) -> None:
    text = with_question(format_.example)
    if format_.name == "passages":
        text = text.replace("Quote the entry here, word for word.", "A note below the table.")
    parsed = read(text)
    assert parsed.case is not None, parsed.report()
    assert [item.format for item in parsed.case.items] == [format_.name]
    said = [problem.message for problem in parsed.problems]
    assert not [each for each in said if "minutes" not in each]
