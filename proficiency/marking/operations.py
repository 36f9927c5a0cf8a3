"""The verbs of marking: open, draw, mark, give back, adjudicate, close.

Invariants kept: a mark is added and never changed, and a correction says why; two different people
mark, a third settles, and none of them is a candidate of the same cases; each draw stores its seed.
Everything that decides about a sitting's marking first takes the lock of the sitting, so that two
people never get the same place and nothing slips in behind the closing.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core import audit
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.chance import draw_number, new_id, new_seed
from proficiency.core.db import lock
from proficiency.core.errors import Forbidden, NotFound, Refused
from proficiency.core.text import _, clean_text
from proficiency.exams.queries import FormItemView, get_form_item
from proficiency.items.written_response import WrittenResponse
from proficiency.marking.connections import closed_attempts, refuse_connected
from proficiency.marking.intake import take_in
from proficiency.marking.judging import Judged, Ticked, exact_judgement, judge, rubric_of
from proficiency.marking.models import Allocation, Mark, MarkingRound, Response
from proficiency.marking.queries import (
    ResponseView,
    find_conflict,
    find_last_mark_at,
    get_response,
    has_marked,
    is_marking_closed,
    standing_of,
)
from proficiency.marking.readiness import broken, check_closing, check_opening, enter_marking
from proficiency.marking.recording import (
    append_mark,
    build_mark,
    find_moderated_mark,
    find_own_mark,
    repeats,
)
from proficiency.marking.rules import (
    ADJUDICATOR_SLOT,
    ASSESSORS_PER_RESPONSE,
    Duty,
    Judgement,
    MarkKind,
    ReturnReason,
    RoundKind,
    Settled,
)
from proficiency.marking.waiting import find_held, waiting_adjudications, waiting_for
from proficiency.sittings.queries import get_sitting

# Opening and closing


@operation(Role.LEAD_ASSESSOR, Role.EXAM_OFFICER)
def open_marking(session: Session, actor: Actor, now: datetime, *, sitting_id: str) -> MarkingRound:
    """Fix what every attempt holds for every item, let the machine mark its part, and begin.

    Each response gets a random code of its own. Raises `Refused` while anybody may still write, or
    when marking was opened before.
    """
    lock(session, sitting_id)
    _refuse_unless(broken(check_opening(session, sitting_id, now)))
    opened = append(
        session,
        MarkingRound(
            aggregate_id=sitting_id,
            at=now,
            actor_id=actor.id,
            kind=RoundKind.OPENED,
            seed=new_seed(),
        ),
    )
    take_in(session, actor, now, sitting_id, get_sitting(session, sitting_id).form_id)
    return opened


@operation(Role.LEAD_ASSESSOR, Role.EXAM_OFFICER)
def close_marking(
    session: Session, actor: Actor, now: datetime, *, sitting_id: str
) -> MarkingRound:
    """End marking; from now on only moderation changes a mark.

    Raises `Refused` until every response is settled. A mark that was waiting for the same lock may
    bear a later moment than `now`; the closing is dated after it, as it happened.
    """
    lock(session, sitting_id)
    _refuse_unless(broken(check_closing(session, sitting_id)))
    return append(
        session,
        MarkingRound(
            aggregate_id=sitting_id,
            at=max(now, find_last_mark_at(session, sitting_id) or now),
            actor_id=actor.id,
            kind=RoundKind.CLOSED,
            seed=new_seed(),
        ),
    )


def _refuse_unless(broken_conditions: list[str]) -> None:
    if broken_conditions:
        raise Refused(_("This is not possible yet. Not fulfilled: ") + " ".join(broken_conditions))


# Drawing


@operation(Role.ASSESSOR)
def claim_response(
    session: Session, actor: Actor, now: datetime, *, sitting_id: str, form_item_id: str
) -> Allocation | None:
    """Give the actor one response to this item, drawn by chance; None when none waits for them.

    A response that they hold unfinished comes first. Raises `Refused` when marking is not open, the
    question has no rubric, or the actor is a candidate of the same cases.
    """
    enter_marking(session, actor, sitting_id)
    rubric_of(get_form_item(session, form_item_id))
    closed = closed_attempts(session, actor.id, sitting_id)
    held = find_held(session, actor.id, sitting_id, Duty.ASSESSOR, form_item_id, closed)
    if held is not None:
        return held
    waiting = waiting_for(session, actor.id, sitting_id, form_item_id, closed)
    if not waiting:
        return None
    seed = new_seed()
    response_id = waiting[draw_number(seed, len(waiting))]
    slot = _free_slot(session, response_id)
    return _allocate(session, actor, now, response_id, Duty.ASSESSOR, slot, seed, len(waiting))


def _free_slot(session: Session, response_id: str) -> int:
    taken = set(
        session.scalars(
            sa.select(Allocation.slot).where(
                Allocation.response_id == response_id, Allocation.returned_at.is_(None)
            )
        )
    )
    return next(slot for slot in range(1, ASSESSORS_PER_RESPONSE + 1) if slot not in taken)


@operation(Role.LEAD_ASSESSOR)
def claim_adjudication(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    sitting_id: str,
    response_id: str | None = None,
) -> Allocation | None:
    """Give the actor one discrepant response to settle; None when none waits for them.

    One that they hold unfinished comes first, unless `response_id` asks for another. Raises
    `Refused` for a response that does not need this actor: settled, taken, or marked by them.
    """
    enter_marking(session, actor, sitting_id)
    held = find_held(session, actor.id, sitting_id, Duty.ADJUDICATOR)
    if held is not None and response_id in (None, held.response_id):
        return held
    waiting = waiting_adjudications(session, actor.id, sitting_id)
    if response_id is not None:
        if response_id not in waiting:
            raise Refused(_("This response does not wait for you to adjudicate it."))
        waiting = [response_id]
    if not waiting:
        return None
    seed = new_seed()
    chosen = waiting[draw_number(seed, len(waiting))]
    return _allocate(
        session, actor, now, chosen, Duty.ADJUDICATOR, ADJUDICATOR_SLOT, seed, len(waiting)
    )


def _allocate(
    session: Session,
    actor: Actor,
    now: datetime,
    response_id: str,
    duty: Duty,
    slot: int,
    seed: str,
    drawn_from: int,
) -> Allocation:
    allocation = Allocation(
        id=new_id(),
        response_id=response_id,
        assessor_id=actor.id,
        duty=duty,
        slot=slot,
        seed=seed,
        drawn_at=now,
    )
    session.add(allocation)
    session.flush()
    details = {"response": response_id, "slot": slot, "seed": seed, "drawn_from": drawn_from}
    audit.record(
        session, actor, now, "response_drawn", "allocation", allocation.id, details=details
    )
    return allocation


# Marking


@operation(Role.ASSESSOR)
def record_mark(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    allocation_id: str,
    levels: Mapping[str, int],
    indicators: Collection[str] = (),
    traps: Collection[str] = (),
    comment: str = "",
) -> Mark:
    """Record the actor's mark for a response that they hold: Σ weight × level, exactly.

    Marking it again corrects it, with a comment that says why, until an adjudicator has taken it
    up or marking is closed. The same once more is no change. Raises `InvalidJudgement` for what is
    not whole, `Refused` when it is too late, `NotFound` for somebody else's allocation.
    """
    allocation = _hold(session, actor, allocation_id, Duty.ASSESSOR)
    if _is_adjudicated(session, allocation.response_id):
        raise Refused(
            _("This response is settled, and your mark stands. If it is wrong, tell the lead.")
        )
    ticked = Ticked(dict(levels), frozenset(indicators), frozenset(traps))
    return _record(session, actor, now, allocation, MarkKind.ASSESSOR, ticked, comment)


@operation(Role.LEAD_ASSESSOR)
def record_adjudication(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    allocation_id: str,
    levels: Mapping[str, int],
    indicators: Collection[str] = (),
    traps: Collection[str] = (),
    reason: str,
) -> Mark:
    """Record the mark that settles a discrepancy, by a third person and with a reason.

    Raises `InvalidJudgement` for what is not whole or has no reason, `Refused` once marking is
    closed or for a person who marked the response, `NotFound` for somebody else's allocation.
    """
    allocation = _hold(session, actor, allocation_id, Duty.ADJUDICATOR)
    if find_own_mark(session, actor.id, allocation.response_id, MarkKind.ASSESSOR):
        raise Refused(_("You marked this response, so somebody else must adjudicate it."))
    ticked = Ticked(dict(levels), frozenset(indicators), frozenset(traps))
    return _record(session, actor, now, allocation, MarkKind.ADJUDICATOR, ticked, reason)


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    allocation: Allocation,
    kind: MarkKind,
    ticked: Ticked,
    words: str,
) -> Mark:
    response = session.get_one(Response, allocation.response_id)
    item = get_form_item(session, response.form_item_id)
    words = clean_text(words).strip()
    before = find_own_mark(session, actor.id, response.id, kind)
    if before is not None and repeats(before, ticked):
        return before
    judged = judge(rubric_of(item), ticked, _missing_words(kind, before, words))
    mark = append_mark(
        session, build_mark(actor, now, response.id, item, kind, judged, before), words
    )
    if allocation.done_at is None:
        allocation.done_at = now
        audit.record(session, actor, now, "response_marked", "allocation", allocation.id)
    return mark


def _missing_words(kind: MarkKind, before: Mark | None, words: str) -> str | None:
    """What to say if words are due that say why, and there are none."""
    if words:
        return None
    if kind is MarkKind.ADJUDICATOR:
        return _("Give the reason for this mark.")
    if before is not None:
        return _("Say in the comment why you change your mark.")
    return None


def _hold(session: Session, actor: Actor, allocation_id: str, duty: Duty) -> Allocation:
    """Return the actor's allocation, under the lock of its sitting and while marking is open."""
    allocation = session.get(Allocation, allocation_id)
    if allocation is None or allocation.assessor_id != actor.id or allocation.duty != duty:
        raise NotFound(_("You do not hold this response."))
    response = session.get_one(Response, allocation.response_id)
    enter_marking(session, actor, response.sitting_id)
    refuse_connected(session, actor.id, response.sitting_id, response.attempt_id)
    session.refresh(allocation)
    if allocation.returned_at is not None:
        raise Refused(_("This response was given back and is no longer yours."))
    return allocation


