"""A booking closes its cases: who is booked to sit one is not shown its words for anything else.

It lasts from the booking until the last start of the sitting has passed; while somebody writes, the
room of delivery closes them further. Kept at the one place that every sight goes through.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.sights import Look, refuses_sights
from proficiency.core.text import _
from proficiency.exams.queries import list_form_stages
from proficiency.scenarios.operations import SIGHT
from proficiency.sittings.models import Booking, LateStart, Sitting
from proficiency.sittings.rules import BookingState

ASSESSMENT = "assessment"
"""The purpose of a candidate's own exam: the one sight of a case that a booking is for."""

CLOSED = _(
    "You are booked for an exam, and until it is over this case is closed to you. So you sit the "
    "exam as everybody does, and nobody can say otherwise. Ask somebody else to take over what you "
    "wanted to do here."
)


def concerns_case(look: Look) -> bool:
    """Whether somebody is about to be shown a case otherwise than in their own exam."""
    return look.subject == SIGHT and look.purpose != ASSESSMENT


def holds_case(session: Session, form_id: str, name: str) -> bool:
    """Whether a form has a version of the case called `name`."""
    return any(stage.case_name == name for stage in list_form_stages(session, form_id))


@refuses_sights
def refuse_booked(session: Session, now: datetime, look: Look) -> str | None:
    """Return why a case is closed to somebody who is booked for an exam with it, or None."""
    if not concerns_case(look):
        return None
    late = sa.select(LateStart.id).where(
        LateStart.aggregate_id == Booking.id, LateStart.until_at >= now
    )
    forms = session.scalars(
        sa.select(Sitting.form_id)
        .join(Booking, Booking.sitting_id == Sitting.id)
        .where(
            Booking.candidate_id == look.person_id,
            Booking.state == BookingState.BOOKED,
            Sitting.cancelled_at.is_(None),
            Sitting.practice_of.is_(None),  # after it, everybody may read what they practised
            sa.or_(Sitting.last_start_at >= now, late.exists()),
        )
        .distinct()
    ).all()
    is_booked = any(holds_case(session, form_id, look.subject_id) for form_id in forms)
    return CLOSED if is_booked else None
