"""A case as it is frozen: its parts, their one canonical JSON text, and what a candidate gets.

Invariants kept: publishing the same content gives the same bytes (invariant 3); a candidate's view
of a stage is built by allow-list, field by field, from the candidate-facing parts (invariant 7);
HTML is sanitised when a case is read from Markdown, never when a page is shown.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from proficiency.core.text import canonical_json
from proficiency.items.rules import ItemFormat, Json, get_format
from proficiency.items.section import Citation, Rich
from proficiency.scenarios.files import CALLED

CONTENT_VERSION = 1
"""Raised when the shape of the content changes, so that old versions can still be read."""


class Nation(StrEnum):
    """Whose law an answer must follow. Candidates are told."""

    ENGLAND = "England"
    WALES = "Wales"
    SCOTLAND = "Scotland"
    NORTHERN_IRELAND = "Northern Ireland"
    UK = "UK"


@dataclass(frozen=True)
class Reference:
    """A source that a case rests on. `key` is the same wherever the same source is cited."""

    key: str
    citation: str


@dataclass(frozen=True)
class TextBlock:
    """A paragraph, list, table or quote of a case. Headings have no number."""

    number: int | None
    text: Rich


@dataclass(frozen=True)
class CaseFile:
    """A picture or an attached file within an exhibit. `place` counts them through the case.

    `words` say what a picture shows, or what is attached. What the bytes are was found in them,
    and `sha256` names them: they are kept apart, once for all cases that use them.
    """

    place: int
    name: str
    words: str
    is_picture: bool
    sha256: str
    media_type: str
    size: int
    width: int | None
    height: int | None


@dataclass(frozen=True)
class Exhibit:
    """A document within the case. Its paragraphs are numbered from 1; files have no number."""

    number: int
    title: str
    blocks: tuple[TextBlock | CaseFile, ...]

    @property
    def files(self) -> tuple[CaseFile, ...]:
        """The pictures and attached files of this exhibit, in order."""
        return tuple(block for block in self.blocks if isinstance(block, CaseFile))


@dataclass(frozen=True)
class Item:
    """One question. `name` is what statistics, exposure and marks know it by."""

    number: int
    name: str
    format: str
    standards: tuple[str, ...]
    minutes: int | None
    body: Any
    """What the item's format made of the question; a frozen dataclass of that format."""
    further: tuple[Citation, ...] = ()
    """Codes of other frameworks that the question speaks to as well."""

    @property
    def kind(self) -> ItemFormat[Any]:
        """The format, which reads, scores and describes the body."""
        return get_format(self.format)

    @property
    def max_mark(self) -> Fraction:
        """The most marks that the question can give."""
        return self.kind.max_mark(self.body)


@dataclass(frozen=True)
class Stage:
    """A part of the case that is opened as a whole. The first has the case's title."""

    number: int
    title: str
    blocks: tuple[TextBlock | Exhibit, ...]
    items: tuple[Item, ...]

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """The exhibits of this stage, in order."""
        return tuple(block for block in self.blocks if isinstance(block, Exhibit))

    @property
    def files(self) -> tuple[CaseFile, ...]:
        """The pictures and attached files of this stage, in order."""
        return tuple(file for exhibit in self.exhibits for file in exhibit.files)


@dataclass(frozen=True)
class Case:
    """One case study, read and checked."""

    name: str
    title: str
    nation: Nation
    law_checked: date
    framework: str
    setting: str
    minutes: int
    authors: tuple[str, ...]
    references: tuple[Reference, ...]
    stages: tuple[Stage, ...]
    about: Rich

    @property
    def items(self) -> tuple[Item, ...]:
        """All questions, in order."""
        return tuple(item for stage in self.stages for item in stage.items)

    @property
    def files(self) -> tuple[CaseFile, ...]:
        """All pictures and attached files, in order; most cases have none."""
        return tuple(file for stage in self.stages for file in stage.files)

    @property
    def max_mark(self) -> Fraction:
        """The most marks that the case can give."""
        return sum((item.max_mark for item in self.items), Fraction(0))

    def item(self, name: str) -> Item:
        """Return the question called `name`. Raises `KeyError`."""
        found = {item.name: item for item in self.items}
        return found[name]

    def stage(self, number: int) -> Stage:
        """Return a stage, counted from 1. Raises `KeyError`."""
        found = {stage.number: stage for stage in self.stages}
        return found[number]


