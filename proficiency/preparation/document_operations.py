"""Writing the documents for candidates, and confirming them, the time and one's health."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock, lock_part
from proficiency.core.errors import Invalid, Refused
from proficiency.core.text import _, clean_text
from proficiency.preparation.detail_operations import own_place
from proficiency.preparation.documents import (
    current_documents,
    current_ids,
    documents_of,
    first_words,
    seconds_of,
    to_html,
)
from proficiency.preparation.models import CheckInConfirmation, DocumentVersion
from proficiency.preparation.place import Place
from proficiency.preparation.rules import Document
from proficiency.scenarios.sanitise import VERSION

LONGEST_TEXT = 60_000


@operation(Role.EXAM_OFFICER)
def write_document(
    session: Session, actor: Actor, now: datetime, *, document: Document, text: str, base: str
) -> DocumentVersion:
    """Make a new version of a document; who has not started yet reads and accepts that one.

    `base` is the digest of the version that was edited. Raises `Invalid` for no words or too many,
    and `Refused` when somebody else wrote a version meanwhile or nothing has changed.
    """
    text = clean_text(text).strip()
    if not text or len(text) > LONGEST_TEXT:
        raise Invalid(_("Write the document, in up to 60,000 characters."))
    lock(session, document)
    held = current_documents(session)[document]
    if held.digest != base:
        raise Refused(_("Somebody else changed this document meanwhile. Compare the two first."))
    if held.text == text:
        raise Refused(_("Nothing has changed, so there is no new version."))
    return _append_version(session, actor, now, document, text)


def _append_version(
    session: Session, actor: Actor, now: datetime, document: Document, text: str
) -> DocumentVersion:
    row = DocumentVersion(
        aggregate_id=document,
        at=now,
        actor_id=actor.id,
        document=document,
        text=text,
        html=to_html(text),
        sanitiser=VERSION,
    )
    return append(session, row)


@dataclass(frozen=True)
class Accepted:
    """What a candidate confirms before the start, as the page of check-in showed it.

    `digests` are of the documents' words. The times are in seconds.
    """

    digests: Mapping[Document, str]
    allowed_seconds: int
    rest_seconds: int
    is_fit: bool


@operation()
def confirm_check_in(
    session: Session, actor: Actor, now: datetime, *, booking_id: str, accepted: Accepted
) -> CheckInConfirmation:
    """Accept exactly the documents shown, call the time right, declare to be well.

    Nothing starts with it. Raises `NotFound` for somebody else's booking, and `Refused` when a
    document or the time is not what it was on the page, or the candidate is not well.
    """
    place = own_place(session, actor, booking_id)
    ids = hold_documents(session, now)
    lock_part(session, place.sitting.id, booking_id)  # as what starts the clock after this
    return accept(session, actor, now, place, ids, accepted)


def accept(
    session: Session,
    actor: Actor,
    now: datetime,
    place: Place,
    ids: Mapping[Document, str],
    accepted: Accepted,
) -> CheckInConfirmation:
    """Append what was confirmed, within an operation that has locked the sitting and the booking.

    `ids` are of `hold_documents`. Raises `Refused` as `confirm_check_in` does.
    """
    if not accepted.is_fit:
        raise Refused(_("If you are not well enough, don’t start. Tell the exam office today."))
    current = documents_of(session, ids).values()
    changed = [each.name for each in current if accepted.digests.get(each.document) != each.digest]
    if changed:
        words = _("This was changed since you opened the page: {names}. Read it and confirm again.")
        raise Refused(words.format(names=", ".join(changed)))
    if (accepted.allowed_seconds, accepted.rest_seconds) != seconds_of(place):
        raise Refused(_("Your time was changed since you opened the page. Check it again."))
    row = CheckInConfirmation(
        aggregate_id=place.booking.id,
        at=now,
        actor_id=actor.id,
        booking_id=place.booking.id,
        handbook_id=ids[Document.HANDBOOK],
        rules_id=ids[Document.RULES],
        privacy_id=ids[Document.PRIVACY],
        allowed_seconds=accepted.allowed_seconds,
        rest_seconds=accepted.rest_seconds,
    )
    return append(session, row)


def hold_documents(session: Session, now: datetime) -> dict[Document, str]:
    """Return the ids of the versions that hold, making those of the words that came with us.

    Before any other lock. Only when one is made are the documents locked: a room that starts
    together must not queue for them.
    """
    found = {document: id for document, id in current_ids(session).items() if id is not None}
    for document in sorted(set(Document) - set(found)):
        lock(session, document)
        held = current_ids(session)[document]
        if held is None:
            held = _append_version(session, SYSTEM, now, document, first_words(document).text).id
        found[document] = held
    return found
