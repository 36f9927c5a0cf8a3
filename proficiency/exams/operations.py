"""Making schemes and assembling forms.

Keeps invariant 3 (a form pins the versions of its cases and of its scheme, and never changes), 5
(its draws come from a stored seed) and 7 (what a candidate will see is stored apart, built by
allow-list, under random ids).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.authoring.release import refusals_for_live_use
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.chance import draw_order, new_id, new_seed
from proficiency.core.db import lock
from proficiency.core.errors import Conflict, Invalid, Refused
from proficiency.core.text import _, canonical_json, clean_text
from proficiency.exams.blind import guesses_of, refusal
from proficiency.exams.exactness import common_denominator, fits
from proficiency.exams.models import Form, FormFile, FormItem, FormStage, SchemeVersion
from proficiency.exams.queries import find_scheme, get_scheme_version
from proficiency.exams.rules import SchemeKind, SchemeSettings, setting_problems
from proficiency.items.names import is_name
from proficiency.scenarios.content import (
    Case,
    Item,
    ItemKeys,
    Stage,
    candidate_item,
    candidate_stage,
    from_content,
)
from proficiency.scenarios.queries import get_case_version

LONGEST_TITLE = 200


@operation(Role.EXAM_OFFICER)
def create_scheme_version(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    name: str,
    title: str,
    kind: SchemeKind,
    settings: SchemeSettings,
    based_on: str | None = None,
) -> SchemeVersion:
    """Add a version to the scheme called `name`, the first one if there is none.

    Raises `Invalid` for settings that can't be, `Refused` when the kind would change, and
    `Conflict` when `based_on` names a version that is no longer the newest.
    """
    title = _read_title(title)
    _refuse_bad_scheme(name, settings)
    lock(session, name)
    newest = find_scheme(session, name)
    if based_on is not None and (newest is None or newest.id != based_on):
        raise Conflict(
            _("Somebody saved this scheme while you worked on it. Load it again, then repeat.")
        )
    if newest is not None and newest.kind is not kind:
        raise Refused(_("The kind of a scheme doesn’t change. Make a new scheme instead."))
    row = SchemeVersion(
        aggregate_id=name,
        at=now,
        actor_id=actor.id,
        title=title,
        kind=kind,
        settings=canonical_json(settings.to_json()),
    )
    return append(session, row)


def _refuse_bad_scheme(name: str, settings: SchemeSettings) -> None:
    problems = [words for _name, words in setting_problems(settings)]
    if not is_name(name):
        problems.insert(
            0, _("Short name: use small letters, digits and hyphens, such as certificate-2026.")
        )
    if problems:
        raise Invalid(_("These settings can’t be saved yet."), problems)


def _read_title(title: str) -> str:
    title = clean_text(title).strip()
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid(_("Write a title of up to 200 characters."))
    return title


@dataclass(frozen=True)
class Chosen:
    """One case version that goes into a form, with the ids and orders drawn for it."""

    version_id: str
    case: Case
    keys: Mapping[str, ItemKeys]
    file_ids: Mapping[int, str]


@operation(Role.EXAM_OFFICER)
def assemble_form(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    scheme_version_id: str,
    title: str,
    case_version_ids: Sequence[str],
) -> Form:
    """Freeze a form of these case versions, in this order.

    Raises `Invalid` for no case or no title, `Refused` for a case that is in it twice, for cases
    that follow different standards, for questions on which blind guessing earns more than the
    scheme allows, for totals in finer parts than can be stored and, in a live scheme, for a public
    sample and for a case that its reviewers have not brought to live; and `NotFound` for what is
    not there.
    """
    title = _read_title(title)
    scheme = get_scheme_version(session, scheme_version_id)
    seed = new_seed()
    chosen = _choose(session, scheme.kind, seed, case_version_ids)
    _refuse_guessing([each.case for each in chosen], scheme.settings.most_blind_percent)
    total = sum((each.case.max_mark for each in chosen), Fraction(0))
    _refuse_too_fine(total, [item for each in chosen for item in each.case.items])
    form_id = new_id()
    form = append(
        session,
        Form(
            id=form_id,
            aggregate_id=form_id,
            at=now,
            actor_id=actor.id,
            scheme_version_id=scheme.id,
            title=title,
            seed=seed,
            max_num=total.numerator,
            max_den=total.denominator,
        ),
    )
    _append_parts(session, actor, now, form_id, chosen)
    return form


def _choose(
    session: Session, kind: SchemeKind, seed: str, case_version_ids: Sequence[str]
) -> list[Chosen]:
    if not case_version_ids:
        raise Invalid(_("Choose at least one case."))
    versions = [get_case_version(session, version_id) for version_id in case_version_ids]
    twice = [name for name, count in Counter(v.aggregate_id for v in versions).items() if count > 1]
    if twice:
        words = _("A form can hold a case only once: {cases}.")
        raise Refused(words.format(cases=", ".join(sorted(twice))))
    if kind is SchemeKind.LIVE:
        _refuse_samples(version.title for version in versions if version.is_sample)
        _refuse_unreviewed(session, case_version_ids)
    cases = [from_content(version.content) for version in versions]
    _refuse_mixed_standards({case.framework for case in cases})
    return [
        Chosen(
            version.id, case, draw_keys(case, seed), {file.place: new_id() for file in case.files}
        )
        for version, case in zip(versions, cases, strict=True)
    ]


def _refuse_mixed_standards(frameworks: Collection[str]) -> None:
    """Marks are added up by theme, and two versions of standards may have different themes."""
    if len(frameworks) > 1:
        words = _(
            "These cases follow different versions of standards, and their marks could not be "
            "added up by theme: {names}. Choose cases that follow the same."
        )
        raise Refused(words.format(names=", ".join(sorted(frameworks))))


def _refuse_guessing(cases: Sequence[Case], percent: int) -> None:
    reason = refusal([guess for case in cases for guess in guesses_of(case)], percent)
    if reason is not None:
        raise Refused(reason)


def _refuse_too_fine(total: Fraction, items: Sequence[Item]) -> None:
    if fits(total, common_denominator(items)):
        return
    finest = sorted(items, key=lambda item: item.kind.denominator(item.body))[-3:]
    words = _(
        "The exact marks of these questions are too fine to be added up together. Leave out one of "
        "the cases, or change how many parts these questions have: {questions}."
    )
    raise Refused(words.format(questions=", ".join(item.name for item in reversed(finest))))


def _refuse_samples(titles: Iterable[str]) -> None:
    samples = ", ".join(titles)
    if samples:
        words = _("A live exam can’t use public sample cases: {cases}.")
        raise Refused(words.format(cases=samples))


def _refuse_unreviewed(session: Session, case_version_ids: Sequence[str]) -> None:
    problems = refusals_for_live_use(session, case_version_ids)
    if problems:
        words = _("A live exam takes live cases only. {problems}")
        raise Refused(words.format(problems=" ".join(problems)))


def draw_keys(case: Case, seed: str) -> dict[str, ItemKeys]:
    """Return random ids for a case's items and their options; `seed` decides the options' order."""
    return {item.name: _draw_item_keys(case, item, seed) for item in case.items}


def _draw_item_keys(case: Case, item: Item, seed: str) -> ItemKeys:
    keys = item.kind.local_keys(item.body)
    return ItemKeys(
        item_id=new_id(),
        ids={key: new_id() for key in keys},
        order=drawn_order(seed, case.name, item.name, keys),
    )


def drawn_order(seed: str, case_name: str, item_name: str, keys: Sequence[str]) -> list[str]:
    """Return the order in which a form with this seed shows an item's options."""
    return draw_order(f"{seed}/{case_name}/{item_name}", keys)


