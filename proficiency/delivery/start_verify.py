"""Whether everybody who started had confirmed what held then: for `proficiency verify`.

Before a start the candidate accepts the documents, calls their time right (which says what was
arranged for them) and declares to be well. The newest such confirmation before the start must name
the versions that held, and the very time that the attempt was given. Attempts from before anybody
ever confirmed are from an earlier revision, which did not ask.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.delivery.models import Attempt
from proficiency.delivery.queries import allowance_of
from proficiency.preparation.documents import Confirmation, list_confirmations, superseded_at

SLACK = timedelta(minutes=1)
"""A document may change in the moment of a start, and the clocks of two servers differ a little."""


def check_starts(session: Session) -> Iterator[str]:
    """Yield a sentence for each attempt that was started on what nobody had confirmed."""
    confirmations, superseded = list_confirmations(session), superseded_at(session)
    if not confirmations:
        return
    first = min(each.at for given in confirmations.values() for each in given)
    since = sa.select(Attempt).where(Attempt.at >= first).order_by(Attempt.id)
    for attempt in session.scalars(since):
        before = [
            each
            for each in confirmations.get(attempt.booking_id, ())
            if each.at <= attempt.at + SLACK
        ]
        problem = _problem(attempt, before[-1] if before else None, superseded)
        if problem is not None:
            yield f"attempt {attempt.id}: {problem}"


def _problem(
    attempt: Attempt, found: Confirmation | None, superseded: Mapping[str, datetime]
) -> str | None:
    if found is None:
        return "it was started and nothing had been confirmed"
    old = [
        document
        for document, version in found.versions.items()
        if version in superseded and superseded[version] < attempt.at - SLACK
    ]
    if old:
        return f"it was started on another {old[0]} than was confirmed"
    allowance = allowance_of(attempt)
    given = (int(allowance.total.total_seconds()), int(allowance.rest.total_seconds()))
    if given != (found.allowed_seconds, found.rest_seconds):
        return "it was given another time than was confirmed"
    return None
