"""The settings of an exam. Pure. Nothing about length or pass rule is a constant in code."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any


class SchemeKind(StrEnum):
    """What results of a scheme mean. Only live schemes certify; only they refuse sample cases."""

    LIVE = "live"
    PRACTICE = "practice"
    DEMONSTRATION = "demonstration"


@dataclass(frozen=True)
class SchemeSettings:
    """Everything that a scheme decides, with a sensible default.

    Minutes and seconds are whole; tolerances are exact marks written as `"n/d"` or `"n"`.
    `sign_off_quorum` members must sign a moderation, of whom `lay_quorum` are lay members;
    `adoption_quorum` board members adopt a cut score that none of them proposed; `release_quorum`
    people release results.
    """

    minutes: int = 120
    transit_seconds: int = 30
    item_tolerance: str = "2"
    criterion_tolerance: str = "1"
    sign_off_quorum: int = 3
    lay_quorum: int = 1
    adoption_quorum: int = 2
    release_quorum: int = 2
    instructions: str = ""
    exam_rules: str = ""
    competence_standards: tuple[str, ...] = field(default_factory=tuple)

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
