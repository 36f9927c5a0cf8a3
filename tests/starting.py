"""Starting an exam as its page does: confirm exactly what it shows, then start the clock."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.core.db import Database
from proficiency.delivery import operations as delivery
from proficiency.preparation.document_operations import Accepted, confirm_check_in
from proficiency.preparation.documents import current_documents, seconds_of
from proficiency.preparation.place import get_place


def confirm(session: Session, actor: Actor, now: datetime, *, booking_id: str) -> Any:
    """Accept the documents that hold, call the time right and declare to be well."""
    accepted = all_accepted(session, booking_id)
    return confirm_check_in(session, actor, now, booking_id=booking_id, accepted=accepted)


def all_accepted(session: Session, booking_id: str) -> Accepted:
    """Everything as the page of check-in shows it now."""
    allowed, rest = seconds_of(get_place(session, booking_id))
    documents = current_documents(session).values()
    digests = {each.document: each.digest for each in documents}
    return Accepted(digests, allowed, rest, is_fit=True)


def check_in_form(database: Database, booking_id: str) -> dict[str, Any]:
    """What the page of check-in sends when everything on it is confirmed."""
    with database.read() as session:
        allowed, rest = seconds_of(get_place(session, booking_id))
        documents = current_documents(session).values()
        shown = {f"document_{each.document}": each.digest for each in documents}
    ticked = {"rules": "y", "time": "y", "fit": "y"}
    return shown | ticked | {"allowed_seconds": str(allowed), "rest_seconds": str(rest)}


def start_attempt(
    session: Session, actor: Actor, now: datetime, *, booking_id: str, device_id: str
) -> Any:
    """Confirm and start, by one press."""
    accepted = all_accepted(session, booking_id)
    return delivery.start_attempt(
        session, actor, now, booking_id=booking_id, device_id=device_id, accepted=accepted
    )
