"""The pictures and documents of a case in work: bringing them in, taking them away.

Invariants kept: each change is a revision of its own, so that every saved state stays, with the
files that it had (invariant 1); what is brought in was examined by its content; who does so has
seen the case.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.authoring.operations import WRITERS, refuse_closed
from proficiency.authoring.queries import RevisionView, get_newest, get_state
from proficiency.authoring.revising import append_revision
from proficiency.core.access import Actor, operation
from proficiency.core.db import lock
from proficiency.core.errors import Invalid, NotFound
from proficiency.core.text import _
from proficiency.scenarios.files import MAX_FILES, examine_all
from proficiency.scenarios.keeping import keep_file


@operation(*WRITERS)
def attach_files(
    session: Session, actor: Actor, now: datetime, *, work_id: str, files: Mapping[str, bytes]
) -> RevisionView:
    """Put files beside the newest revision; one of the same name takes the other's place.

    Returns the new revision, or the newest if nothing changed. Raises `Invalid`, with every fault
    of every file, and `Refused` once the case is not open to writing.
    """
    lock(session, work_id)
    refuse_closed(get_state(session, work_id))
    _refuse_faulty(files)
    newest = get_newest(session, work_id)
    kept = {name: keep_file(session, name, data).sha256 for name, data in files.items()}
    together = {**newest.files, **kept}
    if len(together) > MAX_FILES:
        raise Invalid(_("A case has up to {most} files.").format(most=MAX_FILES))
    note = _("Files: {names}").format(names=", ".join(sorted(files)))
    return _changed(session, actor, now, newest, together, note)


def _refuse_faulty(files: Mapping[str, bytes]) -> None:
    if not files:
        raise Invalid(_("Choose a file first."))
    faults = [fault for facts in examine_all(files).values() for fault in facts.faults]
    if faults:
        raise Invalid(_("Nothing was brought in. Put right what is listed."), faults)


@operation(*WRITERS)
def take_file_away(
    session: Session, actor: Actor, now: datetime, *, work_id: str, name: str
) -> RevisionView:
    """Take a file away from the newest revision; earlier revisions keep it.

    Raises `NotFound` for a name that there is not, and `Refused` once the case is closed.
    """
    lock(session, work_id)
    refuse_closed(get_state(session, work_id))
    newest = get_newest(session, work_id)
    if name not in newest.files:
        raise NotFound(_("There is no such file with this case."))
    rest = {other: sha256 for other, sha256 in newest.files.items() if other != name}
    note = _("File taken away: {name}").format(name=name)
    return _changed(session, actor, now, newest, rest, note)


def _changed(
    session: Session,
    actor: Actor,
    now: datetime,
    newest: RevisionView,
    files: Mapping[str, str],
    note: str,
) -> RevisionView:
    if files == newest.files:
        return newest
    return append_revision(session, actor, now, newest, files, note)
