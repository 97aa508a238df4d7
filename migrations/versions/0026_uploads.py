"""Uploads: files on their way into the object store.

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("track_id", sa.Uuid(), nullable=True),
        sa.Column("release_id", sa.Uuid(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("length_bytes", sa.BigInteger(), nullable=False),
        sa.Column("offset_bytes", sa.BigInteger(), nullable=False),
        sa.Column("parts_count", sa.BigInteger(), nullable=False),
        sa.Column("original_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reason_fields", _JSON, nullable=True),
        sa.Column("retry_count", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('receiving', 'received', 'taken', 'refused', 'expired', 'terminated')",
            name=op.f("ck_uploads_status_known"),
        ),
        sa.CheckConstraint("offset_bytes BETWEEN 0 AND length_bytes", name=op.f("ck_uploads_offset_within")),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name=op.f("fk_uploads_artist_id_artists")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_artist_id_status"), "uploads", ["artist_id", "status"])
    op.create_index(op.f("ix_uploads_track_id"), "uploads", ["track_id"])
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_uploads_due", "uploads", ["due_at"], postgresql_where=due, sqlite_where=due)


def downgrade() -> None:
    op.drop_table("uploads")
