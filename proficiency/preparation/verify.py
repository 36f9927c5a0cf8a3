"""Cross-row rules of this room, for `proficiency verify`."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.preparation.models import (
    ArrangementDecision,
    ArrangementLetter,
    ArrangementRequest,
    CheckInConfirmation,
    DocumentVersion,
)
from proficiency.preparation.rules import Document
from proficiency.sittings.queries import get_booking, list_arrangements


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for each row that contradicts what it names."""
    yield from _check_decisions(session)
    yield from _check_letters(session)
    yield from _check_confirmations(session)


def _check_decisions(session: Session) -> Iterator[str]:
    for row in session.scalars(sa.select(ArrangementDecision).order_by(ArrangementDecision.id)):
        request = session.get_one(ArrangementRequest, row.request_id)
        if request.booking_id != row.booking_id:
            yield f"arrangement_decision {row.id}: its request is of another booking"
        if get_booking(session, row.booking_id).candidate_id == row.actor_id:
            yield f"arrangement_decision {row.id}: the candidate decided it"
        arranged = {each.id for each in list_arrangements(session, row.booking_id)}
        if row.arrangement_id is not None and row.arrangement_id not in arranged:
            yield f"arrangement_decision {row.id}: its arrangement is of another booking"


def _check_letters(session: Session) -> Iterator[str]:
    rows = session.execute(
        sa.select(ArrangementLetter.id)
        .join(ArrangementRequest, ArrangementRequest.id == ArrangementLetter.request_id)
        .where(ArrangementRequest.booking_id != ArrangementLetter.booking_id)
    )
    for row in rows:
        yield f"arrangement_letter {row.id}: its request is of another booking"


def _check_confirmations(session: Session) -> Iterator[str]:
    documents = dict(session.execute(sa.select(DocumentVersion.id, DocumentVersion.document)).all())
    for row in session.scalars(sa.select(CheckInConfirmation).order_by(CheckInConfirmation.id)):
        named = (row.handbook_id, row.rules_id, row.privacy_id)
        if [documents[each] for each in named] != list(Document):
            yield f"check_in_confirmation {row.id}: it names a document in the place of another"
        if get_booking(session, row.booking_id).candidate_id != row.actor_id:
            yield f"check_in_confirmation {row.id}: somebody else confirmed it"
