"""Invitations to artists; covers found by their releases; imports known by hashes of any length of path.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BATCH = 1_000
_IMPORTS = sa.table(
    "imports",
    sa.column("id", sa.Uuid()),
    sa.column("release_key", sa.String()),
    sa.column("path", sa.String()),
    sa.column("path_hash", sa.String()),
)


def upgrade() -> None:
    op.create_table(
        "artist_invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("part IN ('owner', 'member')", name=op.f("ck_artist_invitations_part_known")),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name=op.f("fk_artist_invitations_artist_id_artists")),
        sa.ForeignKeyConstraint(["invited_by"], ["people.id"], name=op.f("fk_artist_invitations_invited_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artist_invitations")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_artist_invitations_secret_hash")),
    )
    with op.batch_alter_table("artist_invitations", schema=None) as batch_op:
        batch_op.create_index("uq_artist_invitations_artist_id_email", ["artist_id", "email"], unique=True)
        batch_op.create_index(batch_op.f("ix_artist_invitations_invited_by"), ["invited_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_artist_invitations_expires_at"), ["expires_at"], unique=False)

    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_releases_cover_id"), ["cover_id"], unique=False)

    op.create_table(
        "imported_covers",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("source_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_imported_covers")),
    )

    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_imports_artist_id_path"))
        batch_op.add_column(sa.Column("path_hash", sa.String(), nullable=True))
    _hash_what_is_there()
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.alter_column("path_hash", existing_type=sa.String(), nullable=False)
        batch_op.create_index(batch_op.f("ix_imports_artist_id_path_hash"), ["artist_id", "path_hash"], unique=False)

    # What is gone is not named by reports any more.
    op.execute(
        "UPDATE reports SET label = 'deleted account' WHERE subject_kind = 'person'"
        " AND subject_id IN (SELECT id FROM people WHERE deleted_at IS NOT NULL)"
    )
    op.execute(
        "UPDATE reports SET label = '' WHERE subject_kind = 'comment' AND subject_id IN"
        " (SELECT id FROM comments WHERE person_id IS NULL OR (deleted_at IS NOT NULL AND reports.status <> 'open'))"
    )


def downgrade() -> None:
    # The keys stay hashed: an import of then finds a release by its files instead.
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_imports_artist_id_path_hash"))
        batch_op.drop_column("path_hash")
        batch_op.create_index(batch_op.f("ix_imports_artist_id_path"), ["artist_id", "path"], unique=False)

    op.drop_table("imported_covers")
    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_releases_cover_id"))

    with op.batch_alter_table("artist_invitations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_artist_invitations_expires_at"))
        batch_op.drop_index(batch_op.f("ix_artist_invitations_invited_by"))
        batch_op.drop_index("uq_artist_invitations_artist_id_email")
    op.drop_table("artist_invitations")


def _hash_what_is_there() -> None:
    """In Python: SQLite has no SHA-256. It ends, because each batch leaves fewer rows without a hash."""
    connection = op.get_bind()
    unhashed = sa.select(_IMPORTS.c.id, _IMPORTS.c.release_key, _IMPORTS.c.path).where(_IMPORTS.c.path_hash.is_(None))
    change = (
        sa.update(_IMPORTS)
        .where(_IMPORTS.c.id == sa.bindparam("row"))
        .values(release_key=sa.bindparam("key"), path_hash=sa.bindparam("hash"))
    )
    while rows := connection.execute(unhashed.limit(BATCH)).all():
        connection.execute(
            change, [{"row": row.id, "key": _hashed(row.release_key), "hash": _hashed(row.path)} for row in rows]
        )


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