def _append_parts(
    session: Session, actor: Actor, now: datetime, form_id: str, chosen: Sequence[Chosen]
) -> None:
    stage_number = item_number = 0
    for each in chosen:
        for stage in each.case.stages:
            stage_number += 1
            append(session, _form_stage(actor, now, form_id, stage_number, each, stage))
            for file in _form_files(actor, now, form_id, stage_number, each, stage):
                append(session, file)
            for item in stage.items:
                item_number += 1
                place = (stage_number, item_number)
                append(session, _form_item(actor, now, form_id, place, each, item))


def _form_stage(
    actor: Actor, now: datetime, form_id: str, number: int, chosen: Chosen, stage: Stage
) -> FormStage:
    view = candidate_stage(chosen.case, stage.number, chosen.keys, chosen.file_ids).to_json()
    del view["items"]  # each is stored with its own row
    return FormStage(
        aggregate_id=form_id,
        at=now,
        actor_id=actor.id,
        form_id=form_id,
        number=number,
        case_version_id=chosen.version_id,
        case_stage=stage.number,
        title=stage.title,
        candidate=canonical_json({**view, "number": number}),
    )


def _form_files(
    actor: Actor, now: datetime, form_id: str, number: int, chosen: Chosen, stage: Stage
) -> Iterator[FormFile]:
    for exhibit in stage.exhibits:
        for file in exhibit.files:
            yield FormFile(
                id=chosen.file_ids[file.place],
                aggregate_id=form_id,
                at=now,
                actor_id=actor.id,
                form_id=form_id,
                stage=number,
                case_version_id=chosen.version_id,
                exhibit=exhibit.number,
                place=file.place,
                file_id=file.sha256,
            )


def _form_item(
    actor: Actor, now: datetime, form_id: str, place: tuple[int, int], chosen: Chosen, item: Item
) -> FormItem:
    stage, number = place
    keys = chosen.keys[item.name]
    view = candidate_item(item, keys)
    return FormItem(
        id=keys.item_id,
        aggregate_id=form_id,
        at=now,
        actor_id=actor.id,
        form_id=form_id,
        number=number,
        stage=stage,
        case_version_id=chosen.version_id,
        name=item.name,
        format=item.format,
        ids=canonical_json(dict(keys.ids)),
        order=canonical_json(list(keys.order)),
        candidate=canonical_json({**view, "number": number}),
        max_num=item.max_mark.numerator,
        max_den=item.max_mark.denominator,
    )
