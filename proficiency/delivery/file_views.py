"""The pictures and documents of an exam, for the candidate who is writing it and nobody else.

Invariant kept: what is asked for must be of a stage that this very attempt has opened, and the
attempt's clock must run. Another's attempt, a later stage and a made-up id look the same: nothing
is there. After submission nothing is, nor in a break.
"""

from flask import Blueprint, Response

from proficiency.core import web
from proficiency.core.access import signed_in
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.delivery.queries import get_own_attempt
from proficiency.exams.queries import get_form_file
from proficiency.scenarios.keeping import get_kept
from proficiency.scenarios.serving import send_file


@signed_in
def file(attempt_id: str, file_id: str) -> Response:
    """One picture or document of an open stage."""
    state = get_own_attempt(web.session(), attempt_id, web.actor().id)
    if not state.can_write(web.now()) or state.window.is_stopped(web.now()):
        raise NotFound(_("There is no such file."))
    found = get_form_file(web.session(), file_id, state.form_id, state.stage)
    return send_file(get_kept(web.session(), found.sha256), found.exhibit)


def add_views(bp: Blueprint) -> None:
    """Add this address to the room's blueprint."""
    bp.get("/attempt/<attempt_id>/files/<file_id>")(file)
