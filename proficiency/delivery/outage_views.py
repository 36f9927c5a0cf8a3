"""When the service was away in a sitting, and the one press that gives the time back to all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.show import duration
from proficiency.core.text import _
from proficiency.delivery.outages import Outage, find_outages
from proficiency.delivery.room_time_operations import credit_outage
from proficiency.sittings.queries import get_sitting


@dataclass(frozen=True)
class OutageRow:
    """One outage as it is offered: whom it still owes how much. `amounts` is a range in words."""

    id: str
    from_at: datetime
    to_at: datetime
    lasted: timedelta
    owed: int
    amounts: str
    reached: int


def outage_rows(session: Session, sitting_id: str) -> list[OutageRow]:
    """Return the outages of a sitting as a page shows them, the newest first."""
    return [
        OutageRow(
            each.id, each.from_at, each.to_at, each.lasted,
            len(each.owed), _amounts(each), each.reached,
        )
        for each in find_outages(session, sitting_id)
    ]  # fmt: skip


def _amounts(outage: Outage) -> str:
    """Return what is owed: one time, or from the shortest to the longest."""
    amounts: Sequence[timedelta] = sorted(set(outage.owed.values()))
    if not amounts:
        return ""
    ends = dict.fromkeys([duration(amounts[0]), duration(amounts[-1])])
    return _(" to ").join(ends)


@requires(Role.INVIGILATOR, Role.EXAM_OFFICER)
def outages(sitting_id: str) -> str:
    """When the service was away while somebody wrote, and what that cost them."""
    return render_template(
        "delivery/outages.html",
        sitting=get_sitting(web.session(), sitting_id),
        rows=outage_rows(web.session(), sitting_id),
    )


@requires(Role.INVIGILATOR, Role.EXAM_OFFICER)
def give_back(sitting_id: str, outage_id: str) -> ResponseReturnValue:
    """Give everybody back what they lost in one outage."""
    with web.transaction() as writing:
        done = credit_outage(
            writing, web.actor(), web.now(), sitting_id=sitting_id, outage_id=outage_id
        )
    words = _("Time is given back to {n}. Their pages say so.")
    flash(words.format(n=len(done.attempt_ids)), "success")
    return redirect(url_for("delivery.outages", sitting_id=sitting_id), 303)


def add_views(bp: Blueprint) -> None:
    """Add these addresses to the room's blueprint."""
    path = "/sittings/<sitting_id>/outages"
    bp.add_url_rule(path, view_func=outages)
    bp.add_url_rule(f"{path}/<outage_id>", view_func=give_back, methods=["POST"])
