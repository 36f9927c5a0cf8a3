"""Schemes and forms, for exam officers."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.queries import names_of
from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Conflict, Invalid, Refused
from proficiency.core.text import _
from proficiency.exams import file_views
from proficiency.exams.blind import refusal
from proficiency.exams.figures import CaseFigures, add_up, get_figures, list_choices
from proficiency.exams.forms import AssembleForm, NewSchemeForm, SchemeForm, proposed, shown
from proficiency.exams.operations import assemble_form, create_scheme_version
from proficiency.exams.queries import (
    FormItemView,
    SchemeView,
    find_scheme,
    get_form,
    get_scheme,
    list_form_cases,
    list_form_items,
    list_form_stages,
    list_forms,
    list_scheme_versions,
    list_schemes,
)
from proficiency.exams.rules import KIND_MEANINGS, KIND_NAMES, SchemeKind
from proficiency.items.rules import get_format
from proficiency.scenarios.references import Notice, find_warnings

bp = Blueprint("exams", __name__)
file_views.add_views(bp)

HINTS = {kind.value: words for kind, words in KIND_MEANINGS.items()}


@bp.get("/schemes")
@requires(Role.EXAM_OFFICER)
def schemes() -> str:
    """Every scheme, with its newest version."""
    return render_template(
        "exams/schemes.html", schemes=list_schemes(web.session()), kind_names=KIND_NAMES
    )


@bp.route("/schemes/new", methods=["GET", "POST"])
@requires(Role.EXAM_OFFICER)
def new_scheme() -> ResponseReturnValue:
    """Make a scheme."""
    form, status = NewSchemeForm(data=proposed()), 200
    if form.validate_on_submit():
        if find_scheme(web.session(), form.name.data) is None:
            kind = SchemeKind(form.kind.data)
            return _save_scheme(form, form.name.data, kind, based_on=None)
        form.name.errors, status = [_("There is already a scheme of this name.")], 409
    elif request.method == "POST":
        status = 422
    return render_template("exams/new_scheme.html", form=form, hints=HINTS), status


def _save_scheme(
    form: SchemeForm, name: str, kind: SchemeKind, *, based_on: str | None
) -> ResponseReturnValue:
    with web.transaction() as writing:
        create_scheme_version(
            writing,
            web.actor(),
            web.now(),
            name=name,
            title=form.title.data,
            kind=kind,
            settings=form.settings(),
            based_on=based_on,
        )
    flash(_("The scheme is saved. Forms that exist keep the version that they were made with."))
    return redirect(url_for("exams.scheme", name=name), 303)


@bp.get("/schemes/<name>")
@requires(Role.EXAM_OFFICER)
def scheme(name: str) -> str:
    """One scheme: its settings, its versions and its forms."""
    newest = get_scheme(web.session(), name)
    versions = list_scheme_versions(web.session(), name)
    return render_template(
        "exams/scheme.html",
        scheme=newest,
        versions=versions,
        names=names_of(web.session(), [version.made_by for version in versions]),
        forms=[form for form in list_forms(web.session()) if form.scheme_name == name],
        kind_name=KIND_NAMES[newest.kind],
        kind_meaning=KIND_MEANINGS[newest.kind],
    )


@bp.route("/schemes/<name>/edit", methods=["GET", "POST"])
@requires(Role.EXAM_OFFICER)
def edit_scheme(name: str) -> ResponseReturnValue:
    """Save the next version of a scheme."""
    newest = get_scheme(web.session(), name)
    form, status = SchemeForm(data=shown(newest)), 200
    if form.validate_on_submit():
        try:
            return _save_scheme(form, name, newest.kind, based_on=form.based_on.data)
        except Conflict as error:
            form.form_errors, status = [error.message], error.status
    elif request.method == "POST":
        status = 422
    return render_template("exams/edit_scheme.html", form=form, scheme=newest), status


@bp.get("/forms")
@requires(Role.EXAM_OFFICER)
def forms() -> str:
    """Every form, the newest first, and the schemes that forms are made for."""
    return render_template(
        "exams/forms.html",
        forms=list_forms(web.session()),
        schemes=list_schemes(web.session()),
        kind_names=KIND_NAMES,
    )


@bp.route("/schemes/<name>/forms/new", methods=["GET", "POST"])
@requires(Role.EXAM_OFFICER)
def new_form(name: str) -> ResponseReturnValue:
    """Choose cases, see what they add up to, and freeze a form of them."""
    newest = get_scheme(web.session(), name)
    chosen = _read_choice(request.args.getlist("case"))
    form, status = AssembleForm(), 200
    if form.validate_on_submit():
        try:
            with web.transaction() as writing:
                made = assemble_form(
                    writing,
                    web.actor(),
                    web.now(),
                    scheme_version_id=newest.id,
                    title=form.form_title.data,
                    case_version_ids=[case.version_id for case in chosen],
                )
                form_id = made.id
        except (Refused, Invalid) as error:
            form.form_errors, status = [error.message], error.status
        else:
            flash(_("The form is made. It can’t be changed any more."), "success")
            if _source_warnings(chosen):
                flash(_("It holds a case with a source that needs a look."), "warning")
            return redirect(url_for("exams.form", form_id=form_id), 303)
    elif request.method == "POST":
        status = 422
    return _new_form_page(newest, form, chosen), status


def _new_form_page(newest: SchemeView, form: AssembleForm, chosen: Sequence[CaseFigures]) -> str:
    picked = [case.version_id for case in chosen]
    others = [case for case in list_choices(web.session()) if case.version_id not in picked]
    return render_template(
        "exams/new_form.html",
        scheme=newest,
        form=form,
        choices=[*chosen, *others],
        chosen=chosen,
        picked=picked,
        totals=add_up(chosen) if chosen else None,
        guessing=_guessing(newest, chosen),
        warnings=_source_warnings(chosen),
        kind_names=KIND_NAMES,
    )


def _guessing(scheme: SchemeView, chosen: Sequence[CaseFigures]) -> str | None:
    """Why making a form of these cases will be refused for what guessing earns, if it will."""
    guesses = [guess for case in chosen for guess in case.guesses]
    return refusal(guesses, scheme.settings.most_blind_percent)


def _source_warnings(chosen: Sequence[CaseFigures]) -> list[tuple[str, Notice]]:
    """What speaks against a source of a chosen case, each with the case's title."""
    found = find_warnings(web.session(), [case.version_id for case in chosen])
    return [(case.title, notice) for case in chosen for notice in found.get(case.version_id, ())]


