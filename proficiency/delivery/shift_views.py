"""The officer's page for moving a sitting to other times."""

from datetime import tzinfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Invalid, Refused
from proficiency.core.show import HOME_ZONE
from proficiency.core.text import _
from proficiency.delivery.forms import ShiftForm
from proficiency.delivery.shift_operations import shift_sitting
from proficiency.sittings.queries import SittingView, get_sitting
from proficiency.sittings.times import list_moves


@requires(Role.EXAM_OFFICER)
def move_sitting(sitting_id: str) -> ResponseReturnValue:
    """The new times of a sitting, and why it moves."""
    sitting = get_sitting(web.session(), sitting_id)
    form = ShiftForm(data=None if request.method == "POST" else _times(sitting, HOME_ZONE))
    status = 200
    if request.method == "POST":
        status = 422
        times = form.read_times(HOME_ZONE) if form.validate() else None
        if times is not None:
            try:
                with web.transaction() as writing:
                    shift_sitting(
                        writing, web.actor(), web.now(), sitting_id=sitting_id,
                        opens_at=times[0], last_start_at=times[1], reason=form.reason.data,
                    )  # fmt: skip
            except (Invalid, Refused) as error:
                form.last_time.errors, status = [error.message], error.status
            else:
                flash(_("The sitting is moved. Everybody who is booked is told."), "success")
                return redirect(url_for("sittings.sitting", sitting_id=sitting_id), 303)
    moves = list_moves(web.session(), sitting_id)
    return render_template(
        "delivery/move_sitting.html", form=form, sitting=sitting, moves=moves
    ), status


def _times(sitting: SittingView, zone: tzinfo) -> dict[str, object]:
    opens, last = sitting.opens_at.astimezone(zone), sitting.last_start_at.astimezone(zone)
    return {
        "opens_on": opens.date(), "opens_time": opens.time(),
        "last_on": last.date(), "last_time": last.time(),
    }  # fmt: skip


def add_views(bp: Blueprint) -> None:
    """Add this page to the room's blueprint."""
    path = "/sittings/<sitting_id>/move"
    bp.add_url_rule(path, view_func=move_sitting, methods=["GET", "POST"])
