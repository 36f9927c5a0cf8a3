"""`proficiency cases format`: names are written in, and not one other byte changes."""

from difflib import ndiff

import pytest
from hypothesis import given

from proficiency.scenarios.rules import format_case
from tests.scenarios.factory import SMALL_CASE, changed, read, small_case
from tests.scenarios.test_rules import spoilt_cases

NAMES = (" · name who-decides", ", name before-the-key", " · name what-now")


def without_names() -> str:
    """The small case as it was before anybody named its questions."""
    text = SMALL_CASE
    for name in NAMES:
        text = changed(name, "", text)
    return text


def test_a_case_with_names_stays_the_same_byte_for_byte() -> None:
    assert format_case(SMALL_CASE) == SMALL_CASE


def test_missing_names_are_written_at_the_end_of_their_lines_only() -> None:
    text = without_names()
    lines = ndiff(text.split("\n"), format_case(text).split("\n"))
    added = [line[2:] for line in lines if line.startswith("+")]
    assert added == [
        "best answer · 1 mark · standards 2.3, 13.4 · name sister-asks-decides-about-key-say",
        "choose 2 of 4, 2 marks, standards 6.2, 6.4, name two-things-find-out-first",
        "written response · 6 marks · up to 120 words · 10 minutes · standards 1.2, 3.5, 7.1"
        " · name set-out-today",
    ]


def test_writing_the_names_in_does_not_change_the_case() -> None:
    text = without_names()
    assert small_case(format_case(text)) == small_case(text)


def test_a_written_name_stays_when_the_question_is_reworded_or_moved() -> None:
    text = changed("The sister asks who decides about the key.", "Who decides?")
    assert small_case(text).items[0].name == "who-decides"


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_other_line_ends_and_a_byte_order_mark_are_kept(ending: str) -> None:
    text = "\ufeff" + without_names().replace("\n", ending)
    formatted = format_case(text)
    assert formatted.startswith("\ufeff---")
    assert formatted.count(ending) == text.count(ending)
    assert "\n" not in formatted.replace(ending, "")
    assert read(formatted).case == small_case(without_names())


def test_spaces_at_the_end_of_a_line_and_a_missing_last_line_end_are_kept() -> None:
    text = changed("choose 2 of 4, 2 marks, standards 6.2, 6.4, name before-the-key",
                   "choose 2 of 4, 2 marks, standards 6.2, 6.4  ").rstrip("\n")  # fmt: skip
    formatted = format_case(text)
    assert "6.4, name two-things-find-out-first  \n" in formatted
    assert not formatted.endswith("\n")


def test_a_line_that_goes_on_gets_the_name_at_its_end() -> None:
    text = changed("standards 2.3, 13.4 · name who-decides", "standards 2.3,\n13.4")
    assert "standards 2.3,\n13.4 · name sister-asks" in format_case(text)


def test_two_questions_alike_get_different_names() -> None:
    text = changed("Which two things do you find out first?",
                   "The sister asks who decides about the key. What do you say first?",
                   without_names())  # fmt: skip
    names = [item.name for item in small_case(format_case(text)).items]
    assert names[:2] == ["sister-asks-decides-about-key-say", "sister-asks-decides-about-key-say-2"]


def test_what_is_no_line_of_a_known_format_is_left_alone() -> None:
    text = changed(
        "best answer · 1 mark · standards 2.3, 13.4 · name who-decides", "a riddle of 5 · 4 marks"
    )
    assert format_case(text) == text


def test_a_file_beyond_the_limits_is_left_alone() -> None:
    text = without_names() + "x" * 1_000_001
    assert format_case(text) == text


@given(spoilt_cases())
def test_a_spoilt_case_is_formatted_once_and_for_all(text: str) -> None:
    formatted = format_case(text)
    assert format_case(formatted) == formatted
    assert read(formatted).case == read(text).case
    assert len(formatted.split("\n")) == len(text.split("\n"))
