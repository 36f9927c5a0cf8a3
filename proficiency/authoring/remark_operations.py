"""Remarks on a case in work: comments and suggestions, replies, and what becomes of each.

Invariants kept: a remark is bound to the revision and the words that it was made about; a thread
is settled once; accepting a suggestion is a saved revision like any other, made only while the
words that it quotes still stand.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.authoring.models import CaseComment
from proficiency.authoring.operations import Saved, keep_buffer, save_revision
from proficiency.authoring.places import (
    find_questions,
    follow,
    follow_lines,
    lines_of,
    with_lines,
)
from proficiency.authoring.queries import (
    find_buffer,
    find_writers,
    get_newest,
    get_revision,
    get_state,
)
from proficiency.authoring.remarks import Remark, get_remark
from proficiency.authoring.review import READERS, WRITERS
from proficiency.authoring.rules import OPEN_STATES, CaseState, CommentKind
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.text import _, clean_text

MAX_WORDS = 4000
MAX_REPLACEMENT = 20_000
MAX_LINES = 200


@operation(*READERS)
def add_comment(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    work_id: str,
    revision_id: str,
    body: str,
    line: int | None = None,
    last_line: int | None = None,
    item_name: str | None = None,
) -> Remark:
    """Say something about a revision: about lines, a question, or the whole case.

    Raises `Invalid` without words or for lines that there are not, `NotFound` for a question that
    this revision does not have, `Refused` once the case is not in work any more.
    """
    _enter(session, work_id)
    text = get_revision(session, work_id, revision_id).text
    if item_name and item_name not in {place.name for place in find_questions(text)}:
        raise NotFound(_("There is no such question in this revision."))
    row = CaseComment(
        kind=CommentKind.COMMENT,
        revision_id=revision_id,
        line=line,
        item_name=item_name or None,
        quote=_quote(text, line, last_line),
        body=_words(body),
    )
    return _append(session, actor, now, work_id, row)


@operation(*READERS)
def add_suggestion(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    work_id: str,
    revision_id: str,
    line: int,
    last_line: int | None = None,
    replacement: str,
    body: str = "",
) -> Remark:
    """Suggest other words for the lines from `line` to `last_line`; "" takes them away.

    Raises `Invalid` for lines that there are not, for the same words, or beyond the limits;
    `Refused` once the case is not in work any more.
    """
    _enter(session, work_id)
    text = get_revision(session, work_id, revision_id).text
    quote, replacement = _quote(text, line, last_line), clean_text(replacement).rstrip("\n")
    if replacement == quote:
        raise Invalid(_("These are the words that stand there already. Write what you suggest."))
    if len(replacement) > MAX_REPLACEMENT:
        raise Invalid(
            _("A suggestion has up to {most:,} characters. Make several of it.").format(
                most=MAX_REPLACEMENT
            )
        )
    row = CaseComment(
        kind=CommentKind.SUGGESTION,
        revision_id=revision_id,
        line=line,
        quote=quote,
        body=_words(body, needed=False),
        replacement=replacement,
    )
    return _append(session, actor, now, work_id, row)


@operation(*READERS)
def reply(
    session: Session, actor: Actor, now: datetime, *, work_id: str, thread_id: str, body: str
) -> Remark:
    """Answer a remark. Raises `Invalid` without words, `NotFound` for a remark of another case."""
    _enter(session, work_id)
    remark = get_remark(session, work_id, thread_id)
    row = _about(remark, CommentKind.REPLY, remark.revision_id, _words(body))
    return _append(session, actor, now, work_id, row)


@operation(*READERS)
def resolve(
    session: Session, actor: Actor, now: datetime, *, work_id: str, thread_id: str, body: str = ""
) -> Remark:
    """Mark a comment as dealt with, as a writer of the case or as who made it.

    Raises `Refused` for anybody else, and for what is settled already.
    """
    _enter(session, work_id)
    remark = _unsettled(session, work_id, thread_id, CommentKind.COMMENT)
    _refuse_bystander(session, actor, remark)
    row = _about(remark, CommentKind.RESOLVED, remark.revision_id, _words(body, needed=False))
    return _append(session, actor, now, work_id, row)


@operation(*READERS)
def decline_suggestion(
    session: Session, actor: Actor, now: datetime, *, work_id: str, thread_id: str, body: str
) -> Remark:
    """Decline a suggestion with a word why, or take one's own back.

    Raises `Invalid` without a word, `Refused` for a bystander and for what is settled already.
    """
    _enter(session, work_id)
    remark = _unsettled(session, work_id, thread_id, CommentKind.SUGGESTION)
    _refuse_bystander(session, actor, remark)
    row = _about(remark, CommentKind.DECLINED, remark.revision_id, _words(body))
    return _append(session, actor, now, work_id, row)


@operation(*WRITERS)
def accept_suggestion(
    session: Session, actor: Actor, now: datetime, *, work_id: str, thread_id: str
) -> Saved:
    """Put a suggestion into the text, as a new revision, and return that.

    What the person typed in the editor and did not save stays kept. Raises `Refused` when the
    lines that the suggestion quotes have changed since, when the case is not open to writing, when
    the suggestion is settled already, and for who is no writer of this case.
    """
    lock(session, work_id)
    _refuse_out_of_draft(get_state(session, work_id))
    remark = _unsettled(session, work_id, thread_id, CommentKind.SUGGESTION)
    if actor.id not in find_writers(session, work_id):
        raise Refused(
            _("Only who writes this case puts suggestions into it, so that others can review it.")
        )
    typed = find_buffer(session, work_id, actor.id)
    newest = get_newest(session, work_id)
    saved = save_revision(
        session,
        actor,
        now,
        work_id=work_id,
        base_id=newest.id,
        text=_with_suggestion(session, remark, newest.text),
        note=_("A suggestion accepted"),
    )
    if typed is not None:
        on = {"work_id": work_id, "base_id": typed.base_id}
        keep_buffer(session, actor, now, **on, text=typed.text)
    row = _about(remark, CommentKind.ACCEPTED, saved.revision.id, "")
    _append(session, actor, now, work_id, row)
    return saved


def _with_suggestion(session: Session, remark: Remark, newest: str) -> str:
    """Return the newest text with the suggestion in it; refuse when its words do not stand."""
    suggested_for = get_revision(session, remark.work_id, remark.revision_id).text
    count = len(lines_of(remark.quote))
    line = follow(follow_lines(suggested_for, newest), remark.line or 0, count)
    if line is None:
        raise Refused(
            _(
                "The text has moved on: the lines that this suggestion is about have changed since "
                "it was made. Nothing was changed. Put what is still right of it in by hand, or "
                "decline it with a word."
            )
        )
    return with_lines(newest, line, count, remark.replacement or "")


# What all of them share


def _enter(session: Session, work_id: str) -> None:
    """Take the case's lock, and refuse one that is not in work any more."""
    lock(session, work_id)
    if get_state(session, work_id) not in OPEN_STATES:
        raise Refused(
            _("This case is not in work any more. Begin its next version, and remark on that.")
        )


