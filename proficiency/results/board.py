"""What the board and officers see of a sitting: how far it is, what is next, and its results.

Outcomes are here only from the moment they were computed, which needs an adopted cut score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from proficiency.accounts.queries import names_of
from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.delivery.queries import AttemptSummary, list_attempts
from proficiency.delivery.rules import Phase
from proficiency.exams.queries import get_form
from proficiency.marking.queries import find_round, rounds_by_sitting
from proficiency.marking.rules import RoundKind
from proficiency.moderation.queries import get_state, is_signed_off
from proficiency.results.queries import ResultView, find_newest_run, list_results
from proficiency.results.rules import (
    CAPACITY_NAMES,
    PassRate,
    Run,
    approval_refusal,
    pass_rate,
)
from proficiency.sittings.queries import SittingView, get_sitting, list_bookings, list_sittings
from proficiency.sittings.rules import SittingPhase
from proficiency.standard_setting.queries import find_interest, read_sitting_proposals
from proficiency.standard_setting.rules import (
    Outcome,
    Proposal,
    ProposalState,
    current_proposal,
    score_text,
)


class Action(StrEnum):
    """What the reader of the page can do next."""

    SET_CUT_SCORE = "set_cut_score"
    COMPUTE = "compute"
    APPROVE = "approve"


@dataclass(frozen=True)
class Stage:
    """One step of a sitting's way to its results. `detail` says what is there or missing."""

    name: str
    is_done: bool
    detail: str
    at: datetime | None = None


@dataclass(frozen=True)
class ApprovalLine:
    """Who approved, in which capacity, when."""

    name: str
    capacity: str
    at: datetime


@dataclass(frozen=True)
class BoardPage:
    """One sitting for its board. `results` is empty before they were computed.

    `action` is what this reader can do now; `waiting` says what else the sitting waits for.
    """

    sitting_id: str
    sitting_title: str
    form_title: str
    stages: tuple[Stage, ...]
    action: Action | None
    waiting: str | None
    run: Run | None
    missing: int
    approvals: tuple[ApprovalLine, ...]
    results: tuple[ResultView, ...]
    cut_score: str | None
    rate: PassRate | None

    @property
    def is_released(self) -> bool:
        return self.run is not None and self.run.released_at is not None


@dataclass(frozen=True)
class _Facts:
    """Everything that decides where a sitting stands."""

    sitting: SittingView
    now: datetime
    booked: int
    attempts: Sequence[AttemptSummary]
    marking_closed_at: datetime | None
    is_signed: bool
    signatures: str
    proposal: Proposal | None
    run: Run | None
    missing: int


def get_board_page(session: Session, actor: Actor, now: datetime, sitting_id: str) -> BoardPage:
    """Return the page of one sitting.

    Raises `NotFound` for a cancelled sitting, and for a panel member before release: a panel
    hears about what was released.
    """
    facts = _read_facts(session, now, sitting_id)
    only_panel = not actor.has(Role.ASSESSMENT_BOARD, Role.EXAM_OFFICER)
    if facts.sitting.cancelled_at is not None or (only_panel and not _released(facts)):
        raise NotFound(_("There are no results of this sitting."))
    form = get_form(session, facts.sitting.form_id)
    results = tuple(list_results(session, sitting_id))
    passes = sum(result.outcome is Outcome.PASS for result in results)
    action, waiting = _next_step(session, actor, facts)
    return BoardPage(
        sitting_id=sitting_id,
        sitting_title=facts.sitting.title,
        form_title=form.title,
        stages=_stages(facts, form.settings.release_quorum),
        action=None if only_panel else action,
        waiting=waiting,
        run=facts.run,
        missing=facts.missing,
        approvals=_approvals(session, facts.run),
        results=results,
        cut_score=_adopted_score(facts.proposal),
        rate=pass_rate(len(results), passes) if results else None,
    )


