"""Forgets what no longer serves: old failures, links and sign-ins. None of it is evidence."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from proficiency.accounts.models import PasswordLink, SignIn, SignInFailure
from proficiency.accounts.throttle import REMEMBERED
from proficiency.core.db import Database
from proficiency.core.jobs import every
from proficiency.core.operation import transaction

KEPT_AFTER_END = timedelta(days=90)
"""Evidence names the sign-in that it came from; for so long it can be looked up."""


@every(timedelta(hours=1))
def forget_old_traces(database: Database, now: datetime) -> None:
    """Delete failures that count no more, and links and sign-ins that ended long ago."""
    with transaction(database) as session:
        session.execute(sa.delete(SignInFailure).where(SignInFailure.at <= now - REMEMBERED))
        for model in (PasswordLink, SignIn):
            session.execute(sa.delete(model).where(model.expires_at <= now - KEPT_AFTER_END))
