"""Options that are amounts, spans or ranges: reading them, and whether two of them overlap."""

import re
from dataclasses import dataclass
from math import inf

_AMOUNT = r"[£$€]?(?P<{}>\d[\d,]*(?:\.\d+)?)"
_UNIT = r"\s*(?P<unit>[a-z%]+(?: [a-z]+)?)?"
_RANGE = re.compile(
    rf"(?:between |from )?{_AMOUNT.format('low')}\s*(?:-|–|to|and)\s*"
    rf"{_AMOUNT.format('high')}{_UNIT}",
    re.I,
)
_BELOW = re.compile(
    rf"(?:in |for )?(?P<word>within|up to|at most|less than|fewer than|under|below) "
    rf"{_AMOUNT.format('high')}{_UNIT}",
    re.I,
)
_ABOVE = re.compile(
    rf"(?:in |for )?(?P<word>more than|over|above|after|at least) {_AMOUNT.format('low')}{_UNIT}",
    re.I,
)
_ABOVE_AFTER = re.compile(
    rf"{_AMOUNT.format('low')}(?:\s*(?P<unit>[a-z%]+))? (?P<word>or (?:over|more|older))", re.I
)
_SINGLE = re.compile(rf"{_AMOUNT.format('low')}{_UNIT}", re.I)
_EXCLUSIVE = {"less than", "fewer than", "under", "below", "more than", "over", "above", "after"}


@dataclass(frozen=True)
class Span:
    """A stretch of numbers of one unit; an open end is not part of it."""

    low: float
    high: float
    unit: str
    low_open: bool = False
    high_open: bool = False

    def overlaps(self, other: "Span") -> bool:
        """Whether some number belongs to both."""
        return self.unit == other.unit and self._reaches(other) and other._reaches(self)

    def _reaches(self, other: "Span") -> bool:
        """Whether this one begins before the other ends."""
        if self.low == other.high:
            return not (self.low_open or other.high_open)
        return self.low < other.high


def read_span(text: str) -> Span | None:
    """Read an option that is nothing but an amount or a range; None for any other words."""
    words = text.strip().rstrip(".")
    if found := _RANGE.fullmatch(words):
        return Span(_number(found["low"]), _number(found["high"]), _unit(found["unit"]))
    if found := _BELOW.fullmatch(words):
        is_open = found["word"].casefold() in _EXCLUSIVE
        return Span(-inf, _number(found["high"]), _unit(found["unit"]), high_open=is_open)
    if found := _ABOVE.fullmatch(words) or _ABOVE_AFTER.fullmatch(words):
        is_open = found["word"].casefold() in _EXCLUSIVE
        return Span(_number(found["low"]), inf, _unit(found["unit"]), low_open=is_open)
    if found := _SINGLE.fullmatch(words):
        return Span(_number(found["low"]), _number(found["low"]), _unit(found["unit"]))
    return None


def _number(digits: str) -> float:
    return float(digits.replace(",", ""))


def _unit(word: str | None) -> str:
    return (word or "").casefold().rstrip("s")
