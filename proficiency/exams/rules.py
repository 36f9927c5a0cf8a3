"""The settings of an exam. Pure. Nothing about length or pass rule is a constant in code."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from proficiency.core.text import _


class SchemeKind(StrEnum):
    """What results of a scheme mean. Only live schemes certify; only they refuse sample cases."""

    LIVE = "live"
    PRACTICE = "practice"
    DEMONSTRATION = "demonstration"


KIND_NAMES = {
    SchemeKind.LIVE: _("Live"),
    SchemeKind.PRACTICE: _("Practice"),
    SchemeKind.DEMONSTRATION: _("Demonstration"),
}

KIND_MEANINGS = {
    SchemeKind.LIVE: _("Results count. Public sample cases are refused."),
    SchemeKind.PRACTICE: _("For getting used to the exam. Results don’t count."),
    SchemeKind.DEMONSTRATION: _("For showing the system. Results don’t count."),
}

if set(KIND_NAMES) != set(SchemeKind) or set(KIND_MEANINGS) != set(SchemeKind):
    raise AssertionError("every kind of scheme needs a name and a meaning")


DEFAULT_INSTRUCTIONS = _(
    "You read case studies and answer questions about them, as a case manager would. Each case has "
    "stages. Once you open the next stage you can still read the one before, but no longer change "
    "your answers to it.\n\n"
    "What you type is saved while you type, on this device and with us. If the page closes or the "
    "connection drops, sign in again on any device and go on: the answers are there.\n\n"
    "Spelling, grammar and speed of typing are not marked. Points are welcome."
)
DEFAULT_RULES = _(
    "I answer by myself, without help from other people or from software that writes text.\n"
    "I don’t copy, photograph or record the cases, and I don’t talk about them with anybody.\n"
    "I have not seen these cases before."
)


@dataclass(frozen=True)
class SchemeSettings:
    """Everything that a scheme decides, with a sensible default.

    Minutes and seconds are whole; tolerances are exact marks written as `"n/d"` or `"n"`.
    `sign_off_quorum` members must sign a moderation, of whom `lay_quorum` are lay members;
    `adoption_quorum` board members adopt a cut score that none of them proposed; `release_quorum`
    people release results. An answer file is taken in for `late_hours` after the end; `late_rule`
    says when late answers count. Where an exam is `invigilated`, somebody lets candidates in and
    permits another device; what a candidate asks and nobody answers is settled by rule after
    `unanswered_minutes`. `help_phone` is the number to ring.
    With an `identity_check` too, candidates are asked for pictures of face and document by camera;
    the face is kept for `photo_days` after the sitting, for appeals. `spell_check` and `read_aloud`
    say whether a page offers the browser's own. Blind guessing may earn no more than
    `most_blind_percent` of the marks of a form. Breaks stop the clock for `break_minutes` in all,
    `longest_break_minutes` at a time; whoever can't open the next part because the connection is
    away gets up to `blocked_minutes` of that time back.
    """

    minutes: int = 120
    transit_seconds: int = 30
    break_minutes: int = 0
    longest_break_minutes: int = 15
    blocked_minutes: int = 10
    item_tolerance: str = "2"
    criterion_tolerance: str = "1"
    sign_off_quorum: int = 3
    lay_quorum: int = 1
    adoption_quorum: int = 2
    release_quorum: int = 2
    most_blind_percent: int = 35
    late_hours: int = 24
    late_rule: str = ""
    invigilated: bool = False
    identity_check: bool = False
    photo_days: int = 90
    unanswered_minutes: int = 3
    help_phone: str = ""
    spell_check: bool = True
    read_aloud: bool = True
    instructions: str = ""
    exam_rules: str = ""
    competence_standards: tuple[str, ...] = field(default_factory=tuple)

    @property
    def asks_for_pictures(self) -> bool:
        """Whether candidates show face and document by camera: only where somebody looks."""
        return self.invigilated and self.identity_check

    @property
    def item_tolerance_mark(self) -> Fraction:
        return Fraction(self.item_tolerance)

    @property
    def criterion_tolerance_levels(self) -> Fraction:
        return Fraction(self.criterion_tolerance)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain JSON values."""
        return asdict(self) | {"competence_standards": list(self.competence_standards)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "SchemeSettings":
        """Return the settings stored in `data`. Raises `TypeError` for an unknown setting."""
        standards = tuple(data.get("competence_standards", ()))
        return cls(**{**data, "competence_standards": standards})


@dataclass(frozen=True)
class Range:
    """What a whole number among the settings may be, and how a person calls it."""

    name: str
    lowest: int
    highest: int


RANGES: Mapping[str, Range] = {
    "minutes": Range(_("Minutes"), 1, 24 * 60),
    "transit_seconds": Range(_("Seconds in transit"), 0, 600),
    "break_minutes": Range(_("Minutes of breaks"), 0, 24 * 60),
    "longest_break_minutes": Range(_("Minutes of one break at most"), 1, 24 * 60),
    "blocked_minutes": Range(_("Minutes given back to who is held up"), 0, 24 * 60),
    "most_blind_percent": Range(_("Most that guessing may earn, in percent"), 1, 100),
    "late_hours": Range(_("Hours for answer files"), 0, 24 * 14),
    "unanswered_minutes": Range(_("Minutes until a call counts as unanswered"), 1, 60),
    "photo_days": Range(_("Days for which photographs are kept"), 1, 730),
    "sign_off_quorum": Range(_("Signatures under a moderation"), 2, 50),
    "lay_quorum": Range(_("Lay members among them"), 0, 50),
    "adoption_quorum": Range(_("Board members who adopt a cut score"), 1, 50),
    "release_quorum": Range(_("People who release results"), 2, 50),
}

TOLERANCES: Mapping[str, str] = {
    "item_tolerance": _("Tolerance per question"),
    "criterion_tolerance": _("Tolerance per criterion"),
}

TEXTS = ("late_rule", "help_phone", "instructions", "exam_rules")
"""The settings that are words; left empty, the system has words of its own."""

SWITCHES = ("invigilated", "identity_check", "spell_check", "read_aloud")
"""The settings that are on or off."""

TOO_MANY_LAY = _("More lay members than signatures are asked for. Lower one of them.")

_EXACT = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}|/[1-9][0-9]{0,3})?")


