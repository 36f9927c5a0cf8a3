"""Reading official wording from the text of a publication, with everything such a text may hold."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.core.errors import Invalid
from proficiency.framework.rules import Framework, build_framework
from proficiency.framework.wording import (
    MAX_CHARACTERS,
    ProblemKind,
    WordingReading,
    parse_official_wording,
)


def _standard(code: str, heading: str, subs: int) -> dict[str, object]:
    summaries = {f"{code}.{place}": f"Does thing {place}." for place in range(1, subs + 1)}
    return {"code": code, "heading": heading, "title": "Ours", "summaries": summaries}


def _theme(code: str, *standards: dict[str, object]) -> dict[str, object]:
    return {"code": code, "title": "A theme", "summary": "Ours.", "standards": list(standards)}


# An invented craft: nothing here is, or resembles, the wording of any real framework.
BAKERY = build_framework(
    {
        "name": "bakery",
        "version": 1,
        "title": "Standards of baking",
        "publisher": "Guild of Bakers",
        "themes": [
            _theme("A", _standard("1", "Flour and water", 3), _standard("2", "The oven", 1)),
            _theme("B", _standard("3", "Selling bread across the counter", 1)),
        ],
    }
)

CLEAN = """\
The Guild has 3 themes, and 1.5 million members.

1. Flour and water ........ 2

[A] Standards of the Bakehouse

Bakers rise early. These standards say how.

Flour and Water
1. The baker will choose good flour and must
1.1. sieve it twice.
1.2. weigh all of it, the salt
included
1.3. know the co-
operative mill that ground it.

The oven

2. The baker will mind the oven, and

must

2.1. be at hand while it is hot.

[B] Standards of the Shop

Bakers also sell.

