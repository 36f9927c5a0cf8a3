"""The verbs of deciding about answers that no machine may mark: decide, take back, settle, change.

Invariants kept: two different people say the same before a decision holds, and a third settles what
they dispute; a decision is added and never changed; every response that it completes is marked in
the same transaction. Everything takes the lock of the sitting first.
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.exact import mark_text
from proficiency.core.text import _, canonical_json, clean_text
from proficiency.exams.exactness import can_be_given
from proficiency.exams.queries import FormItemView, get_form_item
from proficiency.items.rules import Decision, get_format
from proficiency.marking.answers import (
    DistinctAnswer,
    History,
    aggregate_of,
    closed_digests,
    distinct_answers,
    list_choices,
    load_history,
    refuse_undecided_format,
)
from proficiency.marking.deciding import (
    NOTHING,
    AnswerState,
    StepKind,
    Turn,
    second_step,
    turn_of,
)
from proficiency.marking.intake import complete_marks
from proficiency.marking.models import AnswerDecision
from proficiency.marking.readiness import enter_marking

NEW_POINT = "+"
"""What `point` is for a right answer that means no row of the table. No row has such a key."""


class InvalidDecision(Invalid):
    """A decision that is not whole: the message says what is missing."""


@dataclass(frozen=True)
class _Work:
    """One answer under the lock of its sitting, and what was decided about it so far."""

    sitting_id: str
    item: FormItemView
    answer: DistinctAnswer
    history: History

    @property
    def state(self) -> AnswerState:
        return self.history.state(self.answer.digest)


@operation(Role.ASSESSOR, Role.LEAD_ASSESSOR)
def decide_answer(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    sitting_id: str,
    form_item_id: str,
    digest: str,
    point: str,
    marks: Fraction | None = None,
    reason: str = "",
) -> AnswerDecision:
    """Decide about one answer, as the first or the second person.

    `point` is the key of what the answer means, "" for nothing, or `NEW_POINT` for a right answer
    that is not in the table, which needs `marks` and a reason. If the first person said the same,
    the decision holds and the responses that it completes are marked; if not, a lead settles it.
    Raises `InvalidDecision`, `NotFound` for an answer that nobody gave, and `Refused` for the same
    person twice, what is decided already, and when marking is not open.
    """
    work = _take_up(session, actor, sitting_id, form_item_id, digest)
    turn = turn_of(work.state, actor.id, leads=False)
    if turn is not Turn.DECIDE:
        raise Refused(_not_yours(turn))
    decision = _read(work, point, marks, reason)
    if work.state.proposal is None:
        return _record(session, actor, now, work, StepKind.PROPOSED, decision, reason)
    kind = second_step(work.state, decision)
    step = _record(session, actor, now, work, kind, decision, reason)
    if kind is StepKind.CONFIRMED:
        _complete(session, now, work, work.history.reasons.get(work.state.proposal.id, ""))
    return step


def _not_yours(turn: Turn) -> str:
    if turn is Turn.UNDO:
        return _("You decided about this answer. Somebody else decides next.")
    if turn is Turn.CHANGE:
        return _("This answer is decided. To change it, say why.")
    return _("Two people differ about this answer. A lead assessor settles it.")


@operation(Role.ASSESSOR, Role.LEAD_ASSESSOR)
def withdraw_decision(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    sitting_id: str,
    form_item_id: str,
    digest: str,
) -> AnswerDecision:
    """Take back one's own decision while nobody else has decided.

    Raises `Refused` when it is not one's own, or it is too late.
    """
    work = _take_up(session, actor, sitting_id, form_item_id, digest)
    if turn_of(work.state, actor.id, leads=False) is not Turn.UNDO:
        raise Refused(_("There is nothing of yours to take back: somebody else has decided since."))
    return _record(session, actor, now, work, StepKind.WITHDRAWN, None, "")


@operation(Role.LEAD_ASSESSOR)
def settle_answer(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    sitting_id: str,
    form_item_id: str,
    digest: str,
    point: str,
    marks: Fraction | None = None,
    reason: str,
) -> AnswerDecision:
    """Settle what two people dispute, as a third, with a reason. It holds at once.

    Raises `InvalidDecision`, and `Refused` for one of the two, or where nothing is disputed.
    """
    work = _take_up(session, actor, sitting_id, form_item_id, digest)
    if turn_of(work.state, actor.id, leads=True) is not Turn.SETTLE:
        raise Refused(_("This answer does not wait for you to settle it."))
    reason = _needed(reason, _("Give the reason for this decision."))
    decision = _read(work, point, marks, reason)
    step = _record(session, actor, now, work, StepKind.SETTLED, decision, reason)
    _complete(session, now, work, reason)
    return step


@operation(Role.ASSESSOR, Role.LEAD_ASSESSOR)
def change_answer(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    sitting_id: str,
    form_item_id: str,
    digest: str,
    point: str,
    marks: Fraction | None = None,
    reason: str,
) -> AnswerDecision:
    """Ask for another decision where one holds, with a reason. It holds until somebody else agrees.

    Raises `InvalidDecision`, also for the same decision again, and `Refused` where none holds or
    people are at it already.
    """
    work = _take_up(session, actor, sitting_id, form_item_id, digest)
    if turn_of(work.state, actor.id, leads=False) is not Turn.CHANGE:
        raise Refused(_("There is no decision to change, or people are deciding about it now."))
    reason = _needed(reason, _("Say why the decision should be changed."))
    decision = _read(work, point, marks, reason)
    if decision == work.state.decision:
        raise InvalidDecision(_("This is what was decided. Choose something else."))
    return _record(session, actor, now, work, StepKind.PROPOSED, decision, reason)


def _take_up(
    session: Session, actor: Actor, sitting_id: str, form_item_id: str, digest: str
) -> _Work:
    enter_marking(session, actor, sitting_id)
    item = get_form_item(session, form_item_id)
    refuse_undecided_format(item)
    answer = distinct_answers(session, sitting_id, item).get(digest)
    if answer is None:
        raise NotFound(_("Nobody gave this answer."))
    if digest in closed_digests(session, actor.id, sitting_id, item):
        raise Refused(_("This answer is with others now. Go on with another."))
    return _Work(sitting_id, item, answer, load_history(session, sitting_id, item.id))


def _read(work: _Work, point: str, marks: Fraction | None, reason: str) -> Decision:
    """Return the decision that was meant. Raises `InvalidDecision`."""
    if point == NEW_POINT:
        most = work.item.max_mark
        if marks is None or not 0 < marks <= most:
            text = _("Enter the marks of this answer: more than 0, and {most} at most.")
            raise InvalidDecision(text.format(most=mark_text(most)))
        if not can_be_given(marks, get_format(work.item.format), work.item.body):
            raise InvalidDecision(_("Enter the marks with up to four decimals."))
        _needed(reason, _("Say why this answer is right though it is not in the table."))
        return Decision(work.answer.digest, marks)
    if marks is not None:
        raise InvalidDecision(_("Only a right answer outside the table is given marks of its own."))
    if point == NOTHING.point:
        return NOTHING
    choices = {each.key: each.marks for each in list_choices(work.item, work.history)}
    if point not in choices:
        raise InvalidDecision(_("Choose one of the answers that are shown."))
    return Decision(point, choices[point])


def _needed(reason: str, missing: str) -> str:
    if not reason.strip():
        raise InvalidDecision(missing)
    return reason


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    work: _Work,
    kind: StepKind,
    decision: Decision | None,
    reason: str,
) -> AnswerDecision:
    reason = clean_text(reason).strip()
    proposal = None if kind is StepKind.PROPOSED else work.state.proposal
    row = AnswerDecision(
        aggregate_id=aggregate_of(work.sitting_id, work.item.id),
        at=now,
        actor_id=actor.id,
        sitting_id=work.sitting_id,
        form_item_id=work.item.id,
        answer_digest=work.answer.digest,
        kind=kind,
        point=decision.point if decision else None,
        marks_num=decision.marks.numerator if decision else None,
        marks_den=decision.marks.denominator if decision else None,
        gives_reason=bool(reason),
        about_id=proposal.id if proposal else None,
        proposer_id=proposal.actor_id if proposal else None,
        supersedes_id=work.state.holds_id if kind is StepKind.PROPOSED else None,
    )
    return append(session, row, text=canonical_json({"answer": work.answer.text, "reason": reason}))


def _complete(session: Session, now: datetime, work: _Work, reason: str) -> None:
    if work.state.decision is None:
        why = _("People decided what this answer is worth.")
    else:
        why = _("People changed what they had decided about this answer: {why}").format(why=reason)
    complete_marks(session, now, work.sitting_id, work.item, work.answer.text, clean_text(why))
