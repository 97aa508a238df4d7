"""Releases can be downloaded: what their archives hold.

Revision ID: 0030
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0027"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "release_archives",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("contents_hash", sa.String(), nullable=False),
        sa.Column("contents", _JSON, nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_archives")),
    )
    op.create_index(
        "uq_release_archives_release_id", "release_archives", ["release_id", "format", "contents_hash"], unique=True
    )
    op.create_index(op.f("ix_release_archives_last_used_at"), "release_archives", ["last_used_at"])


def downgrade() -> None:
    op.drop_table("release_archives")
