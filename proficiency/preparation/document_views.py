"""The documents for candidates: reading them, and an officer's writing of the next version."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.queries import names_of
from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires, signed_in
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.text import _
from proficiency.preparation.document_operations import write_document
from proficiency.preparation.documents import (
    DocumentView,
    current_documents,
    list_versions,
    to_html,
)
from proficiency.preparation.forms import DocumentForm
from proficiency.preparation.rules import Document


@signed_in
def documents() -> str:
    """All documents for candidates; officers find the way to write them here."""
    return render_template(
        "preparation/documents.html",
        documents=list(current_documents(web.session()).values()),
        may_write=web.actor().has(Role.EXAM_OFFICER),
    )


@signed_in
def document(name: str) -> str:
    """One document as it holds now, or the version that `?version=` names."""
    kind = _kind(name)
    versions = list_versions(web.session(), kind)
    current = current_documents(web.session())[kind]
    wanted = request.args.get("version", type=int)
    shown = current if wanted is None else _version(versions, wanted)
    names = names_of(web.session(), {each.by for each in versions if each.by})
    return render_template(
        "preparation/document.html",
        document=shown,
        is_current=shown == current,
        versions=versions,
        names=names,
        may_write=web.actor().has(Role.EXAM_OFFICER),
    )


def _kind(name: str) -> Document:
    if name not in set(Document):
        raise NotFound(_("There is no such document."))
    return Document(name)


def _version(versions: list[DocumentView], number: int) -> DocumentView:
    for each in versions:
        if each.number == number:
            return each
    raise NotFound(_("There is no such version."))


@requires(Role.EXAM_OFFICER)
def write_next(name: str) -> ResponseReturnValue:
    """Write the next version of a document; “show” shows it and keeps nothing."""
    kind = _kind(name)
    current = current_documents(web.session())[kind]
    form, status, shown = DocumentForm(text=current.text, base=current.digest), 200, ""
    if form.validate_on_submit():
        if request.form.get("go") == "show":
            shown = to_html(form.text.data)
        else:
            try:
                return _write(kind, form)
            except (Invalid, Refused) as error:
                form.text.errors, status = [error.message], error.status
    elif request.method == "POST":
        status = 422
    return render_template(
        "preparation/write_next.html", document=current, form=form, shown=shown
    ), status


def _write(kind: Document, form: DocumentForm) -> ResponseReturnValue:
    with web.transaction() as writing:
        write_document(
            writing,
            web.actor(),
            web.now(),
            document=kind,
            text=form.text.data,
            base=form.base.data or "",
        )
    flash(_("The new version holds from now on, for everybody who has not started."), "success")
    return redirect(url_for("preparation.document", name=kind.value), 303)


def add_views(bp: Blueprint) -> None:
    """Add the pages of this module to the room's blueprint."""
    bp.add_url_rule("/documents", view_func=documents)
    bp.add_url_rule("/documents/<name>", view_func=document)
    bp.add_url_rule("/documents/<name>/write", view_func=write_next, methods=["GET", "POST"])
