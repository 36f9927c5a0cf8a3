"""Telling candidates that their result is ready. The result itself is never in the message."""

from datetime import datetime

from proficiency.accounts.queries import get_account
from proficiency.core.config import read_config
from proficiency.core.db import Database
from proficiency.core.jobs import handles
from proficiency.core.mail import Mail, render, send
from proficiency.delivery.queries import get_attempt_state
from proficiency.results.operations import RESULT_READY
from proficiency.sittings.queries import get_sitting


@handles(RESULT_READY)
def tell_candidate(database: Database, attempt_id: str, now: datetime) -> None:
    """Send one candidate the message; a second one says the same under the same Message-ID.

    Raises `OSError` or `SMTPException` when it cannot be sent; it is then tried again later.
    """
    config = read_config()
    with database.read() as session:
        attempt = get_attempt_state(session, attempt_id)
        account = get_account(session, attempt.candidate_id)
        sitting = get_sitting(session, attempt.sitting_id)
    subject, text = render(
        "result_ready.txt",
        name=account.display_name,
        sitting=sitting.title,
        address=f"{config.address}/results/mine/{attempt_id}",
        institution=config.institution,
    )
    send(config, Mail(f"{RESULT_READY}:{attempt_id}", account.email, subject, text), now)
