"""Pages of results: the board's, the candidate's own, and the trace of each result."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Refused
from proficiency.core.text import _
from proficiency.results.board import PROGRESS_WORDS, get_board_page, list_progress
from proficiency.results.forward import get_question_trace, get_standard_trace
from proficiency.results.operations import approve_results, compute_results
from proficiency.results.own import get_own_attempt, list_own_attempts
from proficiency.results.queries import get_run
from proficiency.results.rules import LEAST_FOR_A_RATE
from proficiency.results.tracing import READERS, case_names, get_trace

bp = Blueprint("results", __name__)


# Board and officers


@bp.get("/results")
@requires(*READERS)
def sittings() -> str:
    """Every sitting and how far its results are."""
    lines = list_progress(web.session(), web.actor())
    return render_template("results/sittings.html", sittings=lines, words=PROGRESS_WORDS)


@bp.get("/results/<sitting_id>")
@requires(*READERS)
def sitting(sitting_id: str) -> str:
    """One sitting: the steps to its results, what is next, and the results."""
    return _sitting_page(sitting_id)


def _sitting_page(sitting_id: str, problem: str | None = None) -> str:
    page = get_board_page(web.session(), web.actor(), web.now(), sitting_id)
    return render_template(
        "results/sitting.html", page=page, problem=problem, least=LEAST_FOR_A_RATE
    )


@bp.post("/results/<sitting_id>/compute")
@requires(Role.ASSESSMENT_BOARD, Role.EXAM_OFFICER)
def compute(sitting_id: str) -> Response | tuple[str, int]:
    """Compute the results of a sitting, twice."""
    try:
        with web.transaction() as session:
            compute_results(session, web.actor(), web.now(), sitting_id=sitting_id)
    except Refused as refusal:
        return _sitting_page(sitting_id, refusal.message), refusal.status
    flash(_("The results were computed twice, independently, and both agree."), "success")
    return redirect(url_for(".sitting", sitting_id=sitting_id), 303)


@bp.post("/results/runs/<run_id>/approve")
@requires(Role.ASSESSMENT_BOARD, Role.EXAM_OFFICER)
def approve(run_id: str) -> Response | tuple[str, int]:
    """Approve the results of one run; the last approval needed releases them."""
    sitting_id = get_run(web.session(), run_id).sitting_id
    try:
        with web.transaction() as session:
            run = approve_results(session, web.actor(), web.now(), run_id=run_id)
    except Refused as refusal:
        return _sitting_page(sitting_id, refusal.message), refusal.status
    if run.released_at is None:
        flash(_("Your approval is recorded. Another person must approve too."), "success")
    else:
        flash(_("The results are released. Candidates are told by e-mail."), "success")
    return redirect(url_for(".sitting", sitting_id=sitting_id), 303)


# The candidate's own


@bp.get("/results/mine")
@requires(Role.CANDIDATE)
def my_results() -> str:
    """Every attempt of the candidate, with a result where one is released."""
    attempts = list_own_attempts(web.session(), web.actor())
    return render_template("results/my_results.html", attempts=attempts)


@bp.get("/results/mine/<attempt_id>")
@requires(Role.CANDIDATE)
def my_result(attempt_id: str) -> str:
    """One result of the candidate, or that it is not ready."""
    attempt = get_own_attempt(web.session(), web.actor(), attempt_id)
    return render_template("results/my_result.html", attempt=attempt, result=attempt.result)


# Traces


@bp.get("/trace/<attempt_id>")
@requires(*READERS)
def trace(attempt_id: str) -> str:
    """From a result back to all that it rests on. Looking is recorded, with names and without."""
    with_names = request.args.get("names") == "shown"
    found = get_trace(web.session(), web.actor(), attempt_id, with_names=with_names)
    web.record_sight("attempt", attempt_id, "trace, with names" if with_names else "trace")
    _record_cases(found.sitting_id)
    return render_template("results/trace.html", trace=found)


@bp.get("/trace/question/<sitting_id>/<form_item_id>")
@requires(*READERS)
def trace_question(sitting_id: str, form_item_id: str) -> str:
    """From a question forward to every mark and result that rests on it."""
    found = get_question_trace(web.session(), web.actor(), sitting_id, form_item_id)
    web.record_sight("sitting", sitting_id, "trace")
    _record_cases(sitting_id)
    return render_template("results/trace_question.html", question=found)


@bp.get("/trace/standard/<sitting_id>/<code>")
@requires(*READERS)
def trace_standard(sitting_id: str, code: str) -> str:
    """From a standard forward to every mark and result that rests on it in one sitting."""
    found = get_standard_trace(web.session(), web.actor(), sitting_id, code)
    web.record_sight("sitting", sitting_id, "trace")
    _record_cases(sitting_id)
    return render_template("results/trace_standard.html", found=found)


def _record_cases(sitting_id: str) -> None:
    """Who reads the questions of a case has seen it, and can never sit it."""
    for name in case_names(web.session(), sitting_id):
        web.record_sight("case", name, "trace")
