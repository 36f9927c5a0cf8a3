"""Who marks a candidate does not see their face, and does not read how their answers grew.

A history names the candidate's number beside the words, and shows what was taken back.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.sights import Look, refuses_sights
from proficiency.core.text import _
from proficiency.delivery.queries import find_attempt_of_booking
from proficiency.delivery.sights import ATTEMPT, HISTORY, IDENTITY
from proficiency.marking.models import Allocation, Response


@refuses_sights
def refuse_markers(session: Session, now: datetime, look: Look) -> str | None:
    """Return why a look at a candidate is closed to somebody who marks their answers, or None."""
    if look.subject == IDENTITY:
        attempt = find_attempt_of_booking(session, look.subject_id)
        attempt_id = None if attempt is None else attempt.id
    elif (look.subject, look.purpose) == (ATTEMPT, HISTORY):
        attempt_id = look.subject_id
    else:
        return None
    if attempt_id is None or not _marks_in(session, attempt_id, look.person_id):
        return None
    return _(
        "You mark, or have marked, an answer of this candidate, so this is closed to you. "
        "Ask somebody who doesn’t mark this sitting."
    )


def _marks_in(session: Session, attempt_id: str, person_id: str) -> bool:
    drawn = session.scalar(
        sa.select(Allocation.id)
        .join(Response, Response.id == Allocation.response_id)
        .where(
            Response.attempt_id == attempt_id,
            Allocation.assessor_id == person_id,
        )
        .limit(1)
    )
    return drawn is not None
