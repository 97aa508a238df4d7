"""Files that are dropped at once: which uploads belong together, how many there are, and where each lay.

Revision ID: 0031
Revises: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("drop_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("drop_files", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("path", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_uploads_drop_id"), ["drop_id"])


def downgrade() -> None:
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_uploads_drop_id"))
        for name in ("path", "drop_files", "drop_id"):
            batch_op.drop_column(name)
