"""Cut scores: who proposed which, by what method and why, and who adopted it."""

from fractions import Fraction

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base, one_of
from proficiency.standard_setting.rules import CutScoreKind, Method


class CutScoreEvent(Chained, Base):
    """A cut score was proposed, signed, withdrawn or applied. Its aggregate is the sitting.

    A proposal carries the unrounded score in raw marks and its method; its rationale is the
    payload, as JSON. Whatever follows names the proposal; `applied` says that results were
    computed with it.
    """

    __tablename__ = "cut_score_event"
    __table_args__ = chained_args(
        one_of("kind", CutScoreKind),
        one_of("method", Method),
        CheckConstraint(
            "(kind = 'proposed') = (cut_num IS NOT NULL AND cut_den IS NOT NULL "
            "AND method IS NOT NULL AND commitment IS NOT NULL)",
            name="proposals_are_complete",
        ),
        CheckConstraint("cut_den IS NULL OR cut_den > 0", name="cut_den_positive"),
        CheckConstraint("(kind = 'proposed') = (proposal_id IS NULL)", name="votes_name_proposals"),
        Index(
            "uq_cut_score_event_one_vote",
            "proposal_id",
            "actor_id",
            unique=True,
            sqlite_where=text("kind = 'adopted'"),
            postgresql_where=text("kind = 'adopted'"),
        ),
        Index(
            "uq_cut_score_event_applied_once",
            "aggregate_id",
            unique=True,
            sqlite_where=text("kind = 'applied'"),
            postgresql_where=text("kind = 'applied'"),
        ),
    )

    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    kind: Mapped[str] = mapped_column(String(20))
    cut_num: Mapped[int | None] = mapped_column(BigInteger)
    cut_den: Mapped[int | None] = mapped_column(BigInteger)
    method: Mapped[str | None] = mapped_column(String(60))
    proposal_id: Mapped[str | None] = mapped_column(ForeignKey("cut_score_event.id"))

    @property
    def cut_score(self) -> Fraction | None:
        if self.cut_num is None or self.cut_den is None:
            return None
        return Fraction(self.cut_num, self.cut_den)
