"""What the marking of a sitting closes in rooms below: once it is open, late work stands."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from proficiency.core.text import _
from proficiency.delivery.late import closes_late_work
from proficiency.marking.queries import rounds_by_sitting


@closes_late_work
def marking_has_begun(session: Session, sitting_ids: Collection[str]) -> dict[str, str]:
    """Return why late work stands as it is in those sittings whose marking was ever opened."""
    words = _(
        "The marking of this sitting has begun, so what counts stands. The answer is kept; an "
        "appeal can look at it."
    )
    return dict.fromkeys(rounds_by_sitting(session).keys() & set(sitting_ids), words)
