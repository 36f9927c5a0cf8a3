"""Deciding about late answers: two people, each by themselves, a third where they differ.

Invariants kept: nobody decides twice or about their own exam, nobody sees the words, nothing counts
without two verdicts that agree or a third, and nothing changes once marking has begun. What counts
becomes an event of the attempt's own chain, with the very words that came late.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Invalid, Refused
from proficiency.core.text import _, clean_text
from proficiency.delivery.late import DECIDERS, get_late_answer, is_for_others, why_closed
from proficiency.delivery.late_reading import LateAnswer, read_late_words
from proficiency.delivery.late_rules import DECIDED, VERDICTS, Ground, Standing, standing_of
from proficiency.delivery.models import AttemptEvent, LateDecision
from proficiency.delivery.queries import AttemptState, get_attempt_state
from proficiency.delivery.rules import EventKind, Phase, advance


@operation(*DECIDERS)
def decide_late_answer(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    event_id: str,
    ground: Ground,
    reason: str,
) -> Standing:
    """Give a verdict on a late answer by a ground of the rule, and return where that leaves it.

    Raises `NotFound`, `Invalid` without a reason, and `Refused` for one's own exam, a second
    verdict of the same person, what is decided already, before the attempt is over, and once
    marking has begun.
    """
    reason = clean_text(reason).strip()
    if not reason:
        raise Invalid(_("Write what you base this on. It is kept with the record."))
    found = get_late_answer(session, event_id)
    attempt_id = found.attempt_id
    lock(session, found.sitting_id)  # as whoever opens the marking does
    lock(session, attempt_id)
    answer = get_late_answer(session, event_id)
    state = get_attempt_state(session, attempt_id)
    _refuse(session, actor, answer, state)
    verdict = VERDICTS[ground]
    append(
        session,
        LateDecision(
            aggregate_id=attempt_id,
            at=now,
            actor_id=actor.id,
            event_id=event_id,
            place=len(answer.decisions) + 1,
            verdict=verdict,
            ground=ground,
        ),
        text=reason,
    )
    standing = standing_of([*(each.verdict for each in answer.decisions), verdict])
    if standing is Standing.COUNTS:
        _let_count(session, actor, now, answer, state)
    return standing


def _refuse(session: Session, actor: Actor, answer: LateAnswer, state: AttemptState) -> None:
    if state.candidate_id == actor.id:
        raise Refused(_("This is your own exam. Other people decide about it."))
    if state.phase is not Phase.CLOSED:
        raise Refused(_("This attempt is not over yet. Late answers are decided afterwards."))
    if answer.standing in DECIDED:
        raise Refused(_("This answer is decided. Nothing more is needed."))
    if is_for_others(session, actor.id, state.booking_id):
        raise Refused(_("This answer is for others to decide about. Go on with another."))
    if answer.was_decided_by(actor.id):
        raise Refused(_("You have decided about this answer. Somebody else decides next."))
    closed = why_closed(session, answer.sitting_id)
    if closed is not None:
        raise Refused(closed)


def _let_count(
    session: Session, actor: Actor, now: datetime, answer: LateAnswer, state: AttemptState
) -> None:
    after = advance(state.state, EventKind.ANSWER_ACCEPTED)
    event = AttemptEvent(
        aggregate_id=answer.attempt_id,
        at=now,
        actor_id=actor.id,
        kind=EventKind.ANSWER_ACCEPTED,
        phase=after.phase,
        epoch=after.epoch,
        stage=after.stage,
        window_events=after.window_events,
        item_id=answer.item_id,
        sign_in_id=actor.session_id,
        refers_to=answer.event_id,
    )
    append(session, event, text=read_late_words(session, answer.event_id))
