"""The invigilator's room: one screen for everybody, live by asking again, and plain HTML without.

No request waits for news: a page asks every few seconds and gets only what changed, or nothing
(304). Commands go to one address with a key each.
"""

from datetime import timedelta

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask import get_template_attribute as macro_of
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.chance import new_id
from proficiency.core.clock import to_micros
from proficiency.core.error_pages import wants_json
from proficiency.core.errors import Invalid, NotFound
from proficiency.core.text import _
from proficiency.core.wire import compressed
from proficiency.delivery.admission import DOCUMENT_NAMES, MEANS_NAMES
from proficiency.delivery.paper import get_paper
from proficiency.invigilation import candidate_views, identity_views, report_views
from proficiency.invigilation.attention import PLACE_NAMES, PLACE_TONES, Place, Rank
from proficiency.invigilation.commands import Command, Order, obey
from proficiency.invigilation.history import read_history
from proficiency.invigilation.live import bucket_of, cut
from proficiency.invigilation.queries import Candidate, Room, read_room
from proficiency.preparation.details import find_phones
from proficiency.sittings.queries import (
    SittingView,
    get_booking,
    get_sitting,
    list_sittings,
)
from proficiency.sittings.rules import PHASE_NAMES, SittingPhase

bp = Blueprint("invigilation", __name__)
candidate_views.add_views(bp)
report_views.add_views(bp)
identity_views.add_views(bp)
TOKEN_VIEWS = candidate_views.TOKEN_VIEWS + identity_views.TOKEN_VIEWS

WATCHERS = (Role.INVIGILATOR, Role.EXAM_OFFICER)
ROOM = "invigilation/_room.html"
REFLECTS_NOTHING = "what stands in the room: nothing of what the request says but marks of our own"
LONGEST_AGE = 24 * 3600 * 1000


@bp.get("/rooms")
@requires(*WATCHERS)
def rooms() -> str:
    """The sittings that can be watched over, the latest first."""
    now = web.now()
    shown = [
        (sitting, PHASE_NAMES[sitting.phase(now)])
        for sitting in list_sittings(web.session())
        if sitting.phase(now) is not SittingPhase.CANCELLED and sitting.practice_of is None
    ]
    return render_template("invigilation/rooms.html", sittings=shown)


def _room(sitting_id: str) -> tuple[SittingView, Room]:
    sitting = get_sitting(web.session(), sitting_id)
    return sitting, read_room(web.session(), sitting_id, web.now())


@bp.get("/room/<sitting_id>")
@requires(*WATCHERS)
def room(sitting_id: str) -> str:
    """Everybody on one screen."""
    sitting, found = _room(sitting_id)
    words = request.args.get("q", "").strip()
    place = _place(request.args.get("place", ""))
    return render_template(
        "invigilation/room.html",
        sitting=sitting,
        room=found,
        rows=[each for each in found.candidates if _matches(each, words, place)],
        words=words,
        place=place,
        cursor=cut(found).seal,
        phones=find_phones(web.session(), [each.booking_id for each in found.candidates]),
        given=_given(sitting),
    )


def _given(sitting: SittingView) -> dict[str, object]:
    """What the pieces of a room need beside the room itself."""
    settings = get_paper(web.session(), sitting.form_id).form.settings
    return {
        "csrf": generate_csrf(),
        "settings": settings,
        "last_start_at": sitting.last_start_at,
        "now": web.now(),
        "at": to_micros(web.now()) // 1000,
        "bucket_of": bucket_of,
        "new_key": new_id,
        "Place": Place,
        "Rank": Rank,
        "place_names": PLACE_NAMES,
        "place_tones": PLACE_TONES,
        "documents": DOCUMENT_NAMES,
        "means": MEANS_NAMES,
    }


def _place(text: str) -> Place | None:
    return Place(text) if text in set(Place) else None


