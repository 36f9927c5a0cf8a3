"""Responses under their blind codes, who marks them, every mark ever given, and what people decided
about answers that no machine may mark."""

from datetime import datetime
from fractions import Fraction

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base, Kind, Moment, kind, one_of
from proficiency.marking.deciding import StepKind
from proficiency.marking.rules import Duty, MarkKind, ReturnReason, RoundKind


class MarkingRound(Chained, Base):
    """Marking of a sitting was opened or closed. Its aggregate is the sitting."""

    __tablename__ = "marking_round"
    __table_args__ = chained_args(
        one_of("kind", RoundKind), UniqueConstraint("aggregate_id", "kind")
    )

    kind: Mapped[str] = mapped_column(String(20))
    seed: Mapped[str] = mapped_column(String(32))


class Response(Chained, Base):
    """What one attempt holds for one item when marking opens. Its aggregate is the attempt.

    Its id is the response code: random, new per item, and all that an assessor ever sees of it.
    `answer_event_id` is the very save that counts; null when nothing was answered.
    """

    __tablename__ = "response"
    __table_args__ = chained_args(
        UniqueConstraint("attempt_id", "form_item_id"),
        CheckConstraint(
            "(answer_event_id IS NULL) = (answer_commitment IS NULL)", name="answers_are_committed"
        ),
        Index("ix_response_sitting_item", "sitting_id", "form_item_id"),
    )

    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    attempt_id: Mapped[str] = mapped_column(ForeignKey("attempt.id"))
    form_item_id: Mapped[str] = mapped_column(ForeignKey("form_item.id"))
    answer_event_id: Mapped[str | None] = mapped_column(ForeignKey("attempt_event.id"))
    answer_commitment: Mapped[str | None] = mapped_column(String(64))


