"""Rules of a case's life that no constraint can hold, checked again over all evidence.

Each step is judged by what stood before it: who had written by then, which revision was in review,
which signatures counted.
"""

import hashlib
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.authoring.models import CaseComment, CaseRevision, CaseStep
from proficiency.authoring.reading import step_of
from proficiency.authoring.remarks import OUTCOMES
from proficiency.authoring.review import Step, checklist_problems, signed_steps
from proficiency.authoring.rules import CommentKind, Signature, StepKind, is_quorum, state_after
from proficiency.scenarios.queries import get_case_version


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for each revision, step and remark that the rules would not have allowed."""
    revisions = _revisions(session)
    steps: dict[str, list[Step]] = {work_id: [] for work_id in revisions}
    for row in session.scalars(sa.select(CaseStep).order_by(CaseStep.aggregate_id, CaseStep.pos)):
        steps.setdefault(row.aggregate_id, []).append(step_of(row))
    for work_id in sorted(steps):
        for problem in _check_work(session, steps[work_id], revisions.get(work_id, [])):
            yield f"case in work {work_id}: {problem}"
    yield from _check_remarks(session, revisions)


def _revisions(session: Session) -> dict[str, list[CaseRevision]]:
    found: dict[str, list[CaseRevision]] = {}
    query = sa.select(CaseRevision).order_by(CaseRevision.aggregate_id, CaseRevision.pos)
    for row in session.scalars(query):
        found.setdefault(row.aggregate_id, []).append(row)
    return found


def _check_work(
    session: Session, steps: Sequence[Step], revisions: Sequence[CaseRevision]
) -> Iterator[str]:
    for row in revisions:
        if hashlib.sha256(row.text.encode()).hexdigest() != row.text_hash:
            yield f"revision {row.id} has not the hash of its words"
    try:
        state_after(step.kind for step in steps)
    except ValueError as fault:
        yield f"its history cannot be: {fault}"
        return
    own = {row.id: row for row in revisions}
    for place, step in enumerate(steps):
        if step.revision_id not in own:
            yield f"step {step.id} is about a revision of another case"
            continue
        written = [row for row in revisions if row.pos <= own[step.revision_id].pos]
        yield from check_step(steps[:place], step, frozenset(row.actor_id for row in written))
        if step.kind is StepKind.APPROVED:
            yield from _check_version(session, step, own[step.revision_id])


def check_step(before: Sequence[Step], step: Step, writers: frozenset[str]) -> Iterator[str]:
    """Yield what is wrong with one step after those `before` it; `writers` had written by then."""
    if step.kind in (StepKind.PASSED_BY_PEER, StepKind.SIGNED):
        if step.person_id in writers:
            yield f"step {step.id} is a review by somebody who wrote the case"
        if checklist_problems(step.checklist or {}):
            yield f"step {step.id} is a review without the whole checklist"
    if step.kind is StepKind.SIGNED and _has_signed(before, step.person_id):
        yield f"step {step.id} is a second signature by one person"
    if step.kind is StepKind.APPROVED:
        signatures = [Signature(each.person_id, bool(each.as_lay)) for each in signed_steps(before)]
        if not is_quorum(signatures, writers):
            yield f"step {step.id} is an approval without its quorum"
    if step.kind in _IN_REVIEW and step.revision_id != _sent_revision(before):
        yield f"step {step.id} is about another revision than the one in review"


_IN_REVIEW = frozenset(
    {StepKind.PASSED_BY_PEER, StepKind.SIGNED, StepKind.APPROVED, StepKind.RETURNED}
)


def _has_signed(before: Sequence[Step], person_id: str) -> bool:
    return any(each.person_id == person_id for each in signed_steps(before))


def _sent_revision(before: Sequence[Step]) -> str | None:
    sent = [step.revision_id for step in before if step.kind is StepKind.SENT_TO_PEERS]
    return sent[-1] if sent else None


def _check_version(session: Session, step: Step, revision: CaseRevision) -> Iterator[str]:
    version = get_case_version(session, step.case_version_id or "")
    if version.source != revision.text:
        yield f"step {step.id} approves a version whose words are not those of its revision"
    if version.is_sample:
        yield f"step {step.id} approves a public sample"


def _check_remarks(session: Session, revisions: dict[str, list[CaseRevision]]) -> Iterator[str]:
    own = {row.id: row for rows in revisions.values() for row in rows}
    rows = session.scalars(
        sa.select(CaseComment).order_by(CaseComment.aggregate_id, CaseComment.pos)
    ).all()
    by_id = {row.id: row for row in rows}
    for row in rows:
        about = own.get(row.revision_id)
        if about is None or about.aggregate_id != row.aggregate_id:
            yield f"remark {row.id} is about a revision of another case"
        elif row.thread_id is not None:
            yield from _check_answer(row, by_id[row.thread_id], about)


def _check_answer(row: CaseComment, thread: CaseComment, about: CaseRevision) -> Iterator[str]:
    if thread.aggregate_id != row.aggregate_id or thread.thread_id is not None:
        yield f"remark {row.id} answers what is no remark on its case"
    fits = {
        CommentKind.COMMENT: (CommentKind.RESOLVED,),
        CommentKind.SUGGESTION: (CommentKind.ACCEPTED, CommentKind.DECLINED),
    }.get(CommentKind(thread.kind), ())
    if row.kind in OUTCOMES and row.kind not in fits:
        yield f"remark {row.id} settles a {thread.kind} as {row.kind}"
    if row.kind == CommentKind.ACCEPTED and (thread.replacement or "") not in about.text:
        yield f"remark {row.id} accepts words that its revision does not hold"
