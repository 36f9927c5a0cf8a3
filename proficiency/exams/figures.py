"""What cases add up to: marks, what blind guessing earns of them, minutes, questions and themes.

Published cases are frozen, so the figures of each are read once and kept.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from proficiency.exams.queries import Frozen
from proficiency.exams.rules import Totals
from proficiency.framework.rules import Framework, load_framework
from proficiency.scenarios.content import Case, Item, from_content
from proficiency.scenarios.queries import get_case_version, list_cases


@dataclass(frozen=True)
class CaseFigures:
    """One case version that may go into a form, without its words."""

    version_id: str
    name: str
    version: int
    title: str
    nation: str
    framework: str
    is_sample: bool
    marks: Fraction
    blind: Fraction
    minutes: int
    items: int
    stages: int
    themes: tuple[tuple[str, int], ...]


_figures: Frozen[CaseFigures] = Frozen(500)


def get_figures(session: Session, version_id: str) -> CaseFigures:
    """Return the figures of one case version. Raises `NotFound`."""
    kept = _figures.find(version_id)
    if kept is None:
        kept = _read_figures(session, version_id)
        _figures.keep(version_id, kept)
    return kept


def list_choices(session: Session) -> list[CaseFigures]:
    """Return the newest version of every case, by title: what a new form may be made of."""
    return [get_figures(session, case.id) for case in list_cases(session)]


def _read_figures(session: Session, version_id: str) -> CaseFigures:
    row = get_case_version(session, version_id)
    case = from_content(row.content)
    return CaseFigures(
        version_id=row.id,
        name=row.aggregate_id,
        version=row.pos,
        title=row.title,
        nation=row.nation,
        framework=row.framework,
        is_sample=row.is_sample,
        marks=case.max_mark,
        blind=sum((item.kind.chance_mark(item.body) for item in case.items), Fraction(0)),
        minutes=case.minutes,
        items=len(case.items),
        stages=len(case.stages),
        themes=_count_themes(case),
    )


def _count_themes(case: Case) -> tuple[tuple[str, int], ...]:
    framework = load_framework(case.framework)
    counted = Counter(theme for item in case.items for theme in _themes_of(framework, item))
    return tuple(sorted(counted.items()))


def _themes_of(framework: Framework, item: Item) -> set[str]:
    return {framework.place_of(code).theme.code for code in item.standards}


def add_up(cases: Sequence[CaseFigures]) -> Totals:
    """Return what a choice of cases comes to; a theme that no question cites counts 0."""
    counted: Counter[str] = Counter()
    for case in cases:
        counted.update(dict(case.themes))
    return Totals(
        marks=sum((case.marks for case in cases), Fraction(0)),
        blind=sum((case.blind for case in cases), Fraction(0)),
        minutes=sum(case.minutes for case in cases),
        items=sum(case.items for case in cases),
        stages=sum(case.stages for case in cases),
        themes=tuple(
            (code, title, counted[code])
            for code, title in _theme_titles(case.framework for case in cases)
        ),
    )


def _theme_titles(frameworks: Iterable[str]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for name in sorted(set(frameworks)):
        found.update({theme.code: theme.title for theme in load_framework(name).themes})
    return sorted(found.items())
