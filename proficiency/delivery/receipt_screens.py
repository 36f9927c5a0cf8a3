"""What pages show of receipts: to the page that hands in, to the candidate, and to whoever checks.

Nothing here holds an answer's words. What the public page shows holds no name either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from proficiency.core.clock import to_micros
from proficiency.core.show import grouped
from proficiency.delivery.models import Attempt, Receipt
from proficiency.delivery.paper import get_paper
from proficiency.delivery.queries import AttemptState
from proficiency.delivery.receipt_key import signature_holds
from proficiency.delivery.receipt_queries import (
    End,
    compute,
    find_by_code,
    find_end,
    find_held,
    find_receipt,
    list_accepted,
)
from proficiency.sittings.queries import get_sitting


def make_manifest(session: Session, state: AttemptState) -> dict[str, Any]:
    """Return what the server has for each question that was opened, for the page to compare.

    `at` is in milliseconds since 1970; `sent` is null where no page sent fields.
    """
    paper, held = get_paper(session, state.form_id), find_held(session, state.id)
    items = []
    for item in paper.items:
        if item.stage > state.stage:
            continue
        entry: dict[str, Any] = {"item": item.id, "number": item.number, "stage": item.stage}
        if (answer := held.get(item.id)) is not None:
            entry |= {
                "pos": answer.pos,
                "sent": answer.sent_hash,
                "proof": answer.proof,
                "at": to_micros(answer.at) // 1000,
                "epoch": answer.epoch,
                "by_form": answer.is_by_form,
            }
        items.append(entry)
    return {"nonce": state.nonce, "stage": state.stage, "items": items}


@dataclass(frozen=True)
class ReceiptView:
    """One receipt, as the candidate gets it. `at_micros` is the signed moment, exactly."""

    attempt_id: str
    digest: str
    claimed: str | None
    own_answers: int | None
    answers: int
    at: datetime
    at_micros: int
    public_key: str
    signature: str

    @property
    def lines(self) -> list[str]:
        return code_lines(self.digest)

    @property
    def is_disputed(self) -> bool:
        return self.claimed is not None and self.claimed != self.digest


GROUPS_A_LINE = 4


def code_lines(digest: str) -> list[str]:
    """Return a receipt's code in groups of four, so many to a line that it is easily compared."""
    groups = grouped(digest).split()
    starts = range(0, len(groups), GROUPS_A_LINE)
    return [" ".join(groups[start : start + GROUPS_A_LINE]) for start in starts]


def find_receipt_view(session: Session, attempt_id: str) -> ReceiptView | None:
    """Return the receipt of an attempt, or None while it is being made."""
    receipt = find_receipt(session, attempt_id)
    return None if receipt is None else _view(receipt)


def _view(receipt: Receipt) -> ReceiptView:
    return ReceiptView(
        attempt_id=receipt.attempt_id,
        digest=receipt.digest,
        claimed=receipt.claimed,
        own_answers=receipt.own_answers,
        answers=receipt.answers,
        at=receipt.at,
        at_micros=to_micros(receipt.at),
        public_key=receipt.public_key,
        signature=receipt.signature,
    )


@dataclass(frozen=True)
class Check:
    """What checking a code found: the receipt, and what follows from the record as it is now."""

    receipt: ReceiptView
    title: str
    candidate_number: str
    started_at: datetime
    end: End
    digest_now: str
    is_signed: bool
    accepted_at: Sequence[datetime]

    @property
    def holds(self) -> bool:
        """Whether the record still gives this very code, and the signature is right."""
        return self.is_signed and self.digest_now == self.receipt.digest


def check_code(session: Session, digest: str, candidate_number: str) -> Check | None:
    """Compute again what a receipt says, from the chain as it is now; None for no such receipt."""
    receipt = find_by_code(session, digest, candidate_number)
    if receipt is None:
        return None
    attempt, end = (
        session.get_one(Attempt, receipt.attempt_id),
        find_end(session, receipt.attempt_id),
    )
    if end is None:
        raise RuntimeError("there is a receipt, and nothing that closed its attempt")
    return Check(
        receipt=_view(receipt),
        title=get_sitting(session, attempt.sitting_id).title,
        candidate_number=attempt.candidate_number,
        started_at=attempt.at,
        end=end,
        digest_now=compute(session, attempt, end.pos).digest,
        is_signed=signature_holds(
            receipt.public_key, receipt.signature, attempt.id, receipt.digest, receipt.at
        ),
        accepted_at=list_accepted(session, attempt.id),
    )
