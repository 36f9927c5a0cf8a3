"""Reading cut scores. Nothing here knows a mark or an outcome."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.chain import find_words
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.marking.queries import find_conflict, markers_of
from proficiency.sittings.settings import settings_of
from proficiency.standard_setting.models import CutScoreEvent
from proficiency.standard_setting.rules import (
    CutEvent,
    CutScoreKind,
    Method,
    Proposal,
    ProposalState,
    current_proposal,
    read_proposals,
)


@dataclass(frozen=True)
class CutScore:
    """The adopted cut score of a sitting, in raw marks and unrounded."""

    event_id: str
    score: Fraction
    method: Method
    adopted_at: datetime


@dataclass(frozen=True)
class ProposalView:
    """A proposal with its words. Words are None when they were lawfully erased."""

    sitting_id: str
    proposal: Proposal
    method_note: str | None
    rationale: str | None
    withdrawal_reason: str | None

    @property
    def id(self) -> str:
        return self.proposal.id

    @property
    def state(self) -> ProposalState:
        return self.proposal.state


def read_sitting_proposals(session: Session, sitting_id: str) -> tuple[Proposal, ...]:
    """Return the proposals of a sitting, oldest first, without their words."""
    rows = session.scalars(
        sa.select(CutScoreEvent)
        .where(CutScoreEvent.aggregate_id == sitting_id)
        .order_by(CutScoreEvent.pos)
    )
    events = [cut_event(row) for row in rows]
    return read_proposals(events, adoption_quorum(session, sitting_id)) if events else ()


def cut_event(row: CutScoreEvent) -> CutEvent:
    """Return a stored event as the rules read it."""
    return CutEvent(
        id=row.id,
        kind=CutScoreKind(row.kind),
        actor_id=row.actor_id,
        at=row.at,
        proposal_id=row.proposal_id or row.id,
        score=row.cut_score,
        method=None if row.method is None else Method(row.method),
    )


def adoption_quorum(session: Session, sitting_id: str) -> int:
    """Return how many board members other than the proposer the scheme asks for."""
    return settings_of(session, sitting_id).adoption_quorum


def list_proposals(session: Session, sitting_id: str) -> list[ProposalView]:
    """Return every proposal of a sitting with its words, the newest first."""
    proposals = read_sitting_proposals(session, sitting_id)
    return [_view(session, sitting_id, proposal) for proposal in reversed(proposals)]


def get_proposal(session: Session, proposal_id: str) -> ProposalView:
    """Return one proposal. Raises `NotFound`."""
    sitting_id = session.scalar(
        sa.select(CutScoreEvent.sitting_id).where(
            CutScoreEvent.id == proposal_id, CutScoreEvent.kind == CutScoreKind.PROPOSED
        )
    )
    if sitting_id is None:
        raise NotFound(_("There is no such proposal of a cut score."))
    proposals = read_sitting_proposals(session, sitting_id)
    proposal = next(each for each in proposals if each.id == proposal_id)
    return _view(session, sitting_id, proposal)


def _view(session: Session, sitting_id: str, proposal: Proposal) -> ProposalView:
    words = find_words(session, proposal.id)
    parts = {} if words is None else json.loads(words)
    withdrawn = proposal.withdrawn
    return ProposalView(
        sitting_id=sitting_id,
        proposal=proposal,
        method_note=parts.get("method_note"),
        rationale=parts.get("rationale"),
        withdrawal_reason=None if withdrawn is None else find_words(session, withdrawn.event_id),
    )


def find_adopted_cut_score(session: Session, sitting_id: str) -> CutScore | None:
    """Return the cut score that the board has adopted for a sitting, or None before that."""
    return _adopted(read_sitting_proposals(session, sitting_id))


def _adopted(proposals: Sequence[Proposal]) -> CutScore | None:
    standing = current_proposal(proposals)
    if standing is None or standing.adopted_at is None:
        return None
    return CutScore(standing.id, standing.score, standing.method, standing.adopted_at)


def find_interest(session: Session, person_id: str, sitting_id: str) -> str | None:
    """Return why a person must not decide about a sitting, or None: who decides did not mark.

    Nor does anybody decide who is booked for an exam with one of its cases.
    """
    if person_id in markers_of(session, sitting_id):
        return _("You marked responses of this sitting, so others must decide about it.")
    return find_conflict(session, person_id, sitting_id)
