"""Whether a form's totals stay within the integers that hold them. Pure.

A mark is stored as two 64-bit integers, and the database compares marks by multiplying across
(`total_num * cut_den >= cut_num * total_den`). SQLite would silently go on in floats where such a
product does not fit, and PostgreSQL would stop. Here is the bound that lets neither happen.

Let D be the common denominator of everything that the questions of a form can give (each format
says its own, `ItemFormat.denominator`), M its marks and C the finest cut score. A total is a whole
number of D-ths between 0 and M, so its numerator is at most M·D, and a cut score's at most M·C.
Each product in a CHECK is therefore at most M·D·C, or M·D·(the denominator of M) where the total is
held against M. A form for which either reaches 2⁶³ is refused when it is assembled, long before
anybody sits it.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import lcm
from typing import Any

from proficiency.items.rules import ItemFormat
from proficiency.scenarios.content import Item

BEYOND = 2**63
"""The first whole number that a column of marks can't hold."""

FINEST_CUT_SCORE = 10**6
"""A cut score is a fraction with at most this below the line: six decimals, or `103/3`."""

GIVEN_BY_HAND = 30_000
"""Where no rubric says them, people give marks in parts of this: four decimals, and thirds."""


def can_be_given(mark: Fraction, kind: ItemFormat[Any], body: Any) -> bool:
    """Whether people may give this very mark by hand: it is in parts that the form reckons with."""
    return lcm(GIVEN_BY_HAND, kind.denominator(body)) % mark.denominator == 0


def common_denominator(items: Iterable[Item]) -> int:
    """Return D of the module's words: every total of these questions is a whole number of D-ths."""
    return lcm(GIVEN_BY_HAND, *(item.kind.denominator(item.body) for item in items))


def fits(total: Fraction, denominator: int) -> bool:
    """Whether no product of a form with `total` marks and this common denominator is too large."""
    return total * denominator * max(FINEST_CUT_SCORE, total.denominator) < BEYOND
