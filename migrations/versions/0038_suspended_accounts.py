"""When and why an account is suspended.

Revision ID: 0038
Revises: 0037
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("suspension_reason", sa.String(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_people_suspension_reasoned"), "(suspended_at IS NULL) = (suspension_reason IS NULL)"
        )


def downgrade() -> None:
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_people_suspension_reasoned"), type_="check")
        batch_op.drop_column("suspension_reason")
        batch_op.drop_column("suspended_at")
