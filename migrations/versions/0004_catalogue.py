"""Artists, releases, tracks, covers, slugs, and what was imported.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "artists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("bio", sa.String(), nullable=False),
        sa.Column(
            "tags", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("fee_bps", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("fee_bps IS NULL OR fee_bps BETWEEN 0 AND 10000", name=op.f("ck_artists_fee_possible")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artists")),
        sa.UniqueConstraint("slug", name=op.f("uq_artists_slug")),
    )
    with op.batch_alter_table("artists", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_artists_name_key_id"), ["name_key", "id"], unique=False)

    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("release_key", sa.String(), nullable=False),
        sa.Column("file_hash", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_imports_artist_id_file_hash"), ["artist_id", "file_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_imports_artist_id_path"), ["artist_id", "path"], unique=False)
        batch_op.create_index(
            "uq_imports_artist_id_release_key_file_hash", ["artist_id", "release_key", "file_hash"], unique=True
        )

    op.create_table(
        "slugs",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("scope", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "scope", "slug", name=op.f("pk_slugs")),
    )
    with op.batch_alter_table("slugs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slugs_target_id"), ["target_id"], unique=False)

    op.create_table(
        "taggings",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tag", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("title_key", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=True),
        sa.PrimaryKeyConstraint("kind", "tag", "about_id", name=op.f("pk_taggings")),
    )
    with op.batch_alter_table("taggings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_taggings_about_id"), ["about_id"], unique=False)
        for name, column in (("ix_taggings_newest", "listed_at"), ("ix_taggings_titled", "title_key")):
            batch_op.create_index(
                name,
                ["kind", "tag", column, "about_id"],
                unique=False,
                postgresql_where=sa.text("listed_at IS NOT NULL"),
                sqlite_where=sa.text("listed_at IS NOT NULL"),
            )

    op.create_table(
        "artist_members",
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("part IN ('owner', 'member')", name=op.f("ck_artist_members_part_known")),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name=op.f("fk_artist_members_artist_id_artists")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_artist_members_person_id_people")),
        sa.PrimaryKeyConstraint("artist_id", "person_id", name=op.f("pk_artist_members")),
    )
    with op.batch_alter_table("artist_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_artist_members_person_id"), ["person_id"], unique=False)

    op.create_table(
        "covers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("source_hash", sa.String(), nullable=False),
        sa.Column("colour", sa.String(), nullable=False),
        sa.Column(
            "sizes", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column(
            "objects", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name=op.f("fk_covers_artist_id_artists")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_covers")),
    )
    with op.batch_alter_table("covers", schema=None) as batch_op:
        batch_op.create_index("uq_covers_artist_id_source_hash", ["artist_id", "source_hash"], unique=True)

    op.create_table(
        "releases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_key", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("musicbrainz_id", sa.Uuid(), nullable=True),
        sa.Column(
            "tags", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("cover_id", sa.Uuid(), nullable=True),
        sa.Column("release_date", sa.Date(), nullable=True),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('album', 'ep', 'single', 'sample_pack')", name=op.f("ck_releases_kind_known")),
        sa.CheckConstraint(
            "status IN ('draft', 'scheduled', 'published', 'withdrawn')", name=op.f("ck_releases_status_known")
        ),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name=op.f("fk_releases_artist_id_artists")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
    )
    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_releases_artist_id_id"), ["artist_id", "id"], unique=False)
        batch_op.create_index(
            "ix_releases_by_title",
            ["title_key", "id"],
            unique=False,
            postgresql_where=sa.text("status = 'published'"),
            sqlite_where=sa.text("status = 'published'"),
        )
        batch_op.create_index(
            "ix_releases_due",
            ["publish_at"],
            unique=False,
            postgresql_where=sa.text("status = 'scheduled'"),
            sqlite_where=sa.text("status = 'scheduled'"),
        )
        batch_op.create_index(
            "ix_releases_newest",
            ["published_at", "id"],
            unique=False,
            postgresql_where=sa.text("status = 'published'"),
            sqlite_where=sa.text("status = 'published'"),
        )
        batch_op.create_index("uq_releases_artist_id_slug", ["artist_id", "slug"], unique=True)

    op.create_table(
        "tracks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_key", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column(
            "credits", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("explicit", sa.Boolean(), nullable=False),
        sa.Column("isrc", sa.String(), nullable=True),
        sa.Column("musicbrainz_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column(
            "tags", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name=op.f("fk_tracks_artist_id_artists")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_tracks_release_id_releases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracks")),
    )
    with op.batch_alter_table("tracks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tracks_artist_id_listed_at_id"), ["artist_id", "listed_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_tracks_by_title",
            ["title_key", "id"],
            unique=False,
            postgresql_where=sa.text("listed_at IS NOT NULL"),
            sqlite_where=sa.text("listed_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_tracks_newest",
            ["listed_at", "id"],
            unique=False,
            postgresql_where=sa.text("listed_at IS NOT NULL"),
            sqlite_where=sa.text("listed_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_tracks_release_id_position"), ["release_id", "position"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("tracks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tracks_release_id_position"))
        batch_op.drop_index(
            "ix_tracks_newest",
            postgresql_where=sa.text("listed_at IS NOT NULL"),
            sqlite_where=sa.text("listed_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_tracks_by_title",
            postgresql_where=sa.text("listed_at IS NOT NULL"),
            sqlite_where=sa.text("listed_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_tracks_artist_id_listed_at_id"))

    op.drop_table("tracks")
    with op.batch_alter_table("releases", schema=None) as batch_op:
        batch_op.drop_index("uq_releases_artist_id_slug")
        batch_op.drop_index(
            "ix_releases_newest",
            postgresql_where=sa.text("status = 'published'"),
            sqlite_where=sa.text("status = 'published'"),
        )
        batch_op.drop_index(
            "ix_releases_due",
            postgresql_where=sa.text("status = 'scheduled'"),
            sqlite_where=sa.text("status = 'scheduled'"),
        )
        batch_op.drop_index(
            "ix_releases_by_title",
            postgresql_where=sa.text("status = 'published'"),
            sqlite_where=sa.text("status = 'published'"),
        )
        batch_op.drop_index(batch_op.f("ix_releases_artist_id_id"))

    op.drop_table("releases")
    with op.batch_alter_table("covers", schema=None) as batch_op:
        batch_op.drop_index("uq_covers_artist_id_source_hash")

    op.drop_table("covers")
    with op.batch_alter_table("artist_members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_artist_members_person_id"))

    op.drop_table("artist_members")
    with op.batch_alter_table("taggings", schema=None) as batch_op:
        batch_op.drop_index("ix_taggings_titled")
        batch_op.drop_index("ix_taggings_newest")
        batch_op.drop_index(batch_op.f("ix_taggings_about_id"))

    op.drop_table("taggings")
    with op.batch_alter_table("slugs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_slugs_target_id"))

    op.drop_table("slugs")
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_index("uq_imports_artist_id_release_key_file_hash")
        batch_op.drop_index(batch_op.f("ix_imports_artist_id_path"))
        batch_op.drop_index(batch_op.f("ix_imports_artist_id_file_hash"))

    op.drop_table("imports")
    with op.batch_alter_table("artists", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_artists_name_key_id"))

    op.drop_table("artists")
