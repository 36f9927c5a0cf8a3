"""Writing a case: beginning, keeping what was typed, saving, bringing two edits together.

Invariants kept: every saved state stays (invariant 1); nobody's edit is overwritten: who saves on
an older revision gets the two merged, or both to choose from; who writes a case has seen it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.authoring.merge import Conflict, merge
from proficiency.authoring.models import CaseBuffer, CaseStep
from proficiency.authoring.queries import (
    RevisionView,
    get_newest,
    get_revision,
    get_state,
    list_works,
    revision_view,
)
from proficiency.authoring.revising import MAX_NOTE, case_name, keep_revision, new_revision
from proficiency.authoring.rules import OPEN_STATES, CaseState, StepKind
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.chance import new_id
from proficiency.core.db import lock
from proficiency.core.errors import Invalid, Refused
from proficiency.core.text import _, clean_text
from proficiency.scenarios.reader import MAX_BYTES

WRITERS = (Role.CONTENT_AUTHOR, Role.EXAM_OFFICER)


class SavedOverEach(Refused):
    """Two people changed the same lines. Nothing was saved and nothing is lost.

    `newest` is the revision that was saved first; `text` has both people's changes, and in
    `conflicts`, where they differ, those of whoever saves now.
    """

    def __init__(self, newest: RevisionView, text: str, conflicts: tuple[Conflict, ...]) -> None:
        self.newest = newest
        self.text = text
        self.conflicts = conflicts
        super().__init__(
            _(
                "While you wrote, somebody saved a change of the same lines. Nothing is lost: "
                "both versions are below. Choose what stays, and save again."
            )
        )


@dataclass(frozen=True)
class Saved:
    """What saving made. `is_merged` says that somebody else's change was brought in."""

    revision: RevisionView
    is_merged: bool


@operation(*WRITERS)
def begin_case(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    text: str,
    files: Mapping[str, str] | None = None,
) -> RevisionView:
    """Begin a case in work with `text`, and return its first revision.

    `files` are stored pictures and documents that stand with it, name to SHA-256.

    Raises `Invalid` for a text beyond the limit, and `Refused` while a case of the same name is
    in work already, for two lives of one case would contradict each other.
    """
    text = _clean(text)
    name, work_id = case_name(text), new_id()
    lock(session, f"case:{name or work_id}")
    if name:
        _refuse_second(session, name)
    row = new_revision(work_id, actor, now, text, None, _("Begun"), files or {})
    keep_revision(session, actor, now, row)
    append(
        session,
        CaseStep(
            aggregate_id=work_id,
            at=now,
            actor_id=actor.id,
            kind=StepKind.BEGUN,
            revision_id=row.id,
            reason="",
        ),
    )
    return revision_view(row)


def _refuse_second(session: Session, name: str) -> None:
    for work in list_works(session):
        if work.case_name == name and work.state in OPEN_STATES:
            raise Refused(
                _(
                    "“{title}” is in work already. Open it there, so that nothing is done twice."
                ).format(title=work.title or name)
            )


@operation(*WRITERS)
def save_revision(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    work_id: str,
    base_id: str,
    text: str,
    note: str = "",
) -> Saved:
    """Save `text`, which was made from revision `base_id`, as the newest revision.

    Where somebody saved in between, the two are merged by lines. Saving what is saved already
    changes nothing. Raises `SavedOverEach` when both changed the same lines, `Refused` once the
    case is not open to writing, `Invalid` for a text or a note beyond the limits.
    """
    text, note = _clean(text), " ".join(note.split())
    if len(note) > MAX_NOTE:
        raise Invalid(_("The note has more than {most} characters.").format(most=MAX_NOTE))
    lock(session, work_id)
    refuse_closed(get_state(session, work_id))
    newest, base = get_newest(session, work_id), get_revision(session, work_id, base_id)
    _drop_buffer(session, work_id, actor.id)
    if newest.id == base.id:
        merged = text
    else:
        outcome = merge(base.text, text, newest.text)
        if outcome.text is None:
            raise SavedOverEach(newest, outcome.with_mine, outcome.conflicts)
        merged = outcome.text
    if merged == newest.text:
        return Saved(newest, is_merged=False)
    row = new_revision(work_id, actor, now, merged, newest.id, note, newest.files)
    row.merged_id = None if newest.id == base.id else base.id
    keep_revision(session, actor, now, row)
    return Saved(revision_view(row), is_merged=merged != text)


def refuse_closed(state: CaseState) -> None:
    """Raise `Refused` unless the case can be written: it is a draft."""
    if state not in OPEN_STATES:
        raise Refused(
            _(
                "This case is approved and frozen, so it can’t be changed any more. Begin its next "
                "version from it. What you typed is still on your screen."
            )
        )
    if state is not CaseState.DRAFT:
        raise Refused(
            _(
                "This case is in review, so it can’t be changed now. It can be once it is returned "
                "to its writers. What you typed is still on your screen."
            )
        )


@operation(*WRITERS)
def keep_buffer(
    session: Session, actor: Actor, now: datetime, *, work_id: str, base_id: str, text: str
) -> None:
    """Keep what this person has typed and not saved, in place of what was kept before.

    Raises `NotFound` for a revision that is not of this case and `Invalid` beyond the limit.
    """
    text = _clean(text)
    get_revision(session, work_id, base_id)
    kept = session.get(CaseBuffer, (work_id, actor.id))
    if kept is None:
        session.add(
            CaseBuffer(work_id=work_id, person_id=actor.id, base_id=base_id, text=text, at=now)
        )
    else:
        kept.base_id, kept.text, kept.at = base_id, text, now


def _drop_buffer(session: Session, work_id: str, person_id: str) -> None:
    """Forget what was typed, once it is saved or given up."""
    session.execute(
        sa.delete(CaseBuffer).where(
            CaseBuffer.work_id == work_id, CaseBuffer.person_id == person_id
        )
    )


@operation(*WRITERS)
def discard_buffer(session: Session, actor: Actor, now: datetime, *, work_id: str) -> None:
    """Give up what this person typed and did not save."""
    _drop_buffer(session, work_id, actor.id)


def _clean(text: str) -> str:
    text = clean_text(text)
    if len(text.encode()) > MAX_BYTES:
        raise Invalid(
            _("A case has up to {most:,} bytes, and this one has more. Nothing was saved.").format(
                most=MAX_BYTES
            )
        )
    return text