def _refuse_out_of_draft(state: CaseState) -> None:
    if state is not CaseState.DRAFT:
        raise Refused(
            _("Suggestions are put in while the case is a draft. It is not, so return it first.")
        )


def _unsettled(session: Session, work_id: str, thread_id: str, kind: CommentKind) -> Remark:
    remark = get_remark(session, work_id, thread_id)
    if remark.kind is not kind:
        raise NotFound(_("There is no such remark on this case."))
    if remark.outcome is not None:
        raise Refused(_("Somebody settled this already. Load the page again to see how."))
    return remark


def _refuse_bystander(session: Session, actor: Actor, remark: Remark) -> None:
    allowed = find_writers(session, remark.work_id) | {remark.person_id}
    if actor.id not in allowed and not actor.has(Role.EXAM_OFFICER):
        raise Refused(_("Its writers settle this remark, or the person who made it."))


def _quote(text: str, line: int | None, last_line: int | None) -> str:
    """Return the lines that a remark is about. Raises `Invalid` for lines that there are not."""
    if line is None:
        return ""
    last, lines = last_line or line, lines_of(text)
    if not 1 <= line <= last <= len(lines):
        words = _("This revision has the lines 1 to {last}: choose among them.")
        raise Invalid(words.format(last=len(lines)))
    if last - line >= MAX_LINES:
        words = _("A remark is about up to {most} lines. Make several of it.")
        raise Invalid(words.format(most=MAX_LINES))
    return "\n".join(lines[line - 1 : last])


def _words(text: str, *, needed: bool = True) -> str:
    words = clean_text(text).strip()
    if needed and not words:
        raise Invalid(_("Write your words first."))
    if len(words) > MAX_WORDS:
        raise Invalid(_("Please say it in up to {most:,} characters.").format(most=MAX_WORDS))
    return words


def _about(remark: Remark, kind: CommentKind, revision_id: str, body: str) -> CaseComment:
    """Return a row of the thread that `remark` began."""
    return CaseComment(kind=kind, thread_id=remark.id, revision_id=revision_id, quote="", body=body)


def _append(
    session: Session, actor: Actor, now: datetime, work_id: str, row: CaseComment
) -> Remark:
    row.aggregate_id, row.at, row.actor_id = work_id, now, actor.id
    append(session, row)
    return get_remark(session, work_id, row.thread_id or row.id)
