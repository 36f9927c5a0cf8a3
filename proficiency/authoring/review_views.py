"""Reading a case as its reviewer: remarks on lines and questions, the checklist, the signature.

Whoever opens it is written into the sight log before the words are sent.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.authoring import life_operations, remark_operations
from proficiency.authoring.life_views import Problems, open_work, told, work_page
from proficiency.authoring.overview import Overview
from proficiency.authoring.parsing import parse_work
from proficiency.authoring.places import lines_of
from proficiency.authoring.review import READERS, ROLES, WRITERS, Move
from proficiency.authoring.review_forms import (
    GROUP,
    LAY,
    SUGGESTION,
    ChecklistForm,
    RemarkForm,
    WordsForm,
)
from proficiency.authoring.rules import CHECKLIST, StepKind
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Conflict, Invalid, NotFound, Refused
from proficiency.core.text import _

VIEWS = {
    "text": _("Its text, line by line"),
    "candidate": _("What candidates see"),
    "assessor": _("What assessors see"),
}
CAPACITIES = (
    (Move.SIGN, GROUP, _("As a member of the advisory group")),
    (Move.SIGN_AS_LAY, LAY, _("As a lay member")),
)


@requires(*READERS)
def review(work_id: str) -> str:
    """A case beside what reviewers say about it; `?line=` and `?last_line=` take lines up."""
    return _review_page(open_work(work_id))


def _review_page(
    overview: Overview,
    *,
    remark: RemarkForm | None = None,
    checklist: Any = None,
    problems: Problems = (),
) -> str:
    shown = request.args.get("view", "text")
    shown = shown if shown in VIEWS else "text"
    return render_template(
        "authoring/review.html",
        overview=overview,
        shown=shown,
        views=VIEWS,
        lines=lines_of(overview.newest.text),
        case=_sketch(overview) if shown == "assessor" else None,
        remarked={each.now_at for each in overview.remarks if each.is_open and each.now_at},
        remark=remark or _empty_remark(overview),
        checklist=checklist or _checklist(overview),
        points=CHECKLIST,
        form=WordsForm(formdata=None, revision_id=overview.newest.id),
        problems=problems,
    )


def _sketch(overview: Overview) -> object:
    newest = overview.newest
    return parse_work(web.session(), newest.text, newest.files).sketch


def _empty_remark(overview: Overview) -> RemarkForm:
    """A form for a remark, with the lines that were taken up in the box for a suggestion."""
    lines = lines_of(overview.newest.text)
    first = request.args.get("line", type=int)
    last = request.args.get("last_line", type=int) or first
    form = RemarkForm(formdata=None, revision_id=overview.newest.id)
    form.offer(overview.places)
    form.item_name.data = request.args.get("question", "")
    if first is not None and last is not None and 1 <= first <= last <= len(lines):
        form.line.data, form.last_line.data = first, last
        form.replacement.data = "\n".join(lines[first - 1 : last])
    return form


def _checklist(overview: Overview) -> Any:
    form = ChecklistForm(formdata=None, revision_id=overview.newest.id)
    form.offer(_capacities(overview))
    return form


def _capacities(overview: Overview) -> dict[str, str]:
    return {key: words for move, key, words in CAPACITIES if move in overview.moves}


@requires(*READERS)
def remark(work_id: str) -> ResponseReturnValue:
    """Keep a comment or a suggestion."""
    form = RemarkForm()
    what: dict[str, Any] = {
        "revision_id": form.revision_id.data or "",
        "line": form.line.data,
        "last_line": form.last_line.data,
        "body": form.body.data or "",
    }
    try:
        if form.line.errors or form.last_line.errors or not form.validate_on_submit():
            raise Invalid(_("Write the lines as whole numbers."))
        with web.transaction() as session:
            doer = (session, web.actor(), web.now())
            if request.form.get("as") == SUGGESTION:
                _suggest(doer, work_id, what, form.replacement.data or "")
            else:
                name = form.item_name.data or None
                remark_operations.add_comment(*doer, work_id=work_id, item_name=name, **what)
    except (Invalid, Refused, NotFound) as refused:
        overview = open_work(work_id)
        form.offer(overview.places)
        return _review_page(overview, remark=form, problems=_told(refused)), refused.status
    flash(_("Your remark is kept."), "success")
    return redirect(url_for("authoring.review", work_id=work_id, _anchor="remarks"), 303)


def _suggest(doer: Any, work_id: str, what: dict[str, Any], replacement: str) -> None:
    if what["line"] is None:
        raise Invalid(_("Say which lines you would change."))
    remark_operations.add_suggestion(*doer, work_id=work_id, replacement=replacement, **what)


def _told(refused: Invalid | Refused | NotFound) -> Problems:
    if isinstance(refused, NotFound):
        return [{"text": refused.message, "href": None}]
    return told(refused)


@requires(*READERS)
def reply(work_id: str, thread_id: str) -> ResponseReturnValue:
    """Answer a remark."""
    return _about(remark_operations.reply, work_id, thread_id, _("Your answer is kept."))


@requires(*READERS)
def resolve(work_id: str, thread_id: str) -> ResponseReturnValue:
    """Mark a comment as dealt with."""
    return _about(remark_operations.resolve, work_id, thread_id, _("The comment is resolved."))


@requires(*READERS)
def decline(work_id: str, thread_id: str) -> ResponseReturnValue:
    """Decline a suggestion with a word."""
    done = _("The suggestion is declined.")
    return _about(remark_operations.decline_suggestion, work_id, thread_id, done)


def _about(
    operation: Callable[..., Any], work_id: str, thread_id: str, done: str
) -> ResponseReturnValue:
    words = WordsForm().reason.data or ""
    try:
        with web.transaction() as session:
            doer = (session, web.actor(), web.now())
            operation(*doer, work_id=work_id, thread_id=thread_id, body=words)
    except (Invalid, Refused) as refused:
        return _review_page(open_work(work_id), problems=told(refused)), refused.status
    flash(done, "success")
    anchor = f"remark-{thread_id}"
    return redirect(url_for("authoring.review", work_id=work_id, _anchor=anchor), 303)


@requires(*WRITERS)
def accept(work_id: str, thread_id: str) -> ResponseReturnValue:
    """Put a suggestion into the text."""
    try:
        with web.transaction() as session:
            saved = remark_operations.accept_suggestion(
                session, web.actor(), web.now(), work_id=work_id, thread_id=thread_id
            )
    except (Invalid, Refused) as refused:
        return _review_page(open_work(work_id), problems=told(refused)), refused.status
    words = _("The suggestion is in the text: revision {number}.")
    flash(words.format(number=saved.revision.number), "success")
    anchor = f"remark-{thread_id}"
    return redirect(url_for("authoring.review", work_id=work_id, _anchor=anchor), 303)


@requires(*ROLES[Move.HAND_ON])
def hand_on(work_id: str) -> ResponseReturnValue:
    """Pass a case on to the advisory group."""
    form = ChecklistForm()
    try:
        with web.transaction() as session:
            life_operations.pass_case(
                session,
                web.actor(),
                web.now(),
                work_id=work_id,
                revision_id=form.revision_id.data or "",
                checklist=form.answers(),
            )
    except (Invalid, Refused, Conflict) as refused:
        return _judged_again(work_id, form, refused), refused.status
    flash(_("Thank you. The case is with the advisory group now."), "success")
    return redirect(url_for("authoring.work", work_id=work_id), 303)


@requires(*ROLES[Move.SIGN], *ROLES[Move.SIGN_AS_LAY])
def sign(work_id: str) -> ResponseReturnValue:
    """Sign the revision in review."""
    form = ChecklistForm()
    try:
        if form.capacity.data not in (GROUP, LAY):
            raise Invalid(_("Choose in which capacity you sign."))
        with web.transaction() as session:
            step = life_operations.sign_case(
                session,
                web.actor(),
                web.now(),
                work_id=work_id,
                revision_id=form.revision_id.data or "",
                checklist=form.answers(),
                as_lay=form.capacity.data == LAY,
            )
    except (Invalid, Refused, Conflict) as refused:
        return _judged_again(work_id, form, refused), refused.status
    if step.kind is StepKind.APPROVED:
        flash(_("Yours was the last signature: the case is approved and frozen."), "success")
    else:
        flash(_("Thank you. Your signature is kept."), "success")
    return redirect(url_for("authoring.work", work_id=work_id), 303)


def _judged_again(work_id: str, form: Any, refused: Invalid | Refused | Conflict) -> str:
    """Show the checklist again with what was answered; elsewhere than in review, the case."""
    overview = open_work(work_id)
    if not overview.may(Move.HAND_ON, Move.SIGN, Move.SIGN_AS_LAY):
        return work_page(work_id, told(refused))
    capacity = form.capacity.data
    form.offer(_capacities(overview))
    form.capacity.data = capacity or form.capacity.data
    form.revision_id.data = overview.newest.id
    return _review_page(overview, checklist=form, problems=told(refused))


def add_views(bp: Blueprint) -> None:
    """Attach these pages to the room's blueprint."""
    at = "/cases/works/<work_id>"
    bp.add_url_rule(f"{at}/review", view_func=review)
    for name, view in (("remarks", remark), ("pass", hand_on), ("sign", sign)):
        bp.add_url_rule(f"{at}/{name}", view_func=view, methods=["POST"])
    for about in (reply, resolve, accept, decline):
        path = f"{at}/remarks/<thread_id>/{about.__name__}"
        bp.add_url_rule(path, view_func=about, methods=["POST"])
