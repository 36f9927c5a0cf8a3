"""Late answers and answer files

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from proficiency.core import db as core_types
from proficiency.core import guards
from proficiency.core.db import Kind

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


EVIDENCE = (
    "answer_file",
    "answer_file_opening",
    "late_decision",
)


def upgrade() -> None:
    op.create_table('answer_file',
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('commitment IS NOT NULL', name=op.f('ck_answer_file_has_content')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_answer_file_pos_from_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_file')),
    sa.UniqueConstraint('aggregate_id', 'digest', name=op.f('uq_answer_file_aggregate_id_digest')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_answer_file_aggregate_id_pos')),
    sa.UniqueConstraint('id', 'actor_id', name=op.f('uq_answer_file_id_actor_id'))
    )
    op.create_index(op.f('ix_answer_file_at'), 'answer_file', ['at'], unique=False)
    op.create_table('answer_file_opening',
    sa.Column('file_id', sa.String(length=20), nullable=False),
    sa.Column('received_by', sa.String(length=20), nullable=False),
    sa.Column('answers', sa.Integer(), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('actor_id <> received_by', name=op.f('ck_answer_file_opening_two_people')),
    sa.CheckConstraint('answers >= 0', name=op.f('ck_answer_file_opening_not_below_zero')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_answer_file_opening_pos_from_one')),
    sa.ForeignKeyConstraint(['file_id', 'received_by'], ['answer_file.id', 'answer_file.actor_id'], name=op.f('fk_answer_file_opening_file_id_received_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_file_opening')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_answer_file_opening_aggregate_id_pos')),
    sa.UniqueConstraint('file_id', name=op.f('uq_answer_file_opening_file_id'))
    )
    op.create_index(op.f('ix_answer_file_opening_at'), 'answer_file_opening', ['at'], unique=False)
    op.create_table('late_decision',
    sa.Column('event_id', sa.String(length=20), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('verdict', sa.String(length=20), nullable=False),
    sa.Column('ground', sa.String(length=20), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("(ground IN ('written_in_time', 'service_at_fault')) = (verdict = 'counts')", name=op.f('ck_late_decision_ground_gives_verdict')),
    sa.CheckConstraint("ground IN ('written_in_time', 'service_at_fault', 'written_after', 'not_shown')", name=op.f('ck_late_decision_ground_known')),
    sa.CheckConstraint("verdict IN ('counts', 'does_not_count')", name=op.f('ck_late_decision_verdict_known')),
    sa.CheckConstraint('commitment IS NOT NULL', name=op.f('ck_late_decision_has_reason')),
    sa.CheckConstraint('place BETWEEN 1 AND 3', name=op.f('ck_late_decision_three_at_most')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_late_decision_pos_from_one')),
    sa.ForeignKeyConstraint(['event_id'], ['attempt_event.id'], name=op.f('fk_late_decision_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_late_decision')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_late_decision_aggregate_id_pos')),
    sa.UniqueConstraint('event_id', 'actor_id', name=op.f('uq_late_decision_event_id_actor_id')),
    sa.UniqueConstraint('event_id', 'place', name=op.f('uq_late_decision_event_id_place'))
    )
    op.create_index(op.f('ix_late_decision_at'), 'late_decision', ['at'], unique=False)

    kinds = dict.fromkeys(EVIDENCE, Kind.EVIDENCE)
    for statement in guards.statements_for(kinds, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("evidence is not migrated backwards: restore a backup instead")
