"""Sources as records: which cases cite one, what was said about it, and how old the checks are."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.queries import names_of
from proficiency.bank.exposure_views import READERS
from proficiency.bank.forms import NoticeForm
from proficiency.bank.queries import list_bank
from proficiency.bank.references import get_source, list_checked, list_sources
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Invalid, Refused
from proficiency.core.text import _
from proficiency.scenarios.citing import NoticeKind
from proficiency.scenarios.reference_operations import NOTICERS, note_reference
from proficiency.scenarios.references import list_notices


@requires(*READERS)
def references() -> str:
    """Every source with the cases that cite it, and when the law of each case was checked."""
    today = web.now().date()
    return render_template(
        "bank/references.html",
        sources=list_sources(web.session(), today),
        checked=list_checked(list_bank(web.session()), today),
    )


@requires(*READERS)
def reference(key: str) -> str:
    """One source: who cites it, and all that was said about it."""
    return _page(key, _form(key))


def _form(key: str) -> NoticeForm:
    said = list_notices(web.session(), key)
    form = NoticeForm()
    form.offer(said[0].kind if said else None)
    return form


def _page(key: str, form: NoticeForm) -> str:
    said = list_notices(web.session(), key)
    return render_template(
        "bank/reference.html",
        source=get_source(web.session(), key, web.now().date()),
        said=said,
        people=names_of(web.session(), {notice.by for notice in said}),
        form=form if web.actor().has(*NOTICERS) else None,
    )


@requires(*NOTICERS)
def note(key: str) -> ResponseReturnValue:
    """Say something about a source."""
    form = _form(key)
    if not form.validate_on_submit():
        form.kind.errors = [_("Choose what holds about this source.")]
        return _page(key, form), 422
    try:
        with web.transaction() as session:
            note_reference(
                session,
                web.actor(),
                web.now(),
                key=key,
                kind=NoticeKind(form.kind.data),
                reason=form.reason.data or "",
            )
    except (Invalid, Refused) as refused:
        form.reason.errors = [refused.message]
        return _page(key, form), refused.status
    flash(_("It is recorded, and each case that cites this source shows it."), "success")
    return redirect(url_for("bank.reference", key=key), 303)


def add_views(bp: Blueprint) -> None:
    """Attach these pages to the room's blueprint."""
    bp.get("/cases/references")(references)
    bp.get("/cases/references/<key>")(reference)
    bp.post("/cases/references/<key>")(note)
