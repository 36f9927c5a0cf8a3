"""Who a candidate is: pictures for a person to compare, a way without a camera, and no decision

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from proficiency.core import db as core_types
from proficiency.core import migrate
from proficiency.core.db import Kind

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

CHECKS = {
    "kind_known": (
        "kind IN ('arrived', 'other_way_asked', 'identity_checked', 'not_checked', 'admitted', "
        "'turned_away')"
    ),
    "document_known": (
        "document IN ('passport', 'driving_licence', 'identity_card', 'residence_permit', "
        "'known_in_person', 'other')"
    ),
    "means_known": (
        "means IN ('in_person', 'by_camera', 'by_video_call', 'by_telephone', 'by_somebody_known')"
    ),
}


def upgrade() -> None:
    op.create_table('identity_picture',
    sa.Column('id', sa.String(length=20), nullable=False),
    sa.Column('booking_id', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('at', core_types.Moment(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint("kind IN ('face', 'document')", name=op.f('ck_identity_picture_kind_known')),
    sa.CheckConstraint('width > 0 AND height > 0', name=op.f('ck_identity_picture_has_size')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_identity_picture_booking_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_picture')),
    sa.UniqueConstraint('booking_id', 'kind', name=op.f('uq_identity_picture_booking_id_kind'))
    )
    with migrate.altering("check_in_event", Kind.EVIDENCE) as table:
        for name, rule in CHECKS.items():
            table.drop_constraint(op.f(f"ck_check_in_event_{name}"), type_="check")
            table.create_check_constraint(op.f(f"ck_check_in_event_{name}"), rule)
        table.drop_constraint(op.f("ck_check_in_event_turning_away_has_reason"), type_="check")
        table.create_check_constraint(
            op.f("ck_check_in_event_refusal_has_reason"),
            "(kind IN ('turned_away', 'not_checked')) <= (commitment IS NOT NULL)",
        )


def downgrade() -> None:
    raise RuntimeError("evidence is not migrated backwards: restore a backup instead")
