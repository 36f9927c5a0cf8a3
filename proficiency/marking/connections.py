"""Keeping those apart who are connected: whose work is closed to whom in the marking of a sitting.

The only module of those who mark that looks at what candidates told before the day, and nothing of
that leaves it: what it gives is attempts and answers that are for others, without a reason. Nobody
who marks learns that there is one (invariant 7): such work isn't offered to them, and where it is
refused, the words are those for what somebody else has taken up. For the same reason what people
told after the marking of a sitting was opened changes nothing there (but for their first telling):
who could name one person after the other, and see what is closed, would learn whose work is whose.
"""

from collections.abc import Collection

from sqlalchemy.orm import Session

from proficiency.core.errors import Refused
from proficiency.core.text import _
from proficiency.delivery.queries import list_attempts
from proficiency.marking.queries import find_round
from proficiency.marking.rules import RoundKind
from proficiency.preparation.details import connected_places


def closed_attempts(session: Session, person_id: str, sitting_id: str) -> frozenset[str]:
    """Return the attempts at a sitting that somebody may not decide about."""
    return closed_to_each(session, [person_id], sitting_id)[person_id]


def closed_to_each(
    session: Session, people: Collection[str], sitting_id: str
) -> dict[str, frozenset[str]]:
    """Return the same for each of some people."""
    attempts = {each.booking_id: each for each in list_attempts(session, sitting_id)}
    places = {booking_id: each.candidate_id for booking_id, each in attempts.items()}
    opened = find_round(session, sitting_id, RoundKind.OPENED)
    connected = connected_places(session, people, places, opened.at if opened else None)
    return {
        person: frozenset(attempts[booking_id].id for booking_id in connected[person])
        for person in people
    }


def refuse_connected(session: Session, person_id: str, sitting_id: str, attempt_id: str) -> None:
    """Raise `Refused` for work of an attempt that is closed to somebody."""
    if attempt_id in closed_attempts(session, person_id, sitting_id):
        raise Refused(_("This response is with others now. Go on with another."))
