"""Cross-row rules of this room, for `proficiency verify`.

A form says again, in rows of its own, what its case versions hold. Here both are compared: what a
candidate was shown is what the published case gives, under this form's ids and orders.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.authoring.release import find_release
from proficiency.exams.blind import is_within
from proficiency.exams.exactness import common_denominator, fits
from proficiency.exams.models import Form, FormFile, FormItem, FormStage, SchemeVersion
from proficiency.exams.operations import drawn_order
from proficiency.exams.rules import SchemeKind, SchemeSettings, setting_problems
from proficiency.scenarios.content import (
    Case,
    Item,
    ItemKeys,
    candidate_item,
    candidate_stage,
    from_content,
)
from proficiency.scenarios.queries import get_case_version


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for each form that is not what its scheme and its cases say."""
    cases: dict[str, Case] = {}
    for scheme in session.scalars(sa.select(SchemeVersion).order_by(SchemeVersion.id)):
        settings = SchemeSettings.from_json(json.loads(scheme.settings))
        for name, _words in setting_problems(settings):
            yield f"scheme_version {scheme.id}: its setting {name} can't be"
    for form in session.scalars(sa.select(Form).order_by(Form.id)):
        yield from _check_form(session, form, cases)


def _check_form(session: Session, form: Form, cases: dict[str, Case]) -> Iterator[str]:
    stages = session.scalars(
        sa.select(FormStage).where(FormStage.form_id == form.id).order_by(FormStage.number)
    ).all()
    items = session.scalars(
        sa.select(FormItem).where(FormItem.form_id == form.id).order_by(FormItem.number)
    ).all()
    pinned = {stage.case_version_id for stage in stages} | {item.case_version_id for item in items}
    for version_id in sorted(pinned):
        version = get_case_version(session, version_id)
        cases.setdefault(version_id, from_content(version.content))
        if _kind(session, form) is SchemeKind.LIVE:
            yield from _check_live_use(session, form, version.id, version.is_sample)
    files = session.scalars(sa.select(FormFile).where(FormFile.form_id == form.id)).all()
    yield from _check_totals(form, stages, items)
    for stage in stages:
        yield from _check_stage(
            stage,
            [item for item in items if item.stage == stage.number],
            [file for file in files if file.stage == stage.number],
            cases,
        )
    for item in items:
        yield from _check_item(form, item, cases)
    yield from _check_guessing(session, form, items, cases)
    yield from _check_exactness(
        form, [cases[item.case_version_id].item(item.name) for item in items]
    )


def _check_guessing(
    session: Session, form: Form, items: Sequence[FormItem], cases: Mapping[str, Case]
) -> Iterator[str]:
    """A scheme that was written down before there was such a limit had none."""
    scheme = session.get_one(SchemeVersion, form.scheme_version_id)
    percent = json.loads(scheme.settings).get("most_blind_percent")
    authored = [cases[item.case_version_id].item(item.name) for item in items]
    blind = sum((item.kind.chance_mark(item.body) for item in authored), Fraction(0))
    if percent is not None and not is_within(blind, form.max_mark, percent):
        yield f"form {form.id}: guessing earns more than the {percent} % that its scheme allows"


def _check_exactness(form: Form, items: Sequence[Item]) -> Iterator[str]:
    """Assembling refuses such a form; one that was made before that rule is found here."""
    if not fits(form.max_mark, common_denominator(items)):
        yield f"form {form.id}: its exact totals could outgrow the integers that hold them"


def _check_live_use(
    session: Session, form: Form, version_id: str, is_sample: bool
) -> Iterator[str]:
    if is_sample:
        yield f"form {form.id}: a live scheme holds the public sample {version_id}"
        return
    release = find_release(session, version_id)
    if release is None or not release.was_live(form.at):
        yield f"form {form.id}: a live scheme holds {version_id}, which was not live then"


def _kind(session: Session, form: Form) -> SchemeKind:
    return SchemeKind(session.get_one(SchemeVersion, form.scheme_version_id).kind)


def _check_totals(
    form: Form, stages: Sequence[FormStage], items: Sequence[FormItem]
) -> Iterator[str]:
    for numbers, called in (
        ([stage.number for stage in stages], "stages"),
        ([item.number for item in items], "questions"),
    ):
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"form {form.id}: its {called} are not numbered from 1 without a gap"
    total = sum((item.max_mark for item in items), Fraction(0))
    if total != form.max_mark:
        yield f"form {form.id}: its questions give {total} marks, and it says {form.max_mark}"


def _check_stage(
    stage: FormStage, items: list[FormItem], files: list[FormFile], cases: dict[str, Case]
) -> Iterator[str]:
    case = cases[stage.case_version_id]
    authored = {item.name for item in case.stage(stage.case_stage).items}
    if {item.name for item in items} != authored:
        yield f"form_stage {stage.id}: its questions are not those of its case's stage"
        return
    authored_files = {file.place: file.sha256 for file in case.stage(stage.case_stage).files}
    if {file.place: file.file_id for file in files} != authored_files:
        yield f"form_stage {stage.id}: its files are not those of its case's stage"
        return
    keys = {item.name: _keys(item) for item in items}
    file_ids = {file.place: file.id for file in files}
    view = candidate_stage(case, stage.case_stage, keys, file_ids)
    if not _agrees(stage.candidate, {**view.to_json(), "number": stage.number}):
        yield f"form_stage {stage.id}: what candidates see is not what its case gives"


def _check_item(form: Form, item: FormItem, cases: dict[str, Case]) -> Iterator[str]:
    case = cases[item.case_version_id]
    authored, keys = case.item(item.name), _keys(item)
    if authored.max_mark != item.max_mark or authored.format != item.format:
        yield f"form_item {item.id}: its marks or its format are not those of its case"
    options = authored.kind.local_keys(authored.body)
    if list(keys.order) != drawn_order(form.seed, case.name, item.name, options):
        yield f"form_item {item.id}: its options are not in the order that the seed decides"
    elif not _agrees(item.candidate, {**candidate_item(authored, keys), "number": item.number}):
        yield f"form_item {item.id}: what candidates see is not what its case gives"


def _keys(item: FormItem) -> ItemKeys:
    return ItemKeys(item.id, json.loads(item.ids), json.loads(item.order))


def _agrees(stored: str, given: Mapping[str, Any]) -> bool:
    """Whether a stored view says what its case gives now, in every field that both know.

    A later release may show candidates one field more; what was stored before stays as it was.
    """
    held, present = json.loads(stored), json.loads(json.dumps(given))
    shared = held.keys() & present.keys()
    return bool(shared) and all(held[name] == present[name] for name in shared)
