"""Histories of every module: a row's changes are about something, which need not be a payment.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_status_changes_payment_id", "status_changes")
    op.execute("ALTER TABLE status_changes RENAME COLUMN payment_id TO about_id")
    op.create_index("ix_status_changes_about_id", "status_changes", ["about_id"])


def downgrade() -> None:
    op.drop_index("ix_status_changes_about_id", "status_changes")
    op.execute("ALTER TABLE status_changes RENAME COLUMN about_id TO payment_id")
    op.create_index("ix_status_changes_payment_id", "status_changes", ["payment_id"])
