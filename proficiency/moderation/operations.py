"""The verbs of moderation: open, comment, accept, change a mark, sign off.

Invariants kept: whoever marked in a sitting or is a candidate of its cases decides nothing about
it; no decision without words; a changed mark is a new one beside the old, and it makes every
signature before it void; once the quorum is met the marks stand.
"""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Forbidden, Invalid, NotFound, Refused
from proficiency.core.text import _, clean_text
from proficiency.exams.exactness import can_be_given
from proficiency.exams.queries import get_form_item, list_form_items
from proficiency.items.rules import get_format
from proficiency.marking.connections import refuse_connected
from proficiency.marking.operations import record_moderated_mark
from proficiency.marking.queries import (
    find_conflict,
    get_response,
    has_marked,
    is_marking_closed,
    markers_of,
)
from proficiency.moderation.models import ModerationEvent
from proficiency.moderation.queries import get_state
from proficiency.moderation.rules import Capacity, Decision, ModerationKind, State
from proficiency.sittings.queries import get_sitting


@operation(Role.MODERATOR, Role.EXAM_OFFICER)
def open_moderation(
    session: Session, actor: Actor, now: datetime, *, sitting_id: str
) -> ModerationEvent:
    """Begin the moderation of a sitting. Raises `Refused` twice, and before marking is closed."""
    lock(session, sitting_id)
    if not is_marking_closed(session, sitting_id):
        raise Refused(_("Moderation begins when marking is closed."))
    if get_state(session, sitting_id).is_opened:
        raise Refused(_("Moderation of this sitting was opened before."))
    return _append(session, actor, now, sitting_id, ModerationKind.OPENED, 0)


@operation(Role.MODERATOR, Role.LAY_MEMBER)
def comment(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    sitting_id: str,
    response_id: str | None = None,
    form_item_id: str | None = None,
    text: str,
) -> ModerationEvent:
    """Say something about a response, an item or the whole sitting; it decides nothing.

    Raises `Invalid` without words, `Refused` while moderation is not open, and `NotFound` for a
    response or an item of another sitting.
    """
    state = _enter(session, actor, sitting_id)
    if response_id is not None and get_response(session, response_id).sitting_id != sitting_id:
        raise NotFound(_("There is no such response in this sitting."))
    if form_item_id is not None:
        form_id = get_sitting(session, sitting_id).form_id
        if form_item_id not in {item.id for item in list_form_items(session, form_id)}:
            raise NotFound(_("There is no such question in this sitting."))
    return _append(
        session,
        actor,
        now,
        sitting_id,
        ModerationKind.COMMENTED,
        state.round,
        text=_words(text, _("Write your comment first.")),
        response_id=response_id,
        form_item_id=form_item_id,
    )


@operation(Role.MODERATOR)
def accept_response(
    session: Session, actor: Actor, now: datetime, *, response_id: str, reason: str
) -> ModerationEvent:
    """Decide that the mark of a response is right as it stands.

    Raises `Invalid` without a reason, `Refused` while moderation is not open or for somebody who
    marked this response.
    """
    response = get_response(session, response_id)
    state = _enter(session, actor, response.sitting_id)
    if has_marked(session, actor.id, response_id):
        raise Refused(_("You marked this response, so others must decide about it."))
    refuse_connected(session, actor.id, response.sitting_id, response.attempt_id)
    return _append(
        session,
        actor,
        now,
        response.sitting_id,
        ModerationKind.DECIDED,
        state.round,
        text=_words(reason, _("Say why the mark is right.")),
        response_id=response_id,
        decision=Decision.ACCEPTED,
    )


@operation(Role.MODERATOR)
def change_mark(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    response_id: str,
    levels: Mapping[str, int] | None = None,
    mark: Fraction | None = None,
    reason: str,
) -> ModerationEvent:
    """Decide that a response gets another mark: new `levels`, or an exact `mark` without a rubric.

    The old mark stays in the record, and signatures given before are void. Raises
    `InvalidJudgement` for what is not whole or has no reason, `Refused` while moderation is not
    open, when nothing would change, for a mark in finer parts than totals reckon with, or for
    somebody who marked this response.
    """
    response = get_response(session, response_id)
    state = _enter(session, actor, response.sitting_id)
    _refuse_too_fine(session, response.form_item_id, mark)
    moderated = record_moderated_mark(
        session, actor, now, response_id=response_id, levels=levels, mark=mark, reason=reason
    )
    return _append(
        session,
        actor,
        now,
        response.sitting_id,
        ModerationKind.DECIDED,
        state.round + 1,
        text=clean_text(reason).strip(),
        response_id=response_id,
        decision=Decision.MARK_CHANGED,
        mark_id=moderated.id,
    )


@operation(Role.MODERATOR, Role.LAY_MEMBER)
def sign_off(
    session: Session, actor: Actor, now: datetime, *, sitting_id: str, capacity: Capacity
) -> ModerationEvent:
    """Sign the marks of a sitting as they stand now.

    Raises `Forbidden` for a capacity whose role the actor lacks; `Refused` while moderation is not
    open, for a second signature in the same round, and for who marked in this sitting.
    """
    capacity = Capacity(capacity)
    if not actor.has(capacity.value):
        raise Forbidden(_("You can sign in a capacity only if you hold its role."))
    state = _enter(session, actor, sitting_id)
    if state.has_signed(actor.id):
        raise Refused(_("You have signed already, and nothing has changed since."))
    if actor.id in markers_of(session, sitting_id):
        raise Refused(_("You marked in this sitting, so others must sign its marks off."))
    return _append(
        session,
        actor,
        now,
        sitting_id,
        ModerationKind.SIGNED_OFF,
        state.round,
        capacity=capacity,
    )


def _enter(session: Session, actor: Actor, sitting_id: str) -> State:
    """Take the sitting's lock and refuse whoever may not take part now."""
    lock(session, sitting_id)
    state = get_state(session, sitting_id)
    if not state.is_opened:
        raise Refused(_("Moderation of this sitting is not open."))
    if state.is_signed_off:
        raise Refused(_("This sitting is signed off: its marks stand, and nothing is added."))
    conflict = find_conflict(session, actor.id, sitting_id)
    if conflict is not None:
        raise Refused(conflict)
    return state


def _refuse_too_fine(session: Session, form_item_id: str, mark: Fraction | None) -> None:
    item = get_form_item(session, form_item_id)
    if mark is not None and not can_be_given(mark, get_format(item.format), item.body):
        raise Refused(
            _("Write the mark with up to four decimals, or as a simple fraction such as 1/3.")
        )


def _words(text: str, otherwise: str) -> str:
    words = clean_text(text).strip()
    if not words:
        raise Invalid(otherwise)
    return words


def _append(
    session: Session,
    actor: Actor,
    now: datetime,
    sitting_id: str,
    kind: ModerationKind,
    round_: int,
    *,
    text: str | None = None,
    response_id: str | None = None,
    form_item_id: str | None = None,
    decision: Decision | None = None,
    mark_id: str | None = None,
    capacity: Capacity | None = None,
) -> ModerationEvent:
    event = ModerationEvent(
        aggregate_id=sitting_id,
        at=now,
        actor_id=actor.id,
        sitting_id=sitting_id,
        kind=kind,
        round=round_,
        form_item_id=form_item_id,
        response_id=response_id,
        decision=decision,
        mark_id=mark_id,
        capacity=capacity,
    )
    return append(session, event, text=text)
