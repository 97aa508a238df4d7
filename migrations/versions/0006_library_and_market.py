"""Who owns what, products, carts, orders.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "carts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("person_id IS NOT NULL OR token_hash IS NOT NULL", name=op.f("ck_carts_somebody_holds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carts")),
        sa.UniqueConstraint("person_id", name=op.f("uq_carts_person_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_carts_token_hash")),
    )
    op.create_table(
        "code_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('release', 'track')", name=op.f("ck_code_batches_kind_known")),
        sa.CheckConstraint("size BETWEEN 1 AND 500", name=op.f("ck_code_batches_size_bounded")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_batches")),
    )
    with op.batch_alter_table("code_batches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_code_batches_artist_id_id"), ["artist_id", "id"], unique=False)

    op.create_table(
        "grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("cause_kind", sa.String(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_because", sa.String(), nullable=True),
        sa.CheckConstraint("cause_kind IN ('order_line', 'download_code')", name=op.f("ck_grants_cause_known")),
        sa.CheckConstraint("kind IN ('release', 'track')", name=op.f("ck_grants_kind_known")),
        sa.CheckConstraint("person_id IS NOT NULL OR claim_id IS NOT NULL", name=op.f("ck_grants_somebody_holds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grants_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_grants_person_id_kind_item_id"), ["person_id", "kind", "item_id"], unique=False
        )
        batch_op.create_index("uq_grants_cause", ["cause_kind", "cause_id"], unique=True)

    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cart_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_rate_bps", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("request_key", sa.String(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("success_url", sa.String(), nullable=False),
        sa.Column("cancel_url", sa.String(), nullable=False),
        sa.Column("claim_hash", sa.String(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt_year", sa.BigInteger(), nullable=True),
        sa.Column("receipt_count", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('open', 'paid', 'partly_refunded', 'refunded', 'expired', 'canceled')",
            name=op.f("ck_orders_status_known"),
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_orders_amount_sane")),
        sa.CheckConstraint("person_id IS NOT NULL OR email IS NOT NULL", name=op.f("ck_orders_buyer_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("claim_hash", name=op.f("uq_orders_claim_hash")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_orders_payment_id")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_cart_id_request_key"), ["cart_id", "request_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_orders_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_orders_person_id_id"), ["person_id", "id"], unique=False)
        batch_op.create_index(
            "uq_orders_open",
            ["cart_id", "fingerprint"],
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
            sqlite_where=sa.text("status = 'open'"),
        )
        batch_op.create_index("uq_orders_receipt", ["receipt_year", "receipt_count"], unique=True)

    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("pricing", sa.String(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("on_sale", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('release', 'track')", name=op.f("ck_products_kind_known")),
        sa.CheckConstraint("pricing IN ('fixed', 'minimum', 'free')", name=op.f("ck_products_pricing_known")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_products_price_sane")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_products_artist_id_id"), ["artist_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_products_release_id"), ["release_id"], unique=False)
        batch_op.create_index("uq_products_item", ["kind", "item_id"], unique=True)

    op.create_table(
        "receipt_counters",
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last > 0", name=op.f("ck_receipt_counters_last_positive")),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_receipt_counters")),
    )
    op.create_table(
        "cart_items",
        sa.Column("cart_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("pricing", sa.String(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_cart_items_amount_sane")),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name=op.f("fk_cart_items_cart_id_carts")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_cart_items_product_id_products")),
        sa.PrimaryKeyConstraint("cart_id", "product_id", name=op.f("pk_cart_items")),
    )
    with op.batch_alter_table("cart_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cart_items_product_id"), ["product_id"], unique=False)

    op.create_table(
        "download_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("redeemed_by", sa.Uuid(), nullable=True),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["code_batches.id"], name=op.f("fk_download_codes_batch_id_code_batches")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_download_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_download_codes_code_hash")),
    )
    with op.batch_alter_table("download_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_download_codes_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "grant_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.CheckConstraint(
            "what IN ('given', 'claimed', 'revoked', 'restored')", name=op.f("ck_grant_changes_what_known")
        ),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=op.f("fk_grant_changes_grant_id_grants")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_changes")),
    )
    with op.batch_alter_table("grant_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grant_changes_grant_id"), ["grant_id"], unique=False)

    op.create_table(
        "order_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("artist", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_bps", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("payment_line_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('release', 'track')", name=op.f("ck_order_lines_kind_known")),
        sa.CheckConstraint(
            "gross_minor >= 0 AND vat_minor >= 0 AND vat_minor <= gross_minor", name=op.f("ck_order_lines_amounts_sane")
        ),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= gross_minor", name=op.f("ck_order_lines_refunded_within_gross")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("payment_line_id", name=op.f("uq_order_lines_payment_line_id")),
    )
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_lines_artist_id_id"), ["artist_id", "id"], unique=False)
        batch_op.create_index("uq_order_lines_position", ["order_id", "position"], unique=True)

    op.create_table(
        "refund_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("times_asked", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('asked', 'declined', 'granted', 'refunded', 'failed')",
            name=op.f("ck_refund_requests_status_known"),
        ),
        sa.CheckConstraint("times_asked BETWEEN 1 AND 2", name=op.f("ck_refund_requests_times_bounded")),
        sa.ForeignKeyConstraint(["line_id"], ["order_lines.id"], name=op.f("fk_refund_requests_line_id_order_lines")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_refund_requests_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_requests")),
        sa.UniqueConstraint("line_id", name=op.f("uq_refund_requests_line_id")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_refund_requests_refund_id")),
    )
    with op.batch_alter_table("refund_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refund_requests_artist_id_id"), ["artist_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refund_requests_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refund_requests_person_id_id"), ["person_id", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("refund_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refund_requests_person_id_id"))
        batch_op.drop_index(batch_op.f("ix_refund_requests_order_id"))
        batch_op.drop_index(batch_op.f("ix_refund_requests_artist_id_id"))

    op.drop_table("refund_requests")
    with op.batch_alter_table("order_lines", schema=None) as batch_op:
        batch_op.drop_index("uq_order_lines_position")
        batch_op.drop_index(batch_op.f("ix_order_lines_artist_id_id"))

    op.drop_table("order_lines")
    with op.batch_alter_table("grant_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grant_changes_grant_id"))

    op.drop_table("grant_changes")
    with op.batch_alter_table("download_codes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_download_codes_batch_id"))

    op.drop_table("download_codes")
    with op.batch_alter_table("cart_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cart_items_product_id"))

    op.drop_table("cart_items")
    op.drop_table("receipt_counters")
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.drop_index("uq_products_item")
        batch_op.drop_index(batch_op.f("ix_products_release_id"))
        batch_op.drop_index(batch_op.f("ix_products_artist_id_id"))

    op.drop_table("products")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("uq_orders_receipt")
        batch_op.drop_index(
            "uq_orders_open", postgresql_where=sa.text("status = 'open'"), sqlite_where=sa.text("status = 'open'")
        )
        batch_op.drop_index(batch_op.f("ix_orders_person_id_id"))
        batch_op.drop_index(batch_op.f("ix_orders_email"))
        batch_op.drop_index(batch_op.f("ix_orders_cart_id_request_key"))

    op.drop_table("orders")
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_index("uq_grants_cause")
        batch_op.drop_index(batch_op.f("ix_grants_person_id_kind_item_id"))
        batch_op.drop_index(batch_op.f("ix_grants_claim_id"))

    op.drop_table("grants")
    with op.batch_alter_table("code_batches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_code_batches_artist_id_id"))

    op.drop_table("code_batches")
    op.drop_table("carts")
