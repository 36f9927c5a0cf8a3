"""Candidate numbers: pseudonyms, random for each booking."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.chance import random_digits
from proficiency.sittings.models import Booking

NUMBER_DIGITS = 8


def draw_number(session: Session) -> str:
    """Return a candidate number that nobody has; it tells nothing about the person or the order."""
    while True:
        number = random_digits(NUMBER_DIGITS)
        if not session.scalar(sa.select(Booking.id).where(Booking.candidate_number == number)):
            return number
