"""Erasing the pictures of identity checks when their time is over."""

from datetime import datetime, timedelta

from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.core.jobs import every
from proficiency.core.operation import transaction
from proficiency.delivery.identity_operations import erase_due_pictures, list_due


@every(timedelta(hours=1))
def erase_pictures_in_time(database: Database, now: datetime) -> None:
    """Look first without the right to write; mostly nothing is due."""
    with database.read() as session:
        if not list_due(session, now):
            return
    with transaction(database) as session:
        erase_due_pictures(session, SYSTEM, now)
