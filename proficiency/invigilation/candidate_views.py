"""What a candidate's pages ask of the room: to be let in, to call for help, to read and to answer.

Each finds the candidate's own booking only (others are 404). They must work in a page that was open
while its sign-in ended and was renewed elsewhere, whose form token is an old one; so, as the calls
of the exam page do, they are held to come from a page of ours by the Origin header.
"""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from proficiency.core import web
from proficiency.core.access import signed_in
from proficiency.core.chance import new_id
from proficiency.core.error_pages import wants_json
from proficiency.core.errors import Invalid
from proficiency.core.text import _
from proficiency.delivery.autosave import read_object
from proficiency.delivery.calls import device, rides_along
from proficiency.delivery.checking_in import arrive as arrive_at_the_door
from proficiency.delivery.checking_in import find_at_the_door
from proficiency.delivery.paper import Paper, get_paper
from proficiency.delivery.queries import find_attempt_of_booking, get_attempt_state
from proficiency.invigilation.operations import lower_hand, mark_seen, raise_hand, reply_to
from proficiency.invigilation.queries import Told, list_own_calls, list_told
from proficiency.invigilation.rules import TOPIC_NAMES, Topic
from proficiency.invigilation.signals import (
    notice_device,
    notice_place,
    place_of,
    read_noticed,
    record_signals,
)
from proficiency.sittings.queries import BookingView, get_own_booking, get_sitting

LONGEST_BODY = 64 * 1024
LONGEST_AGE = 48 * 3600 * 1000
MOST_SEEN = 200

TOKEN_VIEWS = tuple(
    f"invigilation.{name}"
    for name in ("arrive", "help", "call", "lower", "reply", "seen", "signals")
)


def add_views(bp: Blueprint) -> None:
    """Add these addresses to the room's blueprint."""
    bp.get("/exam/<booking_id>/door")(door)
    bp.post("/exam/<booking_id>/arrive")(arrive)
    bp.get("/exam/<booking_id>/help")(help)
    bp.post("/exam/<booking_id>/help")(call)
    bp.get("/exam/<booking_id>/news")(news)
    bp.post("/exam/<booking_id>/lower")(lower)
    bp.post("/exam/<booking_id>/reply")(reply)
    bp.post("/exam/<booking_id>/seen")(seen)
    bp.post("/exam/<booking_id>/signals")(signals)


def _own(booking_id: str) -> BookingView:
    return get_own_booking(web.session(), booking_id, web.actor().id)


def _refuse_foreign() -> None:
    web.refuse_foreign()
    request.max_content_length = LONGEST_BODY


def _paper(booking: BookingView) -> Paper:
    return get_paper(web.session(), get_sitting(web.session(), booking.sitting_id).form_id)


# The door


@signed_in
def door(booking_id: str) -> Response:
    """Where the candidate stands at the door, for the page that waits there."""
    booking = _own(booking_id)
    found = find_at_the_door(web.session(), booking.id)
    response = jsonify(admission=found.admission.value)
    response.set_etag(found.admission.value)
    response.make_conditional(request)
    return response


@signed_in
def arrive(booking_id: str) -> ResponseReturnValue:
    """Tell the room that the candidate is here."""
    _refuse_foreign()
    booking = _own(booking_id)
    with web.transaction() as writing:
        arrive_at_the_door(writing, web.actor(), web.now(), booking_id=booking.id)
    return redirect(url_for("delivery.check_in", booking_id=booking.id), 303)


# Help


@signed_in
def help(booking_id: str) -> str:
    """What one can ask for and what was said so far; for a browser without our script."""
    booking = _own(booking_id)
    paper = _paper(booking)
    attempt = find_attempt_of_booking(web.session(), booking.id)
    stage = 0 if attempt is None else get_attempt_state(web.session(), attempt.id).stage
    return render_template(
        "invigilation/help.html",
        booking=booking,
        attempt_id=None if attempt is None else attempt.id,
        settings=paper.form.settings,
        questions=[(item.id, item.number) for item in paper.items if item.stage <= stage],
        topics=TOPIC_NAMES,
        told=list_told(web.session(), booking.sitting_id, booking.id),
        calls=list_own_calls(web.session(), booking.id),
        key=new_id(),
    )


