"""What people decided about answers that no machine may mark

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from proficiency.core import db as core_types
from proficiency.core import guards
from proficiency.core.db import Kind

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


EVIDENCE = ("answer_decision",)


def upgrade() -> None:
    op.create_table('answer_decision',
    sa.Column('sitting_id', sa.String(length=20), nullable=False),
    sa.Column('form_item_id', sa.String(length=20), nullable=False),
    sa.Column('answer_digest', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('point', sa.String(length=64), nullable=True),
    sa.Column('marks_num', sa.BigInteger(), nullable=True),
    sa.Column('marks_den', sa.BigInteger(), nullable=True),
    sa.Column('gives_reason', sa.Boolean(), nullable=False),
    sa.Column('about_id', sa.String(length=20), nullable=True),
    sa.Column('proposer_id', sa.String(length=20), nullable=True),
    sa.Column('supersedes_id', sa.String(length=20), nullable=True),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("(kind = 'proposed') = (about_id IS NULL) AND (about_id IS NULL) = (proposer_id IS NULL)", name=op.f('ck_answer_decision_answers_name_their_proposal')),
    sa.CheckConstraint("(kind = 'withdrawn') = (point IS NULL) AND (point IS NULL) = (marks_num IS NULL) AND (point IS NULL) = (marks_den IS NULL)", name=op.f('ck_answer_decision_decisions_are_whole')),
    sa.CheckConstraint("aggregate_id = sitting_id || ':' || form_item_id", name=op.f('ck_answer_decision_is_of_its_item')),
    sa.CheckConstraint("gives_reason OR (kind <> 'settled' AND supersedes_id IS NULL)", name=op.f('ck_answer_decision_changes_have_reasons')),
    sa.CheckConstraint("kind IN ('proposed', 'withdrawn', 'confirmed', 'disputed', 'settled')", name=op.f('ck_answer_decision_kind_known')),
    sa.CheckConstraint("marks_num >= 0 AND marks_den > 0 AND (point <> '' OR marks_num = 0)", name=op.f('ck_answer_decision_nothing_is_worth_nothing')),
    sa.CheckConstraint("proposer_id IS NULL OR (proposer_id = actor_id) = (kind = 'withdrawn')", name=op.f('ck_answer_decision_nobody_confirms_themselves')),
    sa.CheckConstraint("supersedes_id IS NULL OR kind = 'proposed'", name=op.f('ck_answer_decision_proposals_supersede')),
    sa.CheckConstraint('commitment IS NOT NULL', name=op.f('ck_answer_decision_words_are_kept')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_answer_decision_pos_from_one')),
    sa.ForeignKeyConstraint(['about_id', 'proposer_id'], ['answer_decision.id', 'answer_decision.actor_id'], name=op.f('fk_answer_decision_about_id_proposer_id')),
    sa.ForeignKeyConstraint(['form_item_id'], ['form_item.id'], name=op.f('fk_answer_decision_form_item_id')),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_answer_decision_sitting_id')),
    sa.ForeignKeyConstraint(['supersedes_id'], ['answer_decision.id'], name=op.f('fk_answer_decision_supersedes_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_decision')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_answer_decision_aggregate_id_pos')),
    sa.UniqueConstraint('id', 'actor_id', name=op.f('uq_answer_decision_id_actor_id'))
    )
    op.create_index('ix_answer_decision_answer', 'answer_decision', ['aggregate_id', 'answer_digest'], unique=False)
    op.create_index(op.f('ix_answer_decision_at'), 'answer_decision', ['at'], unique=False)
    op.create_index('uq_answer_decision_second', 'answer_decision', ['about_id'], unique=True, sqlite_where=sa.text("kind <> 'settled'"), postgresql_where=sa.text("kind <> 'settled'"))
    op.create_index('uq_answer_decision_third', 'answer_decision', ['about_id'], unique=True, sqlite_where=sa.text("kind = 'settled'"), postgresql_where=sa.text("kind = 'settled'"))

    kinds = dict.fromkeys(EVIDENCE, Kind.EVIDENCE)
    for statement in guards.statements_for(kinds, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("evidence is not migrated backwards: restore a backup instead")
