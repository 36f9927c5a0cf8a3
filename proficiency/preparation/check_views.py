"""The system check: what a device needs, tried by a script; the exam office sees it if wanted."""

import json

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from proficiency.core import web
from proficiency.core.access import signed_in
from proficiency.core.errors import Invalid
from proficiency.core.text import _, clean_text
from proficiency.preparation.check_operations import send_check
from proficiency.preparation.checks import find_checks
from proficiency.preparation.detail_operations import own_place
from proficiency.preparation.forms import CheckForm
from proficiency.preparation.rules import (
    PROBE_NAMES,
    VERDICT_NAMES,
    Finding,
    Probe,
    Verdict,
    read_findings,
)


@signed_in
def device(booking_id: str) -> ResponseReturnValue:
    """Try what the exam needs of a device, each with advice; without a script, what is needed."""
    place = own_place(web.session(), web.actor(), booking_id)
    form = CheckForm()
    if form.validate_on_submit():
        findings = _read(form.findings.data or "")
        with web.transaction() as writing:
            send_check(writing, web.actor(), web.now(), booking_id=booking_id, findings=findings)
        flash(_("Sent. The exam office sees what your device can do."), "success")
        return redirect(url_for("preparation.device", booking_id=booking_id), 303)
    return render_template(
        "preparation/device.html",
        place=place,
        form=form,
        last=find_checks(web.session(), [booking_id]).get(booking_id),
        probes=[(probe.value, PROBE_NAMES[probe]) for probe in Probe],
        verdicts=[(verdict.value, VERDICT_NAMES[verdict]) for verdict in Verdict],
        wants_camera=place.form.settings.invigilated,
        may_send=place.stands(web.now()),
    )


def _read(text: str) -> tuple[Finding, ...]:
    try:
        return read_findings(json.loads(clean_text(text)))
    except ValueError:
        raise Invalid(_("The check sent nothing that we understand. Run it again.")) from None


@signed_in
def ping(booking_id: str) -> Response:
    """The smallest answer there is, with the server's clock, to measure the way here and back."""
    own_place(web.session(), web.actor(), booking_id)
    return jsonify({"now": int(web.now().timestamp() * 1000)})


def add_views(bp: Blueprint) -> None:
    """Add the pages of this module to the room's blueprint."""
    bp.add_url_rule("/bookings/<booking_id>/device", view_func=device, methods=["GET", "POST"])
    bp.add_url_rule("/bookings/<booking_id>/device/ping", view_func=ping)
