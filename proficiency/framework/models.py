"""Versions of frameworks of standards, and the official wording where its owner has loaded it."""

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base


class FrameworkVersion(Chained, Base):
    """A frozen version of a framework. Its aggregate is the framework's name; `pos` the version."""

    __tablename__ = "framework_version"
    __table_args__ = chained_args(UniqueConstraint("aggregate_id", "content_hash"))

    title: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String(64))


class OfficialWording(Chained, Base):
    """The owner's wording of a framework version, as JSON code → text. The newest row counts."""

    __tablename__ = "official_wording"

    framework_version_id: Mapped[str] = mapped_column(ForeignKey("framework_version.id"))
    wording: Mapped[str] = mapped_column(Text)
    source_hash: Mapped[str] = mapped_column(String(64))
