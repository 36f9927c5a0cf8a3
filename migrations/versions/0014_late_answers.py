"""Late answers are found without reading every event that there ever was

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

IS_LATE = sa.text("kind IN ('answer_late', 'answer_filed')")


def upgrade() -> None:
    op.create_index(
        "ix_attempt_event_late",
        "attempt_event",
        ["aggregate_id", "pos"],
        unique=False,
        sqlite_where=IS_LATE,
        postgresql_where=IS_LATE,
    )


def downgrade() -> None:
    op.drop_index("ix_attempt_event_late", table_name="attempt_event")
