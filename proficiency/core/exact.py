"""Exact marks are fractions, stored as two integers (invariant 11); here is how they are shown."""

from fractions import Fraction


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
