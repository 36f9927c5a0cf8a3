"""What the script of an exam page calls: save, a sign of life, and a new token after signing in.

These answer JSON and carry no form token. `save` and `contact` prove themselves by the attempt's
token and load no person; `connect` by the sign-in's cookie. All three must come from a page of this
installation, by the Origin header, which a browser sends with every POST and no page can forge.
"""

from typing import cast

from flask import Blueprint, Response, current_app, jsonify, request

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
from proficiency.delivery.queries import find_top_seq, find_writer, get_own_attempt
from proficiency.delivery.saving import Standing

DEVICE_COOKIE = "device"
LONGEST_DEVICE = 40
SERVICE = "proficiency.autosave"
TOKEN_VIEWS = ("delivery.save", "delivery.contact", "delivery.connect")


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
    if not web.same_origin():
        raise Forbidden(_("This did not come from a page of ours, so nothing was done."))
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
    standing = autosave().contact(attempt_id, token, epoch, web.now())
    return jsonify(standing_reply(standing, web.now()))


@signed_in
def connect(attempt_id: str) -> Response:
    """Give the page a token for the sign-in that there is now, as far as its device may write."""
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
        token=autosave().token(state.id, actor.session_id or "", epoch) if epoch else None,
        **standing_reply(standing, now),
    )