# The frozen form


def to_content(case: Case) -> str:
    """Return the one JSON text of a case, which is hashed and stored."""
    return canonical_json(
        {
            "content_version": CONTENT_VERSION,
            "name": case.name,
            "title": case.title,
            "nation": case.nation.value,
            "law_checked": case.law_checked.isoformat(),
            "framework": case.framework,
            "setting": case.setting,
            "minutes": case.minutes,
            "authors": list(case.authors),
            "references": [asdict(reference) for reference in case.references],
            "stages": [_stage_to_json(stage) for stage in case.stages],
            "about": case.about.to_json(),
        }
    )


def from_content(content: str) -> Case:
    """Read a frozen case back; equal to the one that it was made from.

    Raises `ValueError` for content of a version that this program does not know.
    """
    data = json.loads(content)
    if data["content_version"] != CONTENT_VERSION:
        raise ValueError(f"content of version {data['content_version']} is not known here")
    return Case(
        name=data["name"],
        title=data["title"],
        nation=Nation(data["nation"]),
        law_checked=date.fromisoformat(data["law_checked"]),
        framework=data["framework"],
        setting=data["setting"],
        minutes=data["minutes"],
        authors=tuple(data["authors"]),
        references=tuple(Reference(**reference) for reference in data["references"]),
        stages=tuple(_stage_from_json(stage) for stage in data["stages"]),
        about=Rich.from_json(data["about"]),
    )


def _stage_to_json(stage: Stage) -> Json:
    return {
        "number": stage.number,
        "title": stage.title,
        "blocks": [_block_to_json(block) for block in stage.blocks],
        "items": [_item_to_json(item) for item in stage.items],
    }


def _stage_from_json(data: Json) -> Stage:
    return Stage(
        number=data["number"],
        title=data["title"],
        blocks=tuple(_block_from_json(block) for block in data["blocks"]),
        items=tuple(_item_from_json(item) for item in data["items"]),
    )


def _block_to_json(block: TextBlock | Exhibit | CaseFile) -> Json:
    if isinstance(block, TextBlock):
        return {"number": block.number, "text": block.text.to_json()}
    if isinstance(block, CaseFile):
        return {"file": asdict(block)}
    return {
        "exhibit": block.number,
        "title": block.title,
        "blocks": [_block_to_json(inner) for inner in block.blocks],
    }


def _block_from_json(data: Json) -> TextBlock | Exhibit:
    if "exhibit" not in data:
        return _text_from_json(data)
    return Exhibit(
        number=data["exhibit"],
        title=data["title"],
        blocks=tuple(
            CaseFile(**inner["file"]) if "file" in inner else _text_from_json(inner)
            for inner in data["blocks"]
        ),
    )


def _text_from_json(data: Json) -> TextBlock:
    return TextBlock(data["number"], Rich.from_json(data["text"]))


def _item_to_json(item: Item) -> Json:
    # Left out where there is none, so that content from before keeps its hash.
    further = [[each.framework, each.code] for each in item.further]
    return ({"further": further} if further else {}) | {
        "number": item.number,
        "name": item.name,
        "format": item.format,
        "standards": list(item.standards),
        "minutes": item.minutes,
        "body": item.kind.to_json(item.body),
    }


def _item_from_json(data: Json) -> Item:
    return Item(
        number=data["number"],
        name=data["name"],
        format=data["format"],
        standards=tuple(data["standards"]),
        minutes=data["minutes"],
        body=get_format(data["format"]).from_json(data["body"]),
        further=tuple(Citation(*each) for each in data.get("further", ())),
    )


# What a candidate gets


