"""Marks are exact; rounding is for display only."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.core.exact import mark_text


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(7), "7"),
        (Fraction(15, 2), "7.5"),
        (Fraction(1, 3), "0.33"),
        (Fraction(2, 3), "0.67"),
        (Fraction(1, 200), "0.01"),
        (Fraction(-5, 4), "−1.25"),
        (Fraction(-1, 1000), "0"),
    ],
)
def test_marks_are_shown_rounded_half_up(mark: Fraction, text: str) -> None:
    assert mark_text(mark) == text


@given(st.fractions(min_value=0, max_value=1000))
def test_what_is_shown_is_never_more_than_half_a_hundredth_away(mark: Fraction) -> None:
    assert abs(Fraction(mark_text(mark)) - mark) <= Fraction(1, 200)
