"""Who may practise, and on what: public samples only, and no case of an exam that is coming."""

from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.core.errors import Refused
from proficiency.core.text import _
from proficiency.exams.queries import get_form, list_form_cases
from proficiency.exams.rules import SchemeKind
from proficiency.scenarios.queries import get_case_version
from proficiency.sittings.queries import get_sitting, list_candidate_bookings
from proficiency.sittings.rules import SittingPhase


def refuse_unfit(session: Session, form_id: str) -> None:
    """Raise `Refused` for a form that is not made to practise on. Raises `NotFound`."""
    if get_form(session, form_id).kind is not SchemeKind.PRACTICE:
        raise Refused(_("Only a form of a scheme for practice can be practised on."))
    for case in list_form_cases(session, form_id):
        if not get_case_version(session, case.case_version_id).is_sample:
            raise Refused(
                _("This form has a case that is not public. Practice takes samples only.")
            )


def refuse_unbooked(session: Session, person_id: str, now: datetime, form_id: str) -> None:
    """Raise `Refused` for who has no exam before them, or one with a case that is practised on."""
    practised = {case.name for case in list_form_cases(session, form_id)}
    sittings = [
        get_sitting(session, booking.sitting_id)
        for booking in list_candidate_bookings(session, person_id)
        if booking.is_booked
    ]
    coming = [
        sitting
        for sitting in sittings
        if sitting.phase(now) in {SittingPhase.SCHEDULED, SittingPhase.OPEN}
    ]
    if not coming:
        raise Refused(_("Practice opens when you are booked for an exam."))
    for sitting in coming:
        if practised & {case.name for case in list_form_cases(session, sitting.form_id)}:
            raise Refused(
                _("The practice exam has a case of an exam that you are booked for. Tell us.")
            )
