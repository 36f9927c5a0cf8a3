"""Marks and weights as authors write them, exactly. No number of a mark is ever a float."""

import re
from fractions import Fraction

from proficiency.core.exact import read_exact

_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,4})?")


def read_number(text: str) -> Fraction | None:
    """Read `2` or `0.5` as people's numbers are read everywhere; None for anything else.

    In a case numbers have no more than four decimals and are no ratios.
    """
    return read_exact(text) if _NUMBER.fullmatch(text) else None


def plain(number: Fraction) -> str:
    """Return `number` as an author would write it: `12`, `0.5`, and `1/3` where no decimal ends."""
    if number.denominator == 1:
        return str(number.numerator)
    scaled = number * 10_000
    if scaled.denominator != 1:
        return str(number)
    whole, rest = divmod(abs(scaled.numerator), 10_000)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}.{rest:04d}".rstrip("0")


def counted(number: Fraction | int, one: str, many: str) -> str:
    """Return a number with its noun: `1 mark`, `12 marks`."""
    return f"{plain(Fraction(number))} {one if number == 1 else many}"
