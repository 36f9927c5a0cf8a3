"""What the marking of a sitting closes in rooms below: once it is open, late work stands."""

from sqlalchemy.orm import Session

from proficiency.core.text import _
from proficiency.delivery.late import closes_late_work
from proficiency.marking.queries import find_round
from proficiency.marking.rules import RoundKind


@closes_late_work
def marking_has_begun(session: Session, sitting_id: str) -> str | None:
    """Return why late work stands as it is, or None while nobody has opened the marking."""
    if find_round(session, sitting_id, RoundKind.OPENED) is None:
        return None
    return _(
        "The marking of this sitting has begun, so what counts stands. The answer is kept; an "
        "appeal can look at it."
    )
