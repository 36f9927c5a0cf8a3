"""What an exam officer sees of candidates before the day, and does for them.

Reasons, connections and adjustments are shown to exam officers and to the candidate alone.
"""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.queries import get_person, names_of, people_by_id
from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.text import _
from proficiency.exams.queries import get_form, list_forms
from proficiency.exams.rules import SchemeKind
from proficiency.preparation.arrangement_operations import decide_request
from proficiency.preparation.arrangements import (
    Request,
    get_request,
    list_requests,
    list_waiting_requests,
    who_waits,
)
from proficiency.preparation.checks import CheckView, find_checks
from proficiency.preparation.detail_operations import record_details
from proficiency.preparation.details import has_checked_in, list_details, who_has_told
from proficiency.preparation.forms import DecisionForm, DetailsForm, PracticeForm
from proficiency.preparation.place import get_place
from proficiency.preparation.practice import find_practice_form
from proficiency.preparation.practice_operations import choose_practice_form
from proficiency.preparation.rules import (
    DECISION_NAMES,
    LINK_NAMES,
    NATION_NAMES,
    PROBE_NAMES,
    REASON_NAMES,
    VERDICT_NAMES,
)
from proficiency.sittings.queries import get_sitting, list_bookings


@requires(Role.EXAM_OFFICER)
def requests() -> str:
    """Every request for an adjustment that waits for a decision, the oldest first."""
    waiting = list_waiting_requests(web.session())
    places = {each.booking_id: get_place(web.session(), each.booking_id) for each in waiting}
    names = names_of(web.session(), {each.booking.candidate_id for each in places.values()})
    return render_template("preparation/requests.html", waiting=waiting, places=places, names=names)


@requires(Role.EXAM_OFFICER)
def decide(request_id: str) -> ResponseReturnValue:
    """One request, with its letters, and the decision about it."""
    found = get_request(web.session(), request_id)
    form, status = DecisionForm(), 200
    if request.method == "GET" and found.asked is not None:
        form.show(found.asked.adjustment)
    if form.validate_on_submit():
        try:
            return _decide(found, form)
        except (Invalid, Refused) as error:
            form.reason.errors, status = [error.message], error.status
    elif request.method == "POST":
        status = 422
    place = get_place(web.session(), found.booking_id)
    return render_template(
        "preparation/decide.html",
        request=found,
        place=place,
        person=get_person(web.session(), place.booking.candidate_id),
        decided_by=_name(found.decided.by) if found.decided else "",
        decision_names=DECISION_NAMES,
        form=form,
    ), status


def _name(account_id: str) -> str:
    return names_of(web.session(), {account_id}).get(account_id, account_id)


def _decide(found: Request, form: DecisionForm) -> ResponseReturnValue:
    with web.transaction() as writing:
        decide_request(
            writing,
            web.actor(),
            web.now(),
            request_id=found.id,
            decision=form.decided(),
            adjustment=form.adjustment(),
            reason=form.reason.data,
        )
    flash(_("The decision is recorded. The candidate gets a message."), "success")
    return redirect(url_for("preparation.requests"), 303)


def keep_details(form: DetailsForm, booking_id: str) -> int:
    """Keep what a form says: 303 when it is done, else the status of a page with the errors set."""
    if not form.validate_on_submit():
        return 422
    reason, nation, needed_by = form.read()
    try:
        with web.transaction() as writing:
            record_details(
                writing,
                web.actor(),
                web.now(),
                booking_id=booking_id,
                reason=reason,
                nation=nation,
                needed_by=needed_by,
                connections=form.connections(),
                phone=form.phone.data or "",
            )
    except (Invalid, Refused) as error:
        form.needed_by.errors = [error.message]
        return error.status
    return 303


