"""Handing in, and the receipt for it: one transaction, so that neither exists without the other.

Invariants kept: a page that computed another digest from its own copy hands nothing in unless the
candidate says so, knowing it (and that is recorded); a receipt is signed over what the chain held
when the attempt was closed, and there is one for each attempt.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Conflict, Forbidden
from proficiency.core.jobs import enqueue
from proficiency.core.text import _
from proficiency.delivery.models import Receipt
from proficiency.delivery.operations import submit_attempt
from proficiency.delivery.queries import (
    AttemptState,
    Closing,
    get_attempt_state,
    get_own_attempt,
)
from proficiency.delivery.receipt_key import ReceiptKey
from proficiency.delivery.receipt_queries import End, compute, find_end, find_receipt
from proficiency.delivery.rules import EventKind, Phase

RECEIPT_ISSUED = "receipt_issued"
"""The message on which the receipt is sent by mail; its subject is the attempt."""

NEWS = timedelta(days=1)
"""Nobody is sent a receipt for an exam that ended longer ago than this."""


class ReceiptDiffers(Conflict):
    """The page computed another digest from its own copy, so nothing was handed in."""


@dataclass(frozen=True)
class Claim:
    """What a candidate's page computed: the digest, and how many answers it knew by itself.

    `is_disputed` says that the candidate was told of a difference and hands in all the same.
    """

    digest: str
    own_answers: int
    is_disputed: bool = False


@operation()
def hand_in(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    attempt_id: str,
    epoch: int,
    key: ReceiptKey,
    claim: Claim | None,
) -> Closing:
    """End the attempt and issue its receipt; handing in again returns the same.

    Raises `ReceiptDiffers`, and nothing is handed in, when `claim` is not what the server has and
    the candidate has not said to go on; and as `submit_attempt` does. After the time has ended
    nothing can be refused any more: a difference is then recorded.
    """
    lock(session, attempt_id)
    before = get_own_attempt(session, attempt_id, actor.id)
    closing = submit_attempt(session, actor, now, attempt_id=attempt_id, epoch=epoch)
    receipt = _issue(session, actor, now, before, key, claim)
    is_refusable = before.phase is Phase.WRITING and closing.kind is EventKind.SUBMITTED
    if is_refusable and claim and not claim.is_disputed and claim.digest != receipt.digest:
        raise ReceiptDiffers(
            _("What the server has is not what this device sent, so nothing was handed in.")
        )
    return closing


@operation()
def issue_receipt(
    session: Session, actor: Actor, now: datetime, *, attempt_id: str, key: ReceiptKey
) -> Receipt:
    """Issue the receipt of an attempt that was closed without a page, or return the one there is.

    Raises `Forbidden` for anybody but the system, and `Conflict` while the attempt runs.
    """
    if not actor.is_system:
        raise Forbidden(_("Only the system issues receipts by itself."))
    lock(session, attempt_id)
    return _issue(session, actor, now, get_attempt_state(session, attempt_id), key, None)


def _issue(
    session: Session,
    actor: Actor,
    now: datetime,
    attempt: AttemptState,
    key: ReceiptKey,
    claim: Claim | None,
) -> Receipt:
    end = find_end(session, attempt.id)
    if end is None:
        raise Conflict(_("This exam is still running, so there is no receipt yet."))
    there = find_receipt(session, attempt.id)
    if there is not None:
        return there
    receipt = append(session, _made(session, actor, now, attempt, end, key, claim))
    if now - end.at <= NEWS:
        enqueue(session, now, RECEIPT_ISSUED, attempt.id)
    return receipt


def _made(
    session: Session,
    actor: Actor,
    now: datetime,
    attempt: AttemptState,
    end: End,
    key: ReceiptKey,
    claim: Claim | None,
) -> Receipt:
    found = compute(session, attempt, end.pos)
    return Receipt(
        aggregate_id=attempt.id,
        attempt_id=attempt.id,
        closing_id=end.id,
        at=now,
        actor_id=actor.id,
        digest=found.digest,
        answers=found.answers,
        claimed=claim.digest if claim else None,
        own_answers=claim.own_answers if claim else None,
        public_key=key.public,
        signature=key.sign(attempt.id, found.digest, now),
    )
