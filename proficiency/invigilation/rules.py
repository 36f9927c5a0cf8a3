"""What can happen in the room of a sitting, and what needs somebody's attention. Pure.

Keeps invariant 10 (a kind of event without a place is found at import). An irregularity and a
signal are evidence for people to judge; nothing here turns one into a verdict or a mark.
"""

from collections.abc import Mapping
from enum import StrEnum

from proficiency.core.text import _


class EntryKind(StrEnum):
    """What is written into the log of a room. What moves a clock or ends an exam is kept there."""

    MESSAGE = "message"  # from the invigilator, to one or to all
    SEEN = "seen"  # the candidate's page showed a message
    REPLIED = "replied"  # the candidate answers a message
    HAND_RAISED = "hand_raised"
    HAND_LOWERED = "hand_lowered"  # by the candidate: it has settled itself
    HAND_ANSWERED = "hand_answered"
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


TOLD = frozenset({EntryKind.MESSAGE, EntryKind.HAND_ANSWERED})
"""What a candidate's page shows."""

BY_CANDIDATE = frozenset(
    {EntryKind.SEEN, EntryKind.REPLIED, EntryKind.HAND_RAISED, EntryKind.HAND_LOWERED}
)

OPENS = frozenset({EntryKind.HAND_RAISED, EntryKind.REPLIED})
"""What somebody waits for an answer to."""

CLOSES_HAND = frozenset({EntryKind.HAND_LOWERED, EntryKind.HAND_ANSWERED})

REFERS = frozenset({EntryKind.SEEN, EntryKind.REPLIED}) | CLOSES_HAND
"""What answers something that was said before."""

RECORDS = frozenset({EntryKind.INCIDENT, EntryKind.IRREGULARITY, EntryKind.NOTE})
"""What an invigilator writes down without telling anybody."""

HAS_WORDS = frozenset({EntryKind.MESSAGE, EntryKind.REPLIED}) | RECORDS
"""What is never recorded without somebody's words."""

FOR_ALL = frozenset({EntryKind.MESSAGE}) | RECORDS
"""What may concern the whole room; everything else concerns one candidate."""

ENTRY_NAMES: Mapping[EntryKind, str] = {
    EntryKind.MESSAGE: _("Message"),
    EntryKind.SEEN: _("Message seen"),
    EntryKind.REPLIED: _("Reply"),
    EntryKind.HAND_RAISED: _("Hand raised"),
    EntryKind.HAND_LOWERED: _("Hand lowered"),
    EntryKind.HAND_ANSWERED: _("Answered"),
    EntryKind.INCIDENT: _("Incident"),
    EntryKind.IRREGULARITY: _("Irregularity"),
    EntryKind.NOTE: _("Note"),
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
    set(ENTRY_NAMES) != set(EntryKind)
    or set(TOPIC_NAMES) != set(Topic)
    or set(SIGNAL_NAMES) != set(SignalKind)
):
    raise RuntimeError("everything that can happen in a room needs a name")
