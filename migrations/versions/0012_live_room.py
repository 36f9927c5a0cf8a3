"""The door, the presence, the log and the signals of a live room

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

from proficiency.core import db as core_types
from proficiency.core import guards
from proficiency.core.db import Kind

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


EVIDENCE = (
    "check_in_event",
    "room_entry",
    "signal",
)


def upgrade() -> None:
    op.create_table('check_in_event',
    sa.Column('booking_id', sa.String(length=20), nullable=False),
    sa.Column('sitting_id', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('admission', sa.String(length=20), nullable=False),
    sa.Column('document', sa.String(length=20), nullable=True),
    sa.Column('means', sa.String(length=20), nullable=True),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("(kind = 'identity_checked') = (document IS NOT NULL) AND (document IS NULL) = (means IS NULL)", name=op.f('ck_check_in_event_identity_has_document')),
    sa.CheckConstraint("(kind = 'turned_away') <= (commitment IS NOT NULL)", name=op.f('ck_check_in_event_turning_away_has_reason')),
    sa.CheckConstraint("admission IN ('absent', 'waiting', 'admitted', 'turned_away')", name=op.f('ck_check_in_event_admission_known')),
    sa.CheckConstraint("document IN ('passport', 'driving_licence', 'identity_card', 'residence_permit', 'other')", name=op.f('ck_check_in_event_document_known')),
    sa.CheckConstraint("kind IN ('arrived', 'identity_checked', 'admitted', 'turned_away')", name=op.f('ck_check_in_event_kind_known')),
    sa.CheckConstraint("means IN ('in_person', 'by_camera', 'by_video_call', 'by_somebody_known')", name=op.f('ck_check_in_event_means_known')),
    sa.CheckConstraint('aggregate_id = booking_id', name=op.f('ck_check_in_event_is_of_its_booking')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_check_in_event_pos_from_one')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_check_in_event_booking_id')),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_check_in_event_sitting_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_in_event')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_check_in_event_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_check_in_event_at'), 'check_in_event', ['at'], unique=False)
    op.create_index('ix_check_in_event_sitting_id', 'check_in_event', ['sitting_id'], unique=False)
    op.create_table('room_entry',
    sa.Column('sitting_id', sa.String(length=20), nullable=False),
    sa.Column('booking_id', sa.String(length=20), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('topic', sa.String(length=20), nullable=True),
    sa.Column('item_id', sa.String(length=20), nullable=True),
    sa.Column('refers_to', sa.String(length=20), nullable=True),
    sa.Column('command_key', sa.String(length=40), nullable=True),
    sa.Column('happened_at', core_types.Moment(), nullable=True),
    sa.Column('claimed_age', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("(booking_id IS NULL) <= (kind IN ('incident', 'irregularity', 'message', 'note'))", name=op.f('ck_room_entry_concerns_somebody')),
    sa.CheckConstraint("(kind = 'hand_raised') = (topic IS NOT NULL)", name=op.f('ck_room_entry_hands_have_topics')),
    sa.CheckConstraint("(kind IN ('hand_answered', 'hand_lowered', 'replied', 'seen')) = (refers_to IS NOT NULL)", name=op.f('ck_room_entry_answers_something')),
    sa.CheckConstraint("(kind IN ('incident', 'irregularity', 'message', 'note', 'replied')) <= (commitment IS NOT NULL)", name=op.f('ck_room_entry_has_words')),
    sa.CheckConstraint("kind IN ('message', 'seen', 'replied', 'hand_raised', 'hand_lowered', 'hand_answered', 'incident', 'irregularity', 'note')", name=op.f('ck_room_entry_kind_known')),
    sa.CheckConstraint("topic IN ('unwell', 'question_wrong', 'somebody_came', 'technical', 'waiting', 'other')", name=op.f('ck_room_entry_topic_known')),
    sa.CheckConstraint('aggregate_id = coalesce(booking_id, sitting_id)', name=op.f('ck_room_entry_is_of_place_or_sitting')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_room_entry_pos_from_one')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_room_entry_booking_id')),
    sa.ForeignKeyConstraint(['item_id'], ['form_item.id'], name=op.f('fk_room_entry_item_id')),
    sa.ForeignKeyConstraint(['refers_to'], ['room_entry.id'], name=op.f('fk_room_entry_refers_to')),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_room_entry_sitting_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_entry')),
    sa.UniqueConstraint('actor_id', 'command_key', name=op.f('uq_room_entry_actor_id_command_key')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_room_entry_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_room_entry_at'), 'room_entry', ['at'], unique=False)
    op.create_index('ix_room_entry_sitting_id', 'room_entry', ['sitting_id', 'at'], unique=False)
    op.create_index('uq_room_entry_hand_ends_once', 'room_entry', ['refers_to'], unique=True, sqlite_where=sa.text("kind IN ('hand_answered', 'hand_lowered')"), postgresql_where=sa.text("kind IN ('hand_answered', 'hand_lowered')"))
    op.create_index('uq_room_entry_seen_once', 'room_entry', ['aggregate_id', 'refers_to'], unique=True, sqlite_where=sa.text("kind = 'seen'"), postgresql_where=sa.text("kind = 'seen'"))
    op.create_table('signal',
    sa.Column('booking_id', sa.String(length=20), nullable=False),
    sa.Column('sitting_id', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('size', sa.Integer(), nullable=True),
    sa.Column('claimed_age', sa.BigInteger(), nullable=True),
    sa.Column('device_id', sa.String(length=40), nullable=True),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("kind IN ('left_page', 'returned', 'left_full_screen', 'copied', 'pasted', 'second_device', 'network_changed', 'absent', 'typed_at_once', 'more')", name=op.f('ck_signal_kind_known')),
    sa.CheckConstraint('aggregate_id = booking_id', name=op.f('ck_signal_is_of_its_booking')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_signal_pos_from_one')),
    sa.CheckConstraint('size >= 0', name=op.f('ck_signal_size_not_negative')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_signal_booking_id')),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_signal_sitting_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signal')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_signal_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_signal_at'), 'signal', ['at'], unique=False)
    op.create_index('ix_signal_sitting_id', 'signal', ['sitting_id'], unique=False)
    op.create_table('presence',
    sa.Column('attempt_id', sa.String(length=20), nullable=False),
    sa.Column('heard_at', core_types.Moment(), nullable=False),
    sa.Column('unsent', sa.Integer(), nullable=False),
    sa.Column('waiting', sa.BigInteger(), nullable=False),
    sa.Column('is_hidden', sa.Boolean(), nullable=False),
    sa.CheckConstraint('unsent >= 0 AND waiting >= 0', name=op.f('ck_presence_not_negative')),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempt.id'], name=op.f('fk_presence_attempt_id')),
    sa.PrimaryKeyConstraint('attempt_id', name=op.f('pk_presence'))
    )
    op.create_index('ix_attempt_event_asks', 'attempt_event', ['aggregate_id', 'pos'], unique=False, sqlite_where=sa.text("kind IN ('writer_asked', 'writer_permitted')"), postgresql_where=sa.text("kind IN ('writer_asked', 'writer_permitted')"))

    kinds = dict.fromkeys(EVIDENCE, Kind.EVIDENCE)
    for statement in guards.statements_for(kinds, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("evidence is not migrated backwards: restore a backup instead")
