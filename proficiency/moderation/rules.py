"""What the advisory group records after marking, and when its sign-off holds. Pure."""

from enum import StrEnum


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
