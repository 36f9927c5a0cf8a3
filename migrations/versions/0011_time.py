"""The time of a whole room, outages of the service, late starts and breaks arranged

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

from proficiency.core import db as core_types
from proficiency.core import guards, migrate
from proficiency.core.db import Kind

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


EVIDENCE = (
    "service_outage",
    "room_event",
    "late_start",
)


def upgrade() -> None:
    op.create_table('service_outage',
    sa.Column('from_at', core_types.Moment(), nullable=False),
    sa.Column('to_at', core_types.Moment(), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("aggregate_id = 'service'", name=op.f('ck_service_outage_one_chain')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_service_outage_pos_from_one')),
    sa.CheckConstraint('to_at > from_at', name=op.f('ck_service_outage_times_in_order')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_outage')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_service_outage_aggregate_id_pos')),
    sa.UniqueConstraint('from_at', name=op.f('uq_service_outage_from_at'))
    )
    op.create_index(op.f('ix_service_outage_at'), 'service_outage', ['at'], unique=False)
    op.create_table('service_pulse',
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('seen_at', core_types.Moment(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_pulse'))
    )
    op.create_table('room_event',
    sa.Column('sitting_id', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=True),
    sa.Column('outage_id', sa.String(length=20), nullable=True),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("(kind = 'credited') = (amount IS NOT NULL OR outage_id IS NOT NULL)", name=op.f('ck_room_event_credits_have_amounts')),
    sa.CheckConstraint("kind IN ('paused', 'resumed', 'credited')", name=op.f('ck_room_event_kind_known')),
    sa.CheckConstraint('aggregate_id = sitting_id', name=op.f('ck_room_event_is_of_its_sitting')),
    sa.CheckConstraint('amount IS NULL OR amount > 0', name=op.f('ck_room_event_amount_positive')),
    sa.CheckConstraint('amount IS NULL OR outage_id IS NULL', name=op.f('ck_room_event_one_way_to_count')),
    sa.CheckConstraint('commitment IS NOT NULL', name=op.f('ck_room_event_has_reason')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_room_event_pos_from_one')),
    sa.ForeignKeyConstraint(['outage_id'], ['service_outage.id'], name=op.f('fk_room_event_outage_id')),
    sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_room_event_sitting_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_event')),
    sa.UniqueConstraint('aggregate_id', 'key', name=op.f('uq_room_event_aggregate_id_key')),
    sa.UniqueConstraint('aggregate_id', 'outage_id', name=op.f('uq_room_event_aggregate_id_outage_id')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_room_event_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_room_event_at'), 'room_event', ['at'], unique=False)
    op.create_table('late_start',
    sa.Column('booking_id', sa.String(length=20), nullable=False),
    sa.Column('until_at', core_types.Moment(), nullable=False),
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('aggregate_id', sa.String(length=120), nullable=False),
    sa.Column('pos', sa.Integer(), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('actor_id', sa.String(length=20), nullable=False),
    sa.Column('commitment', sa.String(length=64), nullable=True),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('aggregate_id = booking_id', name=op.f('ck_late_start_is_of_its_booking')),
    sa.CheckConstraint('commitment IS NOT NULL', name=op.f('ck_late_start_has_reason')),
    sa.CheckConstraint('pos >= 1', name=op.f('ck_late_start_pos_from_one')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_late_start_booking_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_late_start')),
    sa.UniqueConstraint('aggregate_id', 'pos', name=op.f('uq_late_start_aggregate_id_pos'))
    )
    op.create_index(op.f('ix_late_start_at'), 'late_start', ['at'], unique=False)
    with migrate.altering("access_arrangement", Kind.EVIDENCE) as table:
        table.add_column(sa.Column("rest_minutes", sa.Integer(), nullable=True))
        table.add_column(sa.Column("longest_rest_minutes", sa.Integer(), nullable=True))
        for column, name in (("rest_minutes", "rest"), ("longest_rest_minutes", "longest_rest")):
            table.create_check_constraint(
                op.f(f"ck_access_arrangement_{name}_range"), f"{column} BETWEEN 0 AND 1440"
            )
    with migrate.altering("attempt_event", Kind.EVIDENCE) as table:
        table.add_column(sa.Column("room_event_id", sa.String(length=20), nullable=True))
        table.add_column(sa.Column("command_key", sa.String(length=60), nullable=True))
        table.create_foreign_key(
            op.f("fk_attempt_event_room_event_id"), "room_event", ["room_event_id"], ["id"]
        )
        table.create_check_constraint(
            op.f("ck_attempt_event_room_moves_window"),
            "room_event_id IS NULL OR kind IN ('paused', 'resumed', 'credited')",
        )
        for name, column in (("command", "command_key"), ("room", "room_event_id")):
            table.create_index(
                f"uq_attempt_event_{name}_once", ["aggregate_id", column], unique=True,
                sqlite_where=sa.text(f"{column} IS NOT NULL"),
                postgresql_where=sa.text(f"{column} IS NOT NULL"),
            )

    kinds = dict.fromkeys(EVIDENCE, Kind.EVIDENCE)
    for statement in guards.statements_for(kinds, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("evidence is not migrated backwards: restore a backup instead")
