"""Pages of cut scores, for the assessment board. No mark and no outcome is on any of them."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Invalid, Refused
from proficiency.core.text import _
from proficiency.standard_setting.forms import ProposalForm, WithdrawalForm
from proficiency.standard_setting.operations import (
    adopt_cut_score,
    propose_cut_score,
    withdraw_cut_score,
)
from proficiency.standard_setting.page import get_cut_score_page, list_cut_scores
from proficiency.standard_setting.queries import get_proposal
from proficiency.standard_setting.rules import METHOD_HINTS, Method, ProposalState, read_score

bp = Blueprint("standard_setting", __name__, url_prefix="/cut-scores")


@bp.get("")
@requires(Role.ASSESSMENT_BOARD, Role.EXAM_OFFICER)
def sittings() -> str:
    """Every sitting and where its cut score stands."""
    lines = list_cut_scores(web.session(), web.actor())
    return render_template("standard_setting/sittings.html", sittings=lines)


@bp.get("/<sitting_id>")
@requires(Role.ASSESSMENT_BOARD, Role.EXAM_OFFICER)
def cut_score(sitting_id: str) -> str:
    """One sitting's cut score, its signatures and its history."""
    page = get_cut_score_page(web.session(), web.actor(), sitting_id)
    return render_template("standard_setting/cut_score.html", page=page)


@bp.route("/<sitting_id>/propose", methods=["GET", "POST"])
@requires(Role.ASSESSMENT_BOARD)
def propose(sitting_id: str) -> str | Response | tuple[str, int]:
    """Propose a cut score with its method and rationale."""
    page = get_cut_score_page(web.session(), web.actor(), sitting_id)
    form = ProposalForm(page.max_mark)
    if form.validate_on_submit():
        try:
            _propose(form, sitting_id)
        except (Invalid, Refused) as problem:
            form.form_errors.append(problem.message)
        else:
            flash(_("The cut score is proposed. Others must adopt it."), "success")
            return redirect(url_for(".cut_score", sitting_id=sitting_id), 303)
    status = 422 if form.is_submitted() else 200
    context = {"page": page, "form": form, "hints": METHOD_HINTS}
    return render_template("standard_setting/propose.html", **context), status


def _propose(form: ProposalForm, sitting_id: str) -> None:
    with web.transaction() as session:
        propose_cut_score(
            session,
            web.actor(),
            web.now(),
            sitting_id=sitting_id,
            cut_score=read_score(form.score.data),
            method=Method(form.method.data),
            rationale=form.rationale.data,
            method_note=form.method_note.data or "",
        )


@bp.post("/proposals/<proposal_id>/adopt")
@requires(Role.ASSESSMENT_BOARD)
def adopt(proposal_id: str) -> Response:
    """Sign a proposal."""
    with web.transaction() as session:
        adopt_cut_score(session, web.actor(), web.now(), proposal_id=proposal_id)
        view = get_proposal(session, proposal_id)
    if view.state is ProposalState.ADOPTED:
        flash(_("The cut score is adopted."), "success")
    else:
        flash(_("Your signature is recorded. More are needed."), "success")
    return redirect(url_for(".cut_score", sitting_id=view.sitting_id), 303)


@bp.route("/proposals/<proposal_id>/withdraw", methods=["GET", "POST"])
@requires(Role.ASSESSMENT_BOARD)
def withdraw(proposal_id: str) -> str | Response | tuple[str, int]:
    """Withdraw a proposal, adopted or not, with a reason."""
    view = get_proposal(web.session(), proposal_id)
    page = get_cut_score_page(web.session(), web.actor(), view.sitting_id)
    form = WithdrawalForm()
    if form.validate_on_submit():
        try:
            _withdraw(form, proposal_id)
        except (Invalid, Refused) as problem:
            form.form_errors.append(problem.message)
        else:
            flash(_("The cut score is withdrawn. It stays on record below."), "success")
            return redirect(url_for(".cut_score", sitting_id=view.sitting_id), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("standard_setting/withdraw.html", page=page, form=form), status


def _withdraw(form: WithdrawalForm, proposal_id: str) -> None:
    with web.transaction() as session:
        withdraw_cut_score(
            session, web.actor(), web.now(), proposal_id=proposal_id, reason=form.reason.data
        )
