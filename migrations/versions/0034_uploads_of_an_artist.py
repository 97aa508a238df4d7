"""The list of an artist's uploads, by age.

Revision ID: 0034
Revises: 0033
"""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_uploads_artist_id_id"), "uploads", ["artist_id", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_uploads_artist_id_id"), "uploads")
