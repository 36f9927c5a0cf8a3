"""Recording that the time of attempts has passed, and that the service is alive.

The first only writes down what was already true, and waits while the service is away, so that an
outage is known before anybody's end is recorded in it.
"""

from datetime import datetime, timedelta

from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.core.jobs import beside_serving, every
from proficiency.core.operation import transaction
from proficiency.delivery import identity_jobs, receipt_jobs  # noqa: F401 - register their own
from proficiency.delivery.operations import LOCKED_AT_ONCE, lock_overdue_attempts
from proficiency.delivery.outages import PULSE, is_away, is_overdue, is_pulse_due, note_pulse
from proficiency.delivery.queries import get_attempt_state, list_possibly_overdue


@every(timedelta(seconds=10))
def lock_overdue(database: Database, now: datetime) -> None:
    """Lock every overdue attempt, a few at a time, so that saves never wait long for the lock."""
    while _has_overdue(database, now):
        with transaction(database) as session:
            if lock_overdue_attempts(session, SYSTEM, now) < LOCKED_AT_ONCE:
                return


@beside_serving(PULSE)
def show_alive(database: Database, now: datetime) -> None:
    """Write down that a process that serves candidates is alive and can write; one does for all."""
    with database.read() as session:
        if not is_pulse_due(session, now):
            return
    with transaction(database) as session:
        note_pulse(session, SYSTEM, now)


def _has_overdue(database: Database, now: datetime) -> bool:
    """Look first without the right to write, which most of the time is all that is needed."""
    with database.read() as session:
        return not is_away(session, now) and any(
            is_overdue(session, get_attempt_state(session, attempt_id), now)
            for attempt_id in list_possibly_overdue(session, now)
        )
