"""Who hears all of a release, whether it has a preview, and which order a stream was begun by.

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("heard_by", sa.String(), nullable=False, server_default="owners"))
        batch_op.add_column(sa.Column("has_preview", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.create_check_constraint(op.f("ck_releases_heard_by_known"), "heard_by IN ('owners', 'everybody')")
    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.alter_column("heard_by", server_default=None)
        batch_op.alter_column("has_preview", server_default=None)
    with op.batch_alter_table("stream_sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claim_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("stream_sessions", schema=None) as batch_op:
        batch_op.drop_column("claim_id")
    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_releases_heard_by_known"), type_="check")
        batch_op.drop_column("has_preview")
        batch_op.drop_column("heard_by")
