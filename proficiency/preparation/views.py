"""A candidate's way to an exam: their booking, what they tell us, their calendar, and practice.

Every page finds only one's own booking; to everybody else it isn't there.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from proficiency.core import web
from proficiency.core.access import signed_in
from proficiency.core.text import _
from proficiency.preparation import (
    adjustment_views,
    check_views,
    document_views,
    office_views,
    staff_views,
)
from proficiency.preparation.arrangements import list_requests
from proficiency.preparation.calendar import write_calendar
from proficiency.preparation.checks import CheckView, find_checks
from proficiency.preparation.detail_operations import own_place
from proficiency.preparation.details import find_details, has_checked_in
from proficiency.preparation.forms import DetailsForm
from proficiency.preparation.place import Place, calendar_entry
from proficiency.preparation.practice import find_practice_form
from proficiency.preparation.practice_operations import start_practice
from proficiency.preparation.rules import DECISION_NAMES, Verdict
from proficiency.sittings.rules import PHASE_NAMES, SittingPhase
from proficiency.sittings.times import list_moves

bp = Blueprint("preparation", __name__)
for _module in (adjustment_views, check_views, document_views, office_views, staff_views):
    _module.add_views(bp)


CHECK_STATUS = {
    Verdict.GOOD: (_("ready"), "good"),
    Verdict.WARN: (_("will do"), "info"),
    Verdict.BAD: (_("needs attention"), "bad"),
    Verdict.SKIPPED: (_("to do"), "warn"),
}


@dataclass(frozen=True)
class Step:
    """One thing to do before the day, as a line of a list."""

    name: str
    href: str
    status: str
    tone: str
    hint: str


def _place(booking_id: str) -> Place:
    return own_place(web.session(), web.actor(), booking_id)


@bp.get("/bookings/<booking_id>")
@signed_in
def booking(booking_id: str) -> str:
    """A candidate's own booking: when, how long, what to do before, and the way to the exam."""
    place = _place(booking_id)
    phase = place.phase(web.now())
    moves = list_moves(web.session(), place.sitting.id)
    stands = place.stands(web.now())
    steps = _steps(web.session(), place) if stands and not place.is_practice else []
    return render_template(
        "preparation/booking.html",
        place=place,
        phase=phase,
        phase_name=PHASE_NAMES[phase],
        is_open=phase is SittingPhase.OPEN,
        start_by=place.start_by,
        moved=moves[0] if moves else None,
        stands=stands,
        steps=steps,
        can_practise=stands and find_practice_form(web.session()) is not None,
    )


def _steps(session: Session, place: Place) -> list[Step]:
    id = place.booking.id
    check = find_checks(session, [id]).get(id)
    return [
        _details_step(session, place),
        _adjustment_step(session, id),
        _check_step(id, check),
        Step(
            _("Read the handbook, the rules and the privacy notice"),
            url_for("preparation.documents"),
            "", "neutral",
            _("You confirm them when you check in."),
        ),
    ]  # fmt: skip


def _details_step(session: Session, place: Place) -> Step:
    id = place.booking.id
    held = find_details(session, id)
    href = url_for("preparation.details", booking_id=id)
    if held is None:
        name = _("Tell us four things that we need from you")
        hint = _("Why you sit, where you practise, whom you work with, and who trained you.")
        return Step(name, href, _("to do"), "warn", hint)
    hint = _("You can correct it until you check in.")
    return Step(_("What you told us"), href, _("done"), "good", hint)


def _adjustment_step(session: Session, booking_id: str) -> Step:
    href = url_for("preparation.adjustments", booking_id=booking_id)
    requests = list_requests(session, booking_id)
    if not requests:
        hint = _("Extra time, breaks, a reader and more. Ask early: it may take a while.")
        return Step(_("Ask for an adjustment"), href, _("if needed"), "neutral", hint)
    decided = requests[0].decided
    name = _("The adjustment that you asked for")
    if decided is None:
        return Step(name, href, _("being decided"), "info", _("You get a message when it is."))
    return Step(name, href, DECISION_NAMES[decided.decision], "info", _("Read it with its reason."))


def _check_step(booking_id: str, check: CheckView | None) -> Step:
    href = url_for("preparation.device", booking_id=booking_id)
    name = _("Check the device that you will use")
    hint = _("It takes half a minute, and says what to do if something is missing.")
    verdict = Verdict.SKIPPED if check is None else check.verdict
    return Step(name, href, *CHECK_STATUS[verdict], hint)


@bp.get("/bookings/<booking_id>/calendar.ics")
@signed_in
def calendar_file(booking_id: str) -> Response:
    """The exam for one's calendar. The same entry changes when the booking does."""
    config = web.config()
    entry = calendar_entry(web.session(), _place(booking_id), web.now(), config.address)
    return Response(
        write_calendar(entry, f"{config.institution}//Proficiency"),
        content_type="text/calendar; charset=utf-8; method=PUBLISH",
        headers={"Content-Disposition": 'attachment; filename="exam.ics"'},
    )


@bp.route("/bookings/<booking_id>/details", methods=["GET", "POST"])
@signed_in
def details(booking_id: str) -> ResponseReturnValue:
    """Tell why one sits, where one practises, and whom one is connected with."""
    place = _place(booking_id)
    form, status = DetailsForm(), 200
    held = find_details(web.session(), booking_id)
    if request.method == "GET" and held is not None:
        form.show_details(held)
    if request.method == "POST":
        status = office_views.keep_details(form, booking_id)
        if status == 303:
            flash(_("Thank you. You can correct it here until you check in."), "success")
            return redirect(url_for("preparation.booking", booking_id=booking_id), 303)
    return render_template(
        "preparation/details.html",
        place=place,
        form=form,
        held=held,
        may_change=_may_change(place, web.now()),
    ), status


def _may_change(place: Place, now: datetime) -> bool:
    return place.stands(now) and not has_checked_in(web.session(), place.booking.id)


@bp.post("/bookings/<booking_id>/practice")
@signed_in
def practise(booking_id: str) -> ResponseReturnValue:
    """Open a fresh practice exam and go to its check-in."""
    _place(booking_id)
    with web.transaction() as writing:
        made = start_practice(writing, web.actor(), web.now())
    return redirect(f"/exam/{made}", 303)