def _read_choice(version_ids: Sequence[str]) -> list[CaseFigures]:
    """Return the chosen cases in the order of the numbers typed beside them."""
    places = {
        version_id: request.args.get(f"place-{version_id}", type=int) or len(version_ids)
        for version_id in version_ids
    }
    ordered = sorted(dict.fromkeys(version_ids), key=places.__getitem__)
    return [get_figures(web.session(), version_id) for version_id in ordered]


@bp.get("/forms/<form_id>")
@requires(Role.EXAM_OFFICER)
def form(form_id: str) -> str:
    """One form: what it pins and what it adds up to, without a word of its cases."""
    found = get_form(web.session(), form_id)
    cases = list_form_cases(web.session(), form_id)
    items = list_form_items(web.session(), form_id)
    return render_template(
        "exams/form.html",
        form=found,
        cases=cases,
        totals=add_up([get_figures(web.session(), case.case_version_id) for case in cases]),
        stages=[
            (stage, [_item_row(item) for item in items if item.stage == stage.number])
            for stage in list_form_stages(web.session(), form_id)
        ],
        kind_name=KIND_NAMES[found.kind],
    )


def _item_row(item: FormItemView) -> dict[str, object]:
    format_ = get_format(item.format)
    return {
        "number": item.number,
        "format": format_.title,
        "is_marked_by_people": format_.is_marked_by_people,
        "marks": item.max_mark,
        "standards": item.standards,
    }