def read_tolerance(text: str) -> str:
    """Return a tolerance in the one way that it is stored: `1/2` for `0.5`.

    Raises `ValueError` for anything but a number that is not negative: `2`, `0.5` or `1/2`.
    """
    if not _EXACT.fullmatch(text.strip()):
        raise ValueError(text)
    return str(Fraction(text.strip()))


def setting_problems(settings: SchemeSettings) -> Iterator[tuple[str, str]]:
    """Yield the name of each setting that can't be, and why, in words."""
    for name, allowed in RANGES.items():
        if not allowed.lowest <= getattr(settings, name) <= allowed.highest:
            words = _("{setting}: write a whole number from {lowest} to {highest}.")
            yield (
                name,
                words.format(setting=allowed.name, lowest=allowed.lowest, highest=allowed.highest),
            )
    for name, called in TOLERANCES.items():
        if not _EXACT.fullmatch(getattr(settings, name)):
            words = _("{setting}: write a number such as 2, 0.5 or 1/2.")
            yield name, words.format(setting=called)
    if settings.lay_quorum > settings.sign_off_quorum:
        yield "lay_quorum", TOO_MANY_LAY


@dataclass(frozen=True)
class Totals:
    """What a choice of cases adds up to. `themes` counts questions per theme that they cite.

    `blind` are the marks that blind guessing earns on average, the sum over all questions.
    """

    marks: Fraction
    blind: Fraction
    minutes: int
    items: int
    stages: int
    themes: tuple[tuple[str, str, int], ...]