def _read_facts(session: Session, now: datetime, sitting_id: str) -> _Facts:
    sitting = get_sitting(session, sitting_id)
    closing = find_round(session, sitting_id, RoundKind.CLOSED)
    moderation = get_state(session, sitting_id)
    run = find_newest_run(session, sitting_id)
    quorum = get_form(session, sitting.form_id).settings.release_quorum
    return _Facts(
        sitting=sitting,
        now=now,
        booked=sum(booking.is_booked for booking in list_bookings(session, sitting_id)),
        attempts=list_attempts(session, sitting_id),
        marking_closed_at=closing.at if closing else None,
        is_signed=moderation.is_signed_off,
        signatures=_("{n} signatures so far").format(n=len(moderation.signatures))
        if moderation.is_opened
        else _("not opened yet"),
        proposal=current_proposal(read_sitting_proposals(session, sitting_id)),
        run=run,
        missing=run.missing(quorum) if run else quorum,
    )


def _released(facts: _Facts) -> bool:
    return facts.run is not None and facts.run.released_at is not None


def _is_over(facts: _Facts) -> bool:
    """Whether nobody can start any more and nobody still writes."""
    writing = any(attempt.phase is not Phase.CLOSED for attempt in facts.attempts)
    return facts.sitting.phase(facts.now) is SittingPhase.RUNNING and not writing


def _stages(facts: _Facts, quorum: int) -> tuple[Stage, ...]:
    run = facts.run
    return (
        Stage(
            _("The exam is over"),
            _is_over(facts),
            _("{sat} of {booked} booked candidates sat").format(
                sat=len(facts.attempts), booked=facts.booked
            ),
        ),
        Stage(
            _("Marking is closed"),
            facts.marking_closed_at is not None,
            _("every response is settled") if facts.marking_closed_at else _("not closed yet"),
            facts.marking_closed_at,
        ),
        Stage(
            _("Moderation is signed off"),
            facts.is_signed,
            _("by its quorum") if facts.is_signed else facts.signatures,
        ),
        _cut_score_stage(facts.proposal),
        Stage(
            _("Results are computed"),
            run is not None,
            _("twice, independently, and both agree") if run else _("not computed yet"),
            run.computed_at if run else None,
        ),
        Stage(
            _("Results are approved"),
            run is not None and facts.missing == 0,
            _approval_detail(run, quorum),
        ),
        Stage(
            _("Results are released"),
            _released(facts),
            _("candidates can read them") if _released(facts) else _("with the last approval"),
            run.released_at if run else None,
        ),
    )


def _cut_score_stage(proposal: Proposal | None) -> Stage:
    name = _("The cut score is adopted")
    if proposal is None:
        return Stage(name, False, _("none proposed yet"))
    if proposal.adopted_at is None:
        detail = _("proposed; {n} signatures missing").format(n=proposal.missing)
        return Stage(name, False, detail)
    detail = _("{score} marks").format(score=score_text(proposal.score))
    return Stage(name, True, detail, proposal.adopted_at)


def _approval_detail(run: Run | None, quorum: int) -> str:
    given = len(run.approvals) if run else 0
    detail = _("{given} of {quorum} approvals").format(given=given, quorum=quorum)
    if run and given >= quorum and not run.has_board:
        detail += _("; one must be of the board")
    return detail


def _next_step(session: Session, actor: Actor, facts: _Facts) -> tuple[Action | None, str | None]:
    """What the reader can do now, and what the sitting waits for."""
    if _released(facts):
        return None, None
    is_adopted = facts.proposal is not None and facts.proposal.adopted_at is not None
    if facts.run is None:
        if not is_adopted:
            words = _("The assessment board proposes and adopts a cut score.")
            if not facts.is_signed:
                words = f"{_before_signature(facts)} {_('The board can set the cut score now.')}"
            return (Action.SET_CUT_SCORE if actor.has(Role.ASSESSMENT_BOARD) else None), words
        if not facts.is_signed:
            return None, _before_signature(facts)
        return Action.COMPUTE, _("The results can be computed.")
    refusal = approval_refusal(facts.run, facts.run, actor.id) or find_interest(
        session, actor.id, facts.sitting.id
    )
    if refusal is not None:
        return None, refusal
    return Action.APPROVE, _("The results wait for approval.")


