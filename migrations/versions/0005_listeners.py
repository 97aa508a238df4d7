"""Playlists, follows, likes, comments, reports.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hidden_tracks",
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("track_id", name=op.f("pk_hidden_tracks")),
    )
    op.create_table(
        "moderation_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reports_count", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "decision IN ('dismiss', 'warn', 'hide', 'restore', 'reopen')",
            name=op.f("ck_moderation_log_decision_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_log")),
    )
    with op.batch_alter_table("moderation_log", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_moderation_log_subject_kind_subject_id"), ["subject_kind", "subject_id"], unique=False
        )

    op.create_table(
        "comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "hidden_by IS NULL OR hidden_by IN ('artist', 'moderator')", name=op.f("ck_comments_hidden_by_known")
        ),
        sa.CheckConstraint("(hidden_at IS NULL) = (hidden_by IS NULL)", name=op.f("ck_comments_hidden_by_somebody")),
        sa.CheckConstraint("at_ms >= 0", name=op.f("ck_comments_moment_possible")),
        sa.ForeignKeyConstraint(["parent_id"], ["comments.id"], name=op.f("fk_comments_parent_id_comments")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_comments_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comments_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_comments_person_id_created_at"), ["person_id", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_comments_track_id_at_ms_id"), ["track_id", "at_ms", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_comments_track_id_id"), ["track_id", "id"], unique=False)

    op.create_table(
        "follows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_follows_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follows")),
    )
    with op.batch_alter_table("follows", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follows_artist_id"), ["artist_id"], unique=False)
        batch_op.create_index("uq_follows_person_id_artist_id", ["person_id", "artist_id"], unique=True)

    op.create_table(
        "likes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('track', 'release')", name=op.f("ck_likes_kind_known")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_likes_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_likes")),
    )
    with op.batch_alter_table("likes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_likes_kind_subject_id"), ["kind", "subject_id"], unique=False)
        batch_op.create_index("uq_likes_person_id_kind_subject_id", ["person_id", "kind", "subject_id"], unique=True)

    op.create_table(
        "moderation_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_moderation_notices_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_notices")),
    )
    with op.batch_alter_table("moderation_notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moderation_notices_person_id_id"), ["person_id", "id"], unique=False)

    op.create_table(
        "playlists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("is_collaborative", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("items_count", sa.BigInteger(), nullable=False),
        sa.Column("link_hash", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("items_count >= 0 AND version >= 1", name=op.f("ck_playlists_counts_sane")),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=op.f("fk_playlists_owner_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playlists")),
    )
    with op.batch_alter_table("playlists", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_playlists_owner_id_id"), ["owner_id", "id"], unique=False)
        batch_op.create_index(
            "ix_playlists_public",
            ["id"],
            unique=False,
            postgresql_where=sa.text("is_public IS true"),
            sqlite_where=sa.text("is_public IS 1"),
        )

    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("reporter_id", sa.Uuid(), nullable=True),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('open', 'upheld', 'dismissed')", name=op.f("ck_reports_status_known")),
        sa.CheckConstraint(
            "subject_kind IN ('artist', 'release', 'track', 'comment', 'playlist', 'person')",
            name=op.f("ck_reports_subject_kind_known"),
        ),
        sa.ForeignKeyConstraint(["reporter_id"], ["people.id"], name=op.f("fk_reports_reporter_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_reporter_id_id"), ["reporter_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_status_id"), ["status", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_reports_subject_kind_subject_id"), ["subject_kind", "subject_id"], unique=False
        )
        batch_op.create_index(
            "uq_reports_open",
            ["reporter_id", "subject_kind", "subject_id"],
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
            sqlite_where=sa.text("status = 'open'"),
        )

    op.create_table(
        "playlist_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("playlist_id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["people.id"], name=op.f("fk_playlist_items_added_by_people")),
        sa.ForeignKeyConstraint(
            ["playlist_id"], ["playlists.id"], name=op.f("fk_playlist_items_playlist_id_playlists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playlist_items")),
    )
    with op.batch_alter_table("playlist_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_playlist_items_added_by"), ["added_by"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_playlist_items_playlist_id_position"), ["playlist_id", "position"], unique=False
        )

    op.create_table(
        "playlist_people",
        sa.Column("playlist_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_playlist_people_person_id_people")),
        sa.ForeignKeyConstraint(
            ["playlist_id"], ["playlists.id"], name=op.f("fk_playlist_people_playlist_id_playlists")
        ),
        sa.PrimaryKeyConstraint("playlist_id", "person_id", name=op.f("pk_playlist_people")),
    )
    with op.batch_alter_table("playlist_people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_playlist_people_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("playlist_people", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_playlist_people_person_id"))

    op.drop_table("playlist_people")
    with op.batch_alter_table("playlist_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_playlist_items_playlist_id_position"))
        batch_op.drop_index(batch_op.f("ix_playlist_items_added_by"))

    op.drop_table("playlist_items")
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_reports_open", postgresql_where=sa.text("status = 'open'"), sqlite_where=sa.text("status = 'open'")
        )
        batch_op.drop_index(batch_op.f("ix_reports_subject_kind_subject_id"))
        batch_op.drop_index(batch_op.f("ix_reports_status_id"))
        batch_op.drop_index(batch_op.f("ix_reports_reporter_id_id"))

    op.drop_table("reports")
    with op.batch_alter_table("playlists", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_playlists_public", postgresql_where=sa.text("is_public IS true"), sqlite_where=sa.text("is_public IS 1")
        )
        batch_op.drop_index(batch_op.f("ix_playlists_owner_id_id"))

    op.drop_table("playlists")
    with op.batch_alter_table("moderation_notices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_moderation_notices_person_id_id"))

    op.drop_table("moderation_notices")
    with op.batch_alter_table("likes", schema=None) as batch_op:
        batch_op.drop_index("uq_likes_person_id_kind_subject_id")
        batch_op.drop_index(batch_op.f("ix_likes_kind_subject_id"))

    op.drop_table("likes")
    with op.batch_alter_table("follows", schema=None) as batch_op:
        batch_op.drop_index("uq_follows_person_id_artist_id")
        batch_op.drop_index(batch_op.f("ix_follows_artist_id"))

    op.drop_table("follows")
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_track_id_id"))
        batch_op.drop_index(batch_op.f("ix_comments_track_id_at_ms_id"))
        batch_op.drop_index(batch_op.f("ix_comments_person_id_created_at"))
        batch_op.drop_index(batch_op.f("ix_comments_parent_id"))

    op.drop_table("comments")
    with op.batch_alter_table("moderation_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_moderation_log_subject_kind_subject_id"))

    op.drop_table("moderation_log")
    op.drop_table("hidden_tracks")
