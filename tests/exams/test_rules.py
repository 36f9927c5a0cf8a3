"""The settings of an exam, without a database."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.core.text import canonical_json
from proficiency.exams.operations import drawn_order
from proficiency.exams.rules import RANGES, SchemeSettings, read_tolerance, setting_problems

DEFAULTS = SchemeSettings()


def problems(**settings: object) -> set[str]:
    return {name for name, _words in setting_problems(replace(DEFAULTS, **settings))}


def test_the_defaults_can_be_saved():
    assert problems() == set()


def test_a_moderation_is_never_filled_by_one_person_and_results_never_released_by_one():
    assert problems(sign_off_quorum=1, lay_quorum=0) == {"sign_off_quorum"}
    assert problems(release_quorum=1) == {"release_quorum"}


@pytest.mark.parametrize("name", sorted(RANGES))
def test_a_number_outside_its_range_is_named(name: str):
    assert name in problems(**{name: RANGES[name].lowest - 1})
    assert name in problems(**{name: RANGES[name].highest + 1})


def test_more_lay_members_than_signatures_can_not_be():
    assert problems(lay_quorum=4) == {"lay_quorum"}


@pytest.mark.parametrize("text", ["", "two", "-1", "1/0", "1e3", "0.12345", "1 / 2", "٣"])
def test_a_tolerance_is_a_plain_number(text: str):
    with pytest.raises(ValueError):
        read_tolerance(text)
    assert problems(item_tolerance=text) == {"item_tolerance"}


@pytest.mark.parametrize(
    ("text", "value"), [("2", Fraction(2)), (" 0.5 ", Fraction(1, 2)), ("1/3", Fraction(1, 3))]
)
def test_a_tolerance_is_exact(text: str, value: Fraction):
    stored = read_tolerance(text)
    assert SchemeSettings(item_tolerance=stored).item_tolerance_mark == value
    assert read_tolerance(stored) == stored


@given(st.lists(st.text(min_size=1), max_size=3), st.integers(1, 1440), st.text())
def test_settings_are_read_as_they_were_stored(standards, minutes, instructions):
    settings = SchemeSettings(
        minutes=minutes, instructions=instructions, competence_standards=tuple(standards)
    )
    assert SchemeSettings.from_json(settings.to_json()) == settings
    canonical_json(settings.to_json())


def test_an_unknown_setting_is_a_fault():
    with pytest.raises(TypeError):
        SchemeSettings.from_json({"minuets": 3})


@given(st.text(), st.lists(st.text(), unique=True))
def test_the_same_seed_gives_the_same_order_of_the_same_options(seed: str, keys: list[str]):
    first = drawn_order(seed, "case", "item", keys)
    assert first == drawn_order(seed, "case", "item", keys)
    assert sorted(first) == sorted(keys)
