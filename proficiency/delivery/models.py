"""Attempts and everything that happened in them, as one chain each."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base, one_of
from proficiency.delivery.rules import EventKind, Phase


class Attempt(Chained, Base):
    """A candidate's one attempt at a booked sitting. Its aggregate is the booking.

    The time allowed is copied here at the start, so that nothing changed elsewhere moves it.
    """

    __tablename__ = "attempt"
    __table_args__ = chained_args(
        CheckConstraint("pos = 1", name="one_per_booking"),
        UniqueConstraint("booking_id"),
        Index("ix_attempt_sitting_id", "sitting_id"),
    )

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))
    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))
    candidate_number: Mapped[str] = mapped_column(String(12))
    nonce: Mapped[str] = mapped_column(String(32))
    base_seconds: Mapped[int]
    extra_percent: Mapped[int]
    extra_seconds: Mapped[int]
    transit_seconds: Mapped[int]


class AttemptEvent(Chained, Base):
    """Something that happened in an attempt. Its aggregate is the attempt.

    `phase`, `epoch`, `stage` and `window_events` are the attempt's state after the event, so that
    the newest row alone tells it. `epoch_sent` and `client_seq` are the writer's epoch and its own
    sequence number; `amount` is a credit in microseconds. `claimed_age` is the device's claim of
    how many microseconds before sending the text was last changed: only from one unbroken
    monotonic clock, null otherwise. An answer's words are the payload of its row.
    """

    __tablename__ = "attempt_event"
    __table_args__ = chained_args(
        one_of("kind", EventKind),
        one_of("phase", Phase),
        CheckConstraint(
            "(kind IN ('submitted', 'locked')) <= (phase = 'closed')", name="closing_closes"
        ),
        CheckConstraint("epoch >= 1 AND stage >= 1", name="state_from_one"),
        CheckConstraint(
            "(kind NOT LIKE 'answer%') OR (item_id IS NOT NULL AND commitment IS NOT NULL)",
            name="answers_have_words",
        ),
        CheckConstraint("(kind = 'credited') = (amount IS NOT NULL)", name="credits_have_amounts"),
        Index(
            "uq_attempt_event_writer_seq",
            "aggregate_id",
            "epoch_sent",
            "client_seq",
            unique=True,
            sqlite_where=text("client_seq IS NOT NULL AND kind <> 'answer_conflicted'"),
            postgresql_where=text("client_seq IS NOT NULL AND kind <> 'answer_conflicted'"),
        ),
        Index(
            "uq_attempt_event_closed_once",
            "aggregate_id",
            unique=True,
            sqlite_where=text("kind IN ('submitted', 'locked')"),
            postgresql_where=text("kind IN ('submitted', 'locked')"),
        ),
        Index("ix_attempt_event_item", "aggregate_id", "item_id", "pos"),
    )

    kind: Mapped[str] = mapped_column(String(20))
    phase: Mapped[str] = mapped_column(String(10))
    epoch: Mapped[int]
    stage: Mapped[int]
    window_events: Mapped[int]
    item_id: Mapped[str | None] = mapped_column(ForeignKey("form_item.id"))
    epoch_sent: Mapped[int | None]
    client_seq: Mapped[int | None] = mapped_column(BigInteger)
    device_id: Mapped[str | None] = mapped_column(String(40))
    sign_in_id: Mapped[str | None] = mapped_column(String(64))
    claimed_age: Mapped[int | None] = mapped_column(BigInteger)
    amount: Mapped[int | None] = mapped_column(BigInteger)
