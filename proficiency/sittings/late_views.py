"""Letting one candidate start after everybody's last start."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.queries import get_person
from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Invalid, Refused
from proficiency.core.show import HOME_ZONE
from proficiency.core.text import _
from proficiency.sittings.forms import LateStartForm
from proficiency.sittings.queries import get_booking, get_sitting
from proficiency.sittings.time_operations import allow_late_start
from proficiency.sittings.times import find_late_start


@requires(Role.EXAM_OFFICER, Role.INVIGILATOR)
def late_start(booking_id: str) -> ResponseReturnValue:
    """Until when this candidate may start, and why."""
    form, status = LateStartForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate() and (until := form.read_until(HOME_ZONE)) is not None:
            try:
                with web.transaction() as writing:
                    allow_late_start(
                        writing, web.actor(), web.now(),
                        booking_id=booking_id, until=until, reason=form.reason.data,
                    )  # fmt: skip
            except (Invalid, Refused) as error:
                form.until_time.errors, status = [error.message], error.status
            else:
                flash(_("This person may start late. They are told by mail."), "success")
                return redirect(url_for("sittings.late_start", booking_id=booking_id), 303)
    booking = get_booking(web.session(), booking_id)
    return render_template(
        "sittings/late_start.html",
        form=form,
        booking=booking,
        sitting=get_sitting(web.session(), booking.sitting_id),
        person=get_person(web.session(), booking.candidate_id),
        until=find_late_start(web.session(), booking_id),
    ), status


def add_views(bp: Blueprint) -> None:
    """Add this page to the room's blueprint."""
    path = "/sittings/bookings/<booking_id>/late-start"
    bp.add_url_rule(path, view_func=late_start, methods=["GET", "POST"])
