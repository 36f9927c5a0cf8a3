"""Rules of results that no constraint can hold, checked again over all evidence."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.results.comparing import find_difference
from proficiency.results.models import ReleaseEvent, Result
from proficiency.results.queries import (
    claim_of,
    list_runs,
    release_quorum,
    results_of_run,
    run_digest,
)
from proficiency.results.recompute import ContradictoryEvidence, recompute_sitting
from proficiency.results.rules import Run
from proficiency.standard_setting.queries import get_proposal


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for every result that the evidence or the rules would not have given."""
    for sitting_id in session.scalars(sa.select(ReleaseEvent.sitting_id).distinct()).all():
        runs = list_runs(session, sitting_id)
        for run in runs:
            for problem in _check_run(session, sitting_id, run):
                yield f"results of sitting {sitting_id}, run {run.id}: {problem}"
        yield from _check_again(session, sitting_id, runs[-1])
    yield from _check_strays(session)


def _check_run(session: Session, sitting_id: str, run: Run) -> Iterator[str]:
    rows = results_of_run(session, run.id)
    if run_digest(rows) != run.digest:
        yield "the digest that was approved is not that of the recorded results"
    for row in rows:
        yield from _check_result(session, row)
    approvers = [approval.actor_id for approval in run.approvals]
    if len(set(approvers)) != len(approvers):
        yield "somebody approved twice"
    if run.released_at is not None and run.missing(release_quorum(session, sitting_id)) > 0:
        yield "it was released without the approvals that it needed"


def _check_result(session: Session, row: Result) -> Iterator[str]:
    if row.aggregate_id != row.attempt_id:
        yield f"result {row.id} is not in the chain of its attempt"
    proposal = get_proposal(session, row.cut_score_event_id).proposal
    claim = claim_of(row)
    if claim.cut_score != proposal.score:
        yield f"result {row.id} used another cut score than the one adopted"
    if proposal.adopted_at is None or proposal.adopted_at > row.at:
        yield f"result {row.id} was computed before its cut score was adopted"
    if sum(theme.mark for theme in claim.themes) != claim.total:
        yield f"the themes of result {row.id} do not add up to its total"


def _check_again(session: Session, sitting_id: str, run: Run) -> Iterator[str]:
    """The results that count must still follow from the raw evidence."""
    claims = [claim_of(row) for row in results_of_run(session, run.id)]
    try:
        difference = find_difference(claims, recompute_sitting(session, sitting_id))
    except ContradictoryEvidence as fault:
        difference = str(fault)
    if difference is not None:
        yield f"results of sitting {sitting_id} do not follow from the evidence: {difference}"


def _check_strays(session: Session) -> Iterator[str]:
    known = sa.select(ReleaseEvent.run_id)
    for row_id in session.scalars(sa.select(Result.id).where(Result.run_id.not_in(known))):
        yield f"result {row_id} belongs to no run that was recorded"
