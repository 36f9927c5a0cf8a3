"""Receipts: what the server held when an attempt was closed, signed

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from proficiency.core import db as core_types
from proficiency.core import guards
from proficiency.core.db import Kind

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


EVIDENCE = (
    "receipt",
)


def upgrade() -> None:
    op.create_table('receipt',
    sa.Column('attempt_id', sa.String(length=20), nullable=False),
    sa.Column('closing_id', sa.String(length=20), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('claimed', sa.String(length=64), nullable=True),
    sa.Column('answers', sa.Integer(), nullable=False),
    sa.Column('own_answers', sa.Integer(), nullable=True),
    sa.Column('public_key', sa.String(length=64), nullable=False),
    sa.Column('signature', sa.String(length=128), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('(claimed IS NULL) = (own_answers IS NULL)', name=op.f('ck_receipt_claims_say_what_they_rest_on')),
    sa.CheckConstraint('aggregate_id = attempt_id', name=op.f('ck_receipt_is_of_its_attempt')),
    sa.CheckConstraint('answers >= 0', name=op.f('ck_receipt_answers_counted')),
    sa.CheckConstraint('own_answers >= 0', name=op.f('ck_receipt_own_answers_counted')),
    sa.CheckConstraint('pos = 1', name=op.f('ck_receipt_one_per_attempt')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_receipt_pos_from_one')),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempt.id'], name=op.f('fk_receipt_attempt_id')),
    sa.ForeignKeyConstraint(['closing_id'], ['attempt_event.id'], name=op.f('fk_receipt_closing_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_receipt_aggregate_id_pos')),
    sa.UniqueConstraint('attempt_id', name=op.f('uq_receipt_attempt_id'))
    )
    op.create_index(op.f('ix_receipt_at'), 'receipt', ['at'], unique=False)
    op.create_index('ix_receipt_digest', 'receipt', ['digest'], unique=False)

    kinds = dict.fromkeys(EVIDENCE, Kind.EVIDENCE)
    for statement in guards.statements_for(kinds, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("evidence is not migrated backwards: restore a backup instead")
