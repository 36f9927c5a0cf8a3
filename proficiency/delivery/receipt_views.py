"""The pages of the receipt: what is compared before handing in, handing in, and checking later.

The check is for everybody who has a code and its candidate number. It shows how many answers there
are and when, and neither an answer nor a name. Who guesses waits longer each time, as at sign-in.
"""

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from proficiency.accounts.queries import count_failures
from proficiency.accounts.sign_in import keys_of
from proficiency.accounts.sign_in_operations import note_failure
from proficiency.accounts.throttle import Keys, time_to_wait
from proficiency.core import web
from proficiency.core.access import SYSTEM, public, signed_in
from proficiency.core.errors import Invalid, TooMany
from proficiency.core.show import duration
from proficiency.core.text import _
from proficiency.delivery.forms import ReceiptForm
from proficiency.delivery.queries import Closing, get_own_attempt
from proficiency.delivery.receipt_key import ReceiptKey, key_of
from proficiency.delivery.receipt_operations import Claim, hand_in
from proficiency.delivery.receipt_rules import read_code
from proficiency.delivery.receipt_screens import Check, check_code, make_manifest

MOST_ITEMS = 10_000


def add_views(bp: Blueprint) -> None:
    """Add these addresses to the room's blueprint."""
    bp.get("/attempt/<attempt_id>/manifest")(manifest)
    bp.route("/receipt", methods=["GET", "POST"])(receipt)


def receipt_key() -> ReceiptKey:
    """Return the key that this installation signs receipts with."""
    return key_of(web.config().secret_key)


@signed_in
def manifest(attempt_id: str) -> Response:
    """What the server has for each question, for the page to compare with its own copy."""
    state = get_own_attempt(web.session(), attempt_id, web.actor().id)
    return jsonify(make_manifest(web.session(), state))


def hand_in_as_posted(attempt_id: str, epoch: int) -> Closing:
    """Hand the attempt in with what the page claims, if a script made it claim anything.

    Raises `ReceiptDiffers`, and what `submit_attempt` raises.
    """
    with web.transaction() as writing:
        return hand_in(
            writing,
            web.actor(),
            web.now(),
            attempt_id=attempt_id,
            epoch=epoch,
            key=receipt_key(),
            claim=_posted_claim(),
        )


def _posted_claim() -> Claim | None:
    digest, own = request.form.get("digest", ""), request.form.get("own", "")
    if not digest:
        return None
    if read_code(digest) != digest or not own.isascii() or not own.isdigit():
        raise Invalid(_("What the page computed could not be read. Load it again."))
    is_disputed = request.form.get("disputed") == "yes"
    return Claim(digest, min(int(own[:6]), MOST_ITEMS), is_disputed)


@public("whoever holds a receipt may have it checked; it takes the code and the number")
def receipt() -> ResponseReturnValue:
    """Say whether a code is the receipt of what the server holds now."""
    form = ReceiptForm()
    if not form.validate_on_submit():
        return _page(form), 200 if request.method == "GET" else 422
    number, code = form.number.data.upper(), read_code(form.code.data) or ""
    keys = keys_of(number, purpose="receipt")
    _refuse_early(keys)
    found = check_code(web.session(), code, number)
    if found is not None:
        return _page(form, found)
    with web.transaction() as writing:
        note_failure(writing, SYSTEM, web.now(), keys=keys)
    words = _("We hold no receipt with this code for this candidate number. Compare both.")
    form.code.errors = [words]
    return _page(form), 404


def _page(form: ReceiptForm, found: Check | None = None) -> str:
    return render_template(
        "delivery/receipt.html", form=form, found=found, public_key=receipt_key().public
    )


def _refuse_early(keys: Keys) -> None:
    wait = time_to_wait(count_failures(web.session(), keys, web.now()), web.now())
    if wait:
        words = _("Too many tries. Wait {wait}, then try again.")
        raise TooMany(words.format(wait=duration(wait)))
