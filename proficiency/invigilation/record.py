"""What is kept of how one candidate sat, as plain values that can be given to them.

Nothing of others is in it: who of the staff did something is "staff", what was written down about
the whole room is left out, and answers are no part of it.
"""

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from proficiency.delivery.admission import PictureKind
from proficiency.delivery.identity_pictures import find_pictures, get_picture
from proficiency.delivery.identity_rules import kept_until
from proficiency.exams.queries import get_form
from proficiency.invigilation.history import Line, read_history
from proficiency.invigilation.rules import RECORDS
from proficiency.sittings.queries import BookingView, get_sitting


def make_record(session: Session, booking: BookingView, now: datetime) -> dict[str, Any]:
    """Return the record of one booking as JSON values, the oldest first; times are UTC."""
    sitting = get_sitting(session, booking.sitting_id)
    history = read_history(session, sitting.id, booking.id)
    return {
        "made_at": now.isoformat(),
        "sitting": sitting.title,
        "candidate_number": booking.candidate_number,
        "what_happened": [_event(line) for line in history.lines[::-1] if _is_theirs(line)],
        "signals": [
            {"at": each.at.isoformat(), "what": each.what, "size": each.size_text}
            for each in history.signals[::-1]
        ],
        "pictures": list(_pictures(session, booking)),
    }


def _is_theirs(line: Line) -> bool:
    """What was written down about everybody in the room may speak of others."""
    return line.booking_id is not None or line.kind not in {kind.value for kind in RECORDS}


def _event(line: Line) -> dict[str, str]:
    return {
        "at": line.at.isoformat(),
        "what": line.what,
        "words": line.words or "",
        "by": "candidate" if line.by_candidate else "staff",
    }


def _pictures(session: Session, booking: BookingView) -> Iterator[dict[str, str]]:
    sitting = get_sitting(session, booking.sitting_id)
    days = get_form(session, sitting.form_id).settings.photo_days
    for kind, shown in find_pictures(session, booking.id).items():
        until = kept_until(sitting.last_start_at, days).isoformat()
        yield {
            "kind": kind.value,
            "taken_at": shown.at.isoformat(),
            "kept_until": until if kind is PictureKind.FACE else "until somebody has decided",
            "jpeg_base64": base64.b64encode(get_picture(session, shown.id)[1]).decode("ascii"),
        }