@requires(Role.EXAM_OFFICER)
def told(booking_id: str) -> ResponseReturnValue:
    """What a candidate told, each version of it, and a form to tell it for them."""
    place = get_place(web.session(), booking_id)
    if place.is_practice:
        raise NotFound(_("There is no such booking."))
    versions = list_details(web.session(), booking_id)
    form, status = DetailsForm(), 200
    if request.method == "GET" and versions:
        form.show_details(versions[0])
    if request.method == "POST":
        status = keep_details(form, booking_id)
        if status == 303:
            flash(_("Kept. The candidate sees it on their booking."), "success")
            return redirect(url_for("preparation.told", booking_id=booking_id), 303)
    return render_template(
        "preparation/told.html",
        place=place,
        person=get_person(web.session(), place.booking.candidate_id),
        versions=versions,
        names=names_of(web.session(), {each.told_by for each in versions}),
        requests=list_requests(web.session(), booking_id),
        check=find_checks(web.session(), [booking_id]).get(booking_id),
        reason_names=REASON_NAMES,
        nation_names=NATION_NAMES,
        link_names=LINK_NAMES,
        decision_names=DECISION_NAMES,
        probe_names=PROBE_NAMES,
        verdict_names=VERDICT_NAMES,
        may_change=place.stands(web.now()) and not has_checked_in(web.session(), booking_id),
        form=form,
    ), status


@dataclass(frozen=True)
class ReadyRow:
    """How far one candidate is with what is done before the day."""

    booking_id: str
    name: str
    has_told: bool
    waits: bool
    check: CheckView | None
    troubles: str


@requires(Role.EXAM_OFFICER)
def readiness(sitting_id: str) -> str:
    """Who of a sitting has told what is needed, has checked their device, and what failed."""
    sitting = get_sitting(web.session(), sitting_id)
    rows = _ready_rows(sitting_id)
    return render_template(
        "preparation/readiness.html",
        sitting=sitting,
        rows=rows,
        verdict_names=VERDICT_NAMES,
        now=web.now(),
        untold=sum(not row.has_told for row in rows),
        unchecked=sum(row.check is None for row in rows),
        troubled=sum(bool(row.troubles) for row in rows),
    )


def _ready_rows(sitting_id: str) -> list[ReadyRow]:
    bookings = [each for each in list_bookings(web.session(), sitting_id) if each.is_booked]
    ids = [each.id for each in bookings]
    people = people_by_id(web.session(), [each.candidate_id for each in bookings])
    have_told, waiting = who_has_told(web.session(), ids), who_waits(web.session(), ids)
    checks = find_checks(web.session(), ids)
    rows = [
        ReadyRow(
            booking_id=each.id,
            name=people[each.candidate_id].display_name,
            has_told=each.id in have_told,
            waits=each.id in waiting,
            check=checks.get(each.id),
            troubles=", ".join(PROBE_NAMES[probe] for probe in checks[each.id].troubles)
            if each.id in checks
            else "",
        )
        for each in bookings
    ]
    return sorted(rows, key=lambda row: row.name.casefold())


@requires(Role.EXAM_OFFICER)
def practice() -> ResponseReturnValue:
    """Choose the form that everybody who is booked may practise on."""
    offered = [each for each in list_forms(web.session()) if each.kind is SchemeKind.PRACTICE]
    held = find_practice_form(web.session())
    form, status = PracticeForm(data={"form_id": held}), 200
    form.offer([(each.id, each.title) for each in offered])
    if form.validate_on_submit():
        try:
            with web.transaction() as writing:
                choose_practice_form(writing, web.actor(), web.now(), form_id=form.form_id.data)
        except Refused as error:
            form.form_id.errors, status = [error.message], error.status
        else:
            flash(_("Candidates practise on this form from now on."), "success")
            return redirect(url_for("preparation.practice"), 303)
    elif request.method == "POST":
        status = 422
    chosen = None if held is None else get_form(web.session(), held)
    return render_template(
        "preparation/practice.html",
        form=form,
        has_forms=bool(offered),
        chosen_title="" if chosen is None else chosen.title,
    ), status


def add_views(bp: Blueprint) -> None:
    """Add the pages of this module to the room's blueprint."""
    both = ["GET", "POST"]
    bp.add_url_rule("/requests", view_func=requests)
    bp.add_url_rule("/requests/<request_id>", view_func=decide, methods=both)
    bp.add_url_rule("/sittings/bookings/<booking_id>/told", view_func=told, methods=both)
    bp.add_url_rule("/sittings/<sitting_id>/readiness", view_func=readiness)
    bp.add_url_rule("/practice", view_func=practice, methods=both)
