"""Payments and orders that a bank takes days for, and that fail; sellers whose account is gone; looks that are counted.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

PAYMENT = ("pending", "succeeded", "expired")
ORDER = ("open", "paid", "partly_refunded", "refunded", "expired", "canceled")
NEW = ("processing", "failed")
_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
LOOKED_AT = ("refunds", "seller_transfers", "transfer_reversals")


def upgrade() -> None:
    _statuses("payments", (*PAYMENT, *NEW))
    _statuses("orders", (*ORDER, *NEW))
    for table in LOOKED_AT:
        op.add_column(table, sa.Column("check_count", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("sellers", sa.Column("account_seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sellers", sa.Column("former_accounts", _JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    for column in ("former_accounts", "account_seen_at"):
        op.drop_column("sellers", column)
    for table in LOOKED_AT:
        op.drop_column(table, "check_count")
    # An earlier version knows neither: what was under way is looked at as what is unpaid.
    op.execute("UPDATE payments SET status = 'pending' WHERE status = 'processing'")
    op.execute("UPDATE payments SET status = 'expired' WHERE status = 'failed'")
    op.execute("UPDATE orders SET status = 'open' WHERE status = 'processing'")
    op.execute("UPDATE orders SET status = 'expired' WHERE status = 'failed'")
    _statuses("payments", PAYMENT)
    _statuses("orders", ORDER)


def _statuses(table: str, known: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{one}'" for one in known)
    name = f"ck_{table}_status_known"
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(name), type_="check")
        batch_op.create_check_constraint(op.f(name), f"status IN ({listed})")
