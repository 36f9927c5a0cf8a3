"""Published versions of case studies: frozen, hashed, never changed (invariant 3).

The bytes of their pictures and documents are stored apart, once, under their own hash.
"""

from sqlalchemy import Boolean, CheckConstraint, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base, Kind, kind, one_of
from proficiency.scenarios.citing import NoticeKind


class CaseVersion(Chained, Base):
    """One published version of a case. Its aggregate is the case's name; `pos` is its version.

    `source` is the Markdown as written; `content` the compiled case as canonical JSON, with its
    HTML already sanitised by `sanitiser`. `content_hash` is the SHA-256 of `content`.
    """

    __tablename__ = "case_version"
    __table_args__ = chained_args(UniqueConstraint("aggregate_id", "content_hash"))

    title: Mapped[str] = mapped_column(String(200))
    nation: Mapped[str] = mapped_column(String(40))
    framework: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String(64))
    sanitiser: Mapped[str] = mapped_column(String(60))
    is_sample: Mapped[bool] = mapped_column(Boolean)


class CaseFile(Base):
    """The bytes of a picture or a document. `id` is their SHA-256, in hexadecimal.

    What they are (type and pixels) was found in them when they came, and is repeated here so that
    a list of files need not read them.
    """

    __tablename__ = "case_file"
    __table_args__ = (
        CheckConstraint("size > 0 AND size <= 2000000", name="size_within_limit"),
        CheckConstraint("(width IS NULL) = (height IS NULL)", name="both_sides"),
        kind(Kind.CONTENT),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class ReferenceNotice(Chained, Base):
    """Something that was said about a source. Its aggregate is the reference's key.

    `citation` is the source in words as a case cited it then; the newest row holds.
    """

    __tablename__ = "reference_notice"
    __table_args__ = chained_args(
        one_of("kind", NoticeKind),
        CheckConstraint("reason <> ''", name="reason_given"),
        CheckConstraint("pos > 1 OR kind <> 'cleared'", name="nothing_to_clear_at_first"),
    )

    kind: Mapped[str] = mapped_column(String(20))
    citation: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
