"""The decision rule that marking, moderation and results share. Pure."""

from enum import StrEnum
from fractions import Fraction


class CutScoreKind(StrEnum):
    """The life of a cut score: proposed by one person, adopted by others, or withdrawn."""

    PROPOSED = "proposed"
    ADOPTED = "adopted"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """What a result says."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"


def decide_outcome(total: Fraction, cut_score: Fraction) -> Outcome:
    """Return the outcome: a total that reaches the unrounded cut score passes."""
    return Outcome.PASS if total >= cut_score else Outcome.FAIL
