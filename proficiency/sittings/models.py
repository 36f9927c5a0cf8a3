"""Sittings, bookings and access arrangements."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base, Kind, Moment, kind, one_of
from proficiency.sittings.rules import BookingState


class Sitting(Base):
    """One occasion on which a form is sat, to be started from `opens_at` to `last_start_at`.

    `practice_of` is the candidate who opened it for themselves alone, to practise.
    """

    __tablename__ = "sitting"
    __table_args__ = (
        CheckConstraint("last_start_at >= opens_at", name="times_in_order"),
        kind(Kind.STATE),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))
    opens_at: Mapped[datetime] = mapped_column(Moment)
    last_start_at: Mapped[datetime] = mapped_column(Moment)
    cancelled_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    practice_of: Mapped[str | None] = mapped_column(ForeignKey("account.id"))


class Booking(Base):
    """A candidate's place in a sitting. The candidate number is a pseudonym, random per booking."""

    __tablename__ = "booking"
    __table_args__ = (
        UniqueConstraint("sitting_id", "candidate_id"),
        UniqueConstraint("candidate_number"),
        one_of("state", BookingState),
        Index("ix_booking_candidate_id", "candidate_id"),
        kind(Kind.STATE),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    candidate_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    candidate_number: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Moment)


class AccessArrangement(Chained, Base):
    """Extra time for one booking; the newest row holds. The reason is a payload (health data).

    `extra_percent` is of the scheme's minutes; `extra_minutes` come on top of it. `rest_minutes` of
    breaks come on top of everybody's, and one break may then take `longest_rest_minutes`.
    `measures` are what is arranged beyond time, as canonical JSON of a list of names.
    """

    __tablename__ = "access_arrangement"
    __table_args__ = chained_args(
        CheckConstraint("extra_percent BETWEEN 0 AND 300", name="percent_range"),
        CheckConstraint("extra_minutes BETWEEN 0 AND 1440", name="minutes_range"),
        CheckConstraint("rest_minutes BETWEEN 0 AND 1440", name="rest_range"),
        CheckConstraint("longest_rest_minutes BETWEEN 0 AND 1440", name="longest_rest_range"),
        CheckConstraint("commitment IS NOT NULL", name="has_reason"),
    )

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))
    extra_percent: Mapped[int]
    extra_minutes: Mapped[int]
    rest_minutes: Mapped[int | None]
    longest_rest_minutes: Mapped[int | None]
    measures: Mapped[str | None] = mapped_column(String(400))


class LateStart(Chained, Base):
    """Leave for one booking to start until `until_at`; the newest row holds.

    Its aggregate is the booking, and the reason is the payload.
    """

    __tablename__ = "late_start"
    __table_args__ = chained_args(
        CheckConstraint("aggregate_id = booking_id", name="is_of_its_booking"),
        CheckConstraint("commitment IS NOT NULL", name="has_reason"),
    )

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))
    until_at: Mapped[datetime] = mapped_column(Moment)
