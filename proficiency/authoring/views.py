"""The editor of a case: Markdown beside the candidate's view, and what is wrong beside its line.

Every page works as a plain form; the script adds the view as one types, and keeps what was typed.
Whoever opens the words of a case is written into the sight log before they are sent.
"""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from proficiency.accounts.queries import names_of
from proficiency.authoring import compare_views, file_views, life_views, review_views
from proficiency.authoring.editor import Editor, look_at, make_editor, make_insertions
from proficiency.authoring.forms import BeginForm, EditForm
from proficiency.authoring.operations import (
    WRITERS,
    SavedOverEach,
    begin_case,
    discard_buffer,
    keep_buffer,
    save_revision,
)
from proficiency.authoring.queries import get_newest, list_works
from proficiency.authoring.remarks import count_open_remarks
from proficiency.authoring.review import READERS
from proficiency.authoring.revising import sight_subject
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Invalid, Refused
from proficiency.core.text import _
from proficiency.items.section import Problems
from proficiency.scenarios.operations import SIGHT
from proficiency.scenarios.reader import decode
from proficiency.scenarios.skeleton import SKELETON

bp = Blueprint("authoring", __name__)
life_views.add_views(bp)
review_views.add_views(bp)
file_views.add_views(bp)
compare_views.add_views(bp)


@bp.get("/cases/works")
@requires(*READERS)
def works() -> str:
    """All cases in work, those changed last first."""
    return _works(BeginForm())


def _works(form: BeginForm) -> str:
    found = list_works(web.session())
    return render_template(
        "authoring/works.html",
        works=found,
        people=names_of(web.session(), {work.changed_by for work in found}),
        open_remarks=count_open_remarks(web.session()),
        form=form,
    )


@bp.post("/cases/works")
@requires(*WRITERS)
def begin() -> ResponseReturnValue:
    """Begin a case from a file, or from the shape of one."""
    form = BeginForm()
    text = _sent_text(form.file.data) if form.validate_on_submit() else None
    if text is None:
        form.file.errors = [
            _("This file is not text in UTF-8. Save it as UTF-8 and send it again.")
        ]
        return _works(form), 422
    try:
        with web.transaction() as session:
            begun = begin_case(session, web.actor(), web.now(), text=text)
    except (Invalid, Refused) as refused:
        form.file.errors = [refused.message]
        return _works(form), refused.status
    return redirect(url_for("authoring.edit", work_id=begun.work_id), 303)


def _sent_text(file: FileStorage | None) -> str | None:
    if file is None or not file.filename:
        return SKELETON
    return decode(file.read(), Problems())


@bp.get("/cases/works/<work_id>/edit")
@requires(*WRITERS)
def edit(work_id: str) -> str:
    """The editor, with what this person typed and did not save, if there is any."""
    editor = make_editor(web.session(), work_id, web.actor().id)
    _record_sight(work_id)
    form = EditForm(base_id=editor.base_id, text=editor.text)
    return _editor(form, editor)


def _record_sight(work_id: str) -> None:
    newest = get_newest(web.session(), work_id)
    web.record_sight(SIGHT, sight_subject(newest.case_name, work_id), "writing")


def _editor(form: EditForm, editor: Editor, conflict: SavedOverEach | None = None) -> str:
    return render_template(
        "authoring/edit.html",
        form=form,
        editor=editor,
        look=look_at(web.session(), form.text.data or "", editor.newest),
        insertions=make_insertions(),
        conflict=conflict,
        saver=names_of(web.session(), {conflict.newest.by}) if conflict else {},
    )


@bp.post("/cases/works/<work_id>/save")
@requires(*WRITERS)
def save(work_id: str) -> ResponseReturnValue:
    """Save a revision; where somebody saved first, merge, or show both to choose from."""
    form = EditForm()
    if not form.validate_on_submit():
        return _editor(form, make_editor(web.session(), work_id, web.actor().id)), 422
    # Browsers send CR LF from a box, whatever the author's own line ends were.
    text = (form.text.data or "").replace("\r\n", "\n")
    try:
        with web.transaction() as session:
            saved = save_revision(
                session,
                web.actor(),
                web.now(),
                work_id=work_id,
                base_id=form.base_id.data or "",
                text=text,
                note=form.note.data or "",
            )
    except SavedOverEach as conflict:
        return _show_conflict(form, work_id, conflict), conflict.status
    except (Invalid, Refused) as refused:
        form.text.errors = [refused.message]
        _record_sight(work_id)
        return _editor(form, make_editor(web.session(), work_id, web.actor().id)), refused.status
    if saved.is_merged:
        flash(_("Saved, together with what somebody else had changed meanwhile."), "success")
    else:
        flash(_("Revision {number} is saved.").format(number=saved.revision.number), "success")
    return redirect(url_for("authoring.edit", work_id=work_id), 303)


def _show_conflict(form: EditForm, work_id: str, conflict: SavedOverEach) -> str:
    """Show a text with both people's changes; saving it again is made from the newest revision."""
    _record_sight(work_id)
    form.text.data = conflict.text
    form.base_id.data = conflict.newest.id
    return _editor(form, make_editor(web.session(), work_id, web.actor().id), conflict)


@bp.post("/cases/works/<work_id>/discard")
@requires(*WRITERS)
def discard(work_id: str) -> ResponseReturnValue:
    """Give up what was typed since the last revision."""
    with web.transaction() as session:
        discard_buffer(session, web.actor(), web.now(), work_id=work_id)
    flash(_("What you had not saved is given up. This is the newest revision."), "success")
    return redirect(url_for("authoring.edit", work_id=work_id), 303)


@bp.post("/cases/works/<work_id>/keep")
@requires(*WRITERS)
def keep(work_id: str) -> ResponseReturnValue:
    """Keep what was typed so far; the page's script sends it every few seconds."""
    sent = _sent_json("base_id", "text")
    with web.transaction() as session:
        keep_buffer(
            session,
            web.actor(),
            web.now(),
            work_id=work_id,
            base_id=sent["base_id"],
            text=sent["text"],
        )
    newest = get_newest(web.session(), work_id)
    return jsonify({"kept_at": web.now().isoformat(), "newest": newest.id})


@bp.post("/cases/works/<work_id>/look")
@requires(*WRITERS)
def look(work_id: str) -> ResponseReturnValue:
    """Read what was typed so far: every problem with its line, and the candidate's view."""
    sent = _sent_json("text")
    found = look_at(web.session(), sent["text"], get_newest(web.session(), work_id))
    return jsonify(
        {
            "problems": [
                {"line": each.line, "is_error": each.is_error, "message": each.full_message}
                for each in found.problems
            ],
            "preview": render_template("authoring/_preview.html", look=found),
            "summary": found.summary,
        }
    )


def _sent_json(*fields: str) -> dict[str, str]:
    """Return the JSON of a request. Raises `Invalid` unless it is these texts."""
    data: Any = request.get_json(silent=True)
    if not isinstance(data, dict) or not all(isinstance(data.get(each), str) for each in fields):
        raise Invalid(_("This did not arrive as the page sends it. Reload the page."))
    return {each: data[each] for each in fields}
