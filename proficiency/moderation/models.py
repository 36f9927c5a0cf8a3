"""The record of a moderation: comments, decisions and signatures, one chain per sitting."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base, one_of
from proficiency.moderation.rules import Capacity, Decision, ModerationKind


class ModerationEvent(Chained, Base):
    """One act of the advisory group. Its aggregate is the sitting; its words are the payload.

    `round` counts the decisions up to and including this act that changed a mark: a signature
    covers its own round only.
    """

    __tablename__ = "moderation_event"
    __table_args__ = chained_args(
        one_of("kind", ModerationKind),
        CheckConstraint(
            "(kind = 'decided') = (decision IS NOT NULL AND response_id IS NOT NULL)",
            name="decisions_are_about_responses",
        ),
        CheckConstraint(
            "kind NOT IN ('commented', 'decided') OR commitment IS NOT NULL", name="acts_have_words"
        ),
        CheckConstraint(
            "(decision IS NOT NULL AND decision = 'mark_changed') = (mark_id IS NOT NULL)",
            name="changes_name_their_mark",
        ),
        one_of("decision", Decision),
        one_of("capacity", Capacity),
        CheckConstraint(
            "(kind = 'signed_off') = (capacity IS NOT NULL)", name="signed_in_a_capacity"
        ),
        Index(
            "uq_moderation_event_opened_once",
            "aggregate_id",
            unique=True,
            sqlite_where=text("kind = 'opened'"),
            postgresql_where=text("kind = 'opened'"),
        ),
        Index(
            "uq_moderation_event_one_signature",
            "aggregate_id",
            "round",
            "actor_id",
            unique=True,
            sqlite_where=text("kind = 'signed_off'"),
            postgresql_where=text("kind = 'signed_off'"),
        ),
    )

    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    kind: Mapped[str] = mapped_column(String(20))
    round: Mapped[int]
    form_item_id: Mapped[str | None] = mapped_column(ForeignKey("form_item.id"))
    response_id: Mapped[str | None] = mapped_column(ForeignKey("response.id"))
    decision: Mapped[str | None] = mapped_column(String(20))
    mark_id: Mapped[str | None] = mapped_column(ForeignKey("mark.id"))
    capacity: Mapped[str | None] = mapped_column(String(20))
