"""Finding sub-standards by words or codes, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.framework.rules import Framework, build_framework
from proficiency.framework.search import (
    Part,
    find_code,
    find_sub_standards,
    mark_words,
    search_words,
)

BAKERY: Framework = build_framework(
    {
        "name": "bakery",
        "version": 1,
        "title": "Standards of baking",
        "publisher": "Guild of Bakers",
        "themes": [
            {
                "code": code,
                "title": "A theme",
                "summary": "Ours.",
                "standards": [
                    {
                        "code": number,
                        "heading": heading,
                        "title": "Baking well",
                        "summaries": summaries,
                    }
                ],
            }
            for code, number, heading, summaries in (
                ("A", "1", "Flour", {"1.1": "Sieves twice.", "1.2": "Weighs the baker's salt."}),
                ("B", "2", "Oven", {"2.1": "Watches the oven.", "2.2": "Burns 100 loaves."}),
            )
        ],
    }
)


def found(query: str, **wordings: str) -> list[str]:
    texts = {code.replace("_", ".")[1:]: text for code, text in wordings.items()}
    return [entry.sub_standard.code for entry in find_sub_standards(BAKERY, query, texts)]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("salt", ["1.2"]),
        ("SIEVE", ["1.1"]),
        ("weighs salt", ["1.2"]),
        ("weighs oven", []),
        ("flour", ["1.1", "1.2"]),
        ("baking", ["1.1", "1.2", "2.1", "2.2"]),
        ("baker’s", ["1.2"]),
        ("“salt”,", ["1.2"]),
        ("100", ["2.2"]),
        ("1.2", ["1.2"]),
        ("1,2", ["1.2"]),
        ("Standard 2", ["2.1", "2.2"]),
        ("b", ["2.1", "2.2"]),
        ("theme A", ["1.1", "1.2"]),
        ("", []),
        (" ?! ", []),
        ("3", []),
    ],
)
def test_a_search_finds(query: str, codes: list[str]) -> None:
    assert found(query) == codes


def test_official_wording_is_searched_beside_the_summary() -> None:
    assert found("knead", _2_1="must knead") == ["2.1"]
    assert found("knead watches", _2_1="must knead") == ["2.1"]


def test_a_query_is_a_code_only_as_a_whole() -> None:
    assert find_code(BAKERY, " 2.1 ") == "2.1"
    assert find_code(BAKERY, "2 loaves") is None
    assert find_code(BAKERY, "9.9") is None


def test_words_are_distinct_small_and_bare() -> None:
    assert search_words("Salt, (salt) “Oven” ...") == ("salt", "oven")


def test_the_words_looked_for_are_marked_wherever_they_occur() -> None:
    assert mark_words("The oven’s Oven", ("oven",)) == (
        Part("The "),
        Part("oven", is_match=True),
        Part("’s "),
        Part("Oven", is_match=True),
    )


def test_the_longer_of_two_words_is_marked_whole() -> None:
    assert mark_words("records", ("record", "records")) == (Part("records", is_match=True),)


def test_without_words_the_text_stays_in_one_piece() -> None:
    assert mark_words("The oven", ()) == (Part("The oven"),)


@given(st.text(max_size=60), st.text(max_size=30))
def test_marked_parts_joined_are_the_text(text: str, query: str) -> None:
    parts = mark_words(text, search_words(query))
    assert "".join(part.text for part in parts) == text


@given(st.text(max_size=60))
def test_no_query_makes_a_search_fail(query: str) -> None:
    assert set(found(query)) <= {"1.1", "1.2", "2.1", "2.2"}


def test_a_number_of_any_length_is_only_a_number() -> None:
    assert found("9" * 9000) == []
    assert BAKERY.nearest_codes("1" * 9000) == ()
