"""All cases as one archive, and an archive of cases brought in: first a plan, then its working out.

Whoever takes cases away is written into the sight log for each of them, before the archive is sent.
Nothing is kept between the two steps: the page holds the archive, and the plan is made anew.
"""

import base64
import binascii

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Forbidden, Invalid, Refused
from proficiency.core.text import _
from proficiency.scenarios.archive import pack, unpack
from proficiency.scenarios.bundle import Bundle, read_bundle
from proficiency.scenarios.forms import SAMPLE, USES
from proficiency.scenarios.operations import SIGHT
from proficiency.scenarios.queries import list_cases
from proficiency.scenarios.syncing import Plan, apply_bundle, bundle_of, make_plan

WRITERS = (Role.CONTENT_AUTHOR, Role.EXAM_OFFICER)

MAX_SENT_BYTES = 5_000_000
"""An archive that a page can hold between the plan and its carrying out; a command takes more."""


class BringForm(FlaskForm):  # type: ignore[misc]
    """An archive of cases: chosen as a file, then held by the page until the plan is confirmed."""

    file = FileField(_("Archive (.zip)"))
    held = HiddenField()
    use = RadioField(
        _("What are cases for that stand in neither “samples” nor “live”?"),
        choices=USES,
        default=SAMPLE,
    )


@requires(*WRITERS)
def download_all() -> Response:
    """Every version of every case that this person may see, as a zip."""
    entries = bundle_of(web.session(), [name for name in _names() if _sees(name)])
    return Response(
        pack(entries),
        mimetype="application/zip",
        headers={"Content-Disposition": 'attachment; filename="cases.zip"'},
    )


def _names() -> list[str]:
    return [each.name for each in list_cases(web.session())]


def _sees(name: str) -> bool:
    """Record the sight of a case; False when it is closed to this person."""
    try:
        web.record_sight(SIGHT, name, "export")
    except Forbidden:
        return False
    return True


@requires(*WRITERS)
def bring() -> str:
    """The page on which an archive is chosen."""
    return render_template("scenarios/bring.html", form=BringForm(), plan=None)


@requires(*WRITERS)
def plan_archive() -> ResponseReturnValue:
    """Say what an archive would do, and publish nothing."""
    form = BringForm()
    data = form.file.data.read() if form.validate_on_submit() and form.file.data else b""
    bundle = _opened(form, data)
    if bundle is None:
        return _page(form, None, 422)
    form.held.data = base64.b64encode(data).decode()
    return _page(form, make_plan(web.session(), bundle), 200)


@requires(*WRITERS)
def apply_archive() -> ResponseReturnValue:
    """Carry out the plan of an archive that the page has held."""
    form = BringForm()
    try:
        data = base64.b64decode(form.held.data or "", validate=True)
    except binascii.Error:
        data = b""
    bundle = _opened(form, data) if form.validate_on_submit() else None
    if bundle is None:
        return _page(form, None, 422)
    try:
        with web.transaction() as session:
            plan = apply_bundle(session, web.actor(), web.now(), bundle=bundle)
    except (Forbidden, Invalid, Refused) as refused:
        form.file.errors = [refused.message]
        return _page(form, None, refused.status)
    flash(_("{n} versions are published.").format(n=plan.publishes), "success")
    return redirect(url_for("scenarios.cases"), 303)


def _opened(form: BringForm, data: bytes) -> Bundle | None:
    """Open an archive; None, with an error at the field, when it cannot be used."""
    if not data:
        form.file.errors = [_("Choose an archive: a file that ends with .zip.")]
        return None
    if len(data) > MAX_SENT_BYTES:
        form.file.errors = [
            _("This archive has {n:,} bytes, and a page takes {most:,}.").format(
                n=len(data), most=MAX_SENT_BYTES
            )
        ]
        return None
    try:
        return read_bundle(unpack(data), is_sample=form.use.data == SAMPLE)
    except Invalid as refused:
        form.file.errors = [refused.message, *refused.details]
        return None


def _page(form: BringForm, plan: Plan | None, status: int) -> ResponseReturnValue:
    return render_template("scenarios/bring.html", form=form, plan=plan), status


def add_views(bp: Blueprint) -> None:
    """Put these pages among those of cases."""
    bp.get("/cases/versions/all.zip")(download_all)
    bp.get("/cases/drafts/bring")(bring)
    bp.post("/cases/drafts/bring")(plan_archive)
    bp.post("/cases/drafts/bring/apply")(apply_archive)
