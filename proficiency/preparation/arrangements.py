"""Reading requests for access arrangements and what was decided. For officers and the candidate.

All of it is about health. No page for those who mark reads this module, and a test holds that.
"""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.chain import find_words
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.preparation.models import (
    ArrangementDecision,
    ArrangementLetter,
    ArrangementRequest,
)
from proficiency.preparation.rules import Asked, Decision
from proficiency.scenarios.keeping import Kept


@dataclass(frozen=True)
class Letter:
    """A letter that came with a request, without its bytes."""

    id: str
    media_type: str
    size: int


@dataclass(frozen=True)
class Decided:
    """What an officer decided, and the reason that the candidate reads."""

    decision: Decision
    arrangement_id: str | None
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class Request:
    """A request as it was made. `asked` is None when the words were erased."""

    id: str
    booking_id: str
    at: datetime
    asked: Asked | None
    letters: tuple[Letter, ...]
    decided: Decided | None


def list_requests(session: Session, booking_id: str) -> list[Request]:
    """Return the requests of one booking, the newest first."""
    rows = session.scalars(
        sa.select(ArrangementRequest)
        .where(ArrangementRequest.aggregate_id == booking_id)
        .order_by(ArrangementRequest.pos.desc())
    )
    return [_request(session, row) for row in rows]


def get_request(session: Session, request_id: str) -> Request:
    """Return one request. Raises `NotFound`."""
    row = session.get(ArrangementRequest, request_id)
    if row is None:
        raise NotFound(_("There is no such request."))
    return _request(session, row)


def list_waiting_requests(session: Session) -> list[Request]:
    """Return the newest request of each booking if nobody has decided it, the oldest first."""
    later = sa.orm.aliased(ArrangementRequest)
    rows = session.scalars(
        sa.select(ArrangementRequest)
        .where(
            ~sa.exists().where(ArrangementDecision.request_id == ArrangementRequest.id),
            ~sa.exists().where(
                later.aggregate_id == ArrangementRequest.aggregate_id,
                later.pos > ArrangementRequest.pos,
            ),
        )
        .order_by(ArrangementRequest.at, ArrangementRequest.id)
    )
    return [_request(session, row) for row in rows]


def who_waits(session: Session, booking_ids: Collection[str]) -> set[str]:
    """Return which of `booking_ids` have a request that nobody has decided."""
    wanted = set(booking_ids)
    return {each.booking_id for each in list_waiting_requests(session)} & wanted


def _request(session: Session, row: ArrangementRequest) -> Request:
    words = find_words(session, row.id)
    letters = session.scalars(
        sa.select(ArrangementLetter)
        .where(ArrangementLetter.request_id == row.id)
        .order_by(ArrangementLetter.pos)
    )
    return Request(
        id=row.id,
        booking_id=row.booking_id,
        at=row.at,
        asked=None if words is None else Asked.from_text(words),
        letters=tuple(Letter(each.id, each.media_type, each.size) for each in letters),
        decided=_find_decided(session, row.id),
    )


def _find_decided(session: Session, request_id: str) -> Decided | None:
    row = session.scalar(
        sa.select(ArrangementDecision).where(ArrangementDecision.request_id == request_id)
    )
    if row is None:
        return None
    reason = find_words(session, row.id) or _("The reason was erased when its time had come.")
    return Decided(Decision(row.decision), row.arrangement_id, row.at, row.actor_id, reason)


def get_letter(session: Session, letter_id: str) -> tuple[str, Kept]:
    """Return the booking of a letter, and its bytes. Raises `NotFound`, also when erased."""
    row = session.get(ArrangementLetter, letter_id)
    kept = None if row is None else find_words(session, row.id)
    if row is None or kept is None:
        raise NotFound(_("There is no such letter."))
    return row.booking_id, Kept(row.media_type, base64.b64decode(kept))
