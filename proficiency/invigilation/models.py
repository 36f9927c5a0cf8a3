"""The log of a room, and the signals of exam pages.

Three hundred hands may go up in one moment, so what concerns one candidate is a chain of that
booking, and only what concerns the whole room is a chain of the sitting. Rows hold ids; what people
wrote is their payload.
"""

from datetime import datetime

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
from proficiency.core.db import Base, Moment, one_of
from proficiency.invigilation.rules import (
    CLOSES_HAND,
    FOR_ALL,
    HAS_WORDS,
    OPENS,
    REFERS,
    EntryKind,
    SignalKind,
    Topic,
)


def _among(column: str, kinds: frozenset[EntryKind]) -> str:
    listed = ", ".join(f"'{kind}'" for kind in sorted(kinds))
    return f"{column} IN ({listed})"


ENDS_HAND = _among("kind", CLOSES_HAND)
OPENS_CALL = _among("kind", OPENS)
IS_SEEN = "kind = 'seen'"


class RoomEntry(Chained, Base):
    """Something that happened in the room. Its aggregate is the booking, or the sitting for all.

    `command_key` is what the invigilator's or the candidate's page calls its command, so that one
    that is sent twice is done once. `refers_to` is the message or the hand that this answers.
    `item_id` is the question that a candidate asks about. `happened_at` is when a person says that
    something happened. `claimed_age` is the device's claim of how many microseconds before it
    arrived a call for help was made.
    """

    __tablename__ = "room_entry"
    __table_args__ = chained_args(
        one_of("kind", EntryKind),
        one_of("topic", Topic),
        UniqueConstraint("actor_id", "command_key"),
        CheckConstraint(
            "aggregate_id = coalesce(booking_id, sitting_id)", name="is_of_place_or_sitting"
        ),
        CheckConstraint(
            f"(booking_id IS NULL) <= ({_among('kind', FOR_ALL)})", name="concerns_somebody"
        ),
        CheckConstraint(
            f"({_among('kind', HAS_WORDS)}) <= (commitment IS NOT NULL)", name="has_words"
        ),
        CheckConstraint("(kind = 'hand_raised') = (topic IS NOT NULL)", name="hands_have_topics"),
        CheckConstraint(
            f"({_among('kind', REFERS)}) = (refers_to IS NOT NULL)", name="answers_something"
        ),
        Index(
            "uq_room_entry_hand_ends_once",
            "refers_to",
            unique=True,
            sqlite_where=text(ENDS_HAND),
            postgresql_where=text(ENDS_HAND),
        ),
        Index(
            "uq_room_entry_seen_once",
            "aggregate_id",
            "refers_to",
            unique=True,
            sqlite_where=text(IS_SEEN),
            postgresql_where=text(IS_SEEN),
        ),
        Index("ix_room_entry_sitting_id", "sitting_id", "at"),
    )

    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    booking_id: Mapped[str | None] = mapped_column(ForeignKey("booking.id"))
    kind: Mapped[str] = mapped_column(String(20))
    topic: Mapped[str | None] = mapped_column(String(20))
    item_id: Mapped[str | None] = mapped_column(ForeignKey("form_item.id"))
    refers_to: Mapped[str | None] = mapped_column(ForeignKey("room_entry.id"))
    command_key: Mapped[str | None] = mapped_column(String(40))
    happened_at: Mapped[datetime | None] = mapped_column(Moment)
    claimed_age: Mapped[int | None] = mapped_column(BigInteger)


class Signal(Chained, Base):
    """Something that an exam page noticed by itself. Its aggregate is the booking.

    Evidence for people and never a verdict. `size` is in characters for what was copied, pasted or
    typed at once, and in seconds for an absence. `claimed_age` is the device's claim of how many
    microseconds before it arrived it happened.
    """

    __tablename__ = "signal"
    __table_args__ = chained_args(
        one_of("kind", SignalKind),
        CheckConstraint("aggregate_id = booking_id", name="is_of_its_booking"),
        CheckConstraint("size >= 0", name="size_not_negative"),
        Index("ix_signal_sitting_id", "sitting_id"),
    )

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))
    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    kind: Mapped[str] = mapped_column(String(20))
    size: Mapped[int | None]
    claimed_age: Mapped[int | None] = mapped_column(BigInteger)
    device_id: Mapped[str | None] = mapped_column(String(40))
