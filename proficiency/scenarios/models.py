"""Published versions of case studies: frozen, hashed, never changed (invariant 3)."""

from sqlalchemy import Boolean, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base


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
