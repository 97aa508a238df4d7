"""Whether this database is older than the provider's events, and how far the provider's lists were read.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANTS = ("held_at", "held_since", "caught_up_at", "compared_at", "mend_at", "look_before")
MORE_INSTANTS = ("released_until", "seen_current_at")
PLACE = ("covers_since", "since", "until")


def _instant(name: str, *, nullable: bool) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "provider_accounts",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("held_because", sa.String(), nullable=True),
        *(_instant(name, nullable=True) for name in (*INSTANTS, *MORE_INSTANTS)),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_accounts")),
    )
    op.create_table(
        "provider_list_places",
        sa.Column("name", sa.String(), nullable=False),
        *(_instant(name, nullable=False) for name in PLACE),
        sa.Column("after", sa.String(), nullable=False),
        _instant("after_created_at", nullable=False),
        _instant("kept_at", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_provider_list_places")),
    )


def downgrade() -> None:
    op.drop_table("provider_list_places")
    op.drop_table("provider_accounts")
