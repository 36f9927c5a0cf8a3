"""The cut score's life and the decision rule that marking, moderation and results share. Pure.

Keeps invariant 10 (one transition table; a state is read off the events and stored nowhere) and
the rule that a total is compared with the cut score unrounded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from proficiency.core.errors import Invalid
from proficiency.core.exact import mark_text, read_exact
from proficiency.core.text import _
from proficiency.exams.exactness import FINEST_CUT_SCORE


class CutScoreKind(StrEnum):
    """What can happen to a cut score. `applied`: results of the sitting were computed with it."""

    PROPOSED = "proposed"
    ADOPTED = "adopted"
    WITHDRAWN = "withdrawn"
    APPLIED = "applied"


class Method(StrEnum):
    """How a cut score was found. What the panel really did is told in the rationale."""

    ANGOFF = "angoff"
    EBEL = "ebel"
    BOOKMARK = "bookmark"
    BORDERLINE = "borderline"
    HOFSTEE = "hofstee"
    OTHER = "other"


METHOD_NAMES = {
    Method.ANGOFF: _("Angoff (modified)"),
    Method.EBEL: _("Ebel"),
    Method.BOOKMARK: _("Bookmark"),
    Method.BORDERLINE: _("Borderline group"),
    Method.HOFSTEE: _("Hofstee"),
    Method.OTHER: _("Another method"),
}

METHOD_HINTS = {
    Method.ANGOFF: _("Judges say how a minimally competent candidate would do on each question."),
    Method.EBEL: _("Judges sort questions by how hard and how relevant they are."),
    Method.BOOKMARK: _("Judges place a mark in the questions, ordered from easy to hard."),
    Method.BORDERLINE: _("From the marks of responses that assessors called borderline."),
    Method.HOFSTEE: _("A compromise between the lowest and highest acceptable cuts."),
    Method.OTHER: _("Name it below."),
}


class Outcome(StrEnum):
    """What a result says."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"


def decide_outcome(total: Fraction, cut_score: Fraction) -> Outcome:
    """Return the outcome: a total that reaches the unrounded cut score passes."""
    return Outcome.PASS if total >= cut_score else Outcome.FAIL


# Reading a score that somebody typed


MOST_PLACES = 6
"""Decimals that a score may be typed with, and is shown with before it becomes a fraction."""


def read_score(text: str) -> Fraction:
    """Return the exact marks that `text` writes, as `34.5` or `69/2`.

    Raises `Invalid` with what to write instead for anything else.
    """
    score = read_exact(text)
    if score is None:
        raise Invalid(_unreadable(text.strip()))
    return score


def _unreadable(text: str) -> str:
    if not text:
        return _("Write the cut score in marks, such as 34.5.")
    if "%" in text:
        return _("Write marks, not a percentage, such as 34.5. The page shows the percentage.")
    if "," in text:
        return _("Write the decimal part after a point, not a comma, such as 34.5.")
    if text.startswith(("-", "−")):
        return _("A cut score is more than 0 marks.")
    return _("This is not a number of marks. Write it as 34.5 or, exactly, as 69/2.")


def check_score(score: Fraction, max_mark: Fraction) -> None:
    """Raise `Invalid` unless 0 < `score` ≤ `max_mark`, both in raw marks.

    It is refused too when finer than `FINEST_CUT_SCORE`, so that any database compares it exactly.
    """
    if score <= 0:
        raise Invalid(_("A cut score is more than 0 marks: with 0 everybody would pass."))
    if score > max_mark:
        raise Invalid(
            _("A cut score is at most the {max} marks that the form can give.").format(
                max=mark_text(max_mark)
            )
        )
    if score.denominator > FINEST_CUT_SCORE:
        raise Invalid(
            _(
                "Write the cut score with up to six decimals, or as a fraction with at most "
                "{most:,} below the line."
            ).format(most=FINEST_CUT_SCORE)
        )


def exact_text(mark: Fraction) -> str:
    """Return a mark without any rounding: `34.5` where decimals can say it, else `103/3`."""
    for places in range(MOST_PLACES + 1):
        if 10**places % mark.denominator == 0:
            return mark_text(mark, places)
    return f"{mark.numerator}/{mark.denominator}"


def score_text(score: Fraction) -> str:
    """Return a score exactly, and about where decimals cannot say it: `103/3 (about 34.33)`."""
    exact = exact_text(score)
    if "/" not in exact:
        return exact
    return _("{exact} (about {rounded})").format(exact=exact, rounded=mark_text(score))


# The life of a proposal, read off its events


