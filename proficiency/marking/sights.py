"""Who marks a candidate does not read how that candidate's answers grew: it names the candidate's
number beside the words, and shows what came later or was taken back.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.sights import Look, refuses_sights
from proficiency.core.text import _
from proficiency.delivery.sights import ATTEMPT, HISTORY
from proficiency.marking.models import Allocation, Response


@refuses_sights
def refuse_markers(session: Session, now: datetime, look: Look) -> str | None:
    """Return why the history of an attempt is closed to somebody who marks in it, or None."""
    if (look.subject, look.purpose) != (ATTEMPT, HISTORY):
        return None
    drawn = session.scalar(
        sa.select(Allocation.id)
        .join(Response, Response.id == Allocation.response_id)
        .where(
            Response.attempt_id == look.subject_id,
            Allocation.assessor_id == look.person_id,
        )
        .limit(1)
    )
    if drawn is None:
        return None
    return _(
        "You mark, or have marked, an answer of this candidate, so its history is closed to you. "
        "Ask somebody who doesn’t mark this sitting."
    )
