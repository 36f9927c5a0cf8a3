"""Pictures for the check of an identity: reading them, and erasing them when nobody needs them.

Invariants kept: pictures are never part of the evidence; that each was kept and erased stands in
the audit, with the reason; who may see one is decided by whoever asks.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core import audit
from proficiency.core.access import Actor
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.delivery.admission import PictureKind
from proficiency.delivery.models import IdentityPicture


@dataclass(frozen=True)
class PictureView:
    """That there is a picture, since when, and how large; without its bytes."""

    id: str
    booking_id: str
    kind: PictureKind
    at: datetime
    width: int
    height: int


_SHOWN = (
    IdentityPicture.id,
    IdentityPicture.booking_id,
    IdentityPicture.kind,
    IdentityPicture.at,
    IdentityPicture.width,
    IdentityPicture.height,
)


def _views(session: Session, *which: sa.ColumnElement[bool]) -> list[PictureView]:
    rows = session.execute(sa.select(*_SHOWN).where(*which).order_by(IdentityPicture.at))
    return [
        PictureView(row.id, row.booking_id, PictureKind(row.kind), row.at, row.width, row.height)
        for row in rows
    ]


def find_pictures(session: Session, booking_id: str) -> dict[PictureKind, PictureView]:
    """Return which pictures there are of a candidate."""
    found = _views(session, IdentityPicture.booking_id == booking_id)
    return {each.kind: each for each in found}


def list_pictures(
    session: Session, kind: PictureKind, before: datetime | None = None
) -> list[PictureView]:
    """Return every picture of a kind that is kept, or those made before a moment, oldest first."""
    older = () if before is None else (IdentityPicture.at <= before,)
    return _views(session, IdentityPicture.kind == kind, *older)


def get_picture(session: Session, picture_id: str) -> tuple[PictureView, bytes]:
    """Return a picture with its bytes. Raises `NotFound`, also for one that was erased."""
    found = _views(session, IdentityPicture.id == picture_id)
    data = session.scalar(sa.select(IdentityPicture.data).where(IdentityPicture.id == picture_id))
    if not found or data is None:
        raise NotFound(_("There is no such picture. It may have been erased."))
    return found[0], data


def erase_pictures(
    session: Session,
    actor: Actor,
    now: datetime,
    booking_id: str,
    kinds: Collection[PictureKind],
    why: str,
) -> int:
    """Erase pictures of a candidate, with a line in the audit for each; return how many there were.

    Part of the transaction in which the reason arises; the caller holds the booking's lock.
    """
    had = [each for kind, each in find_pictures(session, booking_id).items() if kind in kinds]
    for each in had:
        session.execute(sa.delete(IdentityPicture).where(IdentityPicture.id == each.id))
        audit.record(
            session, actor, now, "identity_picture_erased", "identity_picture", each.id,
            details={"booking_id": booking_id, "kind": each.kind.value, "why": why},
        )  # fmt: skip
    return len(had)
