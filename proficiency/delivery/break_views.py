"""Breaks of a candidate's own, and the page that covers the exam while the clock stands still.

Invariant kept: while the clock stands still no page sends a word of the case or of a question, so
that a break or a pause gives nobody time to read. All of it works as plain HTML.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.core import web
from proficiency.core.access import signed_in
from proficiency.core.errors import Conflict
from proficiency.core.text import _
from proficiency.delivery import calls, late_views
from proficiency.delivery.pieces import shared
from proficiency.delivery.screens import make_overview
from proficiency.delivery.sheet import AnswerSheet, get_own_sheet
from proficiency.delivery.time_operations import end_break, start_break


def cover(sheet: AnswerSheet) -> ResponseReturnValue | None:
    """Return the page that covers the exam, or None while the clock runs."""
    if not sheet.state.window.is_stopped(web.now()):
        return None
    return _page("delivery/covered.html", sheet)


def _page(template: str, sheet: AnswerSheet) -> str:
    screen = make_overview(web.session(), sheet, web.now(), calls.device())
    return render_template(
        template,
        bar=screen.bar,
        autosave=calls.autosave(),
        sign_in_id=web.actor().session_id,
        shared=shared,
        answer_file_key=late_views.answer_file_key,
    )


def _to_exam(attempt_id: str) -> ResponseReturnValue:
    return redirect(url_for("delivery.attempt", attempt_id=attempt_id), 303)


@signed_in
def take_break(attempt_id: str) -> ResponseReturnValue:
    """Say what is left of breaks and what a break does; then stop the clock for one."""
    sheet = get_own_sheet(web.session(), attempt_id, web.actor().id)
    if request.method == "GET":
        if not sheet.state.can_write(web.now()):
            return redirect(url_for("delivery.finished", attempt_id=attempt_id), 303)
        return cover(sheet) or _page("delivery/take_break.html", sheet)
    epoch = request.form.get("epoch", type=int)
    if epoch is None:
        raise Conflict(_("This page can no longer write. Load it again, and nothing is lost."))
    with web.transaction() as writing:
        start_break(writing, web.actor(), web.now(), attempt_id=attempt_id, epoch=epoch)
    return _to_exam(attempt_id)


@signed_in
def go_on(attempt_id: str) -> ResponseReturnValue:
    """End a break before it ends by itself."""
    with web.transaction() as writing:
        end_break(writing, web.actor(), web.now(), attempt_id=attempt_id)
    flash(_("Your break is over."), "info")
    return _to_exam(attempt_id)


def add_views(bp: Blueprint) -> None:
    """Add these addresses to the room's blueprint."""
    path = "/attempt/<attempt_id>/break"
    bp.add_url_rule(path, view_func=take_break, methods=["GET", "POST"])
    bp.add_url_rule(f"{path}/end", view_func=go_on, methods=["POST"])