def _is_adjudicated(session: Session, response_id: str) -> bool:
    found = session.scalar(
        sa.select(Allocation.id).where(
            Allocation.response_id == response_id,
            Allocation.duty == Duty.ADJUDICATOR,
            Allocation.returned_at.is_(None),
        )
    )
    return found is not None


# Giving back


@operation(Role.ASSESSOR, Role.LEAD_ASSESSOR)
def return_response(
    session: Session, actor: Actor, now: datetime, *, allocation_id: str, reason: ReturnReason
) -> Allocation:
    """Give an unmarked response back; somebody else gets it, and never this person again.

    Raises `Refused` once it is marked, and `NotFound` for somebody else's.
    """
    allocation = session.get(Allocation, allocation_id)
    if allocation is None or allocation.assessor_id != actor.id:
        raise NotFound(_("You do not hold this response."))
    if reason is ReturnReason.RELEASED:
        raise Forbidden(_("Only the lead assessor takes a response back."))
    return _give_back(session, actor, now, allocation, reason)


@operation(Role.LEAD_ASSESSOR)
def release_response(
    session: Session, actor: Actor, now: datetime, *, allocation_id: str
) -> Allocation:
    """Take back a response that somebody drew and left lying, so that others can have it.

    Raises `Refused` once it is marked, and `NotFound`.
    """
    allocation = session.get(Allocation, allocation_id)
    if allocation is None:
        raise NotFound(_("There is no such allocation."))
    return _give_back(session, actor, now, allocation, ReturnReason.RELEASED)


