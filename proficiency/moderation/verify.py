"""Rules of moderation that no constraint can hold, checked again over all evidence."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.marking.queries import (
    get_response,
    has_marked,
    is_marking_closed,
    markers_of,
    moderated_marks,
)
from proficiency.moderation.models import ModerationEvent
from proficiency.moderation.queries import act_of, quorum_of
from proficiency.moderation.rules import Act, Decision, ModerationKind, Quorum, read_state


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for each act that the rules would not have allowed."""
    query = sa.select(ModerationEvent).order_by(ModerationEvent.aggregate_id, ModerationEvent.pos)
    chains: dict[str, list[ModerationEvent]] = {}
    for row in session.scalars(query):
        chains.setdefault(row.aggregate_id, []).append(row)
    for sitting_id, rows in chains.items():
        for problem in _check_sitting(session, sitting_id, rows):
            yield f"moderation of sitting {sitting_id}: {problem}"
    yield from _check_moderated(session, [row for rows in chains.values() for row in rows])


def _check_sitting(
    session: Session, sitting_id: str, rows: Sequence[ModerationEvent]
) -> Iterator[str]:
    acts = [act_of(row) for row in rows]
    yield from check_order(acts, quorum_of(session, sitting_id))
    if not is_marking_closed(session, sitting_id):
        yield "it was opened before marking was closed"
    markers = markers_of(session, sitting_id)
    for row, act in zip(rows, acts, strict=True):
        if act.kind is ModerationKind.SIGNED_OFF and row.actor_id in markers:
            yield f"act {row.id} is the signature of somebody who marked"
        if row.response_id is not None:
            if get_response(session, row.response_id).sitting_id != sitting_id:
                yield f"act {row.id} is about a response of another sitting"
            if act.decision and has_marked(session, row.actor_id, row.response_id):
                yield f"act {row.id} is a decision by somebody who marked the response"


def check_order(acts: Sequence[Act], quorum: Quorum) -> Iterator[str]:
    """Yield what is wrong in one sitting's acts, each judged by what stood before it."""
    for place, act in enumerate(acts):
        before = read_state(acts[:place], quorum)
        if (act.kind is ModerationKind.OPENED) is not (place == 0):
            yield f"act {place + 1} ({act.kind}) could not follow there"
        if before.is_signed_off:
            yield f"act {place + 1} ({act.kind}) came after the sign-off"
        if act.round != before.round + act.changed_a_mark:
            yield f"act {place + 1} ({act.kind}) belongs to another round"
        if act.kind is ModerationKind.SIGNED_OFF and before.has_signed(act.actor_id):
            yield f"act {place + 1} is a second signature by one person"


def _check_moderated(session: Session, rows: Sequence[ModerationEvent]) -> Iterator[str]:
    """Each mark by moderation has one decision that names it, by the same person."""
    decided = {
        row.mark_id: (row.response_id, row.actor_id)
        for row in rows
        if row.decision == Decision.MARK_CHANGED
    }
    given = moderated_marks(session)
    for mark_id in sorted(given.keys() | {id for id in decided if id}):
        if given.get(mark_id) != decided.get(mark_id):
            yield f"moderation: mark {mark_id} and the decision about it do not belong together"
