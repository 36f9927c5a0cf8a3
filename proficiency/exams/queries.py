"""Reading schemes and forms.

A form and everything in it is frozen (invariant 3), so what was read of one is kept in memory: the
page of an exam reads it with every save. Values returned from there are shared; don't change them.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from threading import Lock
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.exams.models import Form, FormFile, FormItem, FormStage, SchemeVersion
from proficiency.exams.rules import SchemeKind, SchemeSettings
from proficiency.scenarios.content import Case, from_content
from proficiency.scenarios.queries import get_case_version

Value = TypeVar("Value")


class Frozen(Generic[Value]):
    """The last `size` values that were read of things that never change, by their id."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: dict[str, Value] = {}
        self._lock = Lock()

    def find(self, key: str) -> Value | None:
        return self._kept.get(key)

    def keep(self, key: str, value: Value) -> None:
        with self._lock:
            if len(self._kept) >= self._size:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = value


_forms: Frozen["FormView"] = Frozen(240)
_items: Frozen[tuple["FormItemView", ...]] = Frozen(24)
_stages: Frozen[tuple["FormStageView", ...]] = Frozen(24)


@dataclass(frozen=True)
class SchemeView:
    """One version of a scheme."""

    id: str
    name: str
    version: int
    title: str
    kind: SchemeKind
    settings: SchemeSettings
    made_at: datetime
    made_by: str


@dataclass(frozen=True)
class FormView:
    """One frozen form, with the settings that it pins."""

    id: str
    title: str
    scheme_version_id: str
    scheme_name: str
    scheme_version: int
    scheme_title: str
    kind: SchemeKind
    settings: SchemeSettings
    max_mark: Fraction
    stage_count: int
    made_at: datetime


@dataclass(frozen=True)
class FormItemView:
    """One item of a form, for the rooms that deliver and mark it; never for a template as it is.

    `ids` maps the author's option keys to this form's random ids; `order` lists the author's keys
    in the order shown; `candidate` is all that a candidate may see of it. `body`, `standards` and
    `name` are for assessors.
    """

    id: str
    number: int
    stage: int
    case_version_id: str
    case_name: str
    name: str
    format: str
    ids: dict[str, str]
    order: list[str]
    max_mark: Fraction
    body: Any
    stem_html: str
    standards: tuple[str, ...]
    candidate: dict[str, Any]


@dataclass(frozen=True)
class FormStageView:
    """One stage of a form. `candidate` is all that a candidate sees of its case text.

    It holds `case_title`, `nation`, `number` (within the form), `title` and `blocks`; its items
    are those of `list_form_items` whose `stage` is `number`.
    """

    number: int
    title: str
    case_version_id: str
    case_name: str
    candidate: dict[str, Any]


@dataclass(frozen=True)
class FormFileView:
    """One picture or attached file of a form. `sha256` is for fetching its bytes, never shown."""

    id: str
    exhibit: int
    case_version_id: str
    sha256: str


@dataclass(frozen=True)
class FormCase:
    """One case of a form, as an officer reads it."""

    case_version_id: str
    name: str
    version: int
    title: str


def scheme_view(row: SchemeVersion) -> SchemeView:
    """Return a scheme's version as the other rooms see it."""
    return SchemeView(
        id=row.id,
        name=row.aggregate_id,
        version=row.pos,
        title=row.title,
        kind=SchemeKind(row.kind),
        settings=SchemeSettings.from_json(json.loads(row.settings)),
        made_at=row.at,
        made_by=row.actor_id,
    )


def get_scheme_version(session: Session, scheme_version_id: str) -> SchemeView:
    """Return one version of a scheme. Raises `NotFound`."""
    row = session.get(SchemeVersion, scheme_version_id)
    if row is None:
        raise NotFound(_("There is no such version of a scheme."))
    return scheme_view(row)


def find_scheme(session: Session, name: str) -> SchemeView | None:
    """Return the newest version of the scheme called `name`, or None."""
    versions = list_scheme_versions(session, name)
    return versions[0] if versions else None


def get_scheme(session: Session, name: str) -> SchemeView:
    """Return the newest version of the scheme called `name`. Raises `NotFound`."""
    found = find_scheme(session, name)
    if found is None:
        raise NotFound(_("There is no scheme of this name."))
    return found


def list_scheme_versions(session: Session, name: str) -> list[SchemeView]:
    """Return every version of a scheme, the newest first."""
    rows = session.scalars(
        sa.select(SchemeVersion)
        .where(SchemeVersion.aggregate_id == name)
        .order_by(SchemeVersion.pos.desc())
    )
    return [scheme_view(row) for row in rows]


def list_schemes(session: Session) -> list[SchemeView]:
    """Return the newest version of every scheme, by title."""
    newest = (
        sa.select(SchemeVersion.aggregate_id, sa.func.max(SchemeVersion.pos).label("pos"))
        .group_by(SchemeVersion.aggregate_id)
        .subquery()
    )
    rows = session.scalars(
        sa.select(SchemeVersion)
        .join(
            newest,
            sa.and_(
                SchemeVersion.aggregate_id == newest.c.aggregate_id,
                SchemeVersion.pos == newest.c.pos,
            ),
        )
        .order_by(SchemeVersion.title, SchemeVersion.aggregate_id)
    )
    return [scheme_view(row) for row in rows]


def get_form(session: Session, form_id: str) -> FormView:
    """Return one form, kept in memory, for it never changes. Raises `NotFound`."""
    kept = _forms.find(form_id)
    if kept is None:
        found = _list_forms(session, Form.id == form_id)
        if not found:
            raise NotFound(_("There is no such form."))
        kept = found[0]
        _forms.keep(form_id, kept)
    return kept


