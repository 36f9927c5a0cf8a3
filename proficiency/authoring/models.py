"""What was written of a case, by whom, and what became of it: append-only, chained by work.

The aggregate of all evidence tables is the id of the work: one work is the life of one
version of a case, from its first line to its retirement.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.authoring.rules import CommentKind, StepKind
from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base, Kind, Moment, kind, one_of


class CaseRevision(Chained, Base):
    """One saved state of a case in work, whole. `parent_id` is the revision that it was made from.

    `case_name` and `title` are what the text says of itself, for lists; empty while it says
    nothing yet. `merged_id` is the second parent where two people's edits were brought together.
    `files` is JSON, name to SHA-256, of the pictures and documents that stand with the text; null
    while there are none. Their bytes are in `case_file`.
    """

    __tablename__ = "case_revision"
    __table_args__ = chained_args(
        CheckConstraint("(pos = 1) = (parent_id IS NULL)", name="first_has_no_parent"),
    )

    parent_id: Mapped[str | None] = mapped_column(ForeignKey("case_revision.id"))
    merged_id: Mapped[str | None] = mapped_column(ForeignKey("case_revision.id"))
    case_name: Mapped[str] = mapped_column(String(60), index=True)
    title: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(String(64))
    files: Mapped[str | None] = mapped_column(Text)


class CaseStep(Chained, Base):
    """One event in the life of a case (`rules.TRANSITIONS`).

    `checklist` is JSON, point to remark, where a reviewer answered it; `case_version_id` is the
    frozen version that an approval made.
    """

    __tablename__ = "case_step"
    __table_args__ = chained_args(
        one_of("kind", StepKind),
        UniqueConstraint("case_version_id"),
        CheckConstraint("(kind = 'begun') = (pos = 1)", name="begins_once"),
        CheckConstraint(
            "(kind = 'approved') = (case_version_id IS NOT NULL)", name="approved_is_frozen"
        ),
        CheckConstraint(
            "reason <> '' OR kind NOT IN ('returned', 'leak_reported', 'leak_settled', 'retired')",
            name="reason_given",
        ),
        CheckConstraint(
            "(kind IN ('passed_by_peer', 'signed')) = (checklist IS NOT NULL)",
            name="checklist_of_review",
        ),
        CheckConstraint("(kind = 'signed') = (as_lay IS NOT NULL)", name="capacity_of_signature"),
        Index(
            "uq_case_step_approved_once",
            "aggregate_id",
            unique=True,
            sqlite_where=text("kind = 'approved'"),
            postgresql_where=text("kind = 'approved'"),
        ),
    )

    kind: Mapped[str] = mapped_column(String(20))
    revision_id: Mapped[str] = mapped_column(ForeignKey("case_revision.id"))
    reason: Mapped[str] = mapped_column(Text)
    checklist: Mapped[str | None] = mapped_column(Text)
    as_lay: Mapped[bool | None]
    case_version_id: Mapped[str | None] = mapped_column(ForeignKey("case_version.id"))


class CaseComment(Chained, Base):
    """A remark on a revision, anchored to a line or a question, or what became of one.

    `thread_id` is the remark that a reply, an acceptance and so on are about. A suggestion quotes
    the lines that it would change (`quote`, from `line` on) and says what they should be.
    """

    __tablename__ = "case_comment"
    __table_args__ = chained_args(
        one_of("kind", CommentKind),
        CheckConstraint(
            "(kind IN ('comment', 'suggestion')) = (thread_id IS NULL)", name="thread_given"
        ),
        CheckConstraint(
            "(kind = 'suggestion') = (replacement IS NOT NULL)", name="replacement_of_suggestion"
        ),
        CheckConstraint("line IS NULL OR line >= 1", name="line_from_one"),
        CheckConstraint("kind <> 'suggestion' OR line IS NOT NULL", name="suggestion_has_line"),
        Index(
            "uq_case_comment_settled_once",
            "thread_id",
            unique=True,
            sqlite_where=text("kind IN ('resolved', 'accepted', 'declined')"),
            postgresql_where=text("kind IN ('resolved', 'accepted', 'declined')"),
        ),
    )

    kind: Mapped[str] = mapped_column(String(20))
    thread_id: Mapped[str | None] = mapped_column(ForeignKey("case_comment.id"))
    revision_id: Mapped[str] = mapped_column(ForeignKey("case_revision.id"))
    line: Mapped[int | None]
    item_name: Mapped[str | None] = mapped_column(String(60))
    quote: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    replacement: Mapped[str | None] = mapped_column(Text)


class CaseBuffer(Base):
    """What a person has typed and not saved yet: kept so that nothing is lost, proving nothing."""

    __tablename__ = "case_buffer"
    __table_args__ = (kind(Kind.OPERATIONAL),)

    work_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("case_revision.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)
