"""Showing who one is, by camera or without; and comparing, by a person who watches over the room.

No machine compares faces anywhere. A picture is sent to who watches over its sitting only, each
look stands in the sight log, and nobody looks who marks this candidate's answers. What is kept of
one candidate can be given to them.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires, signed_in
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.text import _
from proficiency.delivery.admission import Admission, PictureKind
from proficiency.delivery.checking_in import (
    AtTheDoor,
    ask_other_way,
    find_at_the_door,
    find_words_of_other_way,
)
from proficiency.delivery.identity_operations import keep_picture
from proficiency.delivery.identity_pictures import PictureView, find_pictures, get_picture
from proficiency.delivery.identity_rules import MOST_BYTES, kept_until
from proficiency.delivery.sights import IDENTITY
from proficiency.exams.queries import get_form
from proficiency.exams.rules import SchemeSettings
from proficiency.invigilation.record import make_record
from proficiency.sittings.queries import (
    BookingView,
    SittingView,
    find_arrangements,
    get_booking,
    get_own_booking,
    get_sitting,
)
from proficiency.sittings.rules import MEASURE_NAMES

TOKEN_VIEWS = ("invigilation.send_picture", "invigilation.other_way")
COMPARE = "compare"
RECORD = "record"


@dataclass(frozen=True)
class Identity:
    """How far the check of one candidate's identity has come."""

    booking: BookingView
    sitting: SittingView
    settings: SchemeSettings
    door: AtTheDoor
    pictures: dict[PictureKind, PictureView]
    until: datetime
    reach: str | None

    @property
    def is_open(self) -> bool:
        """Whether pictures can be sent now."""
        return self.door.admission is Admission.WAITING and self.door.identity_at is None

    @property
    def face(self) -> PictureView | None:
        return self.pictures.get(PictureKind.FACE)

    @property
    def document(self) -> PictureView | None:
        return self.pictures.get(PictureKind.DOCUMENT)


def make_identity(session: Session, booking: BookingView) -> Identity:
    """Return what the pages about an identity show."""
    sitting = get_sitting(session, booking.sitting_id)
    settings = get_form(session, sitting.form_id).settings
    return Identity(
        booking=booking,
        sitting=sitting,
        settings=settings,
        door=find_at_the_door(session, booking.id),
        pictures=find_pictures(session, booking.id),
        until=kept_until(sitting.last_start_at, settings.photo_days),
        reach=find_words_of_other_way(session, booking.id),
    )


def measures_of(session: Session, booking_id: str) -> list[str]:
    """Return what is arranged for a candidate, in words: help can look like a signal."""
    arranged = find_arrangements(session, [booking_id]).get(booking_id)
    return [] if arranged is None else [MEASURE_NAMES[each] for each in arranged.measures]


def add_views(bp: Blueprint) -> None:
    """Add these addresses to the room's blueprint."""
    bp.get("/exam/<booking_id>/identity")(identity)
    bp.post("/exam/<booking_id>/identity/<kind>")(send_picture)
    bp.post("/exam/<booking_id>/other-way")(other_way)
    bp.get("/room/<sitting_id>/picture/<picture_id>")(picture)
    bp.get("/room/<sitting_id>/candidate/<booking_id>/record")(record)


# The candidate


def _own(booking_id: str) -> BookingView:
    return get_own_booking(web.session(), booking_id, web.actor().id)


@signed_in
def identity(booking_id: str) -> str:
    """What is asked, why, for how long it is kept; the camera, and the way without one."""
    found = make_identity(web.session(), _own(booking_id))
    if not found.settings.invigilated:
        raise NotFound(_("Nobody checks identities in this exam."))
    return render_template("invigilation/identity.html", identity=found)


@signed_in
def send_picture(booking_id: str, kind: str) -> Response:
    """Take in one picture of the camera page."""
    web.refuse_foreign()
    booking = _own(booking_id)
    if kind not in set(PictureKind):
        raise Invalid(_("What the page sent could not be read. Load it again."))
    request.max_content_length = MOST_BYTES
    data = request.get_data(cache=False)
    with web.transaction() as writing:
        keep_picture(
            writing, web.actor(), web.now(), booking_id=booking.id, kind=PictureKind(kind),
            data=data,
        )  # fmt: skip
    return jsonify(kept=kind)


@signed_in
def other_way(booking_id: str) -> ResponseReturnValue:
    """Ask to be checked without a camera."""
    web.refuse_foreign()
    booking = _own(booking_id)
    with web.transaction() as writing:
        ask_other_way(
            writing, web.actor(), web.now(), booking_id=booking.id,
            reach=request.form.get("reach", ""),
        )  # fmt: skip
    return redirect(url_for("invigilation.identity", booking_id=booking.id), 303)


# The invigilator


def _of_sitting(sitting_id: str, booking_id: str) -> BookingView:
    booking = get_booking(web.session(), booking_id)
    if booking.sitting_id != sitting_id:
        raise NotFound(_("There is no such booking."))
    if booking.candidate_id == web.actor().id:
        raise Refused(_("You can’t watch over your own exam."))
    return booking


@requires(Role.INVIGILATOR, Role.EXAM_OFFICER)
def picture(sitting_id: str, picture_id: str) -> Response:
    """One picture, for whoever compares; the look is written down before it is sent."""
    found, data = get_picture(web.session(), picture_id)
    booking = _of_sitting(sitting_id, found.booking_id)
    web.record_sight(IDENTITY, booking.id, COMPARE)
    response = Response(data, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "no-store"
    return response


@requires(Role.EXAM_OFFICER)
def record(sitting_id: str, booking_id: str) -> Response:
    """What is kept of how one candidate sat, to be given to them when they ask for it."""
    booking = _of_sitting(sitting_id, booking_id)
    web.record_sight(IDENTITY, booking.id, RECORD)
    made = make_record(web.session(), booking, web.now())
    response = Response(
        json.dumps(made, ensure_ascii=False, indent=1) + "\n", mimetype="application/json"
    )
    name = f"attachment; filename=record-{booking.candidate_number}.json"
    response.headers["Content-Disposition"] = name
    return response
