"""Which cases cite which source, and how long ago the law of each was checked."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from proficiency.bank.queries import BankCase, get_figures
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.scenarios.citing import is_law_old
from proficiency.scenarios.queries import VersionSummary, list_case_versions
from proficiency.scenarios.references import Notice, standing_notices


@dataclass(frozen=True)
class CitingVersion:
    """A published version that cites a source. `is_newest` of its case."""

    version: VersionSummary
    law_checked: date
    is_newest: bool
    is_old: bool


@dataclass(frozen=True)
class CitedSource:
    """One source with every version that cites it, the newest of each case first.

    `notice` is what speaks against it now.
    """

    key: str
    citation: str
    citing: tuple[CitingVersion, ...]
    notice: Notice | None

    @property
    def current(self) -> tuple[CitingVersion, ...]:
        """The newest versions of cases that cite it."""
        return tuple(each for each in self.citing if each.is_newest)

    @property
    def checked(self) -> date:
        """When a case that cites it now was checked longest ago; of older versions if none does."""
        return min(each.law_checked for each in self.current or self.citing)


@dataclass(frozen=True)
class CheckedCase:
    """When the law of a case's newest version was checked, and how many days ago that is."""

    case: BankCase
    days: int
    is_old: bool


def list_sources(session: Session, today: date) -> list[CitedSource]:
    """Return every source that a published case cites, by its words."""
    standing = standing_notices(session)
    citing: dict[str, list[CitingVersion]] = {}
    words: dict[str, str] = {}
    newest: set[str] = set()
    for version in list_case_versions(session):
        figures = get_figures(session, version.id)
        each = CitingVersion(
            version=version,
            law_checked=figures.law_checked,
            is_newest=version.name not in newest,
            is_old=is_law_old(figures.law_checked, today),
        )
        newest.add(version.name)
        for reference in figures.references:
            citing.setdefault(reference.key, []).append(each)
            words.setdefault(reference.key, reference.citation)
    found = (
        CitedSource(key, words[key], tuple(versions), standing.get(key))
        for key, versions in citing.items()
    )
    return sorted(found, key=lambda source: (source.citation.casefold(), source.key))


def get_source(session: Session, key: str, today: date) -> CitedSource:
    """Return one source. Raises `NotFound` when no published case cites it."""
    for source in list_sources(session, today):
        if source.key == key:
            return source
    raise NotFound(_("No published case cites a source of this name."))


def list_checked(bank: list[BankCase], today: date) -> list[CheckedCase]:
    """Return the cases by when their law was checked, the longest ago first."""
    found = (
        CheckedCase(
            case,
            (today - case.figures.law_checked).days,
            is_law_old(case.figures.law_checked, today),
        )
        for case in bank
    )
    return sorted(found, key=lambda each: (-each.days, each.case.version.title))