class Allocation(Base):
    """A response given to one person to mark. Returned ones stay, and free their slot."""

    __tablename__ = "allocation"
    __table_args__ = (
        UniqueConstraint("response_id", "assessor_id"),
        one_of("duty", Duty),
        one_of("return_reason", ReturnReason),
        CheckConstraint(
            "(duty = 'assessor' AND slot IN (1, 2)) OR (duty = 'adjudicator' AND slot = 3)",
            name="slot_fits_duty",
        ),
        CheckConstraint(
            "(returned_at IS NULL) = (return_reason IS NULL)", name="returns_have_reasons"
        ),
        CheckConstraint("done_at IS NULL OR returned_at IS NULL", name="done_or_returned"),
        Index(
            "uq_allocation_slot",
            "response_id",
            "slot",
            unique=True,
            sqlite_where=text("returned_at IS NULL"),
            postgresql_where=text("returned_at IS NULL"),
        ),
        Index("ix_allocation_assessor", "assessor_id", "done_at"),
        kind(Kind.STATE),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    response_id: Mapped[str] = mapped_column(ForeignKey("response.id"))
    assessor_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    duty: Mapped[str] = mapped_column(String(20))
    slot: Mapped[int]
    seed: Mapped[str] = mapped_column(String(32))
    drawn_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    returned_at: Mapped[datetime | None] = mapped_column(Moment)
    return_reason: Mapped[str | None] = mapped_column(String(40))


class Mark(Chained, Base):
    """One mark for one response. Its aggregate is the response; nothing ever replaces it.

    A correction is a new row that names the one it supersedes. `levels` and `traps` are canonical
    JSON; the person's comment or reason is the payload.
    """

    __tablename__ = "mark"
    __table_args__ = chained_args(
        one_of("kind", MarkKind),
        CheckConstraint("mark_den > 0 AND max_den > 0", name="denominators_positive"),
        CheckConstraint(
            "mark_num >= 0 AND mark_num * max_den <= max_num * mark_den", name="within_range"
        ),
        CheckConstraint(
            "(kind IN ('machine', 'assessor') AND supersedes_id IS NULL) OR commitment IS NOT NULL",
            name="changes_have_reasons",
        ),
        UniqueConstraint("supersedes_id"),
        Index(
            "uq_mark_one_per_person",
            "response_id",
            "actor_id",
            "kind",
            unique=True,
            sqlite_where=text("supersedes_id IS NULL"),
            postgresql_where=text("supersedes_id IS NULL"),
        ),
        Index(
            "uq_mark_one_per_kind",
            "response_id",
            "kind",
            unique=True,
            sqlite_where=text("supersedes_id IS NULL AND kind <> 'assessor'"),
            postgresql_where=text("supersedes_id IS NULL AND kind <> 'assessor'"),
        ),
    )

    response_id: Mapped[str] = mapped_column(ForeignKey("response.id"))
    kind: Mapped[str] = mapped_column(String(20))
    mark_num: Mapped[int] = mapped_column(BigInteger)
    mark_den: Mapped[int] = mapped_column(BigInteger)
    max_num: Mapped[int] = mapped_column(BigInteger)
    max_den: Mapped[int] = mapped_column(BigInteger)
    levels: Mapped[str] = mapped_column(Text)
    traps: Mapped[str] = mapped_column(Text)
    indicators: Mapped[str] = mapped_column(Text)
    is_critical: Mapped[bool]
    supersedes_id: Mapped[str | None] = mapped_column(ForeignKey("mark.id"))

    @property
    def mark(self) -> Fraction:
        return Fraction(self.mark_num, self.mark_den)


class AnswerDecision(Chained, Base):
    """One step of deciding about one answer. Its aggregate is the form item in its sitting.

    `answer_digest` is what the answer is known by after its words, which are the payload with the
    reason, were lawfully erased. `point` is the key of an accepted answer, the digest of an answer
    for a point of its own, or "" for nothing. `about_id` and `proposer_id` name the proposal that a
    step answers and whose it is, so that the database itself refuses one person twice.
    """

    __tablename__ = "answer_decision"
    __table_args__ = chained_args(
        one_of("kind", StepKind),
        CheckConstraint("commitment IS NOT NULL", name="words_are_kept"),
        CheckConstraint("aggregate_id = sitting_id || ':' || form_item_id", name="is_of_its_item"),
        CheckConstraint(
            "(kind = 'withdrawn') = (point IS NULL) AND (point IS NULL) = (marks_num IS NULL) "
            "AND (point IS NULL) = (marks_den IS NULL)",
            name="decisions_are_whole",
        ),
        CheckConstraint(
            "marks_num >= 0 AND marks_den > 0 AND (point <> '' OR marks_num = 0)",
            name="nothing_is_worth_nothing",
        ),
        CheckConstraint(
            "(kind = 'proposed') = (about_id IS NULL) AND (about_id IS NULL) = "
            "(proposer_id IS NULL)",
            name="answers_name_their_proposal",
        ),
        CheckConstraint(
            "proposer_id IS NULL OR (proposer_id = actor_id) = (kind = 'withdrawn')",
            name="nobody_confirms_themselves",
        ),
        CheckConstraint("supersedes_id IS NULL OR kind = 'proposed'", name="proposals_supersede"),
        CheckConstraint(
            "gives_reason OR (kind <> 'settled' AND supersedes_id IS NULL)",
            name="changes_have_reasons",
        ),
        UniqueConstraint("id", "actor_id"),
        ForeignKeyConstraint(
            ["about_id", "proposer_id"], ["answer_decision.id", "answer_decision.actor_id"]
        ),
        Index(
            "uq_answer_decision_second",
            "about_id",
            unique=True,
            sqlite_where=text("kind <> 'settled'"),
            postgresql_where=text("kind <> 'settled'"),
        ),
        Index(
            "uq_answer_decision_third",
            "about_id",
            unique=True,
            sqlite_where=text("kind = 'settled'"),
            postgresql_where=text("kind = 'settled'"),
        ),
        Index("ix_answer_decision_answer", "aggregate_id", "answer_digest"),
    )

    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    form_item_id: Mapped[str] = mapped_column(ForeignKey("form_item.id"))
    answer_digest: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(20))
    point: Mapped[str | None] = mapped_column(String(64))
    marks_num: Mapped[int | None] = mapped_column(BigInteger)
    marks_den: Mapped[int | None] = mapped_column(BigInteger)
    gives_reason: Mapped[bool]
    about_id: Mapped[str | None] = mapped_column(String(20))
    proposer_id: Mapped[str | None] = mapped_column(String(20))
    supersedes_id: Mapped[str | None] = mapped_column(ForeignKey("answer_decision.id"))
