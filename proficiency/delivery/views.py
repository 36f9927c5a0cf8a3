"""A candidate's pages: check-in, the exam itself, and its end.

Every page finds only the candidate's own booking or attempt (others are 404), shows nothing of a
form but its candidate's view, and works as plain HTML. What a page's script calls is in `calls.py`.
"""

from datetime import timedelta

from flask import (
    Blueprint,
    Response,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
)
from flask import url_for as address_of
from flask.typing import ResponseReturnValue

from proficiency.core import web
from proficiency.core.access import signed_in
from proficiency.core.chance import new_id
from proficiency.core.error_pages import wants_json
from proficiency.core.errors import Conflict, NotFound, Refused
from proficiency.core.show import duration
from proficiency.core.text import _
from proficiency.core.wire import compressed
from proficiency.delivery import (
    break_views,
    calls,
    file_views,
    history_views,
    late_views,
    outage_views,
    practice_views,
    receipt_views,
    shift_views,
    start_views,
)
from proficiency.delivery.autosave import LONGEST_CLAIM
from proficiency.delivery.operations import (
    change_writer,
    open_next_stage,
    save_form,
)
from proficiency.delivery.pieces import shared
from proficiency.delivery.queries import AttemptState, get_own_attempt
from proficiency.delivery.receipt_operations import ReceiptDiffers
from proficiency.delivery.receipt_screens import find_receipt_view
from proficiency.delivery.screens import (
    make_exam_page,
    make_finished,
    make_overview,
)
from proficiency.delivery.sheet import AnswerSheet, get_own_sheet
from proficiency.delivery.start_views import remember_device
from proficiency.delivery.watching import ask_for_writer

bp = Blueprint("delivery", __name__)
calls.add_views(bp)
start_views.add_views(bp)
practice_views.add_views(bp)
file_views.add_views(bp)
break_views.add_views(bp)
shift_views.add_views(bp)
outage_views.add_views(bp)
late_views.add_views(bp)
receipt_views.add_views(bp)
history_views.add_views(bp)
TOKEN_VIEWS = calls.TOKEN_VIEWS

REFLECTS_NOTHING = "case, questions and own answers: nothing of what the request says"


def _to(endpoint: str, attempt_id: str) -> Response:
    response = redirect(address_of(f"delivery.{endpoint}", attempt_id=attempt_id), 303)
    return make_response(response)


def _own(attempt_id: str) -> AttemptState:
    return get_own_attempt(web.session(), attempt_id, web.actor().id)


def _own_sheet(attempt_id: str) -> AnswerSheet:
    return get_own_sheet(web.session(), attempt_id, web.actor().id)


def _words() -> dict[str, object]:
    """What the page's script needs and may not find in its own files, and what pages share."""
    return {
        "autosave": calls.autosave(),
        "sign_in_id": web.actor().session_id,
        "shared": shared,
        "answer_file_key": late_views.answer_file_key,
    }


@bp.get("/attempt/<attempt_id>")
@signed_in
@compressed(REFLECTS_NOTHING)
def attempt(attempt_id: str) -> ResponseReturnValue:
    """The open stage: the case beside its questions."""
    sheet = _own_sheet(attempt_id)
    if not sheet.state.can_write(web.now()):
        return _to("finished", attempt_id)
    covered = break_views.cover(sheet)
    if covered is not None:
        return covered
    page = make_exam_page(web.session(), sheet, web.now(), calls.device())
    return render_template("delivery/attempt.html", page=page, **_words())


@bp.get("/attempt/<attempt_id>/stage/<int:number>")
@signed_in
@compressed(REFLECTS_NOTHING)
def earlier_stage(attempt_id: str, number: int) -> ResponseReturnValue:
    """A stage that was closed, to be read."""
    sheet = _own_sheet(attempt_id)
    state = sheet.state
    if not state.can_write(web.now()):
        return _to("finished", attempt_id)
    if number == state.stage:
        return _to("attempt", attempt_id)
    if not 1 <= number < state.stage:
        raise NotFound(_("This stage is not open."))
    covered = break_views.cover(sheet)
    if covered is not None:
        return covered
    page = make_exam_page(web.session(), sheet, web.now(), calls.device(), number)
    return render_template("delivery/earlier_stage.html", page=page, **_words())


@bp.post("/attempt/<attempt_id>/answers")
@signed_in
def answers(attempt_id: str) -> ResponseReturnValue:
    """Keep a page of answers that was posted without a script, and go where the button says."""
    state = _own(attempt_id)
    with web.transaction() as writing:
        saved = save_form(
            writing,
            web.actor(),
            web.now(),
            attempt_id=attempt_id,
            epoch=_posted_epoch(state),
            device_id=calls.device(),
            form=request.form.to_dict(flat=False),
        )
    for message in saved.problems.values():
        flash(message, "error")
    if saved.late:
        flash(_("Answers arrived after their time and are kept as late."), "warning")
    elif not saved.problems:
        flash(_("Your answers are saved on the server."), "success")
    after = {
        "overview": "overview", "close": "close_stage", "finish": "finish", "break": "take_break",
    }  # fmt: skip
    return _to(after.get(request.form.get("go", ""), "attempt"), attempt_id)


