"""Which sittings the advisory group has before it, and where each stands."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.marking.queries import find_conflict, rounds_by_sitting
from proficiency.marking.rules import RoundKind
from proficiency.moderation.queries import get_state
from proficiency.moderation.rules import State
from proficiency.sittings.queries import list_sittings


@dataclass(frozen=True)
class ModerationLine:
    """One sitting whose marking is closed. `conflict` says why the reader takes no part."""

    sitting_id: str
    title: str
    state: State
    conflict: str | None
    has_signed: bool

    @property
    def waits_for_reader(self) -> bool:
        """Whether the reader's signature may still be needed."""
        return self.state.is_open and not self.has_signed and self.conflict is None


def list_moderations(session: Session, actor: Actor) -> list[ModerationLine]:
    """Return the sittings whose marking is closed, the latest first."""
    rounds = rounds_by_sitting(session)
    lines = []
    for sitting in list_sittings(session):
        if RoundKind.CLOSED not in rounds.get(sitting.id, ()):
            continue
        state = get_state(session, sitting.id)
        lines.append(
            ModerationLine(
                sitting_id=sitting.id,
                title=sitting.title,
                state=state,
                conflict=find_conflict(session, actor.id, sitting.id),
                has_signed=state.has_signed(actor.id),
            )
        )
    return lines
