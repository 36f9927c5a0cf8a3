"""Reading cut scores. Nothing here knows a mark or an outcome."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.queries import names_of
from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.chain import find_words
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.exams.queries import get_form
from proficiency.marking.queries import find_conflict, markers_of
from proficiency.sittings.queries import SittingView, get_sitting, list_sittings
from proficiency.standard_setting.models import CutScoreEvent
from proficiency.standard_setting.rules import (
    METHOD_NAMES,
    REFUSALS,
    CutEvent,
    CutScoreKind,
    Method,
    Proposal,
    ProposalState,
    Signature,
    current_proposal,
    exact_text,
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
    form = get_form(session, get_sitting(session, sitting_id).form_id)
    return form.settings.adoption_quorum


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


# Pages


@dataclass(frozen=True)
class SignatureLine:
    """A signature with the name of who gave it."""

    name: str
    at: datetime


@dataclass(frozen=True)
class ProposalLine:
    """A proposal as the page tells it. `share` is the cut score as a part of the maximum."""

    id: str
    state: ProposalState
    exact: str
    score: Fraction
    share: Fraction
    method: str
    rationale: str | None
    proposed: SignatureLine
    signatures: tuple[SignatureLine, ...]
    missing: int
    withdrawn: SignatureLine | None
    withdrawal_reason: str | None
    applied_at: datetime | None


@dataclass(frozen=True)
class CutScorePage:
    """One sitting's cut score and what the reader may do about it.

    `obstacle` says why a board member who would otherwise act may not.
    """

    sitting_id: str
    sitting_title: str
    form_title: str
    max_mark: Fraction
    quorum: int
    standing: ProposalLine | None
    past: tuple[ProposalLine, ...]
    may_propose: bool
    may_adopt: bool
    may_withdraw: bool
    obstacle: str | None


def get_cut_score_page(session: Session, actor: Actor, sitting_id: str) -> CutScorePage:
    """Return everything that the page of one sitting's cut score shows. Raises `NotFound`."""
    sitting = get_sitting(session, sitting_id)
    form = get_form(session, sitting.form_id)
    views = list_proposals(session, sitting_id)
    names = names_of(session, {person for view in views for person in _people(view.proposal)})
    lines = [_line(view, form.max_mark, names) for view in views]
    standing = current_proposal([view.proposal for view in views])
    obstacle = _obstacle(session, actor, sitting_id, standing)
    acts = actor.has(Role.ASSESSMENT_BOARD) and sitting.cancelled_at is None
    interested = acts and find_interest(session, actor.id, sitting_id) is not None
    state = standing.state if standing else None

    def may(kind: CutScoreKind) -> bool:
        return acts and not interested and REFUSALS[state, kind] is None

    return CutScorePage(
        sitting_id=sitting_id,
        sitting_title=sitting.title,
        form_title=form.title,
        max_mark=form.max_mark,
        quorum=form.settings.adoption_quorum,
        standing=next((line for line in lines if line.state is not ProposalState.WITHDRAWN), None),
        past=tuple(line for line in lines if line.state is ProposalState.WITHDRAWN),
        may_propose=may(CutScoreKind.PROPOSED),
        may_adopt=may(CutScoreKind.ADOPTED) and obstacle is None,
        may_withdraw=may(CutScoreKind.WITHDRAWN),
        obstacle=obstacle if acts else None,
    )


def _obstacle(
    session: Session, actor: Actor, sitting_id: str, standing: Proposal | None
) -> str | None:
    interest = find_interest(session, actor.id, sitting_id)
    if interest is not None or standing is None or standing.state is not ProposalState.OPEN:
        return interest
    if actor.id == standing.proposed_by:
        return _("You proposed this cut score, so others must adopt it.")
    if actor.id in {signature.actor_id for signature in standing.signatures}:
        return _("You have signed this proposal.")
    return None


def _people(proposal: Proposal) -> set[str]:
    people = {proposal.proposed_by, *(signature.actor_id for signature in proposal.signatures)}
    return people | ({proposal.withdrawn.actor_id} if proposal.withdrawn else set())


def _line(view: ProposalView, max_mark: Fraction, names: Mapping[str, str]) -> ProposalLine:
    proposal = view.proposal

    def signed(signature: Signature) -> SignatureLine:
        return SignatureLine(names[signature.actor_id], signature.at)

    method = METHOD_NAMES[proposal.method]
    return ProposalLine(
        id=proposal.id,
        state=proposal.state,
        exact=exact_text(proposal.score),
        score=proposal.score,
        share=proposal.score / max_mark,
        method=f"{method}: {view.method_note}" if view.method_note else method,
        rationale=view.rationale,
        proposed=SignatureLine(names[proposal.proposed_by], proposal.proposed_at),
        signatures=tuple(signed(signature) for signature in proposal.signatures),
        missing=proposal.missing,
        withdrawn=signed(proposal.withdrawn) if proposal.withdrawn else None,
        withdrawal_reason=view.withdrawal_reason,
        applied_at=proposal.applied.at if proposal.applied else None,
    )


@dataclass(frozen=True)
class SittingLine:
    """A sitting in the list of cut scores."""

    sitting_id: str
    title: str
    opens_at: datetime
    state: ProposalState | None
    missing: int
    waits_for_reader: bool


def list_cut_scores(session: Session, actor: Actor) -> list[SittingLine]:
    """Return every sitting that was not cancelled with the state of its cut score."""
    return [
        _sitting_line(session, actor, sitting)
        for sitting in list_sittings(session)
        if sitting.cancelled_at is None
    ]


def _sitting_line(session: Session, actor: Actor, sitting: SittingView) -> SittingLine:
    standing = current_proposal(read_sitting_proposals(session, sitting.id))
    waits = (
        standing is not None
        and standing.state is ProposalState.OPEN
        and _obstacle(session, actor, sitting.id, standing) is None
    )
    return SittingLine(
        sitting_id=sitting.id,
        title=sitting.title,
        opens_at=sitting.opens_at,
        state=standing.state if standing else None,
        missing=standing.missing if standing else 0,
        waits_for_reader=waits and actor.has(Role.ASSESSMENT_BOARD),
    )
