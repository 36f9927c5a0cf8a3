"""Text is cleaned in one place, before it is hashed or stored."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.core.text import canonical_json, clean_text, count_words

any_text = st.text(alphabet=st.characters())
"""Includes lone surrogates and NUL."""


@given(any_text)
def test_cleaned_text_is_well_formed_and_cleaning_twice_changes_nothing(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode("utf-8")
    assert "\x00" not in cleaned
    assert "\r" not in cleaned
    assert clean_text(cleaned) == cleaned


def test_line_ends_become_line_feeds() -> None:
    assert clean_text("a\r\nb\rc\n") == "a\nb\nc\n"


def test_nul_and_lone_surrogates_become_visible_and_nothing_is_dropped() -> None:
    assert clean_text("a\x00b\ud800c") == "a\ufffdb\ufffdc"


def test_the_two_halves_of_an_emoji_sent_apart_become_one_character() -> None:
    assert clean_text("\ud83d\ude00") == "😀"


def test_right_to_left_text_and_emoji_stay_as_they_are() -> None:
    assert clean_text("שלום 👩🏽‍⚕️ مرحبا") == "שלום 👩🏽‍⚕️ مرحبا"


@given(st.dictionaries(any_text, any_text | st.integers() | st.none() | st.booleans()))
def test_canonical_json_is_stable(value: dict[str, object]) -> None:
    text = canonical_json(value)
    assert canonical_json(json.loads(text)) == text


def test_canonical_json_refuses_floats_because_marks_are_exact() -> None:
    with pytest.raises(TypeError):
        canonical_json({"mark": 0.1})


def test_words_are_runs_of_anything_but_white_space() -> None:
    assert count_words("  one, two\n\tthree — 4 ") == 5
