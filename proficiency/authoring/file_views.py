"""The files of a case in work: bringing them in beside the editor, and showing them in its view."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.authoring.file_operations import attach_files, take_file_away
from proficiency.authoring.operations import WRITERS
from proficiency.authoring.queries import get_newest
from proficiency.authoring.review import READERS
from proficiency.authoring.revising import sight_subject
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Invalid, NotFound
from proficiency.core.text import _
from proficiency.scenarios.files import MAX_FILE_BYTES
from proficiency.scenarios.keeping import get_kept
from proficiency.scenarios.operations import SIGHT
from proficiency.scenarios.serving import send_file


@requires(*READERS)
def file(work_id: str, file_id: str) -> Response:
    """A file that stands with the newest revision, by its name."""
    newest = get_newest(web.session(), work_id)
    if file_id not in newest.files:
        raise NotFound(_("There is no such file with this case."))
    web.record_sight(SIGHT, sight_subject(newest.case_name, work_id), "writing")
    return send_file(get_kept(web.session(), newest.files[file_id]))


@requires(*WRITERS)
def attach(work_id: str) -> ResponseReturnValue:
    """Bring files in; what was typed in the editor stays as it was kept."""
    sent = [each for each in request.files.getlist("files") if each.filename]
    files = {each.filename or "": each.stream.read(MAX_FILE_BYTES + 1) for each in sent}
    try:
        with web.transaction() as session:
            attach_files(session, web.actor(), web.now(), work_id=work_id, files=files)
        flash(_("The files are with the case. Show them in an exhibit."), "success")
    except Invalid as refused:
        for words in refused.details or [refused.message]:
            flash(words, "error")
    return redirect(url_for("authoring.edit", work_id=work_id), 303)


@requires(*WRITERS)
def take_away(work_id: str) -> ResponseReturnValue:
    """Take one file away; earlier revisions keep it."""
    name = request.form.get("name", "")
    with web.transaction() as session:
        take_file_away(session, web.actor(), web.now(), work_id=work_id, name=name)
    flash(_("“{name}” is taken away from the case.").format(name=name), "success")
    return redirect(url_for("authoring.edit", work_id=work_id), 303)


def add_views(bp: Blueprint) -> None:
    """Attach these addresses to the room's blueprint."""
    bp.get("/cases/works/<work_id>/files/<path:file_id>")(file)
    bp.post("/cases/works/<work_id>/files")(attach)
    bp.post("/cases/works/<work_id>/files/take-away")(take_away)
