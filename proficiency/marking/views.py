"""The pages of marking: the assessor's work, the adjudicator's, and the lead's overview.

Pages with a response are built from a `BlindScript` and record that their reader saw the case.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Refused
from proficiency.core.text import _
from proficiency.exams.queries import get_form_item
from proficiency.marking import answer_views, operations
from proficiency.marking.adjudication import AdjudicationScript, get_adjudication
from proficiency.marking.blind import BlindScript, get_blind_script
from proficiency.marking.forms import (
    AdjudicationForm,
    CorrectionForm,
    MarkForm,
    ReturnForm,
    level_field,
    read_ticked,
)
from proficiency.marking.judging import InvalidJudgement, JudgementProblem, Ticked
from proficiency.marking.models import Allocation
from proficiency.marking.overview import get_overview
from proficiency.marking.queries import get_response, is_marking_open, rounds_by_sitting
from proficiency.marking.readiness import Check, broken, check_closing, check_opening
from proficiency.marking.rules import ReturnReason, RoundKind
from proficiency.marking.screen import rubric_choices
from proficiency.marking.waiting import waiting_adjudications
from proficiency.marking.worklist import get_work, list_done, list_work
from proficiency.sittings.queries import get_sitting, list_sittings


@dataclass(frozen=True)
class ErrorLink:
    """One entry of an error summary."""

    text: str
    href: str | None


bp = Blueprint("marking", __name__, url_prefix="/marking")
answer_views.add_views(bp)

PER_PAGE = 50


@dataclass(frozen=True)
class SittingLine:
    """One sitting in the list of leads and officers. `state`: waits, open or closed."""

    id: str
    title: str
    last_start_at: datetime
    state: str


@bp.get("/")
@requires(Role.ASSESSOR, Role.LEAD_ASSESSOR, Role.EXAM_OFFICER)
def queue() -> str:
    """What waits for the reader."""
    actor, session = web.actor(), web.session()
    marks, adjudicates = actor.has(Role.ASSESSOR), actor.has(Role.LEAD_ASSESSOR)
    leads = actor.has(Role.LEAD_ASSESSOR, Role.EXAM_OFFICER)
    return render_template(
        "marking/queue.html",
        work=list_work(session, actor) if marks or adjudicates else [],
        marks=marks,
        adjudicates=adjudicates,
        sittings=_sitting_lines() if leads else None,
    )


def _sitting_lines() -> list[SittingLine]:
    rounds = rounds_by_sitting(web.session())
    return [
        SittingLine(each.id, each.title, each.last_start_at, _state(rounds.get(each.id)))
        for each in list_sittings(web.session())
        if each.cancelled_at is None
    ]


def _state(rounds: frozenset[RoundKind] | None) -> str:
    if rounds is None:
        return "waits"
    return "closed" if RoundKind.CLOSED in rounds else "open"


# Marking


@bp.post("/<sitting_id>/questions/<form_item_id>/next")
@requires(Role.ASSESSOR)
def claim(sitting_id: str, form_item_id: str) -> ResponseReturnValue:
    """Draw the next response to a question."""
    with web.transaction() as session:
        drawn = operations.claim_response(
            session, web.actor(), web.now(), sitting_id=sitting_id, form_item_id=form_item_id
        )
    return _go_on(drawn, "marking.mark")


def _go_on(drawn: Allocation | None, endpoint: str) -> ResponseReturnValue:
    if drawn is None:
        flash(_("Nothing more waits for you here."), "success")
        return redirect(url_for("marking.queue"), 303)
    return redirect(url_for(endpoint, allocation_id=drawn.id), 303)


@bp.route("/responses/<allocation_id>", methods=["GET", "POST"])
@requires(Role.ASSESSOR)
def mark(allocation_id: str) -> ResponseReturnValue:
    """One response and its rubric; sending it shows the next at once."""
    script = get_blind_script(web.session(), web.actor(), allocation_id)
    form: Form = CorrectionForm() if script.own else MarkForm()
    if not form.is_submitted():
        web.record_sight("case", script.case_name, "marking")
        form.comment.data = script.own.words if script.own else ""
        return _mark_page(script, form, _own_ticked(script))
    ticked = read_ticked(request.form, script.body)
    try:
        drawn = _record_and_draw(script, ticked, form.comment.data or "")
    except InvalidJudgement as problem:
        return _mark_page(script, form, ticked, problem), problem.status
    if script.own or request.form.get("then") == "stop":
        flash(_("Your mark is recorded."), "success")
        return redirect(url_for("marking.queue"), 303)
    return _go_on(drawn, "marking.mark")


def _record_and_draw(script: BlindScript, ticked: Ticked, comment: str) -> Allocation | None:
    """Record the mark and, unless the assessor stops here, draw the next one with it."""
    with web.transaction() as session:
        operations.record_mark(
            session,
            web.actor(),
            web.now(),
            allocation_id=script.allocation_id,
            levels=ticked.levels,
            indicators=ticked.indicators,
            traps=ticked.traps,
            comment=comment,
        )
        if script.own or request.form.get("then") == "stop":
            return None
        return operations.claim_response(
            session,
            web.actor(),
            web.now(),
            sitting_id=script.sitting_id,
            form_item_id=script.form_item_id,
        )


def _own_ticked(script: BlindScript) -> Ticked:
    if script.own is None:
        return Ticked({})
    return Ticked(script.own.levels, script.own.indicators, script.own.traps)


def _mark_page(
    script: BlindScript, form: Form, ticked: Ticked, problem: InvalidJudgement | None = None
) -> str:
    item = get_form_item(web.session(), script.form_item_id)
    return render_template(
        "marking/mark.html",
        script=script,
        choices=rubric_choices(script.body, ticked, problem.unfit if problem else ()),
        form=form,
        give_back_form=ReturnForm(formdata=None),
        errors=_error_links(form, problem),
        work=get_work(web.session(), web.actor(), script.sitting_id, item),
    )


def _error_links(form: Form, problem: InvalidJudgement | None) -> list[ErrorLink]:
    """The summary of errors: each with a link to where it is put right."""
    if problem is None:
        return []
    if problem.needs_words:
        form.comment.errors = [each.text for each in problem.problems if each.is_words]
    return [ErrorLink(each.text, _place_of(each, form)) for each in problem.problems]


def _place_of(problem: JudgementProblem, form: Form) -> str | None:
    if problem.is_words:
        return f"#{form.comment.id}"
    return f"#{level_field(problem.criterion)}-0" if problem.criterion else None


@bp.post("/responses/<allocation_id>/back")
@requires(Role.ASSESSOR, Role.LEAD_ASSESSOR)
def give_back(allocation_id: str) -> ResponseReturnValue:
    """Give a response back unmarked."""
    form = ReturnForm()
    if not form.validate():
        raise Refused(_("Choose why you give the response back."))
    with web.transaction() as session:
        operations.return_response(
            session,
            web.actor(),
            web.now(),
            allocation_id=allocation_id,
            reason=ReturnReason(form.reason.data),
        )
    flash(_("You gave the response back. Somebody else will have it."), "success")
    return redirect(url_for("marking.queue"), 303)


@bp.get("/<sitting_id>/questions/<form_item_id>/mine")
@requires(Role.ASSESSOR)
def done(sitting_id: str, form_item_id: str) -> str:
    """The reader's own marks for one question."""
    session = web.session()
    marks = list_done(session, web.actor(), sitting_id, form_item_id)
    pages = max(-(-len(marks) // PER_PAGE), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    return render_template(
        "marking/done.html",
        sitting=get_sitting(session, sitting_id),
        item=get_form_item(session, form_item_id),
        marks=marks[(page - 1) * PER_PAGE : page * PER_PAGE],
        page=page,
        pages=pages,
        is_open=is_marking_open(session, sitting_id),
    )


# Adjudication


@bp.post("/<sitting_id>/adjudications/next")
@requires(Role.LEAD_ASSESSOR)
def claim_next_adjudication(sitting_id: str) -> ResponseReturnValue:
    """Take up the next discrepancy."""
    with web.transaction() as session:
        drawn = operations.claim_adjudication(
            session, web.actor(), web.now(), sitting_id=sitting_id
        )
    return _go_on(drawn, "marking.adjudicate")


@bp.route("/adjudications/<allocation_id>", methods=["GET", "POST"])
@requires(Role.LEAD_ASSESSOR)
def adjudicate(allocation_id: str) -> ResponseReturnValue:
    """A discrepancy with both marks; sending it shows the next at once."""
    page = get_adjudication(web.session(), web.actor(), allocation_id)
    form = AdjudicationForm()
    if not form.is_submitted():
        web.record_sight("case", page.script.case_name, "adjudication")
        form.comment.data = page.script.own.words if page.script.own else ""
        return _adjudication_page(page, form, _own_ticked(page.script))
    ticked = read_ticked(request.form, page.script.body)
    try:
        drawn = _settle_and_draw(page, ticked, form.comment.data or "")
    except InvalidJudgement as problem:
        return _adjudication_page(page, form, ticked, problem), problem.status
    if page.script.own or request.form.get("then") == "stop":
        flash(_("The response is settled."), "success")
        return redirect(url_for("marking.queue"), 303)
    return _go_on(drawn, "marking.adjudicate")


def _settle_and_draw(page: AdjudicationScript, ticked: Ticked, reason: str) -> Allocation | None:
    with web.transaction() as session:
        operations.record_adjudication(
            session,
            web.actor(),
            web.now(),
            allocation_id=page.script.allocation_id,
            levels=ticked.levels,
            indicators=ticked.indicators,
            traps=ticked.traps,
            reason=reason,
        )
        if page.script.own or request.form.get("then") == "stop":
            return None
        return operations.claim_adjudication(
            session, web.actor(), web.now(), sitting_id=page.script.sitting_id
        )


def _adjudication_page(
    page: AdjudicationScript,
    form: Form,
    ticked: Ticked,
    problem: InvalidJudgement | None = None,
) -> str:
    waiting = waiting_adjudications(web.session(), web.actor().id, page.script.sitting_id)
    return render_template(
        "marking/adjudicate.html",
        page=page,
        choices=rubric_choices(page.script.body, ticked, problem.unfit if problem else ()),
        form=form,
        give_back_form=ReturnForm(formdata=None),
        errors=_error_links(form, problem),
        waiting=len(waiting),
    )


# The lead's pages


@bp.get("/<sitting_id>")
@requires(Role.LEAD_ASSESSOR)
def overview(sitting_id: str) -> str:
    """How far the marking of a sitting is, where people differ, who marked how many."""
    session = web.session()
    return render_template(
        "marking/overview.html",
        sitting=get_sitting(session, sitting_id),
        overview=get_overview(session, sitting_id),
        is_open=is_marking_open(session, sitting_id),
    )


@bp.post("/allocations/<allocation_id>/release")
@requires(Role.LEAD_ASSESSOR)
def release(allocation_id: str) -> ResponseReturnValue:
    """Take back a response that somebody left lying."""
    with web.transaction() as session:
        released = operations.release_response(
            session, web.actor(), web.now(), allocation_id=allocation_id
        )
        sitting_id = get_response(session, released.response_id).sitting_id
    flash(_("The response is free for somebody else."), "success")
    return redirect(url_for("marking.overview", sitting_id=sitting_id), 303)


@bp.route("/<sitting_id>/opening", methods=["GET", "POST"])
@requires(Role.LEAD_ASSESSOR, Role.EXAM_OFFICER)
def opening(sitting_id: str) -> ResponseReturnValue:
    """What opening needs, and the button."""
    if request.method == "POST":
        with web.transaction() as session:
            operations.open_marking(session, web.actor(), web.now(), sitting_id=sitting_id)
        flash(_("Marking is open. Assessors can draw responses."), "success")
        return redirect(url_for("marking.queue"), 303)
    checks = check_opening(web.session(), sitting_id, web.now())
    return _check_page(sitting_id, checks, "open")


@bp.route("/<sitting_id>/closing", methods=["GET", "POST"])
@requires(Role.LEAD_ASSESSOR, Role.EXAM_OFFICER)
def closing(sitting_id: str) -> ResponseReturnValue:
    """What closing needs, and the button."""
    if request.method == "POST":
        with web.transaction() as session:
            operations.close_marking(session, web.actor(), web.now(), sitting_id=sitting_id)
        flash(_("Marking is closed. The advisory group can begin its moderation."), "success")
        return redirect(url_for("marking.queue"), 303)
    return _check_page(sitting_id, check_closing(web.session(), sitting_id), "close")


def _check_page(sitting_id: str, checks: list[Check], verb: str) -> str:
    return render_template(
        "marking/check.html",
        sitting=get_sitting(web.session(), sitting_id),
        checks=checks,
        ready=not broken(checks),
        verb=verb,
    )
