"""Receipts for whoever did not hand in, and each receipt by mail. No answer is in a message."""

from datetime import datetime, timedelta

from proficiency.accounts.queries import get_account
from proficiency.core.access import SYSTEM
from proficiency.core.config import read_config
from proficiency.core.db import Database
from proficiency.core.jobs import every, handles
from proficiency.core.mail import Mail, render, send
from proficiency.core.operation import transaction
from proficiency.core.show import when_text
from proficiency.delivery.queries import get_attempt_state
from proficiency.delivery.receipt_key import ReceiptKey, key_of
from proficiency.delivery.receipt_operations import RECEIPT_ISSUED, issue_receipt
from proficiency.delivery.receipt_queries import (
    RECENT,
    find_end,
    find_receipt,
    list_without_receipt,
)
from proficiency.delivery.receipt_screens import code_lines
from proficiency.sittings.queries import get_sitting

AT_ONCE = 40
"""How many receipts one transaction issues: saves must not wait long for their turn."""


@every(timedelta(seconds=10))
def issue_receipts(database: Database, now: datetime) -> None:
    """Issue the receipt of every attempt that was locked, or ended by an invigilator."""
    issue_missing(database, now, key_of(read_config().secret_key))


def issue_missing(database: Database, now: datetime, key: ReceiptKey) -> int:
    """Issue what is missing, a few at a time, signed with `key`; returns how many there were."""
    issued = 0
    while waiting := _waiting(database, now):
        with transaction(database) as session:
            for attempt_id in sorted(waiting):
                issue_receipt(session, SYSTEM, now, attempt_id=attempt_id, key=key)
        issued += len(waiting)
    return issued


def _waiting(database: Database, now: datetime) -> list[str]:
    with database.read() as session:
        return list_without_receipt(session, now - RECENT, AT_ONCE)


@handles(RECEIPT_ISSUED)
def send_receipt(database: Database, attempt_id: str, now: datetime) -> None:
    """Send one candidate the receipt; a second one says the same under the same Message-ID.

    Raises `OSError` or `SMTPException` when it cannot be sent; it is then tried again later.
    """
    config = read_config()
    with database.read() as session:
        attempt = get_attempt_state(session, attempt_id)
        account = get_account(session, attempt.candidate_id)
        sitting = get_sitting(session, attempt.sitting_id)
        receipt, end = find_receipt(session, attempt_id), find_end(session, attempt_id)
    if receipt is None or end is None:
        raise LookupError(f"attempt {attempt_id} has no receipt to send")
    subject, text = render(
        "receipt.txt",
        name=account.display_name,
        sitting=sitting.title,
        candidate_number=attempt.candidate_number,
        answers=receipt.answers,
        ended=when_text(end.at),
        code=code_lines(receipt.digest),
        address=f"{config.address}/receipt",
        institution=config.institution,
    )
    send(config, Mail(f"{RECEIPT_ISSUED}:{attempt_id}", account.email, subject, text), now)
