"""Sittings for officers and invigilators. Bookings have a module of their own, `booking_views`."""

from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.queries import people_by_id
from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Invalid, Refused
from proficiency.core.show import HOME_ZONE
from proficiency.core.text import _
from proficiency.exams.queries import get_form, list_forms
from proficiency.exams.rules import KIND_NAMES
from proficiency.sittings import booking_views, late_views
from proficiency.sittings.forms import ReasonForm, SittingForm
from proficiency.sittings.operations import cancel_sitting as cancel
from proficiency.sittings.operations import schedule_sitting
from proficiency.sittings.queries import (
    SittingView,
    count_bookings,
    find_arrangements,
    get_sitting,
    list_bookings,
    list_sittings,
)
from proficiency.sittings.rules import (
    PHASE_NAMES,
    STATE_NAMES,
    SittingPhase,
    is_safe_address,
    sum_of_extra,
)

bp = Blueprint("sittings", __name__)
booking_views.add_views(bp)
late_views.add_views(bp)

PHASE_TONES = {
    SittingPhase.SCHEDULED: "info",
    SittingPhase.OPEN: "good",
    SittingPhase.RUNNING: "neutral",
    SittingPhase.CANCELLED: "bad",
}


@bp.get("/sittings")
@requires(Role.EXAM_OFFICER, Role.INVIGILATOR)
def sittings() -> str:
    """Every sitting, the latest first."""
    counts = count_bookings(web.session())
    titles = {form.id: form.title for form in list_forms(web.session())}
    return render_template(
        "sittings/sittings.html",
        sittings=[
            (sitting, sitting.phase(web.now()), titles[sitting.form_id], counts.get(sitting.id, 0))
            for sitting in list_sittings(web.session())
        ],
        phase_names=PHASE_NAMES,
        phase_tones=PHASE_TONES,
    )


@bp.route("/sittings/new", methods=["GET", "POST"])
@requires(Role.EXAM_OFFICER)
def new_sitting() -> ResponseReturnValue:
    """Schedule a sitting of a form."""
    form, status = SittingForm(data={"form_id": request.args.get("form")}), 200
    offered = list_forms(web.session())
    form.offer([(each.id, f"{each.title} ({KIND_NAMES[each.kind]})") for each in offered])
    if form.validate_on_submit():
        times = form.read_times(HOME_ZONE)
        try:
            if times is not None:
                return _schedule(form, *times)
        except Invalid as error:
            form.last_time.errors, status = [error.message], error.status
        except Refused as error:
            form.form_id.errors, status = [error.message], error.status
        else:
            status = 422
    elif request.method == "POST":
        status = 422
    return render_template("sittings/new_sitting.html", form=form, has_forms=bool(offered)), status


def _schedule(
    form: SittingForm, opens_at: datetime, last_start_at: datetime
) -> ResponseReturnValue:
    with web.transaction() as writing:
        made = schedule_sitting(
            writing,
            web.actor(),
            web.now(),
            form_id=form.form_id.data,
            title=form.title.data,
            opens_at=opens_at,
            last_start_at=last_start_at,
            address=_worst_address(),
        )
        sitting_id = made.id
    flash(_("The sitting is scheduled. Now book candidates."), "success")
    return redirect(url_for("sittings.sitting", sitting_id=sitting_id), 303)


def _worst_address() -> str:
    """The address that the settings name, or the one in use if that is the unsafe one."""
    configured = web.config().address
    return configured if not is_safe_address(configured) else request.host_url


@bp.get("/sittings/<sitting_id>")
@requires(Role.EXAM_OFFICER, Role.INVIGILATOR)
def sitting(sitting_id: str) -> str:
    """One sitting and its bookings."""
    return _sitting_page(sitting_id, ReasonForm(formdata=None))


def _sitting_page(sitting_id: str, form: ReasonForm) -> str:
    found = get_sitting(web.session(), sitting_id)
    exam = get_form(web.session(), found.form_id)
    words = request.args.get("q", "").strip()
    rows = _booking_rows(found)
    phase = found.phase(web.now())
    return render_template(
        "sittings/sitting.html",
        sitting=found,
        exam=exam,
        kind_name=KIND_NAMES[exam.kind],
        phase=phase,
        phase_name=PHASE_NAMES[phase],
        phase_tone=PHASE_TONES[phase],
        last_end=found.last_start_at + timedelta(minutes=exam.settings.minutes),
        rows=[row for row in rows if _matches(row, words)],
        booked=sum(bool(row["is_booked"]) for row in rows),
        with_extra=sum(bool(row["extra"]) and bool(row["is_booked"]) for row in rows),
        words=words,
        form=form,
        may_change=web.actor().has(Role.EXAM_OFFICER),
    )


def _booking_rows(found: SittingView) -> list[dict[str, object]]:
    """What the table of bookings shows, by name; as many queries for 300 as for three."""
    bookings = list_bookings(web.session(), found.id)
    people = people_by_id(web.session(), [booking.candidate_id for booking in bookings])
    extra = find_arrangements(web.session(), [booking.id for booking in bookings])
    rows: list[dict[str, object]] = [
        {
            "id": booking.id,
            "number": booking.candidate_number,
            "name": people[booking.candidate_id].display_name,
            "email": people[booking.candidate_id].email,
            "extra": sum_of_extra(extra[booking.id].extra_percent, extra[booking.id].extra_minutes)
            if booking.id in extra
            else "",
            "is_booked": booking.is_booked,
            "state": STATE_NAMES[booking.state],
        }
        for booking in bookings
    ]
    return sorted(rows, key=lambda row: str(row["name"]).casefold())


def _matches(row: dict[str, object], words: str) -> bool:
    text = f"{row['number']} {row['name']} {row['email']}".casefold()
    return all(word in text for word in words.casefold().split())


@bp.post("/sittings/<sitting_id>/cancel")
@requires(Role.EXAM_OFFICER)
def cancel_sitting(sitting_id: str) -> ResponseReturnValue:
    """Call a sitting off, with a reason."""
    form = ReasonForm()
    if not form.validate_on_submit():
        return _sitting_page(sitting_id, form), 422
    try:
        with web.transaction() as writing:
            cancel(writing, web.actor(), web.now(), sitting_id=sitting_id, reason=form.reason.data)
    except Refused as error:
        form.reason.errors = [error.message]
        return _sitting_page(sitting_id, form), error.status
    flash(_("The sitting is cancelled. The candidates are told by mail."), "success")
    return redirect(url_for("sittings.sitting", sitting_id=sitting_id), 303)
