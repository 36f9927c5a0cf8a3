"""Cases in work: revisions, steps, remarks and what was typed

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from proficiency.core import db as core_types
from proficiency.core import guards
from proficiency.core.db import Kind

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


EVIDENCE = (
    "case_revision",
    "case_comment",
    "case_step",
)


def upgrade() -> None:
    op.create_table('case_revision',
    sa.Column('parent_id', sa.String(length=20), nullable=True),
    sa.Column('merged_id', sa.String(length=20), nullable=True),
    sa.Column('case_name', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('text_hash', sa.String(length=64), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('(pos = 1) = (parent_id IS NULL)', name=op.f('ck_case_revision_first_has_no_parent')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_case_revision_pos_from_one')),
    sa.ForeignKeyConstraint(['merged_id'], ['case_revision.id'], name=op.f('fk_case_revision_merged_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['case_revision.id'], name=op.f('fk_case_revision_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_revision')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_case_revision_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_case_revision_at'), 'case_revision', ['at'], unique=False)
    op.create_index(op.f('ix_case_revision_case_name'), 'case_revision', ['case_name'], unique=False)
    op.create_table('case_buffer',
    sa.Column('work_id', sa.String(length=120), nullable=False),
    sa.Column('person_id', sa.String(length=20), nullable=False),
    sa.Column('base_id', sa.String(length=20), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.ForeignKeyConstraint(['base_id'], ['case_revision.id'], name=op.f('fk_case_buffer_base_id')),
    sa.ForeignKeyConstraint(['person_id'], ['account.id'], name=op.f('fk_case_buffer_person_id')),
    sa.PrimaryKeyConstraint('work_id', 'person_id', name=op.f('pk_case_buffer'))
    )
    op.create_table('case_comment',
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('thread_id', sa.String(length=20), nullable=True),
    sa.Column('revision_id', sa.String(length=20), nullable=False),
    sa.Column('line', sa.Integer(), nullable=True),
    sa.Column('item_name', sa.String(length=60), nullable=True),
    sa.Column('quote', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('replacement', sa.Text(), nullable=True),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("(kind = 'suggestion') = (replacement IS NOT NULL)", name=op.f('ck_case_comment_replacement_of_suggestion')),
    sa.CheckConstraint("(kind IN ('comment', 'suggestion')) = (thread_id IS NULL)", name=op.f('ck_case_comment_thread_given')),
    sa.CheckConstraint("kind IN ('comment', 'suggestion', 'reply', 'resolved', 'accepted', 'declined')", name=op.f('ck_case_comment_kind_known')),
    sa.CheckConstraint('line IS NULL OR line >= 1', name=op.f('ck_case_comment_line_from_one')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_case_comment_pos_from_one')),
    sa.ForeignKeyConstraint(['revision_id'], ['case_revision.id'], name=op.f('fk_case_comment_revision_id')),
    sa.ForeignKeyConstraint(['thread_id'], ['case_comment.id'], name=op.f('fk_case_comment_thread_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_comment')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_case_comment_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_case_comment_at'), 'case_comment', ['at'], unique=False)
    op.create_table('case_step',
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('revision_id', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('checklist', sa.Text(), nullable=True),
    sa.Column('as_lay', sa.Boolean(), nullable=True),
    sa.Column('case_version_id', sa.String(length=20), nullable=True),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("(kind = 'approved') = (case_version_id IS NOT NULL)", name=op.f('ck_case_step_approved_is_frozen')),
    sa.CheckConstraint("(kind = 'begun') = (pos = 1)", name=op.f('ck_case_step_begins_once')),
    sa.CheckConstraint("kind IN ('begun', 'sent_to_peers', 'passed_by_peer', 'returned', 'signed', 'approved', 'piloted', 'made_live', 'leak_reported', 'leak_settled', 'retired')", name=op.f('ck_case_step_kind_known')),
    sa.CheckConstraint("reason <> '' OR kind NOT IN ('returned', 'leak_reported', 'leak_settled', 'retired')", name=op.f('ck_case_step_reason_given')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_case_step_pos_from_one')),
    sa.ForeignKeyConstraint(['case_version_id'], ['case_version.id'], name=op.f('fk_case_step_case_version_id')),
    sa.ForeignKeyConstraint(['revision_id'], ['case_revision.id'], name=op.f('fk_case_step_revision_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_step')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_case_step_aggregate_id_pos')),
    sa.UniqueConstraint('case_version_id', name=op.f('uq_case_step_case_version_id'))
    )
    op.create_index(op.f('ix_case_step_at'), 'case_step', ['at'], unique=False)

    kinds = dict.fromkeys(EVIDENCE, Kind.EVIDENCE)
    for statement in guards.statements_for(kinds, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("evidence is not migrated backwards: restore a backup instead")
