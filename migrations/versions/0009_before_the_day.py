"""What is told, asked, decided and confirmed before an exam

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

from proficiency.core import db as core_types
from proficiency.core import guards, migrate
from proficiency.core.db import Kind

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


EVIDENCE = (
    "document_version",
    "staff_connections",
    "practice_choice",
    "arrangement_request",
    "booking_details",
    "check_in_confirmation",
    "arrangement_decision",
    "arrangement_letter",
)


def upgrade() -> None:
    op.create_table('document_version',
    sa.Column('document', sa.String(length=20), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('html', sa.Text(), nullable=False),
    sa.Column('sanitiser', sa.String(length=80), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("document IN ('handbook', 'rules', 'privacy')", name=op.f('ck_document_version_document_known')),
    sa.CheckConstraint("text <> ''", name=op.f('ck_document_version_not_empty')),
    sa.CheckConstraint('aggregate_id = document', name=op.f('ck_document_version_is_of_its_document')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_document_version_pos_from_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document_version')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_document_version_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_document_version_at'), 'document_version', ['at'], unique=False)
    op.create_table('staff_connections',
    sa.Column('account_id', sa.String(length=20), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('aggregate_id = account_id', name=op.f('ck_staff_connections_is_of_its_account')),
    sa.CheckConstraint('commitment IS NOT NULL', name=op.f('ck_staff_connections_has_connections')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_staff_connections_pos_from_one')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_staff_connections_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_connections')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_staff_connections_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_staff_connections_at'), 'staff_connections', ['at'], unique=False)
    op.create_table('practice_choice',
    sa.Column('form_id', sa.String(length=20), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("aggregate_id = 'practice'", name=op.f('ck_practice_choice_is_one_chain')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_practice_choice_pos_from_one')),
    sa.ForeignKeyConstraint(['form_id'], ['form.id'], name=op.f('fk_practice_choice_form_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_practice_choice')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_practice_choice_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_practice_choice_at'), 'practice_choice', ['at'], unique=False)
    op.create_table('arrangement_request',
    sa.Column('booking_id', sa.String(length=20), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('aggregate_id = booking_id', name=op.f('ck_arrangement_request_is_of_its_booking')),
    sa.CheckConstraint('commitment IS NOT NULL', name=op.f('ck_arrangement_request_has_words')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_arrangement_request_pos_from_one')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_arrangement_request_booking_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_arrangement_request')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_arrangement_request_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_arrangement_request_at'), 'arrangement_request', ['at'], unique=False)
    op.create_table('booking_details',
    sa.Column('booking_id', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=30), nullable=False),
    sa.Column('nation', sa.String(length=20), nullable=False),
    sa.Column('needed_by', sa.String(length=10), nullable=True),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("(reason = 'existing_registrant') <= (needed_by IS NOT NULL)", name=op.f('ck_booking_details_date_of_registrant')),
    sa.CheckConstraint("nation IN ('england', 'scotland', 'wales', 'northern_ireland', 'other')", name=op.f('ck_booking_details_nation_known')),
    sa.CheckConstraint("reason IN ('new_applicant', 'existing_registrant', 'after_lapse', 'after_finding')", name=op.f('ck_booking_details_reason_known')),
    sa.CheckConstraint('aggregate_id = booking_id', name=op.f('ck_booking_details_is_of_its_booking')),
    sa.CheckConstraint('commitment IS NOT NULL', name=op.f('ck_booking_details_has_connections')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_booking_details_pos_from_one')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_booking_details_booking_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_booking_details')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_booking_details_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_booking_details_at'), 'booking_details', ['at'], unique=False)
    op.create_table('check_in_confirmation',
    sa.Column('booking_id', sa.String(length=20), nullable=False),
    sa.Column('handbook_id', sa.String(length=20), nullable=False),
    sa.Column('rules_id', sa.String(length=20), nullable=False),
    sa.Column('privacy_id', sa.String(length=20), nullable=False),
    sa.Column('allowed_seconds', sa.Integer(), nullable=False),
    sa.Column('rest_seconds', sa.Integer(), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('aggregate_id = booking_id', name=op.f('ck_check_in_confirmation_is_of_its_booking')),
    sa.CheckConstraint('allowed_seconds > 0 AND rest_seconds >= 0', name=op.f('ck_check_in_confirmation_time_is_sane')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_check_in_confirmation_pos_from_one')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_check_in_confirmation_booking_id')),
    sa.ForeignKeyConstraint(['handbook_id'], ['document_version.id'], name=op.f('fk_check_in_confirmation_handbook_id')),
    sa.ForeignKeyConstraint(['privacy_id'], ['document_version.id'], name=op.f('fk_check_in_confirmation_privacy_id')),
    sa.ForeignKeyConstraint(['rules_id'], ['document_version.id'], name=op.f('fk_check_in_confirmation_rules_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_in_confirmation')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_check_in_confirmation_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_check_in_confirmation_at'), 'check_in_confirmation', ['at'], unique=False)
    op.create_table('reminder',
    sa.Column('booking_id', sa.String(length=20), nullable=False),
    sa.Column('opens_at', core_types.Moment(), nullable=False),
    sa.Column('sent_at', core_types.Moment(), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_reminder_booking_id')),
    sa.PrimaryKeyConstraint('booking_id', 'opens_at', name=op.f('pk_reminder'))
    )
    op.create_table('system_check',
    sa.Column('booking_id', sa.String(length=20), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('findings', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_system_check_booking_id')),
    sa.PrimaryKeyConstraint('booking_id', name=op.f('pk_system_check'))
    )
    op.create_table('arrangement_decision',
    sa.Column('booking_id', sa.String(length=20), nullable=False),
    sa.Column('request_id', sa.String(length=20), nullable=False),
    sa.Column('decision', sa.String(length=20), nullable=False),
    sa.Column('arrangement_id', sa.String(length=20), nullable=True),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("(decision = 'refused') = (arrangement_id IS NULL)", name=op.f('ck_arrangement_decision_granted_is_arranged')),
    sa.CheckConstraint("decision IN ('granted', 'granted_differently', 'refused')", name=op.f('ck_arrangement_decision_decision_known')),
    sa.CheckConstraint('aggregate_id = booking_id', name=op.f('ck_arrangement_decision_is_of_its_booking')),
    sa.CheckConstraint('commitment IS NOT NULL', name=op.f('ck_arrangement_decision_has_reason')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_arrangement_decision_pos_from_one')),
    sa.ForeignKeyConstraint(['arrangement_id'], ['access_arrangement.id'], name=op.f('fk_arrangement_decision_arrangement_id')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_arrangement_decision_booking_id')),
    sa.ForeignKeyConstraint(['request_id'], ['arrangement_request.id'], name=op.f('fk_arrangement_decision_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_arrangement_decision')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_arrangement_decision_aggregate_id_pos')),
    sa.UniqueConstraint('arrangement_id', name=op.f('uq_arrangement_decision_arrangement_id')),
    sa.UniqueConstraint('request_id', name=op.f('uq_arrangement_decision_request_id'))
    )
    op.create_index(op.f('ix_arrangement_decision_at'), 'arrangement_decision', ['at'], unique=False)
    op.create_table('arrangement_letter',
    sa.Column('booking_id', sa.String(length=20), nullable=False),
    sa.Column('request_id', sa.String(length=20), nullable=False),
    sa.Column('media_type', sa.String(length=40), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('aggregate_id = booking_id', name=op.f('ck_arrangement_letter_is_of_its_booking')),
    sa.CheckConstraint('commitment IS NOT NULL', name=op.f('ck_arrangement_letter_has_bytes')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_arrangement_letter_pos_from_one')),
    sa.CheckConstraint('size > 0', name=op.f('ck_arrangement_letter_not_empty')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_arrangement_letter_booking_id')),
    sa.ForeignKeyConstraint(['request_id'], ['arrangement_request.id'], name=op.f('fk_arrangement_letter_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_arrangement_letter')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_arrangement_letter_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_arrangement_letter_at'), 'arrangement_letter', ['at'], unique=False)
    with migrate.altering("access_arrangement", Kind.EVIDENCE) as table:
        table.add_column(sa.Column("measures", sa.String(length=400), nullable=True))
    with migrate.altering("sitting", Kind.STATE) as table:
        table.add_column(sa.Column("practice_of", sa.String(length=20), nullable=True))
        table.create_foreign_key(
            op.f("fk_sitting_practice_of"), "account", ["practice_of"], ["id"]
        )

    kinds = dict.fromkeys(EVIDENCE, Kind.EVIDENCE)
    for statement in guards.statements_for(kinds, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("evidence is not migrated backwards: restore a backup instead")
