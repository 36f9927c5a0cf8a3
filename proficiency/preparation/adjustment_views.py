"""Asking for an adjustment, and reading what was decided: a candidate's own, and nobody else's."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import signed_in
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.text import _, clean_text
from proficiency.preparation.arrangement_operations import request_arrangement
from proficiency.preparation.arrangements import get_letter, list_requests
from proficiency.preparation.detail_operations import own_place
from proficiency.preparation.forms import RequestForm
from proficiency.preparation.rules import DECISION_NAMES, Asked
from proficiency.scenarios.files import MAX_FILE_BYTES
from proficiency.scenarios.serving import send_file
from proficiency.sittings.queries import get_booking


@signed_in
def adjustments(booking_id: str) -> ResponseReturnValue:
    """What one asked for and what was decided, and a form to ask."""
    place = own_place(web.session(), web.actor(), booking_id)
    form, status = RequestForm(), 200
    if form.validate_on_submit():
        try:
            return _ask(booking_id, form)
        except (Invalid, Refused) as error:
            form.words.errors, status = [error.message], error.status
    elif request.method == "POST":
        status = 422
    return render_template(
        "preparation/adjustments.html",
        place=place,
        form=form,
        requests=list_requests(web.session(), booking_id),
        decision_names=DECISION_NAMES,
        may_ask=place.stands(web.now()) and not place.is_practice,
    ), status


def _ask(booking_id: str, form: RequestForm) -> ResponseReturnValue:
    sent = [each for each in form.letters.data or () if each and each.filename]
    letters = {
        f"{place}-{clean_text(each.filename)}": each.stream.read(MAX_FILE_BYTES + 1)
        for place, each in enumerate(sent)
    }
    asked = Asked(form.adjustment(), clean_text(form.words.data))
    with web.transaction() as writing:
        request_arrangement(
            writing, web.actor(), web.now(), booking_id=booking_id, asked=asked, letters=letters
        )
    flash(_("The exam office has your request. You get a message when it is decided."), "success")
    return redirect(url_for("preparation.adjustments", booking_id=booking_id), 303)


@signed_in
def letter(letter_id: str) -> Response:
    """A letter, for exam officers and for whoever sent it; never opened within our address."""
    booking_id, kept = get_letter(web.session(), letter_id)
    is_own = get_booking(web.session(), booking_id).candidate_id == web.actor().id
    if not is_own and not web.actor().has(Role.EXAM_OFFICER):
        raise NotFound(_("There is no such letter."))
    answer = send_file(kept)
    name = answer.headers["Content-Disposition"].partition(";")[2]
    answer.headers["Content-Disposition"] = f"attachment;{name}"
    return answer


def add_views(bp: Blueprint) -> None:
    """Add the pages of this module to the room's blueprint."""
    bp.add_url_rule(
        "/bookings/<booking_id>/adjustments", view_func=adjustments, methods=["GET", "POST"]
    )
    bp.add_url_rule("/bookings/letters/<letter_id>", view_func=letter)
