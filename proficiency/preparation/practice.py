"""Which form everybody who is booked may practise on."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.preparation.models import PracticeChoice


def find_practice_form(session: Session) -> str | None:
    """Return the id of the form that is practised on now, or None while there is none."""
    return session.scalar(
        sa.select(PracticeChoice.form_id).order_by(PracticeChoice.pos.desc()).limit(1)
    )
