"""What the script of an exam page calls: save, a sign of life, and a new token after signing in.

These answer JSON and carry no form token. `save` and `contact` prove themselves by the attempt's
token and load no person; `connect` by the sign-in's cookie. All three must come from a page of this
installation, by the Origin header, which a browser sends with every POST and no page can forge.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from flask import Blueprint, Response, current_app, jsonify, request
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session

from proficiency.core import web
from proficiency.core.access import public, signed_in
from proficiency.core.errors import Forbidden
from proficiency.core.text import _
from proficiency.delivery.autosave import (
    MOST_BYTES,
    Autosave,
    read_message,
    read_object,
    saved_reply,
    standing_reply,
)
from proficiency.delivery.presence import read_sign
from proficiency.delivery.queries import find_top_seq, find_writer, get_own_attempt
from proficiency.delivery.saving import Standing

DEVICE_COOKIE = "device"
LONGEST_DEVICE = 40
SERVICE = "proficiency.autosave"
TOKEN_VIEWS = ("delivery.save", "delivery.contact", "delivery.connect")


Rider = Callable[[Session, str, Mapping[str, Any], datetime], Mapping[str, Any]]
"""What a room above adds to the reply to a sign of life: `(session, attempt_id, data, now)`."""

_riders: list[Rider] = []


def rides_along(rider: Rider) -> Rider:
    """Have `rider` asked with each sign of life of the candidate's own page; it only reads."""
    if rider not in _riders:
        _riders.append(rider)
    return rider


def autosave() -> Autosave:
    """Return the service of the running application, made when first needed."""
    extensions = current_app.extensions
    if SERVICE not in extensions:
        extensions[SERVICE] = Autosave(web.database(), web.config().secret_key)
    return cast(Autosave, extensions[SERVICE])


def device() -> str | None:
    """Return which device this browser says it is, or None when it can't tell."""
    found = request.cookies.get(DEVICE_COOKIE)
    return found if found and found.isascii() and len(found) <= LONGEST_DEVICE else None


def _body() -> bytes:
    web.refuse_foreign()
    request.max_content_length = MOST_BYTES
    return request.get_data(cache=False)


def add_views(bp: Blueprint) -> None:
    """Add these addresses to the room's blueprint."""
    bp.post("/attempt/<attempt_id>/save")(save)
    bp.post("/attempt/<attempt_id>/contact")(contact)
    bp.post("/attempt/<attempt_id>/connect")(connect)


@public("carries a token of its own, bound to the attempt, the sign-in and the writer")
def save(attempt_id: str) -> Response:
    """Keep one answer or flag, durably, and say what became of it."""
    message = read_message(_body())
    kept = autosave().save(attempt_id, message, web.now(), device())
    return jsonify(saved_reply(kept, web.now()))


@public("carries a token of its own, bound to the attempt, the sign-in and the writer")
def contact(attempt_id: str) -> Response:
    """Say where the attempt stands; heard in the last minute, it earns the transit allowance."""
    data = read_object(_body())
    token, epoch = data.get("token"), data.get("epoch")
    if not isinstance(token, str) or type(epoch) is not int:
        raise Forbidden(_("This page is not the one that writes. Load it again."))
    now = web.now()
    standing = autosave().contact(attempt_id, token, epoch, now, read_sign(data))
    reply = standing_reply(standing, now)
    for rider in _riders:
        reply |= rider(web.session(), attempt_id, data, now)
    return jsonify(reply)


@signed_in
def connect(attempt_id: str) -> Response:
    """Give the page a token for the sign-in that there is now, as far as its device may write.

    A page that was kept on the device has forms of an older sign-in: they get their token too.
    """
    _body()
    actor, now = web.actor(), web.now()
    state = get_own_attempt(web.session(), attempt_id, actor.id)
    is_writer = device() is not None and device() == find_writer(web.session(), state.id)
    epoch = state.epoch if is_writer else state.epoch - 1
    top_seq = find_top_seq(web.session(), state.id, epoch)
    standing = Standing(state.state, state.window, state.transit, top_seq)
    return jsonify(
        writer=is_writer,
        write_epoch=epoch,
        csrf=generate_csrf(),
        token=autosave().token(state.id, actor.session_id or "", epoch) if epoch else None,
        **standing_reply(standing, now),
    )
