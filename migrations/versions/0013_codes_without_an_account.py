"""Download codes that were redeemed without an account wait for their claim.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("download_codes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("claim_hash", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_download_codes_email"), ["email"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_download_codes_claim_hash"), ["claim_hash"])


def downgrade() -> None:
    with op.batch_alter_table("download_codes", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_download_codes_claim_hash"), type_="unique")
        batch_op.drop_index(batch_op.f("ix_download_codes_email"))
        batch_op.drop_column("claim_hash")
        batch_op.drop_column("email")
