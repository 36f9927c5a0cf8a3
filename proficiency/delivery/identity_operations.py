"""Taking in what a candidate's camera shows, and erasing what is no longer needed.

A newer picture takes the place of an older one until somebody has decided; after that no document
is taken in. The job that erases only does what already follows from the sitting and its scheme.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.core import audit
from proficiency.core.access import Actor, operation
from proficiency.core.chance import new_id
from proficiency.core.db import lock
from proficiency.core.errors import Forbidden, Refused
from proficiency.core.text import _
from proficiency.delivery.admission import Admission, PictureKind
from proficiency.delivery.checking_in import find_at_the_door
from proficiency.delivery.identity_pictures import PictureView, erase_pictures, list_pictures
from proficiency.delivery.identity_rules import LEFT_OVER, kept_until, read_shot
from proficiency.delivery.models import IdentityPicture
from proficiency.exams.queries import get_form
from proficiency.sittings.queries import get_booking, get_own_booking, get_sitting


@operation()
def keep_picture(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    booking_id: str,
    kind: PictureKind,
    data: bytes,
) -> None:
    """Keep a picture for the invigilator, in the place of an earlier one.

    Raises `NotFound` for somebody else's booking, `Refused` where the exam asks for none or it is
    not the time, and `Invalid` for what is no picture of the camera page.
    """
    lock(session, booking_id)
    booking = get_own_booking(session, booking_id, actor.id)
    if not get_form(
        session, get_sitting(session, booking.sitting_id).form_id
    ).settings.asks_for_pictures:
        raise Refused(_("This exam asks for no pictures."))
    door = find_at_the_door(session, booking_id)
    if door.admission is not Admission.WAITING:
        raise Refused(_("Pictures are taken while you wait to be let in. Say that you are here."))
    shot = read_shot(data)
    erase_pictures(session, actor, now, booking_id, [kind], "taken_again")
    picture_id = new_id()
    session.add(
        IdentityPicture(
            id=picture_id,
            booking_id=booking_id,
            kind=kind.value,
            at=now,
            width=shot.width,
            height=shot.height,
            data=shot.data,
        )
    )
    audit.record(
        session, actor, now, "identity_picture_kept", "identity_picture", picture_id,
        details={"booking_id": booking_id, "kind": kind.value},
    )  # fmt: skip


def list_due(session: Session, now: datetime) -> list[tuple[PictureView, str]]:
    """Return the pictures that nobody may keep any longer, each with the reason."""
    due = [
        (each, "left_over")
        for each in list_pictures(session, PictureKind.DOCUMENT, before=now - LEFT_OVER)
    ]
    for each in list_pictures(session, PictureKind.FACE):
        sitting = get_sitting(session, get_booking(session, each.booking_id).sitting_id)
        settings = get_form(session, sitting.form_id).settings
        if now >= kept_until(sitting.last_start_at, settings.photo_days):
            due.append((each, "time_over"))
    return due


@operation()
def erase_due_pictures(session: Session, actor: Actor, now: datetime) -> int:
    """Erase every picture whose time is over; return how many. Only the system may."""
    if not actor.is_system:
        raise Forbidden(_("Only the system does this."))
    due = sorted(list_due(session, now), key=lambda pair: pair[0].booking_id)
    for each, why in due:
        lock(session, each.booking_id)
        erase_pictures(session, actor, now, each.booking_id, [each.kind], why)
    return len(due)
