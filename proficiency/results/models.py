"""Results and their release. A result names the evidence that it was computed from."""

from fractions import Fraction

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base, one_of
from proficiency.results.rules import Capacity, ReleaseKind
from proficiency.standard_setting.rules import Outcome


class Result(Chained, Base):
    """The result of one attempt. Its aggregate is the attempt; the newest row holds.

    `themes` is canonical JSON: per theme the exact mark and its maximum. `evidence_digest` is the
    hash over the heads of all mark chains that went in.
    """

    __tablename__ = "result"
    __table_args__ = chained_args(
        one_of("outcome", Outcome),
        CheckConstraint(
            "total_den > 0 AND max_den > 0 AND cut_den > 0", name="denominators_positive"
        ),
        CheckConstraint(
            "total_num >= 0 AND total_num * max_den <= max_num * total_den", name="within_range"
        ),
        CheckConstraint(
            "(outcome = 'pass') = (total_num * cut_den >= cut_num * total_den)",
            name="outcome_follows_cut_score",
        ),
        CheckConstraint("aggregate_id = attempt_id", name="in_the_chain_of_its_attempt"),
        UniqueConstraint("run_id", "attempt_id"),
        Index("ix_result_sitting_id", "sitting_id"),
    )

    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    attempt_id: Mapped[str] = mapped_column(ForeignKey("attempt.id"))
    run_id: Mapped[str] = mapped_column(String(20))
    cut_score_event_id: Mapped[str] = mapped_column(ForeignKey("cut_score_event.id"))
    cut_num: Mapped[int] = mapped_column(BigInteger)
    cut_den: Mapped[int] = mapped_column(BigInteger)
    total_num: Mapped[int] = mapped_column(BigInteger)
    total_den: Mapped[int] = mapped_column(BigInteger)
    max_num: Mapped[int] = mapped_column(BigInteger)
    max_den: Mapped[int] = mapped_column(BigInteger)
    themes: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(10))
    evidence_digest: Mapped[str] = mapped_column(String(64))

    @property
    def total(self) -> Fraction:
        return Fraction(self.total_num, self.total_den)


class ReleaseEvent(Chained, Base):
    """Results were computed, approved by a person, or released. Its aggregate is the sitting.

    `digest` is the hash over all results of the run: an approval is of exactly these results.
    `capacity` says as what somebody approved, because roles can change later.
    """

    __tablename__ = "release_event"
    __table_args__ = chained_args(
        one_of("kind", ReleaseKind),
        one_of("capacity", Capacity),
        CheckConstraint(
            "(kind = 'approved') = (capacity IS NOT NULL)", name="approved_in_a_capacity"
        ),
        Index(
            "uq_release_event_one_approval",
            "run_id",
            "actor_id",
            unique=True,
            sqlite_where=text("kind = 'approved'"),
            postgresql_where=text("kind = 'approved'"),
        ),
        Index(
            "uq_release_event_computed_once",
            "run_id",
            unique=True,
            sqlite_where=text("kind = 'computed'"),
            postgresql_where=text("kind = 'computed'"),
        ),
        Index(
            "uq_release_event_released_once",
            "run_id",
            unique=True,
            sqlite_where=text("kind = 'released'"),
            postgresql_where=text("kind = 'released'"),
        ),
    )

    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    kind: Mapped[str] = mapped_column(String(20))
    run_id: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64))
    agrees: Mapped[bool]
    capacity: Mapped[str | None] = mapped_column(String(20))
