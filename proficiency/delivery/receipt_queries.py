"""Reading what a receipt rests on: the answers that counted, and the receipts themselves.

Everything is read from the attempt's chain, also when a receipt is checked much later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from proficiency.delivery.models import (
    IS_ACCEPTED,
    IS_ANSWER,
    IS_CLOSING,
    Attempt,
    AttemptEvent,
    Receipt,
)
from proficiency.delivery.paper import Paper, get_paper
from proficiency.delivery.queries import AttemptState
from proficiency.delivery.receipt_rules import Entry, digest_of
from proficiency.delivery.rules import EventKind


@dataclass(frozen=True)
class Held:
    """The answer that counts for one item, as the chain has it, without its words.

    `is_by_form` says that it came from a form and not from the page's script; `sent_hash` is None
    where no page sent fields.
    """

    item_id: str
    pos: int
    at: datetime
    epoch: int
    is_by_form: bool
    sent_hash: str | None
    commitment: str

    @property
    def proof(self) -> str:
        return self.sent_hash or self.commitment

    @property
    def entry(self) -> Entry:
        return Entry(self.item_id, self.pos, self.proof)


@dataclass(frozen=True)
class End:
    """The event that closed an attempt."""

    id: str
    pos: int
    kind: EventKind
    at: datetime


NUMBER = sa.bindparam("before", type_=sa.Integer)
INNER = aliased(AttemptEvent)
HELD = sa.select(
    AttemptEvent.item_id,
    AttemptEvent.pos,
    AttemptEvent.at,
    AttemptEvent.epoch_sent,
    AttemptEvent.client_seq,
    AttemptEvent.sent_hash,
    AttemptEvent.commitment,
).where(
    AttemptEvent.aggregate_id == sa.bindparam("attempt_id"),
    AttemptEvent.pos.in_(
        sa.select(sa.func.max(INNER.pos))
        .where(
            INNER.aggregate_id == sa.bindparam("attempt_id"),
            sa.text(IS_ANSWER),
            INNER.pos < NUMBER,
        )
        .group_by(INNER.item_id)
        .correlate(None)
    ),
)

LAST = 2**31 - 1
"""A position behind every chain's end."""

RECENT = timedelta(days=30)
"""How far back the background work looks for closed attempts without a receipt."""


def find_held(session: Session, attempt_id: str, before: int = LAST) -> dict[str, Held]:
    """Return the answers that counted before position `before` of the chain, by item."""
    rows = session.execute(HELD, {"attempt_id": attempt_id, "before": before})
    return {
        row.item_id: Held(
            row.item_id,
            row.pos,
            row.at,
            row.epoch_sent or 0,
            row.client_seq is None,
            row.sent_hash,
            row.commitment,
        )
        for row in rows
    }


def in_form_order(paper: Paper, held: dict[str, Held]) -> list[Held]:
    """Return `held` in the order in which the form asks."""
    return [held[item.id] for item in paper.items if item.id in held]


def find_end(session: Session, attempt_id: str) -> End | None:
    """Return the event that closed an attempt, or None while it runs."""
    row = session.execute(
        sa.select(AttemptEvent.id, AttemptEvent.pos, AttemptEvent.kind, AttemptEvent.at).where(
            AttemptEvent.aggregate_id == attempt_id, sa.text(IS_CLOSING)
        )
    ).first()
    return None if row is None else End(row.id, row.pos, EventKind(row.kind), row.at)


@dataclass(frozen=True)
class Computed:
    """The digest that follows from the chain as it is now, and over how many answers."""

    digest: str
    answers: int


def compute(session: Session, attempt: Attempt | AttemptState, before: int) -> Computed:
    """Return the digest over the answers that counted before position `before`."""
    held = in_form_order(
        get_paper(session, attempt.form_id), find_held(session, attempt.id, before)
    )
    return Computed(digest_of(attempt.nonce, [each.entry for each in held]), len(held))


def find_receipt(session: Session, attempt_id: str) -> Receipt | None:
    """Return the receipt of an attempt, or None while there is none."""
    return session.scalar(sa.select(Receipt).where(Receipt.attempt_id == attempt_id))


def find_by_code(session: Session, digest: str, candidate_number: str) -> Receipt | None:
    """Return the receipt with this code, for this candidate number, or None."""
    return session.scalar(
        sa.select(Receipt)
        .join(Attempt, Attempt.id == Receipt.attempt_id)
        .where(Receipt.digest == digest, Attempt.candidate_number == candidate_number)
    )


def list_without_receipt(session: Session, since: datetime, most: int) -> list[str]:
    """Return the attempts that were closed after `since` and have no receipt, the oldest first."""
    has_one = sa.exists().where(Receipt.attempt_id == AttemptEvent.aggregate_id)
    return list(
        session.scalars(
            sa.select(AttemptEvent.aggregate_id)
            .where(sa.text(IS_CLOSING), AttemptEvent.at > since, ~has_one)
            .order_by(AttemptEvent.at, AttemptEvent.aggregate_id)
            .limit(most)
        )
    )


def list_accepted(session: Session, attempt_id: str) -> Sequence[datetime]:
    """Return when late or filed answers were accepted, in order."""
    return session.scalars(
        sa.select(AttemptEvent.at)
        .where(AttemptEvent.aggregate_id == attempt_id, sa.text(IS_ACCEPTED))
        .order_by(AttemptEvent.pos)
    ).all()
