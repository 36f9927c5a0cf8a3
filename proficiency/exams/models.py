"""Schemes and forms: what an exam consists of, pinned and frozen (invariant 3)."""

from fractions import Fraction

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base, one_of
from proficiency.exams.rules import SchemeKind


class SchemeVersion(Chained, Base):
    """A version of a scheme's settings. Its aggregate is the scheme's name; `pos` its version."""

    __tablename__ = "scheme_version"
    __table_args__ = chained_args(one_of("kind", SchemeKind))

    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    settings: Mapped[str] = mapped_column(Text)


class Form(Chained, Base):
    """One assembled paper: which case versions, in which order. Its aggregate is its own id."""

    __tablename__ = "form"
    __table_args__ = chained_args(
        CheckConstraint("pos = 1", name="frozen"),
        CheckConstraint("max_den > 0 AND max_num > 0", name="max_positive"),
    )

    scheme_version_id: Mapped[str] = mapped_column(ForeignKey("scheme_version.id"))
    title: Mapped[str] = mapped_column(String(200))
    seed: Mapped[str] = mapped_column(String(32))
    max_num: Mapped[int] = mapped_column(BigInteger)
    max_den: Mapped[int] = mapped_column(BigInteger)

    @property
    def max_mark(self) -> Fraction:
        return Fraction(self.max_num, self.max_den)


class FormStage(Chained, Base):
    """One stage of a form, numbered through all its cases. Its aggregate is the form.

    `candidate` is everything that a candidate sees of the stage's case text, as canonical JSON.
    """

    __tablename__ = "form_stage"
    __table_args__ = chained_args(UniqueConstraint("form_id", "number"))

    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))
    number: Mapped[int]
    case_version_id: Mapped[str] = mapped_column(ForeignKey("case_version.id"))
    case_stage: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    candidate: Mapped[str] = mapped_column(Text)


class FormFile(Chained, Base):
    """One picture or attached file of a form. Its aggregate is the form.

    `id` is the random one by which a candidate's page asks for it; `place` counts the files within
    the case, as its author did, and `file_id` is the hash of the bytes. `stage` counts through the
    form, as in `FormStage`, and decides from when on a candidate may have it.
    """

    __tablename__ = "form_file"
    __table_args__ = chained_args(UniqueConstraint("form_id", "case_version_id", "place"))

    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))
    stage: Mapped[int]
    case_version_id: Mapped[str] = mapped_column(ForeignKey("case_version.id"))
    exhibit: Mapped[int]
    place: Mapped[int]
    file_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"))


class FormItem(Chained, Base):
    """One item of a form. Its aggregate is the form; `number` is what the candidate sees.

    `ids` maps authored option keys to this form's random ids, `order` lists the keys in the order
    shown, and `candidate` is all that a candidate sees of the item, all as canonical JSON.
    """

    __tablename__ = "form_item"
    __table_args__ = chained_args(
        UniqueConstraint("form_id", "number"),
        UniqueConstraint("form_id", "case_version_id", "name"),
        CheckConstraint("max_den > 0 AND max_num > 0", name="max_positive"),
    )

    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))
    number: Mapped[int]
    stage: Mapped[int]
    case_version_id: Mapped[str] = mapped_column(ForeignKey("case_version.id"))
    name: Mapped[str] = mapped_column(String(80))
    format: Mapped[str] = mapped_column(String(40))
    ids: Mapped[str] = mapped_column(Text)
    order: Mapped[str] = mapped_column("option_order", Text)
    candidate: Mapped[str] = mapped_column(Text)
    max_num: Mapped[int] = mapped_column(BigInteger)
    max_den: Mapped[int] = mapped_column(BigInteger)

    @property
    def max_mark(self) -> Fraction:
        return Fraction(self.max_num, self.max_den)
