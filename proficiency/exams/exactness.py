"""Whether a form's totals stay within the integers that hold them. Pure.

A mark is stored as two 64-bit integers, and the database compares marks by multiplying across
(`total_num * cut_den >= cut_num * total_den`). SQLite would silently go on in floats where such a
product does not fit, and PostgreSQL would stop. Here is the bound that lets neither happen.

Let D be the common denominator of everything that the questions of a form can give, M its marks and
C the finest cut score. A total is a whole number of D-ths between 0 and M, so its numerator is at
most M·D, and a cut score's at most M·C. Each product in a CHECK is therefore at most M·D·C, or
M·D·(the denominator of M) where the total is held against M. A form for which either reaches 2⁶³ is
refused when it is assembled, long before anybody sits it.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import lcm
from typing import Any

from proficiency.items import judgement_rating, ranking
from proficiency.items.judgement_rating import JudgementRating
from proficiency.items.pairs import PairsFormat
from proficiency.items.ranking import Ranking
from proficiency.items.rules import ItemFormat
from proficiency.items.several_answers import SeveralAnswers
from proficiency.items.written_response import WrittenResponse
from proficiency.scenarios.content import Item

BEYOND = 2**63
"""The first whole number that a column of marks can't hold."""

FINEST_CUT_SCORE = 10**6
"""A cut score is a fraction with at most this below the line: six decimals, or `103/3`."""

GIVEN_BY_HAND = 30_000
"""Where no rubric says them, people give marks in parts of this: four decimals, and thirds."""


def denominator_of(kind: ItemFormat[Any], body: Any) -> int:
    """Return an n such that each mark that the question can come to is a whole number of n-ths.

    Covers what a machine scores and, for a rubric, the mean of two assessors. Marks that people
    give by hand are kept within `can_be_given`.
    """
    if isinstance(body, WrittenResponse):
        return 2 * lcm(*(criterion.weight.denominator for criterion in body.criteria))
    if isinstance(kind, PairsFormat):
        return _denominator_of_pairs(kind, body)
    if isinstance(body, SeveralAnswers):
        return (body.marks / body.choose).denominator
    accepted = (answer.marks.denominator for answer in kind.accepted_answers(body))
    return lcm(kind.max_mark(body).denominator, *accepted)


def _denominator_of_pairs(kind: PairsFormat[Any], body: Any) -> int:
    """A mark is marks × (k·step − chance)/(1 − chance), or 0, where k counts steps of credit."""
    slots = kind.slots(body)
    credits = [kind.credit(body, slot.key, choice) for slot in slots for choice in slot.choices]
    step = Fraction(1, lcm(*(credit.denominator for credit in credits)) * len(slots))
    chance = _chance_taken_out(body)
    scale = kind.marks_of(body) / (1 - chance)
    return lcm((scale * step).denominator, (scale * chance).denominator)


def _chance_taken_out(body: Any) -> Fraction:
    if isinstance(body, Ranking):
        return ranking.chance_share([action.span for action in body.actions])
    if isinstance(body, JudgementRating):
        ratings = [reply.rating for reply in body.replies]
        return judgement_rating.chance_share(ratings, len(body.scale))
    return Fraction(0)


def can_be_given(mark: Fraction, kind: ItemFormat[Any], body: Any) -> bool:
    """Whether people may give this very mark by hand: it is in parts that the form reckons with."""
    return lcm(GIVEN_BY_HAND, denominator_of(kind, body)) % mark.denominator == 0


def common_denominator(items: Iterable[Item]) -> int:
    """Return D of the module's words: every total of these questions is a whole number of D-ths."""
    return lcm(GIVEN_BY_HAND, *(denominator_of(item.kind, item.body) for item in items))


def fits(total: Fraction, denominator: int) -> bool:
    """Whether no product of a form with `total` marks and this common denominator is too large."""
    return total * denominator * max(FINEST_CUT_SCORE, total.denominator) < BEYOND
