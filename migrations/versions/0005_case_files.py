"""Pictures and documents of cases

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from proficiency.core import db as core_types
from proficiency.core import guards, migrate
from proficiency.core.db import Kind

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('case_file',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=40), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint('(width IS NULL) = (height IS NULL)', name=op.f('ck_case_file_both_sides')),
    sa.CheckConstraint('size > 0 AND size <= 2000000', name=op.f('ck_case_file_size_within_limit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_file'))
    )
    op.create_table('form_file',
    sa.Column('form_id', sa.String(length=20), nullable=False),
    sa.Column('stage', sa.Integer(), nullable=False),
    sa.Column('case_version_id', sa.String(length=20), nullable=False),
    sa.Column('exhibit', sa.Integer(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('file_id', sa.String(length=64), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_form_file_pos_from_one')),
    sa.ForeignKeyConstraint(['case_version_id'], ['case_version.id'], name=op.f('fk_form_file_case_version_id')),
    sa.ForeignKeyConstraint(['file_id'], ['case_file.id'], name=op.f('fk_form_file_file_id')),
    sa.ForeignKeyConstraint(['form_id'], ['form.id'], name=op.f('fk_form_file_form_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_form_file')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_form_file_aggregate_id_pos')),
    sa.UniqueConstraint('form_id', 'case_version_id', 'place', name=op.f('uq_form_file_form_id_case_version_id_place'))
    )
    op.create_index(op.f('ix_form_file_at'), 'form_file', ['at'], unique=False)
    with migrate.altering("case_revision", Kind.EVIDENCE) as table:
        table.add_column(sa.Column("files", sa.Text(), nullable=True))
    kinds = {"case_file": Kind.CONTENT, "form_file": Kind.EVIDENCE}
    for statement in guards.statements_for(kinds, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("evidence is not migrated backwards: restore a backup instead")