def list_forms(session: Session) -> list[FormView]:
    """Return every form, the newest first."""
    return _list_forms(session, sa.true())


def _list_forms(session: Session, which: sa.ColumnElement[bool]) -> list[FormView]:
    stages = sa.select(sa.func.count()).where(FormStage.form_id == Form.id).scalar_subquery()
    rows = session.execute(
        sa.select(Form, SchemeVersion, stages)
        .join(SchemeVersion, SchemeVersion.id == Form.scheme_version_id)
        .where(which)
        .order_by(Form.at.desc(), Form.id)
    )
    return [_form_view(form, scheme, count) for form, scheme, count in rows]


def _form_view(form: Form, scheme: SchemeVersion, stage_count: int) -> FormView:
    seen = scheme_view(scheme)
    return FormView(
        id=form.id,
        title=form.title,
        scheme_version_id=scheme.id,
        scheme_name=seen.name,
        scheme_version=seen.version,
        scheme_title=seen.title,
        kind=seen.kind,
        settings=seen.settings,
        max_mark=form.max_mark,
        stage_count=stage_count,
        made_at=form.at,
    )


def list_form_stages(session: Session, form_id: str) -> list[FormStageView]:
    """Return the stages of a form in order; empty for an unknown form."""
    kept = _stages.find(form_id)
    if kept is None:
        kept = tuple(_read_stages(session, form_id))
        if kept:
            _stages.keep(form_id, kept)
    return list(kept)


def _read_stages(session: Session, form_id: str) -> list[FormStageView]:
    rows = session.scalars(
        sa.select(FormStage).where(FormStage.form_id == form_id).order_by(FormStage.number)
    ).all()
    names = {
        version_id: get_case_version(session, version_id).aggregate_id
        for version_id in {row.case_version_id for row in rows}
    }
    return [
        FormStageView(
            number=row.number,
            title=row.title,
            case_version_id=row.case_version_id,
            case_name=names[row.case_version_id],
            candidate=json.loads(row.candidate),
        )
        for row in rows
    ]


def get_form_file(
    session: Session, file_id: str, form_id: str | None = None, up_to_stage: int | None = None
) -> FormFileView:
    """Return one file by the id that its form drew for it.

    With `form_id` and `up_to_stage` only one of that form's stages up to that one. Raises
    `NotFound`.
    """
    query = sa.select(FormFile.id, FormFile.exhibit, FormFile.case_version_id, FormFile.file_id)
    query = query.where(FormFile.id == file_id)
    if form_id is not None:
        query = query.where(FormFile.form_id == form_id, FormFile.stage <= (up_to_stage or 0))
    found = session.execute(query).first()
    if found is None:
        raise NotFound(_("There is no such file."))
    return FormFileView(*found)


def list_form_cases(session: Session, form_id: str) -> list[FormCase]:
    """Return the cases of a form in the order in which they are sat."""
    rows = session.execute(
        sa.select(FormStage.case_version_id)
        .where(FormStage.form_id == form_id)
        .group_by(FormStage.case_version_id)
        .order_by(sa.func.min(FormStage.number))
    )
    versions = [get_case_version(session, row.case_version_id) for row in rows]
    return [
        FormCase(version.id, version.aggregate_id, version.pos, version.title)
        for version in versions
    ]


def list_form_items(session: Session, form_id: str) -> list[FormItemView]:
    """Return the items of a form in the order of their numbers; empty for an unknown form."""
    kept = _items.find(form_id)
    if kept is None:
        kept = tuple(_read_items(session, form_id))
        if kept:
            _items.keep(form_id, kept)
    return list(kept)


def get_form_item(session: Session, form_item_id: str) -> FormItemView:
    """Return one item of a form. Raises `NotFound`."""
    form_id = session.scalar(sa.select(FormItem.form_id).where(FormItem.id == form_item_id))
    if form_id is None:
        raise NotFound(_("There is no such question in this exam."))
    return next(item for item in list_form_items(session, form_id) if item.id == form_item_id)


def _read_items(session: Session, form_id: str) -> list[FormItemView]:
    rows = session.scalars(
        sa.select(FormItem).where(FormItem.form_id == form_id).order_by(FormItem.number)
    ).all()
    cases: Mapping[str, Case] = {
        version_id: from_content(get_case_version(session, version_id).content)
        for version_id in {row.case_version_id for row in rows}
    }
    return [_item_view(row, cases[row.case_version_id]) for row in rows]


def _item_view(row: FormItem, case: Case) -> FormItemView:
    item = case.item(row.name)
    candidate = json.loads(row.candidate)
    return FormItemView(
        id=row.id,
        number=row.number,
        stage=row.stage,
        case_version_id=row.case_version_id,
        case_name=case.name,
        name=row.name,
        format=row.format,
        ids=json.loads(row.ids),
        order=json.loads(row.order),
        max_mark=row.max_mark,
        body=item.body,
        stem_html=candidate["question_html"],
        standards=item.standards,
        candidate=candidate,
    )


@dataclass(frozen=True)
class ItemUse:
    """That a form holds a question of a case version. `name` is the author's name of it."""

    form_id: str
    form_item_id: str
    case_version_id: str
    name: str


def list_item_uses(session: Session, case_version_ids: Collection[str]) -> list[ItemUse]:
    """Return every place of these versions' questions in forms, by form and number."""
    rows = session.execute(
        sa.select(FormItem.form_id, FormItem.id, FormItem.case_version_id, FormItem.name)
        .where(FormItem.case_version_id.in_(case_version_ids))
        .order_by(FormItem.form_id, FormItem.number)
    )
    return [ItemUse(*row) for row in rows]
