"""Nettings: what was kept of sellers' later sales for what could not be taken back from them.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ACCOUNTS = (
    "platform_cash", "platform_revenue", "provider_fees", "shares_unsent", "sent_to_sellers", "to_recover",
    "seller_debt", "refunded", "disputed", "loss",
)  # fmt: skip
OF = {
    "sale_payment_id": "payments",
    "transfer_id": "seller_transfers",
    "kept_from_id": "seller_transfers",
    "debt_payment_id": "payments",
    "reversal_id": "transfer_reversals",
}


def upgrade() -> None:
    with op.batch_alter_table("seller_transfers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("netted_minor", sa.BigInteger(), nullable=False, server_default="0"))
        name = op.f("ck_seller_transfers_netted_not_negative")
        batch_op.create_check_constraint(name, "netted_minor >= 0")
    _accounts((*ACCOUNTS, "netted"))
    op.create_table(
        "nettings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        *(sa.Column(column, sa.Uuid(), nullable=False) for column in OF),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_nettings_amount_positive")),
        sa.CheckConstraint("sale_payment_id <> debt_payment_id", name=op.f("ck_nettings_of_two_payments")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_nettings_{column}_{table}"))
            for column, table in OF.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nettings")),
    )
    unpaid = sa.text("paid_at IS NULL")
    with op.batch_alter_table("nettings", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_nettings_seller_id_id"), ["seller_id", "id"])
        for column in ("sale_payment_id", "debt_payment_id", "reversal_id"):
            batch_op.create_index(op.f(f"ix_nettings_{column}"), [column])
        batch_op.create_index("ix_nettings_unpaid", ["created_at"], postgresql_where=unpaid, sqlite_where=unpaid)


def downgrade() -> None:
    # An earlier version could not account for what was kept, and would owe it to sellers again.
    if op.get_bind().execute(sa.text("SELECT 1 FROM nettings LIMIT 1")).first() is not None:
        raise RuntimeError("sales have paid debts of sellers here: an earlier version cannot keep these books")
    op.drop_table("nettings")
    _accounts(ACCOUNTS)
    with op.batch_alter_table("seller_transfers", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_seller_transfers_netted_not_negative"), type_="check")
        batch_op.drop_column("netted_minor")


def _accounts(known: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{one}'" for one in known)
    name = op.f("ck_ledger_entries_account_known")
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"account IN ({listed})")
