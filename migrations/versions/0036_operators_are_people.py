"""Operators sign in as people: there are no visits by the operator token any more.

Revision ID: 0036
Revises: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_operator_visits_expires_at", table_name="operator_visits")
    op.drop_table("operator_visits")


def downgrade() -> None:
    op.create_table(
        "operator_visits",
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_operator_visits")),
    )
    op.create_index("ix_operator_visits_expires_at", "operator_visits", ["expires_at"])
