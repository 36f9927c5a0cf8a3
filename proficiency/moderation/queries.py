"""Reading a moderation: where it stands, what was said and decided, and by whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.queries import names_of
from proficiency.core.chain import find_words
from proficiency.moderation.models import ModerationEvent
from proficiency.moderation.rules import (
    Act,
    Capacity,
    Decision,
    ModerationKind,
    Quorum,
    State,
    read_state,
)
from proficiency.sittings.settings import settings_of


@dataclass(frozen=True)
class ActView:
    """One act with the name of who did it. `words` is None when there are none or were erased."""

    id: str
    kind: ModerationKind
    by: str
    at: datetime
    words: str | None
    round: int
    response_id: str | None
    form_item_id: str | None
    decision: Decision | None
    capacity: Capacity | None
    mark_id: str | None


def quorum_of(session: Session, sitting_id: str) -> Quorum:
    """Return how many people the sitting's scheme wants to sign. Raises `NotFound`."""
    settings = settings_of(session, sitting_id)
    return Quorum(settings.sign_off_quorum, settings.lay_quorum)


def get_state(session: Session, sitting_id: str) -> State:
    """Return where the moderation of a sitting stands. Raises `NotFound`."""
    acts = [act_of(row) for row in _rows(session, sitting_id)]
    return read_state(acts, quorum_of(session, sitting_id))


def is_signed_off(session: Session, sitting_id: str) -> bool:
    """Whether the marks of a sitting, as they stand, are signed off by a quorum."""
    return get_state(session, sitting_id).is_signed_off


def opened_sittings(session: Session) -> set[str]:
    """Return the sittings whose moderation was ever opened."""
    query = sa.select(ModerationEvent.sitting_id).where(
        ModerationEvent.kind == ModerationKind.OPENED
    )
    return set(session.scalars(query))


def list_acts(
    session: Session,
    sitting_id: str,
    *,
    response_id: str | None = None,
    form_item_id: str | None = None,
) -> list[ActView]:
    """Return what was done, in order; only what concerns one response or one item, if named."""
    rows = [
        row
        for row in _rows(session, sitting_id)
        if (response_id is None or row.response_id == response_id)
        and (form_item_id is None or row.form_item_id == form_item_id)
    ]
    names = names_of(session, {row.actor_id for row in rows})
    return [_act_view(session, row, names) for row in rows]


def last_decisions(session: Session, sitting_id: str) -> dict[str, Decision]:
    """Return the newest decision about each response that has one."""
    return {
        row.response_id: Decision(row.decision)
        for row in _rows(session, sitting_id)
        if row.response_id is not None and row.decision is not None
    }


def commented_responses(session: Session, sitting_id: str) -> set[str]:
    """Return the responses that somebody commented on."""
    return {
        row.response_id
        for row in _rows(session, sitting_id)
        if row.response_id is not None and row.kind == ModerationKind.COMMENTED
    }


def _rows(session: Session, sitting_id: str) -> list[ModerationEvent]:
    return list(
        session.scalars(
            sa.select(ModerationEvent)
            .where(ModerationEvent.aggregate_id == sitting_id)
            .order_by(ModerationEvent.pos)
        )
    )


def act_of(row: ModerationEvent) -> Act:
    """Return a stored act as the rules read it."""
    return Act(
        kind=ModerationKind(row.kind),
        actor_id=row.actor_id,
        round=row.round,
        decision=Decision(row.decision) if row.decision else None,
        capacity=Capacity(row.capacity) if row.capacity else None,
    )


def _act_view(session: Session, row: ModerationEvent, names: Mapping[str, str]) -> ActView:
    act = act_of(row)
    return ActView(
        id=row.id,
        kind=act.kind,
        by=names.get(row.actor_id, ""),
        at=row.at,
        words=find_words(session, row.id) if row.commitment else None,
        round=row.round,
        response_id=row.response_id,
        form_item_id=row.form_item_id,
        decision=act.decision,
        capacity=act.capacity,
        mark_id=row.mark_id,
    )
