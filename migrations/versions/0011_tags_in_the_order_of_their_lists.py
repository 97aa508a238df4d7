"""What has a tag is listed in its order: artists and releases as tracks before.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE taggings SET"
        " listed_at = (SELECT published_at FROM releases WHERE releases.id = about_id AND status = 'published'),"
        " title_key = (SELECT title_key FROM releases WHERE releases.id = about_id)"
        " WHERE kind = 'release'"
    )
    op.execute(
        "UPDATE taggings SET"
        " listed_at = (SELECT created_at FROM artists WHERE artists.id = about_id),"
        " title_key = (SELECT name_key FROM artists WHERE artists.id = about_id)"
        " WHERE kind = 'artist'"
    )


def downgrade() -> None:
    op.execute("UPDATE taggings SET listed_at = NULL, title_key = NULL WHERE kind IN ('artist', 'release')")
