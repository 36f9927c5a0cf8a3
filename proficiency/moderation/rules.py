"""What the advisory group records after marking, and when its sign-off holds. Pure.

The state of a moderation is what its events say, read in order. A signature covers the marks as
they stand when it is given: each later change of a mark begins a new round and needs new ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

FEWEST_SIGNATURES = 2
"""No scheme can make one person enough: a quorum is never filled alone."""


class ModerationKind(StrEnum):
    """The acts of a moderation, in one chain per sitting."""

    OPENED = "opened"
    COMMENTED = "commented"
    DECIDED = "decided"
    SIGNED_OFF = "signed_off"


class Decision(StrEnum):
    """What a moderator decides about a response."""

    ACCEPTED = "accepted"
    MARK_CHANGED = "mark_changed"


class Capacity(StrEnum):
    """For whom a signature speaks."""

    MODERATOR = "moderator"
    LAY_MEMBER = "lay_member"


@dataclass(frozen=True)
class Act:
    """One act as the rules read it. `round` counts the changed marks up to and including it."""

    kind: ModerationKind
    actor_id: str
    round: int
    decision: Decision | None = None
    capacity: Capacity | None = None

    @property
    def changed_a_mark(self) -> bool:
        return self.decision is Decision.MARK_CHANGED


@dataclass(frozen=True)
class Quorum:
    """How many people must sign, and how many of them as lay members."""

    people: int
    lay: int

    @property
    def needed(self) -> int:
        """How many signatures it takes: never fewer than two."""
        return max(self.people, FEWEST_SIGNATURES)


@dataclass(frozen=True)
class Missing:
    """What a sign-off still lacks."""

    people: int
    lay: int
    independent: bool
    """Whether nobody has signed yet who changed no mark themselves."""

    @property
    def nothing(self) -> bool:
        return self.people == 0 and self.lay == 0 and not self.independent


@dataclass(frozen=True)
class State:
    """Where a moderation stands."""

    is_opened: bool
    round: int
    signatures: tuple[Act, ...]
    """Those of the present round, in order."""
    changed_by: frozenset[str]
    missing: Missing

    @property
    def is_signed_off(self) -> bool:
        return self.is_opened and self.missing.nothing

    @property
    def is_open(self) -> bool:
        """Whether comments, decisions and signatures are taken now."""
        return self.is_opened and not self.is_signed_off

    def has_signed(self, person_id: str) -> bool:
        """Whether a person's signature counts in the present round."""
        return any(signature.actor_id == person_id for signature in self.signatures)


def read_state(acts: Iterable[Act], quorum: Quorum) -> State:
    """Return where a moderation stands after `acts`, in the order of their chain."""
    listed = list(acts)
    round_ = sum(act.changed_a_mark for act in listed)
    changed_by = frozenset(act.actor_id for act in listed if act.changed_a_mark)
    signatures = tuple(
        act for act in listed if act.kind is ModerationKind.SIGNED_OFF and act.round == round_
    )
    return State(
        is_opened=any(act.kind is ModerationKind.OPENED for act in listed),
        round=round_,
        signatures=signatures,
        changed_by=changed_by,
        missing=missing_from(signatures, changed_by, quorum),
    )


def missing_from(signatures: Iterable[Act], changed_by: frozenset[str], quorum: Quorum) -> Missing:
    """Return what these signatures lack. A person counts once, however often they signed.

    At least one of them changed no mark: who changes marks may sign, and can't fill the quorum.
    """
    signed = {act.actor_id for act in signatures}
    lay = {act.actor_id for act in signatures if act.capacity is Capacity.LAY_MEMBER}
    return Missing(
        people=max(quorum.needed - len(signed), 0),
        lay=max(quorum.lay - len(lay), 0),
        independent=signed <= changed_by,
    )
