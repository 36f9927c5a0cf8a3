"""The pictures and documents of a form, for those who mark and moderate what was answered.

Invariant kept: only who was shown the case before, which the page with its words records, gets its
files; and that sight is recorded too. A candidate's files are the room of delivery's.
"""

from flask import Blueprint, Response

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import NotFound
from proficiency.core.sights import has_seen
from proficiency.core.text import _
from proficiency.exams.queries import get_form_file
from proficiency.scenarios.keeping import get_kept
from proficiency.scenarios.operations import SIGHT
from proficiency.scenarios.queries import get_case_version
from proficiency.scenarios.serving import send_file

READERS = (
    Role.ASSESSOR,
    Role.LEAD_ASSESSOR,
    Role.MODERATOR,
    Role.LAY_MEMBER,
    Role.JUDGE,
    Role.EXAM_OFFICER,
)


@requires(*READERS)
def form_file(file_id: str) -> Response:
    """One picture or document of a case that this person was shown."""
    found = get_form_file(web.session(), file_id)
    case_name = get_case_version(web.session(), found.case_version_id).aggregate_id
    if not has_seen(web.session(), web.actor().id, case_name):
        raise NotFound(_("There is no such file."))
    web.record_sight(SIGHT, case_name, "file")
    return send_file(get_kept(web.session(), found.sha256), found.exhibit)


def add_views(bp: Blueprint) -> None:
    """Add this address to the room's blueprint."""
    bp.get("/forms/files/<file_id>")(form_file)