def _posted_epoch(state: AttemptState) -> int:
    """The writer's epoch that the page was made for, and never one that was not given out."""
    given = request.form.get("epoch", "")
    epoch = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    if not 1 <= epoch <= state.epoch:
        raise Conflict(_("This page can no longer write. Load it again, and nothing is lost."))
    return epoch


@bp.post("/attempt/<attempt_id>/take-over")
@signed_in
def take_over(attempt_id: str) -> ResponseReturnValue:
    """Continue on this device; the other one can only read from now on.

    Where an invigilator watches over the exam, they are asked first; asking again changes nothing.
    """
    device_id = calls.device() or new_id()
    given = {"attempt_id": attempt_id, "device_id": device_id}
    with web.transaction() as writing:
        permission = ask_for_writer(writing, web.actor(), web.now(), **given)
        if permission.is_given:
            change_writer(writing, web.actor(), web.now(), **given)
    if wants_json():
        return remember_device(jsonify(given=permission.is_given), device_id)
    if not permission.is_given:
        flash(
            _("Your invigilator was asked to permit this device. Press again in a while."), "info"
        )
    return remember_device(_to("attempt", attempt_id), device_id)


@bp.get("/attempt/<attempt_id>/overview")
@signed_in
def overview(attempt_id: str) -> ResponseReturnValue:
    """What is answered, what is flagged, and where."""
    return _summary(attempt_id, "delivery/overview.html")


@bp.route("/attempt/<attempt_id>/close-stage", methods=["GET", "POST"])
@signed_in
def close_stage(attempt_id: str) -> ResponseReturnValue:
    """What is unanswered or flagged before a stage is closed for good; then close it."""
    if request.method == "GET":
        return _summary(attempt_id, "delivery/close_stage.html")
    state = _own(attempt_id)
    epoch, closing = _posted_epoch(state), request.form.get("stage", type=int)
    claim = request.form.get("blocked", type=int) or 0
    with web.transaction() as writing:
        open_next_stage(
            writing,
            web.actor(),
            web.now(),
            attempt_id=attempt_id,
            epoch=epoch,
            closing=closing or 0,
            blocked=timedelta(milliseconds=min(max(claim, 0), LONGEST_CLAIM)),
        )
    now = web.now()
    credited = _own(attempt_id).window.remaining(now) - state.window.remaining(now)
    if credited:
        flash(_("Nothing lost. {time} credited.").replace("{time}", duration(credited)), "success")
    return _to("attempt", attempt_id)


@bp.route("/attempt/<attempt_id>/finish", methods=["GET", "POST"])
@signed_in
def finish(attempt_id: str) -> ResponseReturnValue:
    """Check your answers, then submit them. Submitting twice is the same as once."""
    if request.method == "GET":
        return _summary(attempt_id, "delivery/finish.html")
    epoch = _posted_epoch(_own(attempt_id))
    try:
        receipt_views.hand_in_as_posted(attempt_id, epoch)
    except ReceiptDiffers:
        return _summary(attempt_id, "delivery/finish.html", 409)
    return _to("finished", attempt_id)


def _summary(attempt_id: str, template: str, status: int = 200) -> ResponseReturnValue:
    sheet = _own_sheet(attempt_id)
    if not sheet.state.can_write(web.now()):
        return _to("finished", attempt_id)
    covered = break_views.cover(sheet)
    if covered is not None:
        return covered
    screen = make_overview(web.session(), sheet, web.now(), calls.device())
    return render_template(template, screen=screen, differs=status == 409, **_words()), status


@bp.get("/attempt/<attempt_id>/finished")
@signed_in
def finished(attempt_id: str) -> ResponseReturnValue:
    """What was received, when, and what happens next."""
    state = _own(attempt_id)
    if state.can_write(web.now()):
        return _to("attempt", attempt_id)
    screen = make_finished(web.session(), state)
    receipt = find_receipt_view(web.session(), attempt_id)
    return render_template("delivery/finished.html", screen=screen, receipt=receipt, **_words())


@bp.get("/attempt/<attempt_id>/signed-in")
@signed_in
def signed_in_again(attempt_id: str) -> ResponseReturnValue:
    """Where a new tab lands after signing in again while the exam is open in another."""
    try:
        _own(attempt_id)
    except NotFound:
        raise Refused(
            _("This is not your exam. Sign out, and sign in as the person who is writing it.")
        ) from None
    return render_template("delivery/signed_in_again.html", attempt_id=attempt_id)


@bp.get("/attempt/<attempt_id>/away")
@signed_in
def away(attempt_id: str) -> ResponseReturnValue:
    """What stands in the place of a page that can't be had without the server; kept beforehand."""
    state = _own(attempt_id)
    if not state.can_write(web.now()):
        return _to("finished", attempt_id)
    return render_template("delivery/away.html", attempt_id=attempt_id)
