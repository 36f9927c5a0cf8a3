"""Exact marks: fractions in the program, two integers in the database (invariant 11)."""

from fractions import Fraction

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column


def numerator_column() -> Mapped[int]:
    """A column for the upper part of a mark."""
    return mapped_column(BigInteger)


def denominator_column() -> Mapped[int]:
    """A column for the lower part of a mark; give its table `positive_denominator` too."""
    return mapped_column(BigInteger)


def positive_denominator(column: str) -> CheckConstraint:
    """The rule that a denominator is positive, for the table that holds `column`."""
    return CheckConstraint(f"{column} > 0", name=f"{column}_positive")


def mark_text(mark: Fraction, places: int = 2) -> str:
    """Return `mark` for display: rounded half up to `places`, without trailing zeros.

    Rounding happens here and nowhere else; no decision ever reads this text.
    """
    scale = 10**places
    scaled = (abs(mark) * scale * 2 + 1) // 2
    whole, part = divmod(int(scaled), scale)
    sign = "−" if mark < 0 and scaled else ""
    digits = f"{part:0{places}d}".rstrip("0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"
