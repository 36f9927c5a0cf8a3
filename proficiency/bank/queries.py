"""Reading the bank: the newest published version of each case as figures, without its words.

Published versions never change, so the figures of each are read once and kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from proficiency.bank.rules import BankItem
from proficiency.exams.queries import Frozen
from proficiency.framework.queries import framework_finder
from proficiency.framework.rules import Framework
from proficiency.items.section import Citation
from proficiency.items.written_response import WrittenResponse
from proficiency.results.computing import parts_of
from proficiency.results.rules import Part
from proficiency.scenarios.content import Case, Item, Reference, from_content
from proficiency.scenarios.queries import VersionSummary, get_case_version, list_cases


@dataclass(frozen=True)
class VersionFigures:
    """What a version holds beside its words: its questions as figures, and what it rests on."""

    items: tuple[BankItem, ...]
    frameworks: tuple[str, ...]
    law_checked: date
    references: tuple[Reference, ...]


@dataclass(frozen=True)
class BankCase:
    """The newest published version of one case."""

    version: VersionSummary
    figures: VersionFigures


_figures: Frozen[VersionFigures] = Frozen(500)


def get_figures(session: Session, version_id: str) -> VersionFigures:
    """Return the figures of one published version. Raises `NotFound`."""
    kept = _figures.find(version_id)
    if kept is None:
        row = get_case_version(session, version_id)
        kept = _read(from_content(row.content), row.is_sample)
        _figures.keep(version_id, kept)
    return kept


def list_bank(session: Session) -> list[BankCase]:
    """Return the newest published version of every case, by title."""
    return [BankCase(each, get_figures(session, each.id)) for each in list_cases(session)]


def _read(case: Case, is_sample: bool) -> VersionFigures:
    items = tuple(_item(case, item, is_sample) for item in case.items)
    further = {name for item in items for name in item.parts} - {case.framework}
    return VersionFigures(
        items=items,
        frameworks=(case.framework, *sorted(further)),
        law_checked=case.law_checked,
        references=case.references,
    )


def _item(case: Case, item: Item, is_sample: bool) -> BankItem:
    return BankItem(
        case_name=case.name,
        case_title=case.title,
        nation=case.nation.value,
        is_sample=is_sample,
        number=item.number,
        name=item.name,
        format=item.format,
        format_title=item.kind.title,
        marks=item.max_mark,
        chance=item.kind.chance_mark(item.body),
        parts=_parts(case, item),
    )


def _parts(case: Case, item: Item) -> dict[str, tuple[Part, ...]]:
    """What a question's marks are for, in each framework that it cites."""
    own = parts_of(item)
    cited = _further_of(item)
    further = dict.fromkeys(citation.framework for each in cited.values() for citation in each)
    return {case.framework: own} | {
        name: tuple(
            replace(part, standards=codes)
            for part in own
            if (codes := tuple(c.code for c in cited[part.key] if c.framework == name))
        )
        for name in further
    }


def _further_of(item: Item) -> dict[str, tuple[Citation, ...]]:
    """What each part of a question cites of further frameworks; its own before the question's."""
    if isinstance(item.body, WrittenResponse):
        return {each.key: each.further or item.further for each in item.body.criteria}
    return {item.name: item.further}


def list_cited_frameworks(bank: Sequence[BankCase]) -> list[str]:
    """Return each framework that a case follows or a question cites, those followed first."""
    followed = dict.fromkeys(sorted({case.figures.frameworks[0] for case in bank}))
    cited = sorted({name for case in bank for name in case.figures.frameworks})
    return list(followed | dict.fromkeys(cited))


def items_of(bank: Iterable[BankCase]) -> list[BankItem]:
    """Return every question of these cases."""
    return [item for case in bank for item in case.figures.items]


def read_framework(session: Session, name_version: str) -> Framework:
    """Return a framework as it is held here, or as it is packaged while it is not.

    Raises `NotFound` for one that is neither.
    """
    return framework_finder(session)(name_version)