@dataclass(frozen=True)
class ItemKeys:
    """The random identifiers of one item on one form, and the order in which options show."""

    item_id: str
    ids: Mapping[str, str]
    order: Sequence[str]


@dataclass(frozen=True)
class CandidateText:
    """A numbered piece of the case, or an unnumbered heading."""

    number: int | None
    html: str


@dataclass(frozen=True)
class CandidateFile:
    """A picture or an attached file as a candidate sees it: never its name, hash or place."""

    file_id: str
    words: str
    is_picture: bool
    kind: str
    size: int
    width: int | None
    height: int | None


@dataclass(frozen=True)
class CandidateExhibit:
    """An exhibit as a candidate sees it."""

    number: int
    title: str
    blocks: tuple[CandidateText | CandidateFile, ...]


@dataclass(frozen=True)
class CandidateStage:
    """One stage as a candidate sees it. `items` hold the fields that each format lists."""

    case_title: str
    nation: str
    number: int
    title: str
    blocks: tuple[CandidateText | CandidateExhibit, ...]
    items: tuple[Json, ...]

    def to_json(self) -> Json:
        """Return the view as plain data, to be sent or stored."""
        return asdict(self)


def candidate_stage(
    case: Case,
    stage_number: int,
    keys: Mapping[str, ItemKeys],
    file_ids: Mapping[int, str] | None = None,
) -> CandidateStage:
    """Return everything of one stage that a candidate gets, and nothing else.

    `keys` gives each item's name its identifiers on this form, and `file_ids` each file's place
    the one that it has there. Raises `KeyError` for a stage that there is not, or an item or a
    file without identifiers, `ValueError` for identifiers that do not fit.
    """
    stage = case.stage(stage_number)
    return CandidateStage(
        case_title=case.title,
        nation=case.nation.value,
        number=stage.number,
        title=stage.title,
        blocks=tuple(_candidate_block(block, file_ids or {}) for block in stage.blocks),
        items=tuple(candidate_item(item, keys[item.name]) for item in stage.items),
    )


def candidate_item(item: Item, keys: ItemKeys) -> Json:
    """Return what a candidate gets of one question: number, time, and its format's own fields."""
    view = item.kind.candidate_view(item.body, keys.ids, keys.order)
    return {**view, "id": keys.item_id, "number": item.number, "minutes": item.minutes}


def _candidate_block(
    block: TextBlock | Exhibit, file_ids: Mapping[int, str]
) -> CandidateText | CandidateExhibit:
    if isinstance(block, TextBlock):
        return CandidateText(block.number, block.text.html)
    return CandidateExhibit(
        block.number,
        block.title,
        tuple(_candidate_part(inner, file_ids) for inner in block.blocks),
    )


def _candidate_part(
    part: TextBlock | CaseFile, file_ids: Mapping[int, str]
) -> CandidateText | CandidateFile:
    if isinstance(part, TextBlock):
        return CandidateText(part.number, part.text.html)
    return CandidateFile(
        file_id=file_ids[part.place],
        words=part.words,
        is_picture=part.is_picture,
        kind=CALLED[part.media_type],
        size=part.size,
        width=part.width,
        height=part.height,
    )


def plain_keys(case: Case) -> dict[str, ItemKeys]:
    """Return identifiers in the author's order, for checks and for a preview by an author.

    A form for candidates draws random ones instead.
    """
    return {item.name: _plain_keys(item, place) for place, item in enumerate(case.items, start=1)}


def _plain_keys(item: Item, place: int) -> ItemKeys:
    keys = item.kind.local_keys(item.body)
    ids = {key: f"q{place}-{number}" for number, key in enumerate(keys, start=1)}
    return ItemKeys(f"q{place}", ids, keys)


def plain_file_ids(case: Case) -> dict[int, str]:
    """Return each file's place as its identifier, for pages that show a published version."""
    return {file.place: str(file.place) for file in case.files}


def named_file_ids(case: Case) -> dict[int, str]:
    """Return each file's name as its identifier, for pages on which a case is written."""
    return {file.place: file.name for file in case.files}
