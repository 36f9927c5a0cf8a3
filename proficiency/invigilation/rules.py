"""What can happen in the room of a sitting, and what needs somebody's attention. Pure.

Keeps invariant 10 (a kind of event without a place is found at import). An irregularity and a signal
are evidence for people to judge; nothing here turns one into a verdict or a mark.
"""

from collections.abc import Mapping
from enum import StrEnum

from proficiency.core.text import _


class RoomEventKind(StrEnum):
    """What is written into the log of a room."""

    MESSAGE = "message"  # from the invigilator, to one or to all
    SEEN = "seen"  # the candidate's page showed a message
    REPLIED = "replied"  # the candidate answers a message
    HAND_RAISED = "hand_raised"
    HAND_LOWERED = "hand_lowered"  # by the candidate: it has settled itself
    HAND_ANSWERED = "hand_answered"
    ADMITTED = "admitted"
    TURNED_AWAY = "turned_away"
    IDENTITY_CHECKED = "identity_checked"
    DEVICE_PERMITTED = "device_permitted"
    PAUSED = "paused"
    RESUMED = "resumed"
    CREDITED = "credited"
    FORCED = "forced"
    INCIDENT = "incident"  # technical
    IRREGULARITY = "irregularity"  # conduct; facts, never a verdict
    NOTE = "note"


class Topic(StrEnum):
    """Why a candidate asks for help."""

    UNWELL = "unwell"
    QUESTION_WRONG = "question_wrong"
    SOMEBODY_CAME = "somebody_came"
    TECHNICAL = "technical"
    WAITING = "waiting"
    OTHER = "other"


class SignalKind(StrEnum):
    """What a page may notice by itself. Help by assistive technology is never among them."""

    LEFT_PAGE = "left_page"
    RETURNED = "returned"
    LEFT_FULL_SCREEN = "left_full_screen"
    COPIED = "copied"
    PASTED = "pasted"
    SECOND_DEVICE = "second_device"
    NETWORK_CHANGED = "network_changed"
    ABSENT = "absent"
    TYPED_AT_ONCE = "typed_at_once"
    MORE = "more"  # in this minute there were more than are kept


TOLD = frozenset({RoomEventKind.MESSAGE, RoomEventKind.HAND_ANSWERED})
"""What a candidate's page shows."""

BY_CANDIDATE = frozenset(
    {RoomEventKind.SEEN, RoomEventKind.REPLIED}
    | {RoomEventKind.HAND_RAISED, RoomEventKind.HAND_LOWERED}
)

CLOSES_HAND = frozenset({RoomEventKind.HAND_LOWERED, RoomEventKind.HAND_ANSWERED})

HAS_WORDS = frozenset(
    {RoomEventKind.MESSAGE, RoomEventKind.REPLIED, RoomEventKind.TURNED_AWAY}
    | {RoomEventKind.PAUSED, RoomEventKind.RESUMED, RoomEventKind.CREDITED, RoomEventKind.FORCED}
    | {RoomEventKind.INCIDENT, RoomEventKind.IRREGULARITY, RoomEventKind.NOTE}
)
"""What is never recorded without somebody's words."""

FOR_ALL = frozenset(
    {RoomEventKind.MESSAGE, RoomEventKind.PAUSED, RoomEventKind.RESUMED, RoomEventKind.CREDITED}
    | {RoomEventKind.INCIDENT, RoomEventKind.IRREGULARITY, RoomEventKind.NOTE}
)
"""What may concern the whole room; everything else concerns one candidate."""

EVENT_NAMES: Mapping[RoomEventKind, str] = {
    RoomEventKind.MESSAGE: _("Message"),
    RoomEventKind.SEEN: _("Message seen"),
    RoomEventKind.REPLIED: _("Reply"),
    RoomEventKind.HAND_RAISED: _("Hand raised"),
    RoomEventKind.HAND_LOWERED: _("Hand lowered"),
    RoomEventKind.HAND_ANSWERED: _("Answered"),
    RoomEventKind.ADMITTED: _("Admitted"),
    RoomEventKind.TURNED_AWAY: _("Turned away"),
    RoomEventKind.IDENTITY_CHECKED: _("Identity checked"),
    RoomEventKind.DEVICE_PERMITTED: _("Another device permitted"),
    RoomEventKind.PAUSED: _("Clock stopped"),
    RoomEventKind.RESUMED: _("Clock runs again"),
    RoomEventKind.CREDITED: _("Time given back"),
    RoomEventKind.FORCED: _("Exam ended by the invigilator"),
    RoomEventKind.INCIDENT: _("Incident"),
    RoomEventKind.IRREGULARITY: _("Irregularity"),
    RoomEventKind.NOTE: _("Note"),
}

TOPIC_NAMES: Mapping[Topic, str] = {
    Topic.UNWELL: _("I am unwell"),
    Topic.QUESTION_WRONG: _("This question looks wrong"),
    Topic.SOMEBODY_CAME: _("Somebody came in"),
    Topic.TECHNICAL: _("Something does not work"),
    Topic.WAITING: _("I wait for the invigilator"),
    Topic.OTHER: _("Something else"),
}

SIGNAL_NAMES: Mapping[SignalKind, str] = {
    SignalKind.LEFT_PAGE: _("Left the page"),
    SignalKind.RETURNED: _("Came back to the page"),
    SignalKind.LEFT_FULL_SCREEN: _("Left full screen"),
    SignalKind.COPIED: _("Copied"),
    SignalKind.PASTED: _("Pasted"),
    SignalKind.SECOND_DEVICE: _("Opened on a second device"),
    SignalKind.NETWORK_CHANGED: _("Network changed"),
    SignalKind.ABSENT: _("No input for a long time"),
    SignalKind.TYPED_AT_ONCE: _("Much text appeared at once"),
    SignalKind.MORE: _("More in this minute than is kept"),
}

if (
    set(EVENT_NAMES) != set(RoomEventKind)
    or set(TOPIC_NAMES) != set(Topic)
    or set(SIGNAL_NAMES) != set(SignalKind)
):
    raise RuntimeError("everything that can happen in a room needs a name")
