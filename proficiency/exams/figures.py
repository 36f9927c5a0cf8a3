"""What cases add up to: marks, what blind guessing earns of them, minutes, questions and themes.

Published cases are frozen, so the figures of each are read once and kept.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from proficiency.exams.blind import Guess, blind_marks, guesses_of
from proficiency.exams.queries import Frozen
from proficiency.exams.rules import Totals
from proficiency.framework.queries import framework_finder
from proficiency.framework.rules import Framework
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
    guesses: tuple[Guess, ...]
    minutes: int
    items: int
    stages: int
    themes: tuple[tuple[str, int], ...]
    all_themes: tuple[tuple[str, str], ...]
    """Code and title of every theme of the framework that the case follows."""


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
    framework = framework_finder(session)(case.framework)
    return CaseFigures(
        version_id=row.id,
        name=row.aggregate_id,
        version=row.pos,
        title=row.title,
        nation=row.nation,
        framework=row.framework,
        is_sample=row.is_sample,
        marks=case.max_mark,
        guesses=guesses_of(case),
        minutes=case.minutes,
        items=len(case.items),
        stages=len(case.stages),
        themes=_count_themes(case, framework),
        all_themes=tuple((theme.code, theme.title) for theme in framework.themes),
    )


def _count_themes(case: Case, framework: Framework) -> tuple[tuple[str, int], ...]:
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
        blind=blind_marks(guess for case in cases for guess in case.guesses),
        minutes=sum(case.minutes for case in cases),
        items=sum(case.items for case in cases),
        stages=sum(case.stages for case in cases),
        themes=tuple(
            (code, title, counted[code])
            for code, title in sorted({theme for case in cases for theme in case.all_themes})
        ),
    )