def _give_back(
    session: Session, actor: Actor, now: datetime, allocation: Allocation, reason: ReturnReason
) -> Allocation:
    lock(session, session.get_one(Response, allocation.response_id).sitting_id)
    session.refresh(allocation)
    if allocation.done_at is not None:
        raise Refused(_("This response is marked already, so it cannot be given back."))
    if allocation.returned_at is not None:
        raise Refused(_("This response was given back before."))
    allocation.returned_at, allocation.return_reason = now, reason
    details = {"response": allocation.response_id, "reason": reason}
    audit.record(
        session, actor, now, "response_returned", "allocation", allocation.id, details=details
    )
    return allocation


# For moderation


@operation(Role.MODERATOR)
def record_moderated_mark(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    response_id: str,
    levels: Mapping[str, int] | None = None,
    mark: Fraction | None = None,
    reason: str,
) -> Mark:
    """Record the mark that moderation gives a settled response; those before it stay.

    A question with a rubric takes `levels`, any other an exact `mark`. Critical traps stay as they
    were settled. Raises `InvalidJudgement` for what is not whole or has no reason; `Refused` before
    marking is closed, without a change, or for somebody who marked this response.
    """
    response = get_response(session, response_id)
    lock(session, response.sitting_id)
    _refuse_moderating(session, actor, response)
    item = get_form_item(session, response.form_item_id)
    standing = standing_of(session, response_id)
    if not isinstance(standing, Settled):
        raise ValueError("marking was closed over a response that is not settled")
    words = clean_text(reason).strip()
    judgement = _moderated(item, levels, mark, words)
    if judgement.mark == standing.mark and judgement.levels == standing.levels:
        raise Refused(_("This is the mark that the response has already."))
    judged = Judged(Judgement(judgement.mark, judgement.levels, standing.critical_traps))
    before = find_moderated_mark(session, response_id)
    row = build_mark(actor, now, response_id, item, MarkKind.MODERATOR, judged, before)
    return append_mark(session, row, words)


def _refuse_moderating(session: Session, actor: Actor, response: ResponseView) -> None:
    if not is_marking_closed(session, response.sitting_id):
        raise Refused(_("Marking of this sitting is not closed yet."))
    if has_marked(session, actor.id, response.id):
        raise Refused(_("You marked this response, so others must decide about it."))
    refuse_connected(session, actor.id, response.sitting_id, response.attempt_id)
    conflict = find_conflict(session, actor.id, response.sitting_id)
    if conflict is not None:
        raise Refused(conflict)


def _moderated(
    item: FormItemView, levels: Mapping[str, int] | None, mark: Fraction | None, words: str
) -> Judgement:
    missing = None if words else _("Say why the mark is changed.")
    if isinstance(item.body, WrittenResponse):
        if levels is None or mark is not None:
            raise Refused(_("This question has a rubric: change its levels."))
        return judge(item.body, Ticked(dict(levels)), missing).judgement
    if mark is None or levels is not None:
        raise Refused(_("This question has no rubric: enter a mark."))
    return exact_judgement(mark, item.max_mark, missing)
