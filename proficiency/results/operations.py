"""Computing, approving and releasing the results of a sitting.

Keeps: no outcome before the cut score is adopted and moderation is signed off; nothing is recorded
unless an independent recomputation agrees to the last digit, and it must agree again at each
approval; enough different people approve exactly these results, the board among them; release is
part of the last approval. A sitting is locked before its state is read (invariant 9).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.chance import new_id
from proficiency.core.db import lock
from proficiency.core.errors import Forbidden, Refused
from proficiency.core.jobs import enqueue
from proficiency.core.text import _
from proficiency.moderation.queries import is_signed_off
from proficiency.results.comparing import Claim, find_difference
from proficiency.results.computing import Computed, compute_sitting
from proficiency.results.models import ReleaseEvent, Result
from proficiency.results.queries import (
    claim_of,
    get_run,
    list_runs,
    release_quorum,
    results_of_run,
    run_digest,
)
from proficiency.results.recompute import ContradictoryEvidence, Recomputed, recompute_sitting
from proficiency.results.rules import Capacity, ReleaseKind, Run, approval_refusal
from proficiency.sittings.queries import get_sitting
from proficiency.standard_setting.operations import apply_cut_score
from proficiency.standard_setting.queries import find_interest
from proficiency.standard_setting.rules import Outcome, Proposal

RESULT_READY = "result_ready"
"""The topic of the message that tells a candidate; its subject is the attempt."""


@operation(Role.ASSESSMENT_BOARD, Role.EXAM_OFFICER)
def compute_results(session: Session, actor: Actor, now: datetime, *, sitting_id: str) -> str:
    """Compute the result of every attempt of a sitting, twice; return the id of this run.

    Who marked may run it: computing decides nothing, for two computations of signed evidence must
    agree, and only approving, which is closed to them, lets results out.

    From then on the cut score is settled. Raises `Refused` before moderation is signed off or a
    cut score adopted, when the two computations differ (naming the first difference), after
    release, and when nothing changed since the last run.
    """
    lock(session, sitting_id)
    _refuse_unready(session, sitting_id)
    proposal = apply_cut_score(session, actor, now, sitting_id=sitting_id)
    again = _recompute(session, sitting_id)
    computed = compute_sitting(session, sitting_id, proposal.score)
    claims = [_claim(each, proposal) for each in computed]
    _refuse_difference(claims, again)
    _refuse_repetition(session, sitting_id, claims)
    run_id = new_id()
    rows = [
        append(session, _result(actor, now, sitting_id, run_id, each, proposal))
        for each in computed
    ]
    _append_event(session, actor, now, sitting_id, ReleaseKind.COMPUTED, run_id, run_digest(rows))
    return run_id


def _refuse_unready(session: Session, sitting_id: str) -> None:
    if get_sitting(session, sitting_id).cancelled_at is not None:
        raise Refused(_("This sitting was cancelled and has no results."))
    if any(run.released_at is not None for run in list_runs(session, sitting_id)):
        raise Refused(_("The results of this sitting are released and can no longer change here."))
    if not is_signed_off(session, sitting_id):
        raise Refused(_("Results can be computed when moderation has signed the marks off."))


def _claim(computed: Computed, proposal: Proposal) -> Claim:
    return Claim(
        attempt_id=computed.attempt_id,
        total=computed.score.total,
        max_mark=computed.score.max_mark,
        cut_score=proposal.score,
        passes=computed.outcome is Outcome.PASS,
        themes=computed.score.themes,
        evidence_digest=computed.evidence_digest,
    )


def _recompute(session: Session, sitting_id: str) -> Mapping[str, Recomputed]:
    try:
        return recompute_sitting(session, sitting_id)
    except ContradictoryEvidence as fault:
        raise Refused(
            _("The recomputation from the evidence stopped: {fault}. No result was made.").format(
                fault=fault
            )
        ) from fault


def _refuse_difference(claims: Sequence[Claim], again: Mapping[str, Recomputed]) -> None:
    difference = find_difference(claims, again)
    if difference is not None:
        raise Refused(
            _("The two computations differ in {difference}. Nothing is released.").format(
                difference=difference
            )
        )


def _refuse_repetition(session: Session, sitting_id: str, claims: Sequence[Claim]) -> None:
    runs = list_runs(session, sitting_id)
    if not runs:
        return
    stored = [claim_of(row) for row in results_of_run(session, runs[-1].id)]
    if sorted(stored, key=_by_attempt) == sorted(claims, key=_by_attempt):
        raise Refused(_("Nothing has changed since these results were computed."))


def _by_attempt(claim: Claim) -> str:
    return claim.attempt_id


def _result(
    actor: Actor,
    now: datetime,
    sitting_id: str,
    run_id: str,
    computed: Computed,
    proposal: Proposal,
) -> Result:
    score, cut = computed.score, proposal.score
    return Result(
        aggregate_id=computed.attempt_id,
        at=now,
        actor_id=actor.id,
        sitting_id=sitting_id,
        attempt_id=computed.attempt_id,
        run_id=run_id,
        cut_score_event_id=proposal.id,
        cut_num=cut.numerator,
        cut_den=cut.denominator,
        total_num=score.total.numerator,
        total_den=score.total.denominator,
        max_num=score.max_mark.numerator,
        max_den=score.max_mark.denominator,
        themes=score.themes_json(),
        outcome=computed.outcome,
        evidence_digest=computed.evidence_digest,
    )


@operation(Role.ASSESSMENT_BOARD, Role.EXAM_OFFICER)
def approve_results(session: Session, actor: Actor, now: datetime, *, run_id: str) -> Run:
    """Approve exactly the results of a run; with the last approval needed they are released.

    Raises `Refused` for a second approval of one person, for a run that is not the newest or is
    released, and when the evidence no longer gives these results; `Forbidden` for whoever marked
    or sits the exam.
    """
    sitting_id = get_run(session, run_id).sitting_id
    lock(session, sitting_id)
    run = get_run(session, run_id).run
    refusal = approval_refusal(run, list_runs(session, sitting_id)[-1], actor.id)
    if refusal is not None:
        raise Refused(refusal)
    interest = find_interest(session, actor.id, sitting_id)
    if interest is not None:
        raise Forbidden(interest)
    rows = results_of_run(session, run_id)
    if run_digest(rows) != run.digest:
        raise Refused(_("The recorded results are not those that were computed."))
    _refuse_difference([claim_of(row) for row in rows], _recompute(session, sitting_id))
    capacity = Capacity.BOARD if actor.has(Role.ASSESSMENT_BOARD) else Capacity.OFFICER
    _append_event(
        session, actor, now, sitting_id, ReleaseKind.APPROVED, run_id, run.digest, capacity
    )
    run = get_run(session, run_id).run
    if run.missing(release_quorum(session, sitting_id)) == 0:
        _release(session, actor, now, sitting_id, run, rows)
    return get_run(session, run_id).run


def _release(
    session: Session,
    actor: Actor,
    now: datetime,
    sitting_id: str,
    run: Run,
    rows: Sequence[Result],
) -> None:
    _append_event(session, actor, now, sitting_id, ReleaseKind.RELEASED, run.id, run.digest)
    for row in rows:
        enqueue(session, now, RESULT_READY, row.attempt_id)


def _append_event(
    session: Session,
    actor: Actor,
    now: datetime,
    sitting_id: str,
    kind: ReleaseKind,
    run_id: str,
    digest: str,
    capacity: Capacity | None = None,
) -> None:
    event = ReleaseEvent(
        aggregate_id=sitting_id,
        at=now,
        actor_id=actor.id,
        sitting_id=sitting_id,
        kind=kind,
        run_id=run_id,
        digest=digest,
        agrees=True,
        capacity=capacity,
    )
    append(session, event)
