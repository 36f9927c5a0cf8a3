"""What the scheme of a sitting decides: one way to read it for every room above."""

from sqlalchemy.orm import Session

from proficiency.exams.queries import get_form
from proficiency.exams.rules import SchemeSettings
from proficiency.sittings.queries import get_sitting


def settings_of(session: Session, sitting_id: str) -> SchemeSettings:
    """Return the settings of the scheme version under which a sitting's form was made.

    Raises `NotFound` for a sitting that there is not.
    """
    return get_form(session, get_sitting(session, sitting_id).form_id).settings
