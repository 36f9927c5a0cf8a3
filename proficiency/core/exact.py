"""Exact marks are fractions, stored as two integers (invariant 11): how they are read and shown."""

import re
from fractions import Fraction

_DECIMAL = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_RATIO = re.compile(r"([0-9]{1,9})\s*/\s*([0-9]{1,9})")


def read_exact(text: str) -> Fraction | None:
    """Return the marks that `text` writes, as `34.5` or `69/2`; None for anything else.

    This is the one rule for numbers that people type. Signs, exponents, commas, other digits and
    more than six decimals are nothing.
    """
    text = text.strip()
    ratio = _RATIO.fullmatch(text)
    if _DECIMAL.fullmatch(text):
        return Fraction(text)
    if ratio and int(ratio[2]) != 0:
        return Fraction(int(ratio[1]), int(ratio[2]))
    return None


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
