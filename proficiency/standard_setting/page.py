"""What the pages of cut scores show, and what their reader may do. No mark or outcome is here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from proficiency.accounts.queries import names_of
from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.text import _
from proficiency.exams.queries import get_form
from proficiency.sittings.queries import SittingView, get_sitting, list_sittings
from proficiency.standard_setting.queries import (
    ProposalView,
    find_interest,
    list_proposals,
    read_sitting_proposals,
)
from proficiency.standard_setting.rules import (
    METHOD_NAMES,
    REFUSALS,
    CutScoreKind,
    Proposal,
    ProposalState,
    Signature,
    current_proposal,
    score_text,
)


@dataclass(frozen=True)
class SignatureLine:
    """A signature with the name of who gave it."""

    name: str
    at: datetime


@dataclass(frozen=True)
class ProposalLine:
    """A proposal as the page tells it: `text` is the score, `share` its part of the maximum."""

    id: str
    state: ProposalState
    text: str
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

    `obstacle` says why a board member who would otherwise act may not; `proposal_refusal` why
    nothing can be proposed now.
    """

    sitting_id: str
    sitting_title: str
    form_title: str
    max_mark: Fraction
    quorum: int
    standing: ProposalLine | None
    past: tuple[ProposalLine, ...]
    proposal_refusal: str | None
    may_propose: bool
    may_adopt: bool
    may_withdraw: bool
    obstacle: str | None


@dataclass(frozen=True)
class _Reader:
    """The reader's part in one sitting. `interest` says why they must not decide about it."""

    actor_id: str
    is_board: bool
    interest: str | None

    def may(self, state: ProposalState | None, kind: CutScoreKind) -> bool:
        """Whether the reader is of the board, free to decide, and the state allows `kind`."""
        return self.is_board and self.interest is None and REFUSALS[state, kind] is None

    def obstacle(self, standing: Proposal | None) -> str | None:
        """Why a member of the board may not sign what stands, if anything is open to sign."""
        if self.interest is not None or standing is None:
            return self.interest
        if standing.state is not ProposalState.OPEN:
            return None
        if self.actor_id == standing.proposed_by:
            return _("You proposed this cut score, so others must adopt it.")
        if self.actor_id in {signature.actor_id for signature in standing.signatures}:
            return _("You have signed this proposal.")
        return None


def _reader(session: Session, actor: Actor, sitting_id: str) -> _Reader:
    interest = find_interest(session, actor.id, sitting_id)
    return _Reader(actor.id, actor.has(Role.ASSESSMENT_BOARD), interest)


def get_cut_score_page(session: Session, actor: Actor, sitting_id: str) -> CutScorePage:
    """Return everything that the page of one sitting's cut score shows. Raises `NotFound`."""
    sitting = get_sitting(session, sitting_id)
    form = get_form(session, sitting.form_id)
    views = list_proposals(session, sitting_id)
    standing = current_proposal([view.proposal for view in views])
    state = standing.state if standing else None
    reader = _reader(session, actor, sitting_id)
    refusal = _proposal_refusal(sitting, reader, state)
    lines = _lines(session, views, form.max_mark)
    obstacle = reader.obstacle(standing)
    return CutScorePage(
        sitting_id=sitting_id,
        sitting_title=sitting.title,
        form_title=form.title,
        max_mark=form.max_mark,
        quorum=form.settings.adoption_quorum,
        standing=next((line for line in lines if line.state is not ProposalState.WITHDRAWN), None),
        past=tuple(line for line in lines if line.state is ProposalState.WITHDRAWN),
        proposal_refusal=refusal,
        may_propose=reader.is_board and refusal is None,
        may_adopt=reader.may(state, CutScoreKind.ADOPTED) and obstacle is None,
        may_withdraw=reader.may(state, CutScoreKind.WITHDRAWN),
        obstacle=obstacle if reader.is_board else None,
    )


def _proposal_refusal(
    sitting: SittingView, reader: _Reader, state: ProposalState | None
) -> str | None:
    if sitting.cancelled_at is not None:
        return _("This sitting was cancelled, so it needs no cut score.")
    return reader.interest or REFUSALS[state, CutScoreKind.PROPOSED]


def _lines(session: Session, views: list[ProposalView], max_mark: Fraction) -> list[ProposalLine]:
    names = names_of(session, {person for view in views for person in _people(view.proposal)})
    return [_line(view, max_mark, names) for view in views]


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
        text=score_text(proposal.score),
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
    state = standing.state if standing else None
    waits = False
    if state is ProposalState.OPEN:
        reader = _reader(session, actor, sitting.id)
        waits = reader.may(state, CutScoreKind.ADOPTED) and reader.obstacle(standing) is None
    return SittingLine(
        sitting_id=sitting.id,
        title=sitting.title,
        opens_at=sitting.opens_at,
        state=state,
        missing=standing.missing if standing else 0,
        waits_for_reader=waits,
    )