@signed_in
def call(booking_id: str) -> ResponseReturnValue:
    """Raise a hand."""
    _refuse_foreign()
    booking = _own(booking_id)
    topic = request.form.get("topic", "")
    if topic not in set(Topic):
        raise Invalid(_("Choose what it is about."))
    with web.transaction() as writing:
        made = raise_hand(
            writing,
            web.actor(),
            web.now(),
            booking_id=booking.id,
            topic=Topic(topic),
            text=request.form.get("text", ""),
            key=request.form.get("key", ""),
            item_id=request.form.get("item") or None,
            claimed_age=_age(request.form.get("age", "")),
        )
        call_id = made.id
    return _answer(booking, _("Your invigilator sees that you call."), call=call_id)


def _age(text: str) -> timedelta | None:
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        return None
    return timedelta(milliseconds=min(int(text), LONGEST_AGE))


def _answer(booking: BookingView, words: str, **data: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(done=words, **data)
    flash(words, "success")
    return redirect(url_for("invigilation.help", booking_id=booking.id), 303)


@signed_in
def lower(booking_id: str) -> ResponseReturnValue:
    """Say that it has settled itself."""
    _refuse_foreign()
    booking = _own(booking_id)
    with web.transaction() as writing:
        lower_hand(writing, web.actor(), web.now(), entry_id=request.form.get("entry", ""))
    return _answer(booking, _("Your call is taken back."))


@signed_in
def reply(booking_id: str) -> ResponseReturnValue:
    """Answer what the invigilator said."""
    _refuse_foreign()
    booking = _own(booking_id)
    with web.transaction() as writing:
        reply_to(
            writing,
            web.actor(),
            web.now(),
            booking_id=booking.id,
            entry_id=request.form.get("entry", ""),
            text=request.form.get("text", ""),
            key=request.form.get("key", ""),
        )
    return _answer(booking, _("Your answer is with your invigilator."))


# News


def _shown(told: Told) -> dict[str, Any]:
    return {
        "id": told.id,
        "at": int(told.at.timestamp() * 1000),
        "words": told.words or "",
        "answers": told.answers,
        "seen": told.is_seen,
    }


@signed_in
def news(booking_id: str) -> Response:
    """All that the candidate was told, and which of their calls wait for an answer."""
    booking = _own(booking_id)
    told = list_told(web.session(), booking.sitting_id, booking.id)
    calls = list_own_calls(web.session(), booking.id)
    response = jsonify(
        messages=[_shown(each) for each in told],
        calls=[
            {"id": each.id, "title": each.title, "at": int(each.at.timestamp() * 1000)}
            for each in calls
        ],
    )
    response.add_etag()
    response.make_conditional(request)
    return response


@signed_in
def seen(booking_id: str) -> Response:
    """Note which messages the page has shown."""
    _refuse_foreign()
    booking = _own(booking_id)
    ids = read_object(request.get_data(cache=False)).get("ids")
    if not isinstance(ids, list) or len(ids) > MOST_SEEN or not all(type(i) is str for i in ids):
        raise Invalid(_("What the page sent could not be read. Load it again."))
    with web.transaction() as writing:
        new = mark_seen(writing, web.actor(), web.now(), booking_id=booking.id, entry_ids=ids)
    return jsonify(noted=new)


@rides_along
def add_messages(
    session: Session, attempt_id: str, data: Any, now: Any
) -> dict[str, list[dict[str, Any]]]:
    """Let what was said and not yet shown ride on the reply to a sign of life."""
    state = get_attempt_state(session, attempt_id)
    told = list_told(session, state.sitting_id, state.booking_id)
    return {"messages": [_shown(each) for each in told if not each.is_seen]}


@signed_in
def signals(booking_id: str) -> Response:
    """Keep what the page noticed by itself."""
    _refuse_foreign()
    booking = _own(booking_id)
    data = read_object(request.get_data(cache=False))
    place = place_of(request.remote_addr or "", booking.id, web.config().secret_key)
    noticed = read_noticed(data)
    noticed += notice_place(data.get("place"), place)
    noticed += notice_device(web.session(), booking.id, device(), web.now())
    if not noticed:
        return jsonify(kept=0, place=place)
    with web.transaction() as writing:
        kept = record_signals(
            writing, web.actor(), web.now(), booking_id=booking.id, signals=noticed,
            device_id=device(),
        )  # fmt: skip
    return jsonify(kept=kept, place=place)
