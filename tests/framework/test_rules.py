"""The framework as data: what it holds, how its codes are found, and what faulty data meets."""

import copy
import re
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.framework.rules import (
    STANDARDS_OF_PROFICIENCY,
    FaultyFrameworkError,
    Framework,
    Standard,
    SubStandard,
    Theme,
    UnknownCode,
    UnknownFramework,
    available_frameworks,
    build_framework,
    code_order,
    load_framework,
    plain_code,
)

SMALL: dict[str, Any] = {
    "name": "small",
    "version": 1,
    "title": "A small framework",
    "publisher": "Nobody",
    "themes": [
        {
            "code": "A",
            "title": "First theme",
            "summary": "What comes first.",
            "standards": [
                {
                    "code": "1",
                    "heading": "Opening",
                    "title": "Beginning",
                    "summaries": {"1.1": "Begins.", "1.2": "Goes on."},
                }
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def framework() -> Framework:
    return load_framework(STANDARDS_OF_PROFICIENCY)


def test_the_standards_of_proficiency_are_packaged() -> None:
    assert STANDARDS_OF_PROFICIENCY in available_frameworks()


def test_there_are_4_themes_22_standards_and_98_sub_standards(framework: Framework) -> None:
    assert len(framework.themes) == 4
    assert len(framework.standards) == 22
    assert len(framework.sub_standards) == 98
    assert len(framework.codes) == 4 + 22 + 98


def test_the_themes_hold_26_38_20_and_14_sub_standards(framework: Framework) -> None:
    counts = {theme.code: len(theme.sub_standards) for theme in framework.themes}
    assert counts == {"A": 26, "B": 38, "C": 20, "D": 14}


def test_the_sub_standards_of_each_standard_are_numbered_without_gaps(
    framework: Framework,
) -> None:
    for number, standard in enumerate(framework.standards, start=1):
        assert standard.code == str(number)
        codes = [sub.code for sub in standard.sub_standards]
        assert codes == [f"{number}.{place}" for place in range(1, len(codes) + 1)]


def test_each_summary_is_one_sentence_of_a_readable_length(framework: Framework) -> None:
    for sub in framework.sub_standards:
        assert re.fullmatch(r"[A-Z][^.!?]*\.", sub.summary), sub.code
        assert 8 <= len(sub.summary.split()) <= 35, sub.code


def test_no_two_summaries_could_be_taken_for_each_other(framework: Framework) -> None:
    words = {sub.code: set(re.findall(r"\w{4,}", sub.summary)) for sub in framework.sub_standards}
    for one, other in combinations(words, 2):
        shared = len(words[one] & words[other]) / len(words[one] | words[other])
        assert shared < 0.4, (one, other)


def test_a_code_finds_its_theme_standard_or_sub_standard(framework: Framework) -> None:
    theme, standard, sub = (framework.lookup(code) for code in ("B", "11", "11.2"))
    assert isinstance(theme, Theme)
    assert theme.title == "Case management practice"
    assert isinstance(standard, Standard)
    assert standard.heading == "Coordination"
    assert isinstance(sub, SubStandard)
    assert sub.code == "11.2"


@pytest.mark.parametrize(
    ("code", "theme"),
    [("1", "A"), ("4.4", "A"), ("5.1", "B"), ("12.3", "B"), ("13", "C"), ("22.3", "D"), ("D", "D")],
)
def test_every_code_knows_its_theme(framework: Framework, code: str, theme: str) -> None:
    assert framework.theme_of(code).code == theme


def test_the_place_of_a_code_names_what_stands_above_it(framework: Framework) -> None:
    place = framework.place_of("11.2")
    assert place.standard is not None
    assert (place.theme.code, place.standard.code, place.entry.code) == ("B", "11", "11.2")
    assert framework.place_of("B").standard is None


def test_an_unknown_code_is_refused_with_the_nearest_ones(framework: Framework) -> None:
    with pytest.raises(UnknownCode) as refusal:
        framework.lookup("11.8")
    assert refusal.value.suggestions == ("11.7", "11.6", "11.5")
    assert refusal.value.message == "There is no standard 11.8. Did you mean 11.7, 11.6, 11.5?"


def test_an_unknown_code_that_resembles_nothing_gets_no_suggestion(framework: Framework) -> None:
    assert framework.nearest_codes("Z") == ()
    with pytest.raises(UnknownCode, match=r"^There is no standard Z\.$"):
        framework.theme_of("Z")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("11,2", "11.2"),
        ("11.02", "11.2"),
        ("Standard 11.2", "11.2"),
        ("11 . 2", "11.2"),
        ("112", "11.2"),
        ("b", "B"),
        ("[B]", "B"),
        ("4.5", "4.4"),
    ],
)
def test_a_slip_of_the_pen_finds_the_code_that_was_meant(
    framework: Framework, written: str, meant: str
) -> None:
    assert framework.nearest_codes(written)[0] == meant


def test_codes_are_in_natural_order(framework: Framework) -> None:
    expected = ["A", "B", "1", "1.1", "1.2", "1.10", "2", "10", "10.1"]
    shuffled = ["1.10", "2", "B", "10.1", "1", "1.2", "A", "10", "1.1"]
    assert sorted(shuffled, key=code_order) == expected
    assert framework.codes[:6] == ("A", "B", "C", "D", "1", "1.1")
    assert framework.codes[-1] == "22.3"


def test_codes_of_other_frameworks_have_an_order_too() -> None:
    assert sorted(["7c", "10", "7a", "7"], key=code_order) == ["7", "7a", "7c", "10"]


@given(st.text(max_size=30))
def test_whatever_is_written_as_a_code_suggestions_exist_in_the_framework(written: str) -> None:
    framework = load_framework(STANDARDS_OF_PROFICIENCY)
    suggestions = framework.nearest_codes(written)
    assert len(suggestions) <= 3
    assert all(code in framework for code in suggestions)


@given(st.sampled_from(load_framework(STANDARDS_OF_PROFICIENCY).codes))
def test_every_code_is_its_own_plain_form_and_its_own_nearest(code: str) -> None:
    assert plain_code(code) == code
    assert load_framework(STANDARDS_OF_PROFICIENCY).nearest_codes(code)[0] == code


@pytest.mark.parametrize("name", ["ircm-standards-of-proficiency/2", "nothing", "../x/1", "a/1.1"])
def test_an_unknown_framework_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(UnknownFramework, match=STANDARDS_OF_PROFICIENCY):
        load_framework(name)


def test_a_framework_is_read_once() -> None:
    first = load_framework(STANDARDS_OF_PROFICIENCY)
    assert load_framework(STANDARDS_OF_PROFICIENCY) is first
    assert first.name_version == STANDARDS_OF_PROFICIENCY


def test_a_framework_is_built_from_its_tables() -> None:
    framework = build_framework(SMALL)
    assert framework.codes == ("A", "1", "1.1", "1.2")


def test_a_code_that_is_there_twice_is_a_fault_of_the_data() -> None:
    data = copy.deepcopy(SMALL)
    data["themes"][0]["standards"].append(data["themes"][0]["standards"][0])
    with pytest.raises(FaultyFrameworkError, match=r"1 is there twice; 1\.1 is there twice"):
        build_framework(data)


def test_a_sub_standard_under_a_foreign_standard_is_a_fault_of_the_data() -> None:
    data = copy.deepcopy(SMALL)
    data["themes"][0]["standards"][0]["summaries"]["11.1"] = "Strays."
    with pytest.raises(FaultyFrameworkError, match=r"11\.1 stands under standard 1"):
        build_framework(data)


@pytest.mark.parametrize("field", ["title", "heading"])
def test_an_empty_text_is_a_fault_of_the_data(field: str) -> None:
    data = copy.deepcopy(SMALL)
    data["themes"][0]["standards"][0][field] = " "
    with pytest.raises(FaultyFrameworkError, match="1 has an empty text"):
        build_framework(data)
