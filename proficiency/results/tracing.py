"""The way back from a result: to the rule, the marks, the very words, the question, the standard.

A trace shows everything that a decision rests on, and proves each link while it is looked at.
Candidates and markers are named only when the reader asks for names and may: by default a candidate
is a number, and those who marked are what they did. Who decided in an office is always named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from proficiency.accounts.queries import names_of
from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.errors import Forbidden, NotFound
from proficiency.core.text import _
from proficiency.delivery.queries import AttemptState, get_attempt_state
from proficiency.delivery.receipt_queries import find_receipt
from proficiency.exams.queries import FormView, get_form, list_form_items
from proficiency.marking.queries import (
    ResponseView,
    find_conflict,
    list_responses,
    response_marks,
    standing_of,
)
from proficiency.marking.rules import Settled
from proficiency.moderation.queries import list_acts
from proficiency.results.computing import framework_of
from proficiency.results.proofs import Proof, prove
from proficiency.results.queries import (
    ResultView,
    find_result,
    list_release_events,
)
from proficiency.results.rules import CAPACITY_NAMES, ReleaseKind
from proficiency.results.traced_item import ItemSources, TracedItem, trace_item
from proficiency.sittings.queries import get_sitting
from proficiency.standard_setting.queries import get_proposal
from proficiency.standard_setting.rules import METHOD_NAMES, exact_text, score_text

READERS = (Role.EXAM_OFFICER, Role.ASSESSMENT_BOARD, Role.PANEL_MEMBER)
NAME_READERS = (Role.EXAM_OFFICER, Role.PANEL_MEMBER)
"""Who may see the names behind numbers: the board decides without them."""


@dataclass(frozen=True)
class Step:
    """One official act on the way to a result, with who did it."""

    what: str
    name: str
    at: datetime
    proof: Proof


@dataclass(frozen=True)
class TracedCut:
    """The cut score that the result was held against, and why it is that."""

    exact: str
    text: str
    method: str
    rationale: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Trace:
    """A result and everything that it rests on. `candidate_name` only when names are shown."""

    attempt_id: str
    candidate_number: str
    candidate_name: str | None
    sitting_id: str
    sitting_title: str
    form_title: str
    started_at: datetime
    receipt: str
    """The code of the receipt that the candidate was given; "" where there is none."""
    result: ResultView
    result_proof: Proof
    attempt_proof: Proof
    steps: tuple[Step, ...]
    cut: TracedCut
    items: tuple[TracedItem, ...]
    shows_names: bool
    may_show_names: bool

    @property
    def margin(self) -> Fraction:
        """How many marks the total lies above (or, negative, below) the cut score."""
        return self.result.total - self.result.cut_score

    @property
    def exact_total(self) -> str:
        """The total without any rounding."""
        return exact_text(self.result.total)

    @property
    def proofs(self) -> list[Proof]:
        """Every proof of this trace."""
        decided = [step.proof for step in (*self.steps, *self.cut.steps)]
        items = [proof for item in self.items for proof in item.proofs]
        return [self.result_proof, self.attempt_proof, *decided, *items]

    @property
    def holds(self) -> bool:
        """Whether every link is proved."""
        return all(item.holds for item in self.items) and all(p.holds for p in self.proofs)


def get_trace(
    session: Session, actor: Actor, attempt_id: str, *, with_names: bool = False
) -> Trace:
    """Return the trace of an attempt's newest result.

    Raises `NotFound` before results were computed (for a panel: released), and `Forbidden` for
    names without the right to them and for whoever is booked for an exam with one of its cases.
    """
    attempt = get_attempt_state(session, attempt_id)
    result = find_result(session, attempt_id)
    if result is None:
        raise NotFound(_("There is no result of this attempt yet."))
    sitting = get_sitting(session, attempt.sitting_id)
    refuse_reader(session, actor, sitting.id, is_released=result.released_at is not None)
    may_show_names = actor.has(*NAME_READERS)
    if with_names and not may_show_names:
        raise Forbidden(_("The assessment board decides without names."))
    form = get_form(session, sitting.form_id)
    responses = [
        each for each in list_responses(session, sitting.id) if each.attempt_id == attempt_id
    ]
    names = _names(session, attempt, responses) if with_names else {}
    receipt = find_receipt(session, attempt_id)
    return Trace(
        attempt_id=attempt_id,
        candidate_number=attempt.candidate_number,
        candidate_name=names.get(attempt.candidate_id),
        sitting_id=sitting.id,
        sitting_title=sitting.title,
        form_title=form.title,
        started_at=attempt.started_at,
        receipt=receipt.digest if receipt else "",
        result=result,
        result_proof=prove(session, "result", result.id),
        attempt_proof=prove(session, "attempt", attempt_id),
        steps=_release_steps(session, result),
        cut=_cut(session, result),
        items=_items(session, form, responses, names),
        shows_names=with_names,
        may_show_names=may_show_names,
    )


def refuse_reader(session: Session, actor: Actor, sitting_id: str, *, is_released: bool) -> None:
    """Raise `Forbidden` or `NotFound` if `actor` may not trace the results of a sitting now."""
    if not actor.has(*READERS):
        raise Forbidden(_("Your account does not have the role that this page needs."))
    if not actor.has(Role.EXAM_OFFICER, Role.ASSESSMENT_BOARD) and not is_released:
        raise NotFound(_("There is no released result here."))
    conflict = find_conflict(session, actor.id, sitting_id)
    if conflict is not None:
        raise Forbidden(conflict)


def _names(
    session: Session, attempt: AttemptState, responses: Sequence[ResponseView]
) -> Mapping[str, str]:
    """The names of the candidate and of everybody who marked this attempt."""
    markers = {
        mark.actor_id for response in responses for mark in response_marks(session, response.id)
    }
    return names_of(session, markers | {attempt.candidate_id})


def _release_steps(session: Session, result: ResultView) -> tuple[Step, ...]:
    events = list_release_events(session, result.run_id)
    names = names_of(session, {event.actor_id for event in events})
    words = {
        ReleaseKind.COMPUTED: _("Results computed twice, and both agreed"),
        ReleaseKind.APPROVED: _("Results approved"),
        ReleaseKind.RELEASED: _("Results released"),
    }
    return tuple(
        Step(
            what=f"{words[event.kind]} {CAPACITY_NAMES[event.capacity]}"
            if event.capacity
            else words[event.kind],
            name=names[event.actor_id],
            at=event.at,
            proof=prove(session, "release_event", event.id),
        )
        for event in events
    )


def _cut(session: Session, result: ResultView) -> TracedCut:
    view = get_proposal(session, result.cut_score_event_id)
    proposal = view.proposal
    acts = [(_("Proposed"), proposal.proposed_by, proposal.proposed_at, proposal.id)]
    acts += [
        (_("Adopted"), signature.actor_id, signature.at, signature.event_id)
        for signature in proposal.signatures
    ]
    names = names_of(session, {actor_id for _what, actor_id, _at, _id in acts})
    method = METHOD_NAMES[proposal.method]
    return TracedCut(
        exact=exact_text(proposal.score),
        text=score_text(proposal.score),
        method=f"{method}: {view.method_note}" if view.method_note else method,
        rationale=view.rationale,
        steps=tuple(
            Step(what, names[actor_id], at, prove(session, "cut_score_event", event_id))
            for what, actor_id, at, event_id in acts
        ),
    )


def _items(
    session: Session,
    form: FormView,
    responses: Sequence[ResponseView],
    names: Mapping[str, str],
) -> tuple[TracedItem, ...]:
    by_item = {response.form_item_id: response for response in responses}
    acts = list_acts(session, responses[0].sitting_id)
    items = list_form_items(session, form.id)
    framework = framework_of(session, items)
    traced = []
    for item in items:
        response = by_item[item.id]
        about = [act for act in acts if act.response_id == response.id]
        final = _final_mark(session, response)
        sources = ItemSources(item, response, final, about, framework, names)
        traced.append(trace_item(session, sources))
    return tuple(traced)


def _final_mark(session: Session, response: ResponseView) -> Settled:
    standing = standing_of(session, response.id)
    if not isinstance(standing, Settled):
        raise NotFound(_("A response of this attempt has no settled mark any more."))
    return standing


def case_names(session: Session, sitting_id: str) -> list[str]:
    """Return the names of the cases of a sitting's form: who reads a trace has seen them."""
    items = list_form_items(session, get_sitting(session, sitting_id).form_id)
    return sorted({item.case_name for item in items})
