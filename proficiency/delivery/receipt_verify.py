"""Computes every receipt again from the chain of its attempt, and checks who signed it.

Nothing that was computed when a receipt was issued is trusted.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from proficiency.delivery.models import Attempt, AttemptEvent, Receipt
from proficiency.delivery.receipt_key import signature_holds
from proficiency.delivery.receipt_queries import compute, find_end


def check_receipts(session: Session) -> Iterator[str]:
    """Yield a sentence for each receipt that its record doesn't bear out."""
    for receipt in session.scalars(sa.select(Receipt).order_by(Receipt.attempt_id)):
        named = f"receipt of attempt {receipt.attempt_id}"
        attempt = session.get(Attempt, receipt.attempt_id)
        if attempt is None:
            yield f"{named}: there is no such attempt"
            continue
        yield from (f"{named}: {problem}" for problem in _problems(session, receipt, attempt))


def _problems(session: Session, receipt: Receipt, attempt: Attempt) -> Iterator[str]:
    if not signature_holds(
        receipt.public_key, receipt.signature, receipt.attempt_id, receipt.digest, receipt.at
    ):
        yield "its signature does not hold"
    end = find_end(session, receipt.attempt_id)
    if end is None or end.id != receipt.closing_id:
        yield "it names another end than the attempt has"
        return
    found = compute(session, attempt, end.pos)
    if (found.digest, found.answers) != (receipt.digest, receipt.answers):
        yield "the answers on record give another digest"


def check_sent_hashes(session: Session) -> Iterator[str]:
    """Yield a sentence for each answer without the hash of what was sent.

    Answers from before there were such hashes have none. But a page that sent one answer with its
    hash sends all with it.
    """
    earlier = aliased(AttemptEvent)
    rows = session.execute(
        sa.select(AttemptEvent.aggregate_id, AttemptEvent.pos)
        .where(
            AttemptEvent.commitment.is_not(None),
            AttemptEvent.item_id.is_not(None),
            AttemptEvent.client_seq.is_not(None),
            AttemptEvent.sent_hash.is_(None),
            sa.exists().where(
                earlier.aggregate_id == AttemptEvent.aggregate_id,
                earlier.epoch_sent == AttemptEvent.epoch_sent,
                earlier.client_seq.is_not(None),
                earlier.sent_hash.is_not(None),
                earlier.pos < AttemptEvent.pos,
            ),
        )
        .order_by(AttemptEvent.aggregate_id, AttemptEvent.pos)
    )
    for row in rows:
        yield (
            f"attempt {row.aggregate_id}, position {row.pos}: the hash of what was sent is missing"
        )
