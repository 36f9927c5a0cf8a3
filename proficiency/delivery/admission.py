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
    OTHER_WAY_ASKED = "other_way_asked"  # the candidate can't or won't use a camera
    IDENTITY_CHECKED = "identity_checked"
    NOT_CHECKED = "not_checked"  # nobody could; letting them in is a person's decision
    ADMITTED = "admitted"
    TURNED_AWAY = "turned_away"


class PictureKind(StrEnum):
    """What a candidate's camera took, for a person to compare. No machine ever compares them."""

    FACE = "face"
    DOCUMENT = "document"


PICTURE_NAMES: Mapping[PictureKind, str] = {
    PictureKind.FACE: _("Photograph of the face"),
    PictureKind.DOCUMENT: _("Document"),
}

if set(PICTURE_NAMES) != set(PictureKind):
    raise RuntimeError("every picture needs a name")

BY_CANDIDATE = frozenset({CheckInKind.ARRIVED, CheckInKind.OTHER_WAY_ASKED})
"""What only the candidate does at the door; everything else is done by a person who watches."""

DECIDES_IDENTITY = frozenset({CheckInKind.IDENTITY_CHECKED, CheckInKind.NOT_CHECKED})
"""After one of these the candidate may be let in, and no picture of a document is kept."""


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
    KNOWN_IN_PERSON = "known_in_person"
    OTHER = "other"


class CheckMeans(StrEnum):
    """How the person and the document were seen."""

    IN_PERSON = "in_person"
    BY_CAMERA = "by_camera"
    BY_VIDEO_CALL = "by_video_call"
    BY_TELEPHONE = "by_telephone"
    BY_SOMEBODY_KNOWN = "by_somebody_known"  # without a camera: a person of standing vouches


DOCUMENT_NAMES: Mapping[DocumentType, str] = {
    DocumentType.PASSPORT: _("Passport"),
    DocumentType.DRIVING_LICENCE: _("Driving licence"),
    DocumentType.IDENTITY_CARD: _("Identity card"),
    DocumentType.RESIDENCE_PERMIT: _("Residence permit"),
    DocumentType.KNOWN_IN_PERSON: _("None: I know them in person"),
    DocumentType.OTHER: _("Another document with a photograph"),
}

MEANS_NAMES: Mapping[CheckMeans, str] = {
    CheckMeans.BY_CAMERA: _("By camera on this page"),
    CheckMeans.BY_VIDEO_CALL: _("In a video call"),
    CheckMeans.BY_TELEPHONE: _("By telephone, by what only they can know"),
    CheckMeans.IN_PERSON: _("In person"),
    CheckMeans.BY_SOMEBODY_KNOWN: _("Somebody of standing vouched for them"),
}

MAY_FOLLOW: Mapping[CheckInKind, frozenset[Admission]] = {
    CheckInKind.ARRIVED: frozenset({Admission.ABSENT, Admission.TURNED_AWAY}),
    CheckInKind.OTHER_WAY_ASKED: frozenset({Admission.WAITING}),
    CheckInKind.IDENTITY_CHECKED: frozenset({Admission.WAITING, Admission.ADMITTED}),
    CheckInKind.NOT_CHECKED: frozenset({Admission.WAITING, Admission.ADMITTED}),
    CheckInKind.ADMITTED: frozenset({Admission.WAITING, Admission.TURNED_AWAY}),
    CheckInKind.TURNED_AWAY: frozenset({Admission.WAITING, Admission.ADMITTED}),
}

_BECOMES: Mapping[CheckInKind, Admission | None] = {
    CheckInKind.ARRIVED: Admission.WAITING,
    CheckInKind.OTHER_WAY_ASKED: None,
    CheckInKind.IDENTITY_CHECKED: None,
    CheckInKind.NOT_CHECKED: None,
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