Selling Bread Across
the Counter
3. Bakers serve people and must
3.1. smile.
"""

WORDINGS = {
    "1.1": "sieve it twice.",
    "1.2": "weigh all of it, the salt included",
    "1.3": "know the co-operative mill that ground it.",
    "2.1": "be at hand while it is hot.",
    "3.1": "smile.",
}


def read(text: str, framework: Framework = BAKERY) -> WordingReading:
    return parse_official_wording(text, framework)


def line_of(text: str, words: str) -> int:
    """The line, counted from 1, on which `words` stand in `text`."""
    return text[: text.index(words)].count("\n") + 1


def kinds(wording: WordingReading) -> list[tuple[ProblemKind, str, int | None]]:
    return [(problem.kind, problem.code, problem.line) for problem in wording.problems]


def test_a_clean_text_gives_every_wording_and_no_problem() -> None:
    wording = read(CLEAN)
    assert wording.problems == ()
    assert wording.sub_standards == WORDINGS
    assert list(wording.sub_standards) == ["1.1", "1.2", "1.3", "2.1", "3.1"]


def test_the_opening_sentences_of_the_standards_are_read_too() -> None:
    assert read(CLEAN).standards == {
        "1": "The baker will choose good flour and must",
        "2": "The baker will mind the oven, and must",
        "3": "Bakers serve people and must",
    }


def test_blank_lines_between_wrapped_lines_change_nothing() -> None:
    assert read(CLEAN.replace("\n", "\n \n")) == read(CLEAN)


def test_line_ends_of_other_systems_change_nothing() -> None:
    assert read(CLEAN.replace("\n", "\r\n")) == read(CLEAN)


def test_odd_spaces_and_characters_are_mended_and_the_words_kept() -> None:
    text = CLEAN.replace(
        "1.1. sieve it twice", "\ufeff \u00a01.1.\u00a0\u2009si\u00adeve  it\ttwice"
    )
    assert read(text.replace("flour", "\ufb02our")) == read(CLEAN)


@pytest.mark.parametrize("code", ["1.1 ", "1.1.", "1.1) ", "1 . 1 . ", "1. 1. ", " 01.01. "])
def test_a_code_may_be_written_in_several_ways(code: str) -> None:
    assert read(CLEAN.replace("1.1. ", code)) == read(CLEAN)


def test_a_code_may_stand_alone_on_its_line() -> None:
    assert read(CLEAN.replace("1.1. ", "1.1.\n").replace("3. Bakers", "3.\nBakers")).problems == ()


def test_headers_footers_and_numbers_of_pages_are_left_out() -> None:
    text = (
        CLEAN.replace("the salt\n", "the salt\nVersion 4\n\fGuild of Bakers\n")
        .replace("be at hand ", "be at hand\nVersion 4\n\fGuild of Bakers\n")
        .replace("[B]", "Version 4\n\fGuild of Bakers\n[B]")
    )
    assert read(text).problems == ()
    assert read(text).sub_standards == WORDINGS


def test_numbers_of_pages_are_left_out() -> None:
    text = CLEAN.replace("the salt\n", "the salt\n1\n\f").replace(
        "be at hand ", "be at hand\n2\n\f"
    )
    assert read(text).sub_standards == WORDINGS
    assert read(CLEAN.replace("the salt\n", "the salt\nPage 3 of 12\n")).sub_standards == WORDINGS


def test_a_heading_directly_below_a_wording_does_not_hang_on_it() -> None:
    text = CLEAN.replace("ground it.\n\nThe oven", "ground it.\n The Oven ")
    assert read(text).sub_standards == WORDINGS


def test_a_last_line_in_small_letters_belongs_to_the_wording_even_if_it_reads_like_a_heading() -> (
    None
):
    text = CLEAN.replace("ground it.", "ground it, the water and\nthe oven", 1)
    assert read(text).sub_standards["1.3"].endswith("the water and the oven")


def test_an_unknown_heading_below_a_wording_is_a_doubt() -> None:
    text = CLEAN.replace("The oven\n", "Heat and Smoke\n")
    wording, line = read(text), line_of(text, "Heat and Smoke")
    assert kinds(wording) == [(ProblemKind.STRAY_HEADING, "1.3", line)]
    assert wording.problems[0].message.startswith(f"line {line}: ")
    assert "Heat and Smoke" in wording.problems[0].message


def test_words_after_the_last_wording_are_a_doubt() -> None:
    text = CLEAN + "\nThe Guild thanks everyone.\n"
    line = line_of(text, "The Guild thanks")
    assert kinds(read(text)) == [(ProblemKind.STRAY_SENTENCE, "3.1", line)]


def test_a_second_sentence_on_the_same_line_is_part_of_the_wording() -> None:
    wording = read(CLEAN.replace("smile.", "smile. This includes Mondays."))
    assert wording.problems == ()
    assert wording.sub_standards["3.1"] == "smile. This includes Mondays."


def test_a_repeated_line_may_be_the_header_of_pages_without_breaks() -> None:
    text = (
        CLEAN.replace("the salt\n", "the salt\nGuild of Bakers 1\n")
        .replace("co-\n", "co-\nGuild of Bakers 2\n")
        .replace("be at hand ", "be at hand\nGuild of Bakers 3\n")
    )
    assert [kind for kind, _code, _line in kinds(read(text))] == [ProblemKind.PAGE_HEADER] * 3


def test_a_number_alone_between_lines_may_be_the_number_of_a_page() -> None:
    wording = read(CLEAN.replace("the salt\n", "the salt\n17\n"))
    assert kinds(wording) == [(ProblemKind.PAGE_HEADER, "1.2", line_of(CLEAN, "included"))]


def test_a_wrapped_line_that_begins_with_a_decimal_is_no_code() -> None:
    wording = read(CLEAN.replace("the salt\n", "the salt at\n1.5 per cent\n"))
    assert wording.problems == ()
    assert wording.sub_standards["1.2"] == "weigh all of it, the salt at 1.5 per cent included"


def test_missing_codes_are_listed_last_in_natural_order() -> None:
    wording = read(CLEAN.replace("1.2.", "").replace("2. The baker", "The baker"))
    assert [(kind, code) for kind, code, _line in kinds(wording)][-2:] == [
        (ProblemKind.MISSING, "1.2"),
        (ProblemKind.MISSING, "2"),
    ]


def test_an_empty_text_misses_everything() -> None:
    wording = read("")
    assert wording.sub_standards == {}
    assert len(wording.problems) == 3 + 5


def test_unknown_codes_are_doubts_and_their_words_go_to_nobody() -> None:
    text = CLEAN.replace("\n1.3.", "\n1.9. sing\nloudly\n1.3.").replace("[B]", "[C]")
    wording = read(text)
    assert kinds(wording) == [
        (ProblemKind.UNKNOWN, "1.9", line_of(text, "1.9.")),
        (ProblemKind.UNKNOWN, "C", line_of(text, "[C]")),
    ]
    assert wording.sub_standards["1.2"] == WORDINGS["1.2"]


def test_a_code_that_appears_twice_is_a_doubt_and_the_first_stays() -> None:
    wording = read(CLEAN.replace("\n1.3.", "\n1.1. burn it.\n1.3."))
    assert kinds(wording) == [(ProblemKind.DUPLICATE, "1.1", 14)]
    assert wording.sub_standards["1.1"] == WORDINGS["1.1"]


def test_a_code_without_words_is_a_doubt() -> None:
    assert kinds(read(CLEAN.replace("sieve it twice.", ""))) == [(ProblemKind.EMPTY, "1.1", 11)]


FAULTY = CLEAN.replace("3.1. smile.", "3.7. frown.\n2.1. again").replace("sieve it twice.", "")


def test_a_code_with_nothing_but_the_next_heading_below_it_has_no_words() -> None:
    text = CLEAN.replace("know the co-\noperative mill that ground it.", "")
    assert kinds(read(text)) == [(ProblemKind.EMPTY, "1.3", line_of(text, "1.3."))]


def test_all_problems_are_found_in_one_reading_in_the_order_of_the_text() -> None:
    assert kinds(read(FAULTY)) == [
        (ProblemKind.EMPTY, "1.1", line_of(FAULTY, "1.1.")),
        (ProblemKind.UNKNOWN, "3.7", line_of(FAULTY, "3.7.")),
        (ProblemKind.DUPLICATE, "2.1", line_of(FAULTY, "2.1. again")),
        (ProblemKind.MISSING, "3.1", None),
    ]


def test_problems_say_where_what_and_what_to_do() -> None:
    assert [problem.message for problem in read(FAULTY).problems] == [
        f"line {line_of(FAULTY, '1.1.')}: 1.1 has no wording: put it after the number.",
        f"line {line_of(FAULTY, '3.7.')}: the framework has no 3.7: check the number.",
        f"line {line_of(FAULTY, '2.1. again')}: 2.1 was already found above: "
        "leave only one of the two.",
        "3.1 was not found: each wording begins on a line of its own.",
    ]


def test_a_text_that_is_far_too_long_is_refused_at_once() -> None:
    with pytest.raises(Invalid, match="1,000,000 characters"):
        read("x" * (MAX_CHARACTERS + 1))


@given(st.text(max_size=400))
def test_any_text_at_all_is_read_without_a_fault(text: str) -> None:
    wording = read(text)
    found = wording.sub_standards.keys() | wording.standards.keys()
    assert all(code in BAKERY for code in found)
    assert all(words.strip() for words in wording.sub_standards.values())


@given(
    width=st.integers(min_value=18, max_value=90),
    gap=st.sampled_from(["\n", "\n\n", " \n \n", "\r\n"]),
    indent=st.sampled_from(["", " ", "\t"]),
)
def test_however_the_lines_are_wrapped_the_wordings_are_the_same(
    width: int, gap: str, indent: str
) -> None:
    wraps = [
        piece
        for line in CLEAN.replace("co-\n", "co-").replace("salt\n", "salt ").splitlines()
        for piece in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=True)
        or [""]
    ]
    text = gap.join(indent + wrap for wrap in wraps)
    assert read(text).sub_standards == WORDINGS