class ProposalState(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    ADOPTED = "adopted"
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class CutEvent:
    """One row of a sitting's chain. `proposal_id` is the row's own id for a proposal."""

    id: str
    kind: CutScoreKind
    actor_id: str
    at: datetime
    proposal_id: str
    score: Fraction | None = None
    method: Method | None = None


@dataclass(frozen=True)
class Signature:
    """Who signed, withdrew or applied, and when."""

    actor_id: str
    at: datetime
    event_id: str


@dataclass(frozen=True)
class Proposal:
    """A proposed cut score and what became of it. `score` is in raw marks, unrounded."""

    id: str
    score: Fraction
    method: Method
    proposed_by: str
    proposed_at: datetime
    quorum: int
    signatures: tuple[Signature, ...] = ()
    withdrawn: Signature | None = None
    applied: Signature | None = None

    @property
    def adopted_at(self) -> datetime | None:
        """When the signature that made the quorum was given; None before."""
        if len(self.signatures) < self.quorum:
            return None
        return self.signatures[self.quorum - 1].at

    @property
    def state(self) -> ProposalState:
        if self.withdrawn is not None:
            return ProposalState.WITHDRAWN
        if self.applied is not None:
            return ProposalState.APPLIED
        return ProposalState.OPEN if self.adopted_at is None else ProposalState.ADOPTED

    @property
    def missing(self) -> int:
        """How many signatures are still needed."""
        return max(self.quorum - len(self.signatures), 0)


def read_proposals(events: Iterable[CutEvent], quorum: int) -> tuple[Proposal, ...]:
    """Return a sitting's proposals, oldest first, from its events in the order of their chain.

    `quorum` people other than the proposer adopt. Raises `KeyError` for an event about a proposal
    that is not there: such a chain was not made by this program.
    """
    found: dict[str, Proposal] = {}
    for event in events:
        if event.kind is CutScoreKind.PROPOSED:
            found[event.id] = _first(event, quorum)
        else:
            found[event.proposal_id] = _after(found[event.proposal_id], event)
    return tuple(found.values())


def _first(event: CutEvent, quorum: int) -> Proposal:
    if event.score is None or event.method is None:
        raise ValueError("a proposal has a score and a method")
    return Proposal(
        event.id, event.score, event.method, event.actor_id, event.at, quorum=max(quorum, 1)
    )


def _after(proposal: Proposal, event: CutEvent) -> Proposal:
    signature = Signature(event.actor_id, event.at, event.id)
    if event.kind is CutScoreKind.ADOPTED:
        return replace(proposal, signatures=(*proposal.signatures, signature))
    if event.kind is CutScoreKind.WITHDRAWN:
        return replace(proposal, withdrawn=signature)
    if event.kind is CutScoreKind.APPLIED:
        return replace(proposal, applied=signature)
    raise ValueError("a proposal is made once, by the first event about it")


def current_proposal(proposals: Sequence[Proposal]) -> Proposal | None:
    """Return the proposal that stands: the one not withdrawn. There is never more than one."""
    return next((each for each in proposals if each.state is not ProposalState.WITHDRAWN), None)


# What may happen when: the one transition table

_USED = _(
    "Results of this sitting have been computed with the adopted cut score, so it can no longer "
    "change. What sways a decision is settled before its effect can be seen."
)
_NOTHING = _("No cut score is proposed for this sitting.")

REFUSALS: dict[tuple[ProposalState | None, CutScoreKind], str | None] = {
    (None, CutScoreKind.PROPOSED): None,
    (None, CutScoreKind.ADOPTED): _NOTHING,
    (None, CutScoreKind.WITHDRAWN): _NOTHING,
    (None, CutScoreKind.APPLIED): _("Results need an adopted cut score. None is adopted yet."),
    (ProposalState.OPEN, CutScoreKind.PROPOSED): _(
        "A cut score is proposed already. Adopt or withdraw it before another is proposed."
    ),
    (ProposalState.OPEN, CutScoreKind.ADOPTED): None,
    (ProposalState.OPEN, CutScoreKind.WITHDRAWN): None,
    (ProposalState.OPEN, CutScoreKind.APPLIED): _(
        "Results need an adopted cut score. The one proposed is not adopted yet."
    ),
    (ProposalState.ADOPTED, CutScoreKind.PROPOSED): _(
        "A cut score is adopted already. Withdraw it, with a reason, before another is proposed."
    ),
    (ProposalState.ADOPTED, CutScoreKind.ADOPTED): _("This cut score is adopted already."),
    (ProposalState.ADOPTED, CutScoreKind.WITHDRAWN): None,
    (ProposalState.ADOPTED, CutScoreKind.APPLIED): None,
    (ProposalState.APPLIED, CutScoreKind.PROPOSED): _USED,
    (ProposalState.APPLIED, CutScoreKind.ADOPTED): _USED,
    (ProposalState.APPLIED, CutScoreKind.WITHDRAWN): _USED,
    (ProposalState.APPLIED, CutScoreKind.APPLIED): None,
    (ProposalState.WITHDRAWN, CutScoreKind.PROPOSED): None,
    (ProposalState.WITHDRAWN, CutScoreKind.ADOPTED): _("This proposal was withdrawn."),
    (ProposalState.WITHDRAWN, CutScoreKind.WITHDRAWN): _("This proposal was withdrawn already."),
    (ProposalState.WITHDRAWN, CutScoreKind.APPLIED): _("This cut score was withdrawn."),
}
"""Why something may not happen in a state; None where it may. `None` as state: nothing proposed."""

for _state in (None, *ProposalState):
    for _kind in CutScoreKind:
        if (_state, _kind) not in REFUSALS:
            raise RuntimeError(f"nothing says whether {_kind} may follow in {_state}")
for _method in Method:
    if _method not in METHOD_NAMES or _method not in METHOD_HINTS:
        raise RuntimeError(f"the method {_method} has no name or no hint")
