"""The way into an exam: one's list of exams, and the check-in that starts the clock."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires, signed_in
from proficiency.core.chance import new_id
from proficiency.delivery import calls
from proficiency.delivery.forms import StartForm
from proficiency.delivery.operations import start_attempt
from proficiency.delivery.queries import find_attempt_of_booking
from proficiency.delivery.start_screens import make_check_in, make_my_exams
from proficiency.preparation.document_operations import Accepted
from proficiency.preparation.rules import Document
from proficiency.sittings.queries import get_own_booking

MONTH = 30 * 24 * 3600


@requires(Role.CANDIDATE)
def my_exams() -> str:
    """The candidate's places, and what can be done with each now."""
    mine = (web.session(), web.actor().id, web.now())
    return render_template(
        "delivery/my_exams.html",
        exams=make_my_exams(*mine),
        practice=make_my_exams(*mine, practice=True),
    )


@signed_in
def check_in(booking_id: str) -> ResponseReturnValue:
    """Instructions, rules, the time allowed and one's health; confirming all starts the clock."""
    form = StartForm()
    if form.validate_on_submit():
        return _start(booking_id, form)
    booking = get_own_booking(web.session(), booking_id, web.actor().id)
    earlier = find_attempt_of_booking(web.session(), booking.id)
    if earlier is not None:
        return _to_attempt(earlier.id)
    screen = make_check_in(web.session(), booking, web.now())
    wrong = request.args.get("wrong", "")
    page = render_template("delivery/check_in.html", screen=screen, form=form, wrong=wrong)
    return page, 422 if request.method == "POST" else 200


def _start(booking_id: str, form: StartForm) -> ResponseReturnValue:
    device_id = calls.device() or new_id()
    accepted = Accepted(
        digests={each: request.form.get(f"document_{each}", "") for each in Document},
        allowed_seconds=request.form.get("allowed_seconds", 0, type=int),
        rest_seconds=request.form.get("rest_seconds", 0, type=int),
        is_fit=form.fit.data,
    )
    with web.transaction() as writing:
        attempt = start_attempt(
            writing, web.actor(), web.now(),
            booking_id=booking_id, device_id=device_id, accepted=accepted,
        )  # fmt: skip
    return remember_device(_to_attempt(attempt.id), device_id)


def remember_device(response: Response, device_id: str) -> Response:
    """The browser keeps which device it is, so that one device at a time writes."""
    response.set_cookie(
        calls.DEVICE_COOKIE,
        device_id,
        max_age=MONTH,
        secure=web.config().is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def _to_attempt(attempt_id: str) -> Response:
    return make_response(redirect(url_for("delivery.attempt", attempt_id=attempt_id), 303))


def add_views(bp: Blueprint) -> None:
    """Add the pages of this module to the room's blueprint."""
    bp.add_url_rule("/exams", view_func=my_exams)
    bp.add_url_rule("/exam/<booking_id>", view_func=check_in, methods=["GET", "POST"])