def _matches(row: Candidate, words: str, place: Place | None) -> bool:
    text = f"{row.name} {row.number}".casefold()
    return (place is None or row.place is place) and all(
        word in text for word in words.casefold().split()
    )


@bp.get("/room/<sitting_id>/changes")
@requires(*WATCHERS)
@compressed(REFLECTS_NOTHING)
def changes(sitting_id: str) -> Response:
    """The parts of the room that a page does not have yet; 304 when it has them all."""
    sitting, found = _room(sitting_id)
    parts = cut(found)
    new = parts.changed(request.args.get("since", ""))
    if not new:
        response = Response(status=304)
    else:
        response = jsonify(
            at=to_micros(web.now()) // 1000, cursor=parts.seal, **_html(sitting, found, new)
        )
    response.set_etag(parts.seal)
    response.headers["Form-Token"] = generate_csrf()
    return response


def _html(sitting: SittingView, found: Room, new: list[str]) -> dict[str, object]:
    given = _given(sitting) | {"csrf": ""}  # no secret in what is compressed
    buckets = {int(name.split("-")[1]) for name in new if name.startswith("rows-")}
    row = macro_of(ROOM, "row")
    html: dict[str, object] = {
        "buckets": sorted(buckets),
        "rows": {
            each.booking_id: row(sitting.id, each, given)
            for each in found.candidates
            if bucket_of(each.booking_id) in buckets
        },
    }
    pieces = {"calls": "calls_list", "log": "log_list", "figures": "figures", "outages": "outages"}
    for name, macro in pieces.items():
        if name in new:
            html[name] = macro_of(ROOM, macro)(sitting.id, found, given)
    return html


@bp.post("/room/<sitting_id>/do")
@requires(*WATCHERS)
def do(sitting_id: str) -> ResponseReturnValue:
    """Do one command and say what came of it."""
    command = request.form.get("command", "")
    if command not in set(Command):
        raise Invalid(_("This page asked for something that we don’t know. Load it again."))
    order = Order(
        sitting_id=get_sitting(web.session(), sitting_id).id,
        booking_id=request.form.get("booking_id") or None,
        key=request.form.get("key", ""),
        fields=request.form.to_dict(),
        age=_age(request.form.get("age", "")),
    )
    with web.transaction() as writing:
        words = obey(writing, web.actor(), web.now(), Command(command), order)
    if wants_json():
        return jsonify(done=words)
    flash(words, "success")
    return redirect(_back_to(order), 303)


def _back_to(order: Order) -> str:
    """The page that the form stood on."""
    if request.form.get("from") == "candidate" and order.booking_id:
        return url_for(
            "invigilation.candidate", sitting_id=order.sitting_id, booking_id=order.booking_id
        )
    return url_for("invigilation.room", sitting_id=order.sitting_id)


def _age(text: str) -> timedelta:
    known = text.isascii() and text.isdigit() and len(text) < 10
    return timedelta(milliseconds=min(int(text), LONGEST_AGE)) if known else timedelta(0)


@bp.get("/room/<sitting_id>/candidate/<booking_id>")
@requires(*WATCHERS)
def candidate(sitting_id: str, booking_id: str) -> str:
    """One candidate: what can be done, and all that happened."""
    sitting, found = _room(sitting_id)
    row = next((each for each in found.candidates if each.booking_id == booking_id), None)
    if row is None:
        raise NotFound(_("There is no such booking."))
    return render_template(
        "invigilation/candidate.html",
        sitting=sitting,
        row=row,
        calls=[call for call in found.calls if call.booking_id == booking_id],
        phone=find_phones(web.session(), [booking_id]).get(booking_id),
        history=read_history(web.session(), sitting_id, booking_id),
        identity=identity_views.make_identity(
            web.session(), get_booking(web.session(), booking_id)
        ),
        measures=identity_views.measures_of(web.session(), booking_id),
        may_give=web.actor().has(Role.EXAM_OFFICER),
        given=_given(sitting),
    )
