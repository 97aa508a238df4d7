"""Plays of tracks, and how many there were on each day.

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plays",
        sa.Column("hearing_id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hearing_id", name=op.f("pk_plays")),
    )
    op.create_index(op.f("ix_plays_person_id_at"), "plays", ["person_id", "at"])
    op.create_index(op.f("ix_plays_at"), "plays", ["at"])
    op.create_table(
        "play_totals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("plays", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_play_totals")),
        sa.UniqueConstraint("track_id", "day", name=op.f("uq_play_totals_track_id_day")),
    )
    op.create_index(op.f("ix_play_totals_artist_id_day_id"), "play_totals", ["artist_id", "day", "id"])


def downgrade() -> None:
    op.drop_table("play_totals")
    op.drop_table("plays")
