"""Proposing, adopting and withdrawing a cut score.

Keeps: nobody adopts what they proposed or adopts twice; who decides neither sits the exam nor
marked it; once results were computed the cut score is settled. The sitting's chain is locked
before its state is read, because no constraint can hold a quorum (invariant 9).
"""

from datetime import datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Forbidden, Invalid, Refused
from proficiency.core.text import _, canonical_json, clean_text
from proficiency.exams.queries import get_form
from proficiency.sittings.queries import get_sitting
from proficiency.standard_setting.models import CutScoreEvent
from proficiency.standard_setting.queries import (
    find_interest,
    get_proposal,
    read_sitting_proposals,
)
from proficiency.standard_setting.rules import (
    REFUSALS,
    CutScoreKind,
    Method,
    Proposal,
    check_score,
    current_proposal,
)

LONGEST_WORDS = 20_000
"""Characters that a rationale or a reason may have; the forms say so."""


@operation(Role.ASSESSMENT_BOARD)
def propose_cut_score(
    session: Session,
    actor: Actor,
    now: datetime,
    /,
    *,
    sitting_id: str,
    cut_score: Fraction,
    method: Method,
    rationale: str,
    method_note: str = "",
) -> CutScoreEvent:
    """Propose `cut_score`, in raw marks, for a sitting.

    Raises `Invalid` for a score outside (0, maximum of the form], a missing rationale, or another
    method that is not named; `Refused` while another proposal stands, after results were computed
    or when the sitting was cancelled; `Forbidden` for somebody who sits or marked the exam.
    """
    lock(session, sitting_id)
    sitting = get_sitting(session, sitting_id)
    if sitting.cancelled_at is not None:
        raise Refused(_("This sitting was cancelled, so it needs no cut score."))
    _refuse_interested(session, actor, sitting_id)
    standing = current_proposal(read_sitting_proposals(session, sitting_id))
    _refuse(standing, CutScoreKind.PROPOSED)
    check_score(cut_score, get_form(session, sitting.form_id).max_mark)
    words = _words_of_proposal(Method(method), rationale, method_note)
    return append(
        session,
        CutScoreEvent(
            aggregate_id=sitting_id,
            sitting_id=sitting_id,
            at=now,
            actor_id=actor.id,
            kind=CutScoreKind.PROPOSED,
            cut_num=cut_score.numerator,
            cut_den=cut_score.denominator,
            method=Method(method),
        ),
        text=words,
    )


@operation(Role.ASSESSMENT_BOARD)
def adopt_cut_score(
    session: Session, actor: Actor, now: datetime, /, *, proposal_id: str
) -> CutScoreEvent:
    """Sign a proposal. With the quorum's last signature it is the sitting's cut score.

    Raises `Forbidden` for the proposer and whoever sits or marked the exam, `Refused` for a second
    signature of one person or a proposal that is not open.
    """
    sitting_id, proposal = _locked(session, proposal_id)
    _refuse_interested(session, actor, sitting_id)
    _refuse(proposal, CutScoreKind.ADOPTED)
    if actor.id == proposal.proposed_by:
        raise Forbidden(_("You proposed this cut score, so others must adopt it."))
    if actor.id in {signature.actor_id for signature in proposal.signatures}:
        raise Refused(_("You have signed this proposal already."))
    return _append_about(session, actor, now, CutScoreKind.ADOPTED, sitting_id, proposal_id)


@operation(Role.ASSESSMENT_BOARD)
def withdraw_cut_score(
    session: Session, actor: Actor, now: datetime, /, *, proposal_id: str, reason: str
) -> CutScoreEvent:
    """Withdraw a proposal, adopted or not, with a reason. The withdrawn one stays on record.

    Raises `Invalid` without a reason and `Refused` once results were computed with it.
    """
    sitting_id, proposal = _locked(session, proposal_id)
    _refuse_interested(session, actor, sitting_id)
    _refuse(proposal, CutScoreKind.WITHDRAWN)
    words = _checked_words(reason, _("Say why the cut score is withdrawn. Everybody will read it."))
    return _append_about(
        session, actor, now, CutScoreKind.WITHDRAWN, sitting_id, proposal_id, text=words
    )


@operation(Role.ASSESSMENT_BOARD, Role.EXAM_OFFICER)
def apply_cut_score(
    session: Session, actor: Actor, now: datetime, /, *, sitting_id: str
) -> Proposal:
    """Settle the adopted cut score, because results are computed with it now; return it.

    Called by results only. From then on no cut score of the sitting can change. Calling it again
    returns the same. Raises `Refused` when none is adopted.
    """
    lock(session, sitting_id)
    standing = current_proposal(read_sitting_proposals(session, sitting_id))
    _refuse(standing, CutScoreKind.APPLIED)
    if standing is None:
        raise RuntimeError("the table of transitions refuses to apply nothing")
    if standing.applied is None:
        _append_about(session, actor, now, CutScoreKind.APPLIED, sitting_id, standing.id)
    return standing


def _refuse_interested(session: Session, actor: Actor, sitting_id: str) -> None:
    interest = find_interest(session, actor.id, sitting_id)
    if interest is not None:
        raise Forbidden(interest)


def _locked(session: Session, proposal_id: str) -> tuple[str, Proposal]:
    """Lock the proposal's sitting, then read it: what is decided on can no longer change."""
    sitting_id = get_proposal(session, proposal_id).sitting_id
    lock(session, sitting_id)
    return sitting_id, get_proposal(session, proposal_id).proposal


def _refuse(standing: Proposal | None, kind: CutScoreKind) -> None:
    message = REFUSALS[standing.state if standing else None, kind]
    if message is not None:
        raise Refused(message)


def _words_of_proposal(method: Method, rationale: str, method_note: str) -> str:
    reasons = _checked_words(
        rationale, _("Say how the cut score was found and why it is right. Everybody will read it.")
    )
    note = clean_text(method_note).strip()
    if method is Method.OTHER and not note:
        raise Invalid(_("Name the method that was used."))
    if len(note) > LONGEST_WORDS:
        raise Invalid(_("The name of the method is too long. Put the details in the rationale."))
    return canonical_json({"method_note": note, "rationale": reasons})


def _checked_words(words: str, when_missing: str) -> str:
    cleaned = clean_text(words).strip()
    if not cleaned:
        raise Invalid(when_missing)
    if len(cleaned) > LONGEST_WORDS:
        raise Invalid(
            _(
                "This has {length:,} characters; up to {limit:,} can be kept. Nothing was cut."
            ).format(length=len(cleaned), limit=LONGEST_WORDS)
        )
    return cleaned


def _append_about(
    session: Session,
    actor: Actor,
    now: datetime,
    kind: CutScoreKind,
    sitting_id: str,
    proposal_id: str,
    text: str | None = None,
) -> CutScoreEvent:
    return append(
        session,
        CutScoreEvent(
            aggregate_id=sitting_id,
            sitting_id=sitting_id,
            at=now,
            actor_id=actor.id,
            kind=kind,
            proposal_id=proposal_id,
        ),
        text=text,
    )
