"""Keeping what a candidate's device could do, for the exam office to help in time."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.db import lock
from proficiency.core.errors import Refused
from proficiency.core.text import _
from proficiency.preparation.detail_operations import own_place
from proficiency.preparation.models import SystemCheck
from proficiency.preparation.rules import Finding, findings_to_text


@operation(Role.CANDIDATE)
def send_check(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    booking_id: str,
    findings: Collection[Finding],
) -> None:
    """Keep the newest check of a booking in the place of the one before.

    Raises `NotFound` for somebody else's booking and `Refused` when it no longer stands.
    """
    lock(session, booking_id)
    if not own_place(session, actor, booking_id).stands(now):
        raise Refused(_("This booking no longer stands, so nothing was sent."))
    session.merge(SystemCheck(booking_id=booking_id, at=now, findings=findings_to_text(findings)))
