"""Refund requests of buyers without an account: `person_id` is null until the order is claimed.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("refund_requests", schema=None) as batch_op:
        batch_op.alter_column("person_id", existing_type=sa.Uuid(), nullable=True)


def downgrade() -> None:
    # A request without a person cannot be kept where each must have one.
    op.execute("DELETE FROM refund_requests WHERE person_id IS NULL")
    with op.batch_alter_table("refund_requests", schema=None) as batch_op:
        batch_op.alter_column("person_id", existing_type=sa.Uuid(), nullable=False)
