"""Admission to an exam that is watched over, as pure functions: who waits, and who may start.

Keeps invariant 10: every change goes through one table, in which no kind of event can be missing.
Nobody is admitted by a machine; a person who looked at a document says so, and of the document
nothing is kept but its type.
"""

from collections.abc import Mapping
from enum import StrEnum

from proficiency.core.text import _


class CheckInKind(StrEnum):
    """What can happen to a booked place before its attempt starts."""

    ARRIVED = "arrived"  # the candidate says: I am here
    IDENTITY_CHECKED = "identity_checked"
    ADMITTED = "admitted"
    TURNED_AWAY = "turned_away"


class Admission(StrEnum):
    """Where a candidate stands at the door."""

    ABSENT = "absent"
    WAITING = "waiting"
    ADMITTED = "admitted"
    TURNED_AWAY = "turned_away"


class DocumentType(StrEnum):
    """What a candidate showed. Its number, its picture and what it says are never kept."""

    PASSPORT = "passport"
    DRIVING_LICENCE = "driving_licence"
    IDENTITY_CARD = "identity_card"
    RESIDENCE_PERMIT = "residence_permit"
    OTHER = "other"


class CheckMeans(StrEnum):
    """How the person and the document were seen."""

    IN_PERSON = "in_person"
    BY_CAMERA = "by_camera"
    BY_VIDEO_CALL = "by_video_call"
    BY_SOMEBODY_KNOWN = "by_somebody_known"  # without a camera: a person of standing vouches


DOCUMENT_NAMES: Mapping[DocumentType, str] = {
    DocumentType.PASSPORT: _("Passport"),
    DocumentType.DRIVING_LICENCE: _("Driving licence"),
    DocumentType.IDENTITY_CARD: _("Identity card"),
    DocumentType.RESIDENCE_PERMIT: _("Residence permit"),
    DocumentType.OTHER: _("Another document with a photograph"),
}

MEANS_NAMES: Mapping[CheckMeans, str] = {
    CheckMeans.BY_CAMERA: _("By camera on this page"),
    CheckMeans.BY_VIDEO_CALL: _("In a video call"),
    CheckMeans.IN_PERSON: _("In person"),
    CheckMeans.BY_SOMEBODY_KNOWN: _("Somebody of standing vouched for them"),
}

MAY_FOLLOW: Mapping[CheckInKind, frozenset[Admission]] = {
    CheckInKind.ARRIVED: frozenset({Admission.ABSENT, Admission.TURNED_AWAY}),
    CheckInKind.IDENTITY_CHECKED: frozenset({Admission.WAITING, Admission.ADMITTED}),
    CheckInKind.ADMITTED: frozenset({Admission.WAITING, Admission.TURNED_AWAY}),
    CheckInKind.TURNED_AWAY: frozenset({Admission.WAITING, Admission.ADMITTED}),
}

_BECOMES: Mapping[CheckInKind, Admission | None] = {
    CheckInKind.ARRIVED: Admission.WAITING,
    CheckInKind.IDENTITY_CHECKED: None,
    CheckInKind.ADMITTED: Admission.ADMITTED,
    CheckInKind.TURNED_AWAY: Admission.TURNED_AWAY,
}

if set(MAY_FOLLOW) != set(CheckInKind) or set(_BECOMES) != set(CheckInKind):
    raise RuntimeError("the table of admission must name every kind of event")
if set(DOCUMENT_NAMES) != set(DocumentType) or set(MEANS_NAMES) != set(CheckMeans):
    raise RuntimeError("every document and every way of checking needs a name")


def can_follow(admission: Admission, kind: CheckInKind) -> bool:
    """Whether an event of `kind` may happen to somebody who stands at `admission`."""
    return admission in MAY_FOLLOW[kind]


def after(admission: Admission, kind: CheckInKind) -> Admission:
    """Return where they stand after it. Raises `ValueError` when it can't follow."""
    if not can_follow(admission, kind):
        raise ValueError(f"{kind} cannot follow {admission}")
    return _BECOMES[kind] or admission
