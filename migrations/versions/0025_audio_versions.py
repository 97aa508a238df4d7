"""Tracks can be heard: versions of their audio, and which of them is the current one.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_STATES = "audio_state IN ('none', 'processing', 'ready', 'failed')"
_STATUSES = "status IN ('uploaded', 'processing', 'ready', 'failed', 'canceled', 'replaced')"


def upgrade() -> None:
    with op.batch_alter_table("tracks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("audio_state", sa.String(), nullable=False, server_default="none"))
        batch_op.add_column(sa.Column("audio_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("audio_samples", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("audio_rate", sa.BigInteger(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_tracks_audio_state_known"), _STATES)
    with op.batch_alter_table("tracks", schema=None) as batch_op:
        batch_op.alter_column("audio_state", server_default=None)
    op.create_table(
        "audio_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("sent_by", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_hash", sa.String(), nullable=False),
        sa.Column("audio_hash", sa.String(), nullable=True),
        sa.Column("original_key", sa.String(), nullable=False),
        sa.Column("original_bytes", sa.BigInteger(), nullable=False),
        sa.Column("encoder_version", sa.BigInteger(), nullable=False),
        sa.Column("preview_start_ms", sa.BigInteger(), nullable=True),
        sa.Column("prefix", sa.String(), nullable=True),
        sa.Column("rendered", _JSON, nullable=True),
        sa.Column("preview", _JSON, nullable=True),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("share", sa.Float(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reason_fields", _JSON, nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_STATUSES, name=op.f("ck_audio_versions_status_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audio_versions")),
    )
    op.create_index(op.f("ix_audio_versions_track_id"), "audio_versions", ["track_id", "id"])
    op.create_index(op.f("ix_audio_versions_artist_id"), "audio_versions", ["artist_id"])
    op.create_index(op.f("ix_audio_versions_original_key"), "audio_versions", ["original_key"])
    op.create_index("ix_audio_versions_due", "audio_versions", ["due_at"])


def downgrade() -> None:
    op.drop_table("audio_versions")
    with op.batch_alter_table("tracks", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_tracks_audio_state_known"), type_="check")
        for name in ("audio_rate", "audio_samples", "audio_id", "audio_state"):
            batch_op.drop_column(name)
