"""What blind guessing earns on a form, and whether its scheme puts up with so much. Pure.

Invariants kept: the figure is the exact mean over all answers that there are, never a sample; a
form at exactly the limit is within it; what is shown is rounded up, so that nothing above the limit
looks as if it were at it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from proficiency.core.exact import mark_text
from proficiency.core.text import _
from proficiency.scenarios.content import Case

MOST_NAMED = 3
"""Questions that are named when guessing earns too much: those to look at first."""


@dataclass(frozen=True)
class Guess:
    """What guessing earns on one question: `marks` of its `most`, on average."""

    question: str
    marks: Fraction
    most: Fraction


def guesses_of(case: Case) -> tuple[Guess, ...]:
    """Return what guessing earns on each question of a case, in order."""
    return tuple(
        Guess(
            _("question {n} of “{case}”").format(n=item.number, case=case.title),
            item.kind.chance_mark(item.body),
            item.max_mark,
        )
        for item in case.items
    )


def blind_marks(guesses: Iterable[Guess]) -> Fraction:
    """Return the marks that blind guessing earns on average."""
    return sum((guess.marks for guess in guesses), Fraction(0))


def is_within(blind: Fraction, total: Fraction, percent: int) -> bool:
    """Whether `blind` of `total` marks is no more than `percent` of them."""
    return blind * 100 <= total * percent


def percent_text(blind: Fraction, total: Fraction) -> str:
    """Return `blind` as a percentage of `total`, rounded up to a tenth."""
    return mark_text(Fraction(ceil(blind * 1000 / total), 10))


def refusal(guesses: Sequence[Guess], percent: int) -> str | None:
    """Say why a form of these questions guesses too well for a scheme; None when it does not."""
    blind, total = blind_marks(guesses), sum((guess.most for guess in guesses), Fraction(0))
    if is_within(blind, total, percent):
        return None
    named = sorted(guesses, key=lambda guess: guess.marks, reverse=True)[:MOST_NAMED]
    return _(
        "Blind guessing would earn {blind} % of these marks on average, and the scheme allows "
        "{percent} % at most. Guessing earns most on {questions}. Choose cases that ask for more "
        "than choosing, or change the scheme’s limit."
    ).format(
        blind=percent_text(blind, total), percent=percent, questions=", ".join(map(_said, named))
    )


def _said(guess: Guess) -> str:
    return _("{question} ({marks} of {most})").format(
        question=guess.question, marks=mark_text(guess.marks), most=mark_text(guess.most)
    )
