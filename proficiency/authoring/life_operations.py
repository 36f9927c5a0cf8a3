"""The verbs of a case's life: to its peers, to the advisory group, approved, live, retired.

Invariants kept: who wrote a case neither reviews nor signs it; an approval is a quorum with a lay
member under exactly one revision, and freezes that revision as a published version in the same
transaction (invariant 3); each verb takes the case's lock before it looks (invariant 9).
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.authoring.models import CaseStep
from proficiency.authoring.operations import begin_case
from proficiency.authoring.parsing import parse_work
from proficiency.authoring.queries import RevisionView, get_newest, list_works
from proficiency.authoring.reading import get_standing, step_of
from proficiency.authoring.release import find_release
from proficiency.authoring.review import (
    ROLES,
    Answer,
    Move,
    Standing,
    Step,
    checklist_problems,
    find_refusal,
)
from proficiency.authoring.revising import sight_subject
from proficiency.authoring.rules import CHECKLIST, OPEN_STATES, Signature, StepKind
from proficiency.core.access import SYSTEM, Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Conflict, Forbidden, Invalid, Refused
from proficiency.core.sights import append_sight
from proficiency.core.text import _, canonical_json, clean_text
from proficiency.scenarios.content import Case, from_content, to_content
from proficiency.scenarios.keeping import bytes_of
from proficiency.scenarios.operations import SIGHT, publish_case
from proficiency.scenarios.queries import (
    find_case_version,
    get_case_version,
    list_case_versions,
)

MAX_REASON = 4000


# Into review, and through it


@operation(*ROLES[Move.SEND])
def send_to_peers(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    work_id: str,
    revision_id: str,
    reason: str = "",
) -> Step:
    """Send the newest revision of a draft to peer review.

    Raises `Invalid`, with details, while the check finds errors, or warnings that no `reason`
    answers; `Conflict` when somebody saved since; `Refused` when the case may not become a live
    one: its name is in work elsewhere or that of a public sample, or it is published as it stands.
    """
    standing = _enter(session, actor, work_id, Move.SEND, revision_id)
    reason, newest = _words(reason), get_newest(session, work_id)
    case = _read_whole(session, newest, reason)
    lock(session, f"case:{case.name}")
    _refuse_second(session, work_id, case.name)
    _refuse_known(session, case)
    return _append(session, actor, now, standing, StepKind.SENT_TO_PEERS, reason=reason)


def _read_whole(session: Session, revision: RevisionView, reason: str) -> Case:
    """Return the case that a revision is, without errors and with its warnings answered."""
    file = f"{revision.case_name or 'case'}.md"
    parsed = parse_work(session, revision.text, revision.files, file=file)
    if parsed.case is None:
        raise Invalid(
            _("The case can’t be sent yet. Put right what is listed, save, and send it then."),
            [problem.show(file) for problem in parsed.errors],
        )
    if parsed.warnings and not reason:
        raise Invalid(
            _("The check found things to think about. Say why they are right as they are."),
            [problem.show(file) for problem in parsed.warnings],
        )
    return parsed.case


def _refuse_second(session: Session, work_id: str, name: str) -> None:
    for work in list_works(session):
        if work.id != work_id and work.case_name == name and work.state in OPEN_STATES:
            words = _(
                "“{title}” is in work under the same name, “{name}”. Give this case another name, "
                "or give one of the two up."
            )
            raise Refused(words.format(title=work.title, name=name))


def _refuse_known(session: Session, case: Case) -> None:
    """Refuse what can never be a live case: a public sample, and what was approved already."""
    if any(version.is_sample for version in list_case_versions(session, case.name)):
        words = _(
            "“{name}” is a public sample, so candidates know it. A live case needs a name and a "
            "story of its own."
        )
        raise Refused(words.format(name=case.name))
    digest = hashlib.sha256(to_content(case).encode()).hexdigest()
    held = find_case_version(session, case.name, digest)
    if held is not None and find_release(session, held.id) is not None:
        words = _("This is word for word version {version}, which is approved already.")
        raise Refused(words.format(version=held.pos))


@operation(*ROLES[Move.HAND_ON])
def pass_case(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    work_id: str,
    revision_id: str,
    checklist: Mapping[str, Answer],
) -> Step:
    """Pass a case on to the advisory group, as a peer who wrote none of it.

    Raises `Invalid`, with details, unless every point of the checklist is answered with yes.
    """
    standing = _enter(session, actor, work_id, Move.HAND_ON, revision_id)
    stored = _checklist(checklist)
    _record_sight(session, actor, now, work_id)
    return _append(session, actor, now, standing, StepKind.PASSED_BY_PEER, checklist=stored)


@operation(*ROLES[Move.SIGN], *ROLES[Move.SIGN_AS_LAY])
def sign_case(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    work_id: str,
    revision_id: str,
    checklist: Mapping[str, Answer],
    as_lay: bool = False,
) -> Step:
    """Sign the revision in review; the signature that makes the quorum whole approves the case.

    Then the case is published, frozen and hashed, in the same transaction, and the step that is
    returned is the approval. Raises `Forbidden` for a capacity whose role the actor lacks,
    `Invalid` unless every point of the checklist is answered with yes, `Refused` for a second
    signature.
    """
    move = Move.SIGN_AS_LAY if as_lay else Move.SIGN
    if not actor.has(*ROLES[move]):
        raise Forbidden(_("You can sign in a capacity only if you hold its role."))
    standing = _enter(session, actor, work_id, move, revision_id)
    stored = _checklist(checklist)
    is_last = standing.is_approved_with(Signature(actor.id, as_lay))
    _record_sight(session, actor, now, work_id)
    signed = _append(
        session, actor, now, standing, StepKind.SIGNED, checklist=stored, as_lay=as_lay
    )
    return _approve(session, actor, now, standing) if is_last else signed


def _approve(session: Session, actor: Actor, now: datetime, standing: Standing) -> Step:
    """Publish the revision that is signed. The group publishes, so no one person does."""
    newest = get_newest(session, standing.work_id)
    version = publish_case(
        session,
        SYSTEM,
        now,
        text=newest.text,
        file=f"{newest.case_name}.md",
        is_sample=False,
        files=bytes_of(session, newest.files),
    )
    if find_release(session, version.id) is not None:
        words = _("This is word for word version {version}, which is approved already.")
        raise Refused(words.format(version=version.pos))
    return _append(session, actor, now, standing, StepKind.APPROVED, case_version_id=version.id)


@operation(*ROLES[Move.RETURN])
def return_case(
    session: Session, actor: Actor, now: datetime, *, work_id: str, revision_id: str, reason: str
) -> Step:
    """Give a case back to its writers, as its reviewer, or take it back as one of them.

    Signatures given so far no longer count. Raises `Invalid` without a reason.
    """
    standing = _enter(session, actor, work_id, Move.RETURN, revision_id)
    return _append(session, actor, now, standing, StepKind.RETURNED, reason=_needed(reason))


# After approval


@operation(*ROLES[Move.PILOT])
def pilot_case(
    session: Session, actor: Actor, now: datetime, *, work_id: str, reason: str = ""
) -> Step:
    """Note that an approved case is being tried out; `reason` may say where."""
    standing = _enter(session, actor, work_id, Move.PILOT)
    return _append(session, actor, now, standing, StepKind.PILOTED, reason=_words(reason))


@operation(*ROLES[Move.MAKE_LIVE])
def make_live(session: Session, actor: Actor, now: datetime, *, work_id: str, reason: str) -> Step:
    """Let an approved or piloted case into live exams. Raises `Invalid` without a reason."""
    standing = _enter(session, actor, work_id, Move.MAKE_LIVE)
    return _append(session, actor, now, standing, StepKind.MADE_LIVE, reason=_needed(reason))


@operation(*ROLES[Move.REPORT_LEAK])
def report_leak(
    session: Session, actor: Actor, now: datetime, *, work_id: str, reason: str
) -> Step:
    """Report that a case may be known outside, which freezes it at once.

    Raises `Invalid` without a word on what was seen and where.
    """
    standing = _enter(session, actor, work_id, Move.REPORT_LEAK)
    return _append(session, actor, now, standing, StepKind.LEAK_REPORTED, reason=_needed(reason))


@operation(*ROLES[Move.SETTLE_LEAK])
def settle_leak(
    session: Session, actor: Actor, now: datetime, *, work_id: str, reason: str
) -> Step:
    """Find that a reported leak was none. The case is approved again, and not live by itself."""
    standing = _enter(session, actor, work_id, Move.SETTLE_LEAK)
    return _append(session, actor, now, standing, StepKind.LEAK_SETTLED, reason=_needed(reason))


@operation(*ROLES[Move.RETIRE])
def retire_case(
    session: Session, actor: Actor, now: datetime, *, work_id: str, reason: str
) -> Step:
    """Take a case out of use for good, or give a draft up. Raises `Invalid` without a reason."""
    standing = _enter(session, actor, work_id, Move.RETIRE)
    return _append(session, actor, now, standing, StepKind.RETIRED, reason=_needed(reason))


@operation(*ROLES[Move.BEGIN_NEXT])
def begin_next_version(
    session: Session, actor: Actor, now: datetime, *, work_id: str
) -> RevisionView:
    """Begin a new work with the words of an approved one, and return its first revision.

    Raises `Refused` before the approval, and while the next version is in work already.
    """
    standing = _enter(session, actor, work_id, Move.BEGIN_NEXT)
    approval = standing.approval
    if approval is None or approval.case_version_id is None:
        raise Refused(_("The next version begins from an approved one."))
    version = get_case_version(session, approval.case_version_id)
    files = {file.name: file.sha256 for file in from_content(version.content).files}
    return begin_case(session, actor, now, text=version.source, files=files)


# What all of them share


def _enter(
    session: Session, actor: Actor, work_id: str, move: Move, revision_id: str | None = None
) -> Standing:
    """Take the case's lock and refuse who or what may not move it now.

    `revision_id` is the revision that the person had before them. The system moves no case: each
    step is somebody's decision.
    """
    lock(session, work_id)
    standing = get_standing(session, work_id)
    refusal = find_refusal(move, standing, actor.id, actor.roles)
    if refusal is not None:
        raise Refused(refusal)
    if revision_id is not None and revision_id != standing.revision_id:
        raise Conflict(
            _("Somebody saved this case while you looked at it. Read it again, then repeat.")
        )
    return standing


def _append(
    session: Session,
    actor: Actor,
    now: datetime,
    standing: Standing,
    kind: StepKind,
    *,
    reason: str = "",
    checklist: str | None = None,
    as_lay: bool | None = None,
    case_version_id: str | None = None,
) -> Step:
    row = CaseStep(
        aggregate_id=standing.work_id,
        at=now,
        actor_id=actor.id,
        kind=kind,
        revision_id=standing.revision_id,
        reason=reason,
        checklist=checklist,
        as_lay=as_lay,
        case_version_id=case_version_id,
    )
    return step_of(append(session, row))


def _checklist(answers: Mapping[str, Answer]) -> str:
    """Return the stored form of a checklist that is all yes. Raises `Invalid`."""
    problems = [words for _point, words in checklist_problems(answers)]
    if problems:
        raise Invalid(_("The checklist is not complete."), problems)
    given = {point.key: answers[point.key] for point in CHECKLIST}
    return canonical_json(
        {key: {"yes": each.is_met, "remark": _words(each.remark)} for key, each in given.items()}
    )


def _words(text: str) -> str:
    words = clean_text(text).strip()
    if len(words) > MAX_REASON:
        most = _("Please say it in up to {most:,} characters. Longer remarks belong to a line.")
        raise Invalid(most.format(most=MAX_REASON))
    return words


def _needed(text: str) -> str:
    words = _words(text)
    if not words:
        raise Invalid(_("Say why: a word or two is enough."))
    return words


def _record_sight(session: Session, actor: Actor, now: datetime, work_id: str) -> None:
    """Who judges a case has seen it, whichever way it reached them."""
    newest = get_newest(session, work_id)
    append_sight(session, actor, now, SIGHT, sight_subject(newest.case_name, work_id), "review")
