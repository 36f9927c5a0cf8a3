"""What a review must hold

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from proficiency.core import guards
from proficiency.core.db import Kind

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

REBUILT = ("case_step", "case_comment")
"""SQLite can't add a CHECK to a table, so these are copied; that drops their guards."""


def upgrade() -> None:
    with op.batch_alter_table("case_step") as table:
        table.create_check_constraint(
            op.f("ck_case_step_checklist_of_review"),
            "(kind IN ('passed_by_peer', 'signed')) = (checklist IS NOT NULL)",
        )
        table.create_check_constraint(
            op.f("ck_case_step_capacity_of_signature"),
            "(kind = 'signed') = (as_lay IS NOT NULL)",
        )
    with op.batch_alter_table("case_comment") as table:
        table.create_check_constraint(
            op.f("ck_case_comment_suggestion_has_line"),
            "kind <> 'suggestion' OR line IS NOT NULL",
        )
    for name, table_name, column, kinds in (
        ("uq_case_comment_settled_once", "case_comment", "thread_id",
         "kind IN ('resolved', 'accepted', 'declined')"),
        ("uq_case_step_approved_once", "case_step", "aggregate_id", "kind = 'approved'"),
    ):
        op.create_index(name, table_name, [column], unique=True,
                        sqlite_where=sa.text(kinds), postgresql_where=sa.text(kinds))
    if op.get_bind().dialect.name == "sqlite":
        for statement in guards.statements_for(dict.fromkeys(REBUILT, Kind.EVIDENCE), "sqlite"):
            op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("evidence is not migrated backwards: restore a backup instead")
