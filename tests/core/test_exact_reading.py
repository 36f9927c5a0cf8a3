"""Numbers that people type are read by one rule, exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.core.exact import read_exact
from proficiency.items.numbers import read_number


@pytest.mark.parametrize(
    ("text", "value"),
    [("2", 2), (" 0.5 ", Fraction(1, 2)), ("1/3", Fraction(1, 3)), ("69 / 2", Fraction(69, 2))],
)
def test_decimals_and_ratios_are_read_exactly(text: str, value: Fraction) -> None:
    assert read_exact(text) == value


@pytest.mark.parametrize(
    "text", ["", "-1", "1e3", "1,5", "1/0", "nan", ".5", "1.", "٣", "0.1234567", "9" * 400]
)
def test_everything_else_is_no_number(text: str) -> None:
    assert read_exact(text) is None


@given(st.text("0123456789./ -", max_size=12))
def test_what_a_case_says_is_read_as_what_a_person_types(text: str) -> None:
    assert read_number(text) in (None, read_exact(text))
