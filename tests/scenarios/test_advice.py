"""Advice is right often enough to be given, is explained, and says how hard a case is to read."""

import re
from collections import Counter

import pytest

from proficiency.core.config import ROOT
from proficiency.items.quantities import read_span
from proficiency.scenarios.advice import readability, reading_minutes
from proficiency.scenarios.readability import count_syllables, read_ease
from tests.scenarios.advice_measure import CODES, FLOOR, PAGE, count, found_in, page, read_set
from tests.scenarios.factory import changed, read, small_case

MEASURED = [(entry, found_in(entry)) for entry in read_set()]


@pytest.mark.parametrize("code", CODES)
def test_a_warning_is_right_on_what_was_held_out(code: str) -> None:
    held = count(code, [each for each in MEASURED if each[0].held_out])
    assert held.right >= 3
    assert held.precision >= FLOOR


@pytest.mark.parametrize("code", CODES)
def test_each_warning_was_measured_on_twelve_flaws_and_twelve_good_entries(code: str) -> None:
    entries = [entry for entry, _found in MEASURED if entry.file == CODES[code]]
    assert sum(code in entry.labels for entry in entries) >= 12
    assert sum(code not in entry.labels for entry in entries) >= 12
    assert any(entry.held_out for entry in entries)


def test_the_page_says_what_is_measured_now() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_labels_are_codes_that_are_measured_on_their_file() -> None:
    for entry, _found in MEASURED:
        assert {CODES[label] for label in entry.labels} <= {entry.file}


def test_the_guide_explains_every_code_once() -> None:
    guide = (ROOT / "docs" / "guides" / "advice.md").read_text(encoding="utf-8")
    explained = Counter(re.findall(r"^\| `([a-z-]+)` \|", guide, re.M))
    unmeasured = {"few-options", "standard-not-judged"}
    assert explained == Counter({*CODES, *unmeasured})


def test_a_warning_shows_its_code() -> None:
    parsed = read(changed("minutes: 20", "minutes: 9"))
    assert [line for line in parsed.report() if line.endswith(" [time]")]


def test_reasons_are_not_for_candidates_so_their_words_are_their_authors() -> None:
    parsed = read(changed("It takes the decision from him.", "He is an alcoholic on warfarin."))
    assert parsed.report() == []


def test_a_later_stage_may_tell_what_an_earlier_one_asked() -> None:
    told = 'Owen decides together with us about the flat: "Let us ask what he wants." Set out what'
    later = changed("Set out what you do today", f"{told} you do today")
    assert not [each for each in read(later).warnings if each.code == "given-away"]


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("10 to 20 hours", "20 to 30 hours", True),
        ("10 to 19 hours", "20 to 30 hours", False),
        ("less than 5 days", "5 days", False),
        ("up to 5 days", "5 days", True),
        ("within 4 weeks", "within 6 weeks", True),
        ("more than 20 days", "10 days", False),
        ("18 or over", "16 or over", True),
        ("£1,000 to £1,200", "£1,150", True),
        ("3 days", "3 weeks", False),
    ],
)
def test_amounts_overlap_when_one_number_belongs_to_both(
    one: str, other: str, overlap: bool
) -> None:
    first, second = read_span(one), read_span(other)
    assert first is not None
    assert second is not None
    assert first.overlaps(second) is second.overlaps(first) is overlap


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("cat", 1), ("case", 1), ("manager", 3), ("table", 2), ("wanted", 2), ("asked", 1),
        ("rehabilitation", 6), ("insurer", 3), ("wishes", 2), ("wives", 1), ("people", 2),
        ("idea", 3), ("area", 3), ("quiet", 2), ("the", 1), ("client’s", 2), ("lives", 1),
        ("social", 2), ("decision", 3), ("solicitor", 4),
    ],
)  # fmt: skip
def test_syllables_are_counted_as_they_are_spoken(word: str, syllables: int) -> None:
    assert count_syllables(word) == syllables


def test_reading_ease_is_fleschs_formula() -> None:
    counted = read_ease(["The cat sat on the mat. It was a sunny day."])
    assert (counted.words, counted.sentences, counted.syllables) == (11, 2, 12)
    assert float(counted.ease) == pytest.approx(206.835 - 1.015 * 5.5 - 84.6 * 12 / 11)
    assert read_ease([]).ease == 0


def test_a_case_says_how_hard_it_is_to_read() -> None:
    case = small_case()
    assert 50 < readability(case).ease < 100
    assert readability(case).sentence_length < 12
    assert 0 < reading_minutes(case) < 2
