"""Imports remember their runs, what each file said, and how a release was left; release dates, how precise they are.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "import_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_runs")),
    )
    with op.batch_alter_table("import_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_runs_artist_id"), ["artist_id"], unique=False)

    op.create_table(
        "imported_releases",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("album_hash", sa.String(), nullable=False),
        sa.Column("said", _JSON, nullable=False),
        sa.Column("track_order", _JSON, nullable=False),
        sa.Column("cover_hash", sa.String(), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_imported_releases")),
    )
    with op.batch_alter_table("imported_releases", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_imported_releases_artist_id_album_hash"), ["artist_id", "album_hash"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_imported_releases_run_id"), ["run_id"], unique=False)
    # What files said of them was not kept: the next import knows these releases by their files.
    op.execute(
        "INSERT INTO imported_releases (release_id, artist_id, album_hash, said, track_order, cover_hash, attempt)"
        " SELECT known.release_id, known.artist_id, '', '{}', '[]', imported_covers.source_hash, -1 FROM"
        " (SELECT DISTINCT release_id, artist_id FROM imports) AS known"
        " LEFT JOIN imported_covers ON imported_covers.release_id = known.release_id"
    )
    op.drop_table("imported_covers")

    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_index("uq_imports_artist_id_release_key_file_hash")
        batch_op.drop_column("release_key")
        batch_op.add_column(sa.Column("run_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("is_main", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("audio_hash", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("said", _JSON, nullable=False, server_default="{}"))
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.alter_column("is_main", server_default=None, existing_type=sa.Boolean())
        batch_op.alter_column("said", server_default=None, existing_type=_JSON)
        batch_op.create_index(batch_op.f("ix_imports_artist_id_audio_hash"), ["artist_id", "audio_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_imports_release_id"), ["release_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_imports_run_id"), ["run_id"], unique=False)

    op.add_column("releases", sa.Column("release_date_precision", sa.String(), nullable=True))
    op.execute("UPDATE releases SET release_date_precision = 'day' WHERE release_date IS NOT NULL")


def downgrade() -> None:
    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.drop_column("release_date_precision")

    # One file may have become tracks of several releases, and other formats no tracks: they are forgotten.
    op.execute("DELETE FROM imports WHERE NOT is_main")
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_imports_run_id"))
        batch_op.drop_index(batch_op.f("ix_imports_release_id"))
        batch_op.drop_index(batch_op.f("ix_imports_artist_id_audio_hash"))
        batch_op.drop_column("said")
        batch_op.drop_column("audio_hash")
        batch_op.drop_column("is_main")
        batch_op.drop_column("run_id")
        batch_op.add_column(sa.Column("release_key", sa.String(), nullable=True))
    # Keys that no album has: an import of then finds a release by its files instead.
    op.execute("UPDATE imports SET release_key = CAST(id AS VARCHAR)")
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.alter_column("release_key", existing_type=sa.String(), nullable=False)
        batch_op.create_index(
            "uq_imports_artist_id_release_key_file_hash", ["artist_id", "release_key", "file_hash"], unique=True
        )

    op.create_table(
        "imported_covers",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("source_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_imported_covers")),
    )
    op.execute(
        "INSERT INTO imported_covers (release_id, source_hash)"
        " SELECT release_id, cover_hash FROM imported_releases WHERE cover_hash IS NOT NULL"
    )
    op.drop_table("imported_releases")
    op.drop_table("import_runs")
