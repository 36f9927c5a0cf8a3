"""An exam that somebody is writing closes its cases to them, also after the last start."""

from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.core.sights import Look, refuses_sights
from proficiency.delivery.queries import find_attempts_of_bookings, get_attempt_state
from proficiency.delivery.rules import Phase
from proficiency.sittings.queries import get_sitting, list_candidate_bookings
from proficiency.sittings.sights import CLOSED, concerns_case, holds_case

ATTEMPT = "attempt"
IDENTITY = "identity_picture"
"""The subject of a look at the pictures of a booking's candidate."""

HISTORY = "history"
"""The subject and the purpose under which a look at how somebody's answers grew is recorded."""


@refuses_sights
def refuse_writing(session: Session, now: datetime, look: Look) -> str | None:
    """Return why a case is closed to somebody who is writing an exam with it, or None."""
    if not concerns_case(look):
        return None
    booking_ids = [
        each.id
        for practice in (False, True)
        for each in list_candidate_bookings(session, look.person_id, practice=practice)
    ]
    for attempt in find_attempts_of_bookings(session, booking_ids).values():
        if attempt.phase is Phase.CLOSED:
            continue
        if get_attempt_state(session, attempt.id).is_closed(now):
            continue
        form_id = get_sitting(session, attempt.sitting_id).form_id
        if holds_case(session, form_id, look.subject_id):
            return CLOSED
    return None
