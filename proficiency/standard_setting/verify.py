"""Rules of cut scores that no constraint can hold, checked again over all evidence."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.exams.queries import get_form
from proficiency.sittings.queries import get_sitting
from proficiency.standard_setting.models import CutScoreEvent
from proficiency.standard_setting.queries import cut_event
from proficiency.standard_setting.rules import (
    REFUSALS,
    CutEvent,
    CutScoreKind,
    current_proposal,
    read_proposals,
)


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for every chain of cut scores that the rules would not have allowed."""
    query = sa.select(CutScoreEvent).order_by(CutScoreEvent.aggregate_id, CutScoreEvent.pos)
    chains: dict[str, list[CutEvent]] = {}
    for row in session.scalars(query):
        chains.setdefault(row.aggregate_id, []).append(cut_event(row))
    for sitting_id, events in chains.items():
        form = get_form(session, get_sitting(session, sitting_id).form_id)
        for problem in check_chain(events, form.settings.adoption_quorum):
            yield f"cut score of sitting {sitting_id}: {problem}"
        for event in events:
            if event.score is not None and not 0 < event.score <= form.max_mark:
                yield f"cut score of sitting {sitting_id}: {event.score} is outside the form"


def check_chain(events: Sequence[CutEvent], quorum: int) -> Iterator[str]:
    """Yield what is wrong in one sitting's events, each judged by what stood before it."""
    proposed: dict[str, CutEvent] = {}
    for place, event in enumerate(events):
        if event.kind is CutScoreKind.PROPOSED:
            proposed[event.id] = event
        elif event.proposal_id not in proposed:
            yield f"event {event.id} is about a proposal that is not in its chain"
            return
        standing = current_proposal(read_proposals(events[:place], quorum))
        if REFUSALS[standing.state if standing else None, event.kind] is not None:
            yield f"event {event.id} ({event.kind}) could not follow there"
        if standing and event.proposal_id not in {standing.id, event.id}:
            yield f"event {event.id} is about a proposal that no longer stood"
        if event.kind is CutScoreKind.ADOPTED:
            yield from _check_signature(event, proposed[event.proposal_id], events[:place])


def _check_signature(
    event: CutEvent, proposal: CutEvent, before: Sequence[CutEvent]
) -> Iterator[str]:
    if event.actor_id == proposal.actor_id:
        yield f"event {event.id}: the proposer adopted their own proposal"
    signed = (CutScoreKind.ADOPTED, event.actor_id, event.proposal_id)
    if signed in {(each.kind, each.actor_id, each.proposal_id) for each in before}:
        yield f"event {event.id}: somebody adopted the same proposal twice"
