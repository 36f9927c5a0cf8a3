"""The pages for deciding about answers that no machine may mark. Built from an `AnswerSheet`."""

from fractions import Fraction
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import NotFound
from proficiency.core.exact import read_exact
from proficiency.core.text import _
from proficiency.marking.answer_operations import (
    NEW_POINT,
    InvalidDecision,
    change_answer,
    decide_answer,
    settle_answer,
    withdraw_decision,
)
from proficiency.marking.answer_sheet import AnswerSheet, get_sheet
from proficiency.marking.forms import NewPointForm, WhyForm

VERBS = {"decide": decide_answer, "settle": settle_answer, "change": change_answer}


@requires(Role.ASSESSOR, Role.LEAD_ASSESSOR)
def answers(sitting_id: str, form_item_id: str) -> str:
    """The answers to one question: the one to decide about now, and all of them."""
    args = request.args
    sheet = get_sheet(web.session(), web.actor(), sitting_id, form_item_id, args.get("answer"))
    web.record_sight("case", sheet.case_name, "marking")
    return _page(sheet, _forms(), sheet.find(args.get("last")))


@requires(Role.ASSESSOR, Role.LEAD_ASSESSOR)
def decide(sitting_id: str, form_item_id: str) -> ResponseReturnValue:
    """Record what one answer means, and go on to the next."""
    verb = VERBS.get(request.form.get("verb", ""))
    if verb is None:
        raise NotFound(_("This is nothing that can be done with an answer."))
    digest, point = request.form.get("answer", ""), request.form.get("point", "?")
    why, new = _forms()
    form = new if point == NEW_POINT else why
    try:
        with web.transaction() as session:
            verb(
                session,
                web.actor(),
                web.now(),
                sitting_id=sitting_id,
                form_item_id=form_item_id,
                digest=digest,
                point=point,
                marks=_marks(new) if point == NEW_POINT else None,
                reason=form.reason.data or "",
            )
    except InvalidDecision as problem:
        sheet = get_sheet(web.session(), web.actor(), sitting_id, form_item_id, digest)
        field = form.marks if point == NEW_POINT and _marks(new) is None else form.reason
        field.errors = [problem.message]
        return _page(sheet, (why, new)), problem.status
    return _back(sitting_id, form_item_id, last=digest)


@requires(Role.ASSESSOR, Role.LEAD_ASSESSOR)
def undo(sitting_id: str, form_item_id: str) -> ResponseReturnValue:
    """Take one's own decision back and show the answer again."""
    digest = request.form.get("answer", "")
    with web.transaction() as session:
        withdraw_decision(
            session,
            web.actor(),
            web.now(),
            sitting_id=sitting_id,
            form_item_id=form_item_id,
            digest=digest,
        )
    return _back(sitting_id, form_item_id, answer=digest)


def _marks(form: Form) -> Fraction | None:
    return read_exact(form.marks.data or "")


def _forms() -> tuple[Form, Form]:
    return WhyForm(), NewPointForm(prefix="new-")


def _page(sheet: AnswerSheet, forms: tuple[Form, Form], last: object = None) -> str:
    why, new = forms
    return render_template("marking/answers.html", sheet=sheet, why=why, new=new, last=last)


def _back(sitting_id: str, form_item_id: str, **shown: Any) -> ResponseReturnValue:
    address = url_for("marking.answers", sitting_id=sitting_id, form_item_id=form_item_id, **shown)
    return redirect(address, 303)


def add_views(bp: Blueprint) -> None:
    """Add the pages of this module to the room's blueprint."""
    path = "/<sitting_id>/questions/<form_item_id>/answers"
    bp.add_url_rule(path, view_func=answers)
    bp.add_url_rule(path, view_func=decide, methods=["POST"])
    bp.add_url_rule(f"{path}/undo", view_func=undo, methods=["POST"])