def _before_signature(facts: _Facts) -> str:
    if facts.marking_closed_at is not None:
        return _("The advisory group moderates the marks and signs them off.")
    if _is_over(facts):
        return _("Assessors mark, and the lead assessor closes the marking.")
    return _("The exam is not over yet.")


def _approvals(session: Session, run: Run | None) -> tuple[ApprovalLine, ...]:
    if run is None:
        return ()
    names = names_of(session, {approval.actor_id for approval in run.approvals})
    return tuple(
        ApprovalLine(names[each.actor_id], CAPACITY_NAMES[each.capacity], each.at)
        for each in run.approvals
    )


def _adopted_score(proposal: Proposal | None) -> str | None:
    if proposal is None or proposal.adopted_at is None:
        return None
    return score_text(proposal.score)


# All sittings


class Progress(StrEnum):
    """How far a sitting is, in one word for lists."""

    BEFORE_MARKING = "before_marking"
    MARKING = "marking"
    MODERATION = "moderation"
    CUT_SCORE = "cut_score"
    COMPUTING = "computing"
    APPROVAL = "approval"
    RELEASED = "released"


PROGRESS_WORDS = {
    Progress.BEFORE_MARKING: (_("not marked yet"), "neutral"),
    Progress.MARKING: (_("in marking"), "neutral"),
    Progress.MODERATION: (_("in moderation"), "neutral"),
    Progress.CUT_SCORE: (_("waits for a cut score"), "warn"),
    Progress.COMPUTING: (_("ready to compute"), "info"),
    Progress.APPROVAL: (_("waits for approval"), "warn"),
    Progress.RELEASED: (_("released"), "good"),
}


@dataclass(frozen=True)
class SittingProgress:
    """A sitting in the list of results. `waits_for_reader` when they can approve it now."""

    sitting_id: str
    title: str
    opens_at: datetime
    progress: Progress
    waits_for_reader: bool


def list_progress(session: Session, actor: Actor) -> list[SittingProgress]:
    """Return every sitting that was not cancelled, the latest first; for panels, released ones."""
    rounds = rounds_by_sitting(session)
    sees_all = actor.has(Role.ASSESSMENT_BOARD, Role.EXAM_OFFICER)
    lines = [
        _progress_line(session, actor, sitting, rounds.get(sitting.id, frozenset()))
        for sitting in list_sittings(session)
        if sitting.cancelled_at is None
    ]
    return [line for line in lines if sees_all or line.progress is Progress.RELEASED]


def _progress_line(
    session: Session, actor: Actor, sitting: SittingView, rounds: frozenset[RoundKind]
) -> SittingProgress:
    run = find_newest_run(session, sitting.id)
    progress = _progress(session, sitting.id, rounds, run)
    waits = (
        progress is Progress.APPROVAL
        and run is not None
        and approval_refusal(run, run, actor.id) is None
        and find_interest(session, actor.id, sitting.id) is None
    )
    return SittingProgress(sitting.id, sitting.title, sitting.opens_at, progress, waits)


def _progress(
    session: Session, sitting_id: str, rounds: frozenset[RoundKind], run: Run | None
) -> Progress:
    if run is not None:
        return Progress.APPROVAL if run.released_at is None else Progress.RELEASED
    if RoundKind.CLOSED not in rounds:
        return Progress.MARKING if rounds else Progress.BEFORE_MARKING
    if not is_signed_off(session, sitting_id):
        return Progress.MODERATION
    standing = current_proposal(read_sitting_proposals(session, sitting_id))
    is_adopted = standing is not None and standing.state is not ProposalState.OPEN
    return Progress.COMPUTING if is_adopted else Progress.CUT_SCORE
