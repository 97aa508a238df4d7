"""The palettes that covers lend their pages; those of covers of before are computed by the palette backfill.

Revision ID: 0033
Revises: 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "palettes",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("light", _JSON, nullable=False),
        sa.Column("dark", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_palettes")),
    )
    with op.batch_alter_table("covers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("palette_hash", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("palette_version", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.create_foreign_key(op.f("fk_covers_palette_hash_palettes"), "palettes", ["palette_hash"], ["hash"])
    with op.batch_alter_table("covers", schema=None) as batch_op:
        batch_op.alter_column("palette_version", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("covers", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_covers_palette_hash_palettes"), type_="foreignkey")
        batch_op.drop_column("palette_version")
        batch_op.drop_column("palette_hash")
    op.drop_table("palettes")
