"""An index over a seller's transfers that are not simply with them: open pages ask for these once a second.

Revision ID: 0045
Revises: 0044
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

UNSETTLED = sa.text("status <> 'completed'")


def upgrade() -> None:
    op.create_index(
        "ix_seller_transfers_unsettled",
        "seller_transfers",
        ["seller_id", "status"],
        postgresql_where=UNSETTLED,
        sqlite_where=UNSETTLED,
    )


def downgrade() -> None:
    op.drop_index("ix_seller_transfers_unsettled", "seller_transfers")
