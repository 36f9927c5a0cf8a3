"""Breaks of one's own, another device by permission, a forced end, and late answers that count

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

from proficiency.core import migrate
from proficiency.core.db import Kind

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

KINDS = (
    "'started', 'writer_asked', 'writer_permitted', 'writer_changed', 'stage_opened', "
    "'answer_saved', 'answer_outdated', 'answer_conflicted', 'answer_late', 'answer_filed', "
    "'answer_accepted', 'flagged', 'unflagged', 'contacted', 'paused', 'resumed', 'credited', "
    "'rest_started', 'rest_ended', 'submitted', 'forced', 'locked'"
)
PARTIAL = (
    ("ix_attempt_event_answer", ("aggregate_id", "item_id", "pos"),
     "kind IN ('answer_saved', 'answer_accepted')", False),
    ("ix_attempt_event_window", ("aggregate_id", "pos"),
     "kind IN ('paused', 'resumed', 'credited', 'rest_started', 'rest_ended')", False),
    ("uq_attempt_event_closed_once", ("aggregate_id",),
     "kind IN ('submitted', 'forced', 'locked')", True),
)


def upgrade() -> None:
    with migrate.altering("attempt", Kind.EVIDENCE) as table:
        table.add_column(sa.Column("rest_seconds", sa.Integer(), nullable=True))
        table.add_column(sa.Column("longest_rest_seconds", sa.Integer(), nullable=True))
    with migrate.altering("attempt_event", Kind.EVIDENCE) as table:
        for name, _columns, _where, _unique in PARTIAL:
            table.drop_index(name)
        table.add_column(sa.Column("sent_hash", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("refers_to", sa.String(length=20), nullable=True))
        table.create_foreign_key(
            op.f("fk_attempt_event_refers_to"), "attempt_event", ["refers_to"], ["id"]
        )
        table.drop_constraint(op.f("ck_attempt_event_kind_known"), type_="check")
        table.drop_constraint(op.f("ck_attempt_event_closing_closes"), type_="check")
        table.create_check_constraint(op.f("ck_attempt_event_kind_known"), f"kind IN ({KINDS})")
        table.create_check_constraint(
            op.f("ck_attempt_event_closing_closes"),
            "(kind IN ('submitted', 'forced', 'locked')) <= (phase = 'closed')",
        )
        table.create_check_constraint(
            op.f("ck_attempt_event_accepted_names_its_answer"),
            "(kind = 'answer_accepted') = (refers_to IS NOT NULL)",
        )
        for name, columns, where, unique in PARTIAL:
            table.create_index(
                name, list(columns), unique=unique,
                sqlite_where=sa.text(where), postgresql_where=sa.text(where),
            )
        table.create_index(
            "uq_attempt_event_accepted_once", ["refers_to"], unique=True,
            sqlite_where=sa.text("kind = 'answer_accepted'"),
            postgresql_where=sa.text("kind = 'answer_accepted'"),
        )


def downgrade() -> None:
    raise RuntimeError("evidence is not migrated backwards: restore a backup instead")
