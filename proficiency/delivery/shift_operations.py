"""Moving a whole sitting to other times, as long as nobody writes."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.db import lock
from proficiency.core.errors import Refused
from proficiency.core.text import _
from proficiency.delivery.models import Attempt
from proficiency.sittings.time_operations import move_sitting


@operation(Role.EXAM_OFFICER)
def shift_sitting(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    sitting_id: str,
    opens_at: datetime,
    last_start_at: datetime,
    reason: str,
) -> None:
    """Move a sitting; everybody who is booked is told by mail and on their page.

    Whoever starts waits for the same lock, so nobody begins at the old times meanwhile. Raises
    `Refused` once somebody has started (then time is given back instead), and as `move_sitting`.
    """
    lock(session, sitting_id)
    begun = sa.select(Attempt.id).where(Attempt.sitting_id == sitting_id).limit(1)
    if session.scalar(begun) is not None:
        raise Refused(
            _("Somebody has started, so it can’t be moved. Pause the room or give time back.")
        )
    move_sitting(
        session, actor, now, sitting_id=sitting_id, opens_at=opens_at,
        last_start_at=last_start_at, reason=reason,
    )  # fmt: skip
