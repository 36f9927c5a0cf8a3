"""The pages of moderation: how marks spread, each script, each response, and the sign-off.

Nothing on them names a candidate or an assessor. Each page with an answer or a question records
that its reader saw the case; whoever is a candidate of the same cases gets none of them.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Forbidden, NotFound, Refused
from proficiency.core.exact import read_exact
from proficiency.core.text import _
from proficiency.exams.queries import get_form_item, list_form_cases
from proficiency.marking.forms import level_field, read_ticked
from proficiency.marking.judging import InvalidJudgement, Ticked
from proficiency.marking.queries import find_conflict, get_response, markers_of
from proficiency.marking.screen import rubric_choices
from proficiency.moderation import operations
from proficiency.moderation.forms import (
    AcceptForm,
    ChangeLevelsForm,
    ChangeMarkForm,
    CommentForm,
    SignForm,
)
from proficiency.moderation.queries import get_state, list_acts, quorum_of
from proficiency.moderation.review import (
    SHOWN,
    get_question,
    get_review,
    get_script,
    show_scripts,
)
from proficiency.moderation.rules import Capacity
from proficiency.moderation.sheet import SOURCES, Sheet, get_sheet
from proficiency.moderation.sittings import list_moderations
from proficiency.sittings.queries import SittingView, get_sitting

bp = Blueprint("moderation", __name__, url_prefix="/moderation")

Line = TypeVar("Line")
GROUP = (Role.MODERATOR, Role.LAY_MEMBER)
PER_PAGE = 25


@dataclass(frozen=True)
class ErrorLink:
    """One entry of an error summary."""

    text: str
    href: str | None


def _enter(sitting_id: str) -> SittingView:
    """Return a sitting in moderation for its group.

    Raises `Forbidden` for a candidate of the same cases and `NotFound` before it was opened.
    """
    sitting = get_sitting(web.session(), sitting_id)
    if not get_state(web.session(), sitting_id).is_opened:
        raise NotFound(_("Moderation of this sitting is not open."))
    conflict = find_conflict(web.session(), web.actor().id, sitting_id)
    if conflict is not None:
        raise Forbidden(conflict)
    return sitting


@bp.get("/")
@requires(*GROUP, Role.EXAM_OFFICER)
def sittings() -> str:
    """The sittings whose marking is closed, and where the moderation of each stands."""
    return render_template(
        "moderation/sittings.html",
        sittings=list_moderations(web.session(), web.actor()),
        may_open=web.actor().has(Role.MODERATOR, Role.EXAM_OFFICER),
        is_group=web.actor().has(*GROUP),
    )


@bp.post("/<sitting_id>/open")
@requires(Role.MODERATOR, Role.EXAM_OFFICER)
def open_sitting(sitting_id: str) -> ResponseReturnValue:
    """Begin the moderation of a sitting."""
    with web.transaction() as session:
        operations.open_moderation(session, web.actor(), web.now(), sitting_id=sitting_id)
    flash(_("Moderation is open."), "success")
    return redirect(url_for("moderation.sittings"), 303)


@bp.get("/<sitting_id>")
@requires(*GROUP)
def review(sitting_id: str) -> str:
    """How the marks of a sitting spread, and its scripts."""
    sitting = _enter(sitting_id)
    found = get_review(web.session(), sitting_id)
    shown = request.args.get("show", "all")
    shown = shown if shown in SHOWN else "all"
    scripts, page, pages = _page_of(show_scripts(found.scripts, shown))
    return render_template(
        "moderation/review.html",
        sitting=sitting,
        review=found,
        scripts=scripts,
        shown=shown,
        filters=SHOWN,
        page=page,
        pages=pages,
        state=get_state(web.session(), sitting_id),
        quorum=quorum_of(web.session(), sitting_id),
        acts=_about_the_sitting(sitting_id),
        form=CommentForm(formdata=None),
    )


def _page_of(lines: list[Line]) -> tuple[list[Line], int, int]:
    """Return the lines of the page that is asked for, its number, and how many pages there are."""
    pages = max(-(-len(lines) // PER_PAGE), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    return lines[(page - 1) * PER_PAGE : page * PER_PAGE], page, pages


def _about_the_sitting(sitting_id: str) -> list[object]:
    acts = list_acts(web.session(), sitting_id)
    return [act for act in acts if act.response_id is None and act.form_item_id is None]


@bp.get("/<sitting_id>/questions/<form_item_id>")
@requires(*GROUP)
def question(sitting_id: str, form_item_id: str) -> str:
    """One question: how its marks spread, and its responses, the most discrepant first."""
    sitting = _enter(sitting_id)
    spread, lines = get_question(web.session(), sitting_id, form_item_id)
    item = get_form_item(web.session(), form_item_id)
    web.record_sight("case", item.case_name, "moderation")
    shown, page, pages = _page_of(lines)
    return render_template(
        "moderation/question.html",
        sitting=sitting,
        spread=spread,
        format=item.format,
        body=item.body,
        lines=shown,
        page=page,
        pages=pages,
        state=get_state(web.session(), sitting_id),
        acts=list_acts(web.session(), sitting_id, form_item_id=form_item_id),
        form=CommentForm(formdata=None),
    )


@bp.get("/<sitting_id>/scripts/<int:number>")
@requires(*GROUP)
def script(sitting_id: str, number: int) -> str:
    """One script: all its responses with their marks."""
    sitting = _enter(sitting_id)
    line, own = get_script(web.session(), sitting_id, number)
    sheets = [get_sheet(web.session(), web.actor(), each.response_id) for each in own]
    for case in list_form_cases(web.session(), sitting.form_id):
        web.record_sight("case", case.name, "moderation")
    return render_template(
        "moderation/script.html",
        sitting=sitting,
        script=line,
        max_total=sum((each.final.max_mark for each in own), Fraction(0)),
        sheets=sheets,
        lines={each.response_id: each for each in own},
        sources=SOURCES,
    )


@bp.get("/responses/<response_id>")
@requires(*GROUP)
def response(response_id: str) -> str:
    """One response with every mark, every word about it, and what can be decided."""
    sheet = _open_sheet(response_id)
    return _response_page(sheet)


def _open_sheet(response_id: str) -> Sheet:
    _enter(get_response(web.session(), response_id).sitting_id)
    sheet = get_sheet(web.session(), web.actor(), response_id)
    web.record_sight("case", sheet.case_name, "moderation")
    return sheet


def _response_page(
    sheet: Sheet,
    *,
    comment: CommentForm | None = None,
    accept: AcceptForm | None = None,
    change: Form | None = None,
    ticked: Ticked | None = None,
    problem: InvalidJudgement | None = None,
) -> str:
    change = change or (
        ChangeLevelsForm(formdata=None) if sheet.is_written else ChangeMarkForm(formdata=None)
    )
    choices = None
    if sheet.is_written:
        chosen = ticked or Ticked(_whole_levels(sheet))
        choices = rubric_choices(sheet.body, chosen, problem.unfit if problem else ())
    return render_template(
        "moderation/response.html",
        sheet=sheet,
        choices=choices,
        sources=SOURCES,
        comment=comment or CommentForm(formdata=None),
        accept=accept or AcceptForm(formdata=None),
        change=change,
        errors=_error_links(problem, comment, accept, change),
    )


def _whole_levels(sheet: Sheet) -> dict[str, int]:
    """The levels as they stand, where they are whole: a mean of two may lie between levels."""
    levels = sheet.final.levels
    return {key: int(level) for key, level in levels.items() if level.denominator == 1}


def _error_links(problem: InvalidJudgement | None, *forms: Form | None) -> list[ErrorLink]:
    if problem is not None:
        return [
            ErrorLink(each.text, f"#{level_field(each.criterion)}-0" if each.criterion else None)
            for each in problem.problems
        ]
    return [
        ErrorLink(message, f"#{field.id}")
        for form in forms
        if form is not None
        for field in form
        for message in field.errors
    ]


@bp.post("/<sitting_id>/comments")
@requires(*GROUP)
def comment(sitting_id: str) -> ResponseReturnValue:
    """Say something about a response, a question or the sitting."""
    _enter(sitting_id)
    form = CommentForm()
    response_id = request.form.get("response") or None
    form_item_id = request.form.get("question") or None
    if not form.validate():
        if response_id is not None:
            return _response_page(_open_sheet(response_id), comment=form), 422
        raise Refused(_("Write your comment first."))
    with web.transaction() as session:
        operations.comment(
            session,
            web.actor(),
            web.now(),
            sitting_id=sitting_id,
            response_id=response_id,
            form_item_id=form_item_id,
            text=form.text.data,
        )
    flash(_("Your comment is recorded."), "success")
    return redirect(_place_of(sitting_id, response_id, form_item_id), 303)


def _place_of(sitting_id: str, response_id: str | None, form_item_id: str | None) -> str:
    if response_id is not None:
        return url_for("moderation.response", response_id=response_id)
    if form_item_id is not None:
        return url_for("moderation.question", sitting_id=sitting_id, form_item_id=form_item_id)
    return url_for("moderation.review", sitting_id=sitting_id)


@bp.post("/responses/<response_id>/accept")
@requires(Role.MODERATOR)
def accept(response_id: str) -> ResponseReturnValue:
    """Decide that a mark is right as it stands."""
    sheet, form = _open_sheet(response_id), AcceptForm()
    if not form.validate():
        return _response_page(sheet, accept=form), 422
    with web.transaction() as session:
        operations.accept_response(
            session,
            web.actor(),
            web.now(),
            response_id=response_id,
            reason=form.reason.data,
        )
    flash(_("You accepted the mark of this response."), "success")
    return redirect(url_for("moderation.response", response_id=response_id), 303)


@bp.post("/responses/<response_id>/change")
@requires(Role.MODERATOR)
def change(response_id: str) -> ResponseReturnValue:
    """Decide that a response gets another mark."""
    sheet = _open_sheet(response_id)
    form = ChangeLevelsForm() if sheet.is_written else ChangeMarkForm()
    ticked = read_ticked(request.form, sheet.body) if sheet.is_written else None
    if not form.validate():
        return _response_page(sheet, change=form, ticked=ticked), 422
    try:
        with web.transaction() as session:
            operations.change_mark(
                session,
                web.actor(),
                web.now(),
                response_id=response_id,
                levels=ticked.levels if ticked else None,
                mark=None if ticked else read_exact(form.mark.data),
                reason=form.comment.data or "",
            )
    except InvalidJudgement as problem:
        page = _response_page(sheet, change=form, ticked=ticked, problem=problem)
        return page, problem.status
    except Refused as refusal:
        form.comment.errors = [refusal.message]
        return _response_page(sheet, change=form, ticked=ticked), refusal.status
    flash(_("The mark is changed. Signatures given before are void."), "success")
    return redirect(url_for("moderation.response", response_id=response_id), 303)


@bp.route("/<sitting_id>/sign-off", methods=["GET", "POST"])
@requires(*GROUP)
def sign_off(sitting_id: str) -> ResponseReturnValue:
    """What is signed, who has signed, and the reader's own signature."""
    sitting = _enter(sitting_id)
    form = SignForm()
    form.offer([each for each in Capacity if web.actor().has(each.value)])
    if form.validate_on_submit():
        with web.transaction() as session:
            operations.sign_off(
                session,
                web.actor(),
                web.now(),
                sitting_id=sitting_id,
                capacity=Capacity(form.capacity.data),
            )
            done = get_state(session, sitting_id).is_signed_off
        flash(
            _("The marks of this sitting are signed off.")
            if done
            else _("Your signature is recorded. More are needed."),
            "success",
        )
        return redirect(url_for("moderation.sign_off", sitting_id=sitting_id), 303)
    page = render_template(
        "moderation/sign_off.html",
        sitting=sitting,
        review=get_review(web.session(), sitting_id),
        state=get_state(web.session(), sitting_id),
        quorum=quorum_of(web.session(), sitting_id),
        signatures=[a for a in list_acts(web.session(), sitting_id) if a.capacity],
        has_marked=web.actor().id in markers_of(web.session(), sitting_id),
        form=form,
    )
    return page, 422 if form.is_submitted() else 200
