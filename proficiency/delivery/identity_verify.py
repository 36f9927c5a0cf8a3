"""Whether pictures of identity checks are gone when they should be: for `proficiency verify`.

There is no clock here: what is asked is what was still kept when the service last showed that it
was alive, which is when it could have erased it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.delivery.admission import DECIDES_IDENTITY, CheckInKind, PictureKind
from proficiency.delivery.identity_pictures import PictureView, list_pictures
from proficiency.delivery.identity_rules import LEFT_OVER, kept_until
from proficiency.delivery.models import CheckInEvent, ServicePulse
from proficiency.exams.queries import get_form
from proficiency.sittings.queries import get_booking, get_sitting

GRACE = timedelta(days=1)
"""The job that erases comes each hour; a worker that stood still for a night is no finding."""

ENDS_DOCUMENT = DECIDES_IDENTITY | {CheckInKind.TURNED_AWAY, CheckInKind.OTHER_WAY_ASKED}


def check_pictures(session: Session) -> Iterator[str]:
    """Yield a sentence for each picture that outlived its decision or its time."""
    alive_at = session.scalar(sa.select(sa.func.max(ServicePulse.seen_at)))
    for each in list_pictures(session, PictureKind.DOCUMENT):
        named = f"identity_picture {each.id}"
        if _was_ended(session, each, ENDS_DOCUMENT):
            yield f"{named}: the document is kept although somebody has decided"
        elif _is_past(alive_at, each.at + LEFT_OVER):
            yield f"{named}: the document is kept although nobody decided in time"
    for each in list_pictures(session, PictureKind.FACE):
        named = f"identity_picture {each.id}"
        if _was_ended(session, each, {CheckInKind.OTHER_WAY_ASKED}):
            yield f"{named}: the photograph is kept although another way was asked for"
        elif _is_past(alive_at, _end_of_face(session, each)):
            yield f"{named}: the photograph is kept although its time is over"


def _was_ended(
    session: Session, picture: PictureView, kinds: frozenset[CheckInKind] | set[CheckInKind]
) -> bool:
    """Whether something happened at the door, after the picture was taken, that ends it."""
    found = session.scalar(
        sa.select(CheckInEvent.id)
        .where(
            CheckInEvent.aggregate_id == picture.booking_id,
            CheckInEvent.kind.in_(sorted(kinds)),
            CheckInEvent.at > picture.at,
        )
        .limit(1)
    )
    return found is not None


def _end_of_face(session: Session, picture: PictureView) -> datetime:
    sitting = get_sitting(session, get_booking(session, picture.booking_id).sitting_id)
    settings = get_form(session, sitting.form_id).settings
    return kept_until(sitting.last_start_at, settings.photo_days)


def _is_past(alive_at: datetime | None, until: datetime) -> bool:
    return alive_at is not None and alive_at > until + GRACE
