"""Two people decide about an answer that no machine may mark. Pure.

Each decides without seeing what the other said. If both say the same, that holds for everybody who
gave exactly this answer; if not, a third person, who leads, settles it. A decision that holds is
changed in the same way, with a reason.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from proficiency.items.rules import Decision


class StepKind(StrEnum):
    """What somebody did about one answer."""

    PROPOSED = "proposed"  # the first to decide; `supersedes_id` when it is to change a decision
    WITHDRAWN = "withdrawn"  # by the same person, before anybody else decided
    CONFIRMED = "confirmed"  # the second said the same: from now on it holds
    DISPUTED = "disputed"  # the second said something else
    SETTLED = "settled"  # a third person's decision: it holds


@dataclass(frozen=True)
class Step:
    """One step, as it was recorded. `about_id` is the proposal that it answers."""

    id: str
    kind: StepKind
    actor_id: str
    decision: Decision | None
    about_id: str | None = None
    supersedes_id: str | None = None


class ImpossibleStep(ValueError):
    """Steps that the rules would not have allowed. The message says which."""


@dataclass(frozen=True)
class AnswerState:
    """Where one answer stands.

    `decision` is what holds and `holds_id` the step that made it so. `proposal` waits for a second
    person, or, when there is a `dispute`, for a third.
    """

    decision: Decision | None = None
    holds_id: str | None = None
    proposal: Step | None = None
    dispute: Step | None = None


class Turn(StrEnum):
    """What one person can do about an answer now."""

    DECIDE = "decide"  # first or second: they are not told which
    SETTLE = "settle"
    UNDO = "undo"  # they decided and somebody else has yet to
    CHANGE = "change"  # it is decided
    WAIT = "wait"  # it waits for other people


def state_of(steps: Iterable[Step]) -> AnswerState:
    """Return where an answer stands after `steps`, in the order of their chain.

    Raises `ImpossibleStep` for a step that could not be taken then.
    """
    state = AnswerState()
    for step in steps:
        state = _after(state, step)
    return state


def _after(state: AnswerState, step: Step) -> AnswerState:
    problem = _problem(state, step)
    if problem is not None:
        raise ImpossibleStep(f"step {step.id} ({step.kind}): {problem}")
    match step.kind:
        case StepKind.PROPOSED:
            return AnswerState(state.decision, state.holds_id, step)
        case StepKind.WITHDRAWN:
            return AnswerState(state.decision, state.holds_id)
        case StepKind.DISPUTED:
            return AnswerState(state.decision, state.holds_id, state.proposal, step)
        case StepKind.CONFIRMED | StepKind.SETTLED:
            return AnswerState(step.decision, step.id)


def _problem(state: AnswerState, step: Step) -> str | None:
    """Why `step` cannot follow on `state`, or None."""
    if step.kind is StepKind.PROPOSED:
        if state.proposal is not None:
            return "a proposal waits already"
        return None if step.supersedes_id == state.holds_id else "it supersedes something else"
    if state.proposal is None or step.about_id != state.proposal.id:
        return "it is about no proposal that waits"
    if (step.kind is StepKind.SETTLED) != (state.dispute is not None):
        return "only what two people dispute is settled by a third"
    if step.kind is StepKind.WITHDRAWN:
        return None if step.actor_id == state.proposal.actor_id else "somebody else proposed it"
    if step.actor_id in _involved(state):
        return "the same person decided before"
    same = step.decision == state.proposal.decision
    if step.kind is not StepKind.SETTLED and same != (step.kind is StepKind.CONFIRMED):
        return "it is not what its decision makes it"
    return None


def _involved(state: AnswerState) -> set[str]:
    return {step.actor_id for step in (state.proposal, state.dispute) if step is not None}


def second_step(state: AnswerState, decision: Decision) -> StepKind:
    """Return what a second person's decision is: the same, or another. Needs a proposal."""
    if state.proposal is None:
        raise ImpossibleStep("nobody decided first")
    same = state.proposal.decision == decision
    return StepKind.CONFIRMED if same else StepKind.DISPUTED


def turn_of(state: AnswerState, person_id: str, *, leads: bool) -> Turn:
    """Return what a person can do about an answer now; `leads` is whether they may settle."""
    if state.proposal is None:
        return Turn.DECIDE if state.decision is None else Turn.CHANGE
    if state.dispute is not None:
        return Turn.SETTLE if leads and person_id not in _involved(state) else Turn.WAIT
    return Turn.UNDO if state.proposal.actor_id == person_id else Turn.DECIDE


SHOWN_FROM = 5
"""Counts below this are not shown: in a small sitting they could point at a person."""


def shown_count(candidates: int) -> int | None:
    """Return how many candidates gave an answer, or None when they are too few to say."""
    return candidates if candidates >= SHOWN_FROM else None


NOTHING = Decision("", Fraction(0))
"""What an answer means that is worth nothing."""


def fits(
    decision: Decision, known: Mapping[str, Fraction], added: Collection[Decision], most: Fraction
) -> bool:
    """Whether a decision is one that people could take.

    `known` are the marks of the accepted answers by key, `added` the right answers outside the
    table that were decided so far, `most` the marks of the question.
    """
    if decision.point in known:
        return decision.marks == known[decision.point]
    if decision.point == NOTHING.point:
        return decision == NOTHING
    return decision in added and 0 < decision.marks <= most
