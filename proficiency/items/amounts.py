"""Numbers with a unit: as authors write them in a table, and as candidates type them.

A candidate's number is read by one pattern, which the page's script uses as well, so that what it
says at once is what marking will find. Numbers are exact fractions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+"
"""Digits, with commas or spaces between thousands or without, and a decimal point."""

_SIGNS = "−–-"
_WORDS = r"(?!(?:to|and|or)\b)[^\s\d.,;:|£€$–—−-][^\d.,;:|£€$–—−-]{0,29}?"
_TO = r"(?: to | and | ?[-–—] ?)"
_SAME = (
    ("£", "gbp", "pounds", "pound"),
    ("€", "eur", "euros", "euro"),
    ("$", "usd", "dollars", "dollar"),
    ("%", "percent", "per cent"),
)
"""Spellings of one unit that candidates may use for each other."""


def _value(name: str) -> str:
    return (
        rf"(?P<sign_{name}>[-−])? ?(?P<before_{name}>[£€$])? ?(?P<number_{name}>{NUMBER})"
        rf" ?(?P<after_{name}>{_WORDS})?"
    )


_ONE = re.compile(_value("low"))
_RANGE = re.compile(rf"(?:between )?{_value('low')}{_TO}{_value('high')}", re.I)


@dataclass(frozen=True)
class Unit:
    """What stands before and after the box, and every spelling that a candidate may repeat."""

    before: str = ""
    after: str = ""

    @property
    def spellings(self) -> tuple[str, ...]:
        """The unit as candidates may write it, in small letters, the longest first."""
        known = {each for words in (self.before, self.after) for each in _spellings(words)}
        return tuple(sorted(known, key=lambda each: (-len(each), each)))

    @property
    def pattern(self) -> str:
        """What a number looks like in small letters and single spaces, for Python and browsers."""
        unit = "|".join(re.escape(each) for each in self.spellings)
        front = rf"(?:(?:[{_SIGNS}]{'|' + unit if unit else ''}) ?){{0,2}}"
        back = rf"(?:(?: ?(?:{unit})){{1,2}}\.?)?" if unit else ""
        return f"{front}(?:{NUMBER}){back}"

    def is_like(self, other: "Unit") -> bool:
        """Whether the two are one unit, such as “hour” and “hours”."""
        return set(self.spellings) == set(other.spellings)

    def __str__(self) -> str:
        return " … ".join(part for part in (self.before, self.after) if part)

    def to_json(self) -> dict[str, Any]:
        """Return the plain form for the frozen content."""
        return {"before": self.before, "after": self.after, "spellings": list(self.spellings)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Unit":
        """Read the plain form back."""
        return cls(data["before"], data["after"])


def _spellings(words: str) -> tuple[str, ...]:
    small = words.casefold()
    for same in _SAME:
        if small in same:
            return same
    if not small:
        return ()
    return (small, small[:-1]) if small.endswith("s") and len(small) > 2 else (small, f"{small}s")


@dataclass(frozen=True)
class Amount:
    """A value (`low` equals `high`) or a range, in a unit."""

    low: Fraction
    high: Fraction
    unit: Unit


def read_amount(text: str) -> Amount | None:
    """Read what an author wrote: `£4,105`, `4103-4107`, `12 to 14 hours`, `30 %`; None if neither.

    A range may say its unit at both ends or at one.
    """
    words = " ".join(text.split())
    found = _RANGE.fullmatch(words)
    if found:
        low, high = _end(found, "low"), _end(found, "high")
        return Amount(low.low, high.low, _joint(low.unit, high.unit))
    found = _ONE.fullmatch(words)
    return _end(found, "low") if found else None


def _end(found: re.Match[str], name: str) -> Amount:
    number = _fraction(found[f"number_{name}"])
    number = -number if found[f"sign_{name}"] else number
    unit = Unit(found[f"before_{name}"] or "", (found[f"after_{name}"] or "").strip())
    return Amount(number, number, unit)


def _joint(one: Unit, other: Unit) -> Unit:
    return Unit(other.before or one.before, other.after or one.after)


def read_given(text: str, unit: Unit) -> Fraction | None:
    """Read what a candidate typed; None when it is no number, or one in another unit."""
    words = " ".join(_plain_digits(text.casefold()).split())
    if re.fullmatch(unit.pattern, words) is None:
        return None
    found = re.search(NUMBER, words)
    if found is None:
        raise ValueError("the pattern of a unit matches without a number")
    number = _fraction(found[0])
    minuses = sum(words[: found.start()].count(sign) for sign in _SIGNS)
    return None if minuses > 1 else -number if minuses else number


def _plain_digits(text: str) -> str:
    return "".join(str(int(each)) if each.isdecimal() else each for each in text)


def _fraction(number: str) -> Fraction:
    whole, _point, part = number.replace(",", "").replace(" ", "").partition(".")
    return Fraction(f"{whole or 0}.{part or 0}")
