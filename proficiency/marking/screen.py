"""The rubric as a form on a page: what can be chosen, what is chosen, and what it adds up to."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

from markupsafe import Markup

from proficiency.core.exact import mark_text
from proficiency.items.rubric import Criterion, Sign
from proficiency.items.written_response import WrittenResponse
from proficiency.marking.forms import level_field
from proficiency.marking.judging import Ticked


@dataclass(frozen=True)
class LevelChoice:
    """One level of a criterion, as the page offers it."""

    level: int
    label: str
    descriptor: Markup


@dataclass(frozen=True)
class CriterionChoice:
    """One criterion. `chosen` is None until a level is; `is_unfit` asks for another look."""

    key: str
    field: str
    title: str
    weight: str
    standards: tuple[str, ...]
    levels: tuple[LevelChoice, ...]
    chosen: int | None
    is_unfit: bool


@dataclass(frozen=True)
class SignChoice:
    """One indicator or trap to tick."""

    value: str
    text: Markup
    critical: bool


@dataclass(frozen=True)
class RubricChoices:
    """The whole rubric as a form. `weights` is JSON for the script that adds up meanwhile."""

    criteria: tuple[CriterionChoice, ...]
    indicators: tuple[SignChoice, ...]
    traps: tuple[SignChoice, ...]
    ticked: Ticked
    total: str
    top: str
    weights: str


def rubric_choices(
    body: WrittenResponse, ticked: Ticked, unfit: Collection[str] = ()
) -> RubricChoices:
    """Return the rubric of `body` with what is ticked so far, whole or not."""
    return RubricChoices(
        criteria=tuple(_criterion(each, ticked, unfit) for each in body.criteria),
        indicators=tuple(_sign(sign) for sign in body.indicators),
        traps=tuple(_sign(sign) for sign in body.traps),
        ticked=ticked,
        total=mark_text(running_total(body, ticked)),
        top=mark_text(sum((c.weight * c.top for c in body.criteria), Fraction(0))),
        weights=json.dumps(
            {level_field(c.key): [c.weight.numerator, c.weight.denominator] for c in body.criteria}
        ),
    )


def running_total(body: WrittenResponse, ticked: Ticked) -> Fraction:
    """Return Σ weight × level of the criteria that have a level so far."""
    return sum(
        (
            criterion.weight * ticked.levels[criterion.key]
            for criterion in body.criteria
            if _chosen(criterion, ticked) is not None
        ),
        Fraction(0),
    )


def _chosen(criterion: Criterion, ticked: Ticked) -> int | None:
    level = ticked.levels.get(criterion.key)
    return level if level in {each.value for each in criterion.levels} else None


def _criterion(criterion: Criterion, ticked: Ticked, unfit: Collection[str]) -> CriterionChoice:
    return CriterionChoice(
        key=criterion.key,
        field=level_field(criterion.key),
        title=criterion.title,
        weight=mark_text(criterion.weight),
        standards=criterion.standards,
        levels=tuple(
            LevelChoice(level.value, level.label, Markup(level.descriptor.html))  # noqa: S704
            for level in criterion.levels
        ),
        chosen=_chosen(criterion, ticked),
        is_unfit=criterion.key in unfit,
    )


def _sign(sign: Sign) -> SignChoice:
    # The HTML of a case was sanitised when it was published.
    return SignChoice(sign.key, Markup(sign.words.html), sign.is_critical)  # noqa: S704
