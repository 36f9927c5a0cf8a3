"""An analytic rubric: criteria with weights and levels, indicators and traps, and its arithmetic.

The mark is Σ weight × level, exactly. Indicators and traps help to justify a level; they never add
or subtract. A critical trap is a safety failure, which others decide about.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proficiency.items.section import Citation, Rich


@dataclass(frozen=True)
class Level:
    """What an answer at this level of a criterion looks like. Levels count from 0."""

    value: int
    label: str
    descriptor: Rich

    def to_json(self) -> dict[str, Any]:
        """Return the plain form for the frozen content."""
        return {
            "value": self.value,
            "label": self.label,
            "descriptor": self.descriptor.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Level":
        """Read the plain form back."""
        return cls(data["value"], data["label"], Rich.from_json(data["descriptor"]))


@dataclass(frozen=True)
class Criterion:
    """One thing that assessors judge. `key` is the name under which marks know it."""

    key: str
    title: str
    weight: Fraction
    standards: tuple[str, ...]
    levels: tuple[Level, ...]
    further: tuple[Citation, ...] = ()
    """Codes of other frameworks that it speaks to as well."""

    @property
    def top(self) -> int:
        """The highest level."""
        return max(level.value for level in self.levels)

    def to_json(self) -> dict[str, Any]:
        """Return the plain form for the frozen content."""
        # Left out where there is none, so that content from before keeps its hash.
        further = [[each.framework, each.code] for each in self.further]
        return ({"further": further} if further else {}) | {
            "key": self.key,
            "title": self.title,
            "weight": str(self.weight),
            "standards": list(self.standards),
            "levels": [level.to_json() for level in self.levels],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Criterion":
        """Read the plain form back."""
        return cls(
            key=data["key"],
            title=data["title"],
            weight=Fraction(data["weight"]),
            standards=tuple(data["standards"]),
            levels=tuple(Level.from_json(level) for level in data["levels"]),
            further=tuple(Citation(*each) for each in data.get("further", ())),
        )


@dataclass(frozen=True)
class Sign:
    """A positive indicator or a bear trap: something to look for in an answer."""

    key: str
    words: Rich
    standards: tuple[str, ...]
    is_critical: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the plain form for the frozen content."""
        return {
            "key": self.key,
            "words": self.words.to_json(),
            "standards": list(self.standards),
            "is_critical": self.is_critical,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Sign":
        """Read the plain form back."""
        return cls(
            data["key"],
            Rich.from_json(data["words"]),
            tuple(data["standards"]),
            data["is_critical"],
        )


@dataclass(frozen=True)
class ExampleLevel:
    """The level that the authors give an example response on one criterion, and why."""

    criterion: str
    level: int
    why: str


@dataclass(frozen=True)
class ExampleResponse:
    """An answer as a candidate might write it, with the levels that its authors agreed on."""

    key: str
    title: str
    mark: Fraction
    text: str
    levels: tuple[ExampleLevel, ...]

    @property
    def level_by_criterion(self) -> dict[str, int]:
        """The levels by the criterion's key, as `score_levels` takes them."""
        return {given.criterion: given.level for given in self.levels}

    def to_json(self) -> dict[str, Any]:
        """Return the plain form for the frozen content."""
        return {
            "key": self.key,
            "title": self.title,
            "mark": str(self.mark),
            "text": self.text,
            "levels": [[given.criterion, given.level, given.why] for given in self.levels],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ExampleResponse":
        """Read the plain form back."""
        return cls(
            key=data["key"],
            title=data["title"],
            mark=Fraction(data["mark"]),
            text=data["text"],
            levels=tuple(ExampleLevel(*given) for given in data["levels"]),
        )


def rubric_max(criteria: Iterable[Criterion]) -> Fraction:
    """Return the most marks: Σ weight × top level."""
    return sum((criterion.weight * criterion.top for criterion in criteria), Fraction(0))


def score_criteria(criteria: Iterable[Criterion], levels: Mapping[str, int]) -> Fraction:
    """Return Σ weight × level, exactly.

    Raises `ValueError` when a criterion has no level, a level is not one of its criterion's, or a
    name is no criterion: a mark is made from a whole judgement or not at all.
    """
    by_key = {criterion.key: criterion for criterion in criteria}
    if set(levels) != set(by_key):
        raise ValueError("give one level for each criterion of the rubric, and no others")
    for key, level in levels.items():
        if level not in {known.value for known in by_key[key].levels}:
            raise ValueError(f"{key} has no level {level}")
    return sum((by_key[key].weight * level for key, level in levels.items()), Fraction(0))
