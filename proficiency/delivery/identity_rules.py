"""What a picture for an identity check may be, and how long it is kept. Pure.

Keeps what candidates are told: a picture holds nothing but what the camera saw, a document's
picture goes when somebody has decided, and the face when the time for appeals is over. The end
follows from the sitting and its scheme (invariant 4); no date is stored that could be wrong.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from proficiency.core.errors import Invalid
from proficiency.core.text import _
from proficiency.scenarios.pictures import JPEG, picture_type, plain_jpeg, read_picture

MOST_BYTES = 400_000
SMALLEST, LARGEST = 120, 1600
"""Pixels along a side: less shows no face, more is not asked for."""

LEFT_OVER = timedelta(days=1)
"""How long a document's picture may wait for a decision that nobody makes."""


@dataclass(frozen=True)
class Shot:
    """A picture as it is kept: a JPEG without a word of who, where or with what."""

    data: bytes
    width: int
    height: int


def read_shot(data: bytes) -> Shot:
    """Return a picture that a camera page sent, by its content and without what it tells.

    Raises `Invalid` for anything but a whole JPEG of a usual size.
    """
    if not data or len(data) > MOST_BYTES:
        raise Invalid(_("This picture is empty or too large. Take it again."))
    if picture_type(data) != JPEG:
        raise Invalid(_("This is not a picture of this page’s camera. Take it again."))
    plain = plain_jpeg(data)
    found = None if plain is None else read_picture(JPEG, plain)
    if plain is None or found is None or found.faults:
        raise Invalid(_("This picture is damaged. Take it again."))
    if not all(SMALLEST <= side <= LARGEST for side in (found.width, found.height)):
        raise Invalid(_("This picture is too small or too large. Take it again."))
    return Shot(plain, found.width, found.height)


def kept_until(last_start_at: datetime, photo_days: int) -> datetime:
    """Return when the photograph of a face goes: so many days after the sitting's last start."""
    return last_start_at + timedelta(days=photo_days)
