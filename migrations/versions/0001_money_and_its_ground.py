"""The tables of the money module and of the ground it stands on.

Revision: 0001, the first; 2026-11-22
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_idempotency",
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_api_idempotency")),
    )
    with op.batch_alter_table("api_idempotency", schema=None) as batch_op:
        batch_op.create_index("ix_api_idempotency_created_at", ["created_at"], unique=False)

    op.create_table(
        "backlog_samples",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("oldest_seconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backlog_samples")),
    )
    with op.batch_alter_table("backlog_samples", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_backlog_samples_at"), ["at"], unique=False)

    op.create_table(
        "findings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("mend", sa.String(), nullable=False),
        sa.Column(
            "detail", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
    )
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_findings_opened_at"), ["opened_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_findings_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(
            "uq_findings_open",
            ["kind", "subject"],
            unique=True,
            postgresql_where=sa.text("resolved_at IS NULL"),
            sqlite_where=sa.text("resolved_at IS NULL"),
        )

    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("seller_id", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("memo", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "account IN ('platform_cash', 'platform_revenue', 'provider_fees', 'shares_unsent', 'sent_to_sellers', 'to_recover', 'seller_debt', 'refunded', 'disputed', 'loss')",
            name=op.f("ck_ledger_entries_account_known"),
        ),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_ledger_entries_amount_not_zero")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
    )
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entries_payment_id"), ["payment_id"], unique=False)

    op.create_table(
        "operator_actions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_actions")),
    )
    with op.batch_alter_table("operator_actions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_operator_actions_payment_id"), ["payment_id"], unique=False)

    op.create_table(
        "outbox_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column(
            "payload", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_events")),
    )
    with op.batch_alter_table("outbox_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_events_due",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("due_at IS NOT NULL"),
            sqlite_where=sa.text("due_at IS NOT NULL"),
        )

    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_ref", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("provider_fee_minor", sa.BigInteger(), nullable=True),
        sa.Column("stripe_checkout_session_id", sa.String(), nullable=True),
        sa.Column("stripe_payment_intent_id", sa.String(), nullable=True),
        sa.Column("stripe_charge_id", sa.String(), nullable=True),
        sa.Column("checkout_url", sa.String(), nullable=True),
        sa.Column("request_key", sa.String(), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_because", sa.String(), nullable=True),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('pending', 'succeeded', 'expired')", name=op.f("ck_payments_status_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payments_amount_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("request_key", name=op.f("uq_payments_request_key")),
        sa.UniqueConstraint("stripe_charge_id", name=op.f("uq_payments_stripe_charge_id")),
        sa.UniqueConstraint("stripe_checkout_session_id", name=op.f("uq_payments_stripe_checkout_session_id")),
        sa.UniqueConstraint("stripe_payment_intent_id", name=op.f("uq_payments_stripe_payment_intent_id")),
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payments_check_at",
            ["check_at"],
            unique=False,
            postgresql_where=sa.text("check_at IS NOT NULL"),
            sqlite_where=sa.text("check_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_payments_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_order_ref"), ["order_ref"], unique=False)

    op.create_table(
        "provider_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("http_status", sa.BigInteger(), nullable=True),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("provider_request_id", sa.String(), nullable=True),
        sa.Column("provider_object_id", sa.String(), nullable=True),
        sa.Column("replayed", sa.Boolean(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("latency_ms", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_attempts")),
    )
    with op.batch_alter_table("provider_attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_provider_attempts_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_provider_attempts_row_id"), ["row_id"], unique=False)

    op.create_table(
        "provider_breakers",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column(
            "streak", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column(
            "missing", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("because", sa.String(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ramp", sa.BigInteger(), nullable=False),
        sa.Column("ramp_in_flight", sa.BigInteger(), nullable=False),
        sa.Column("ramp_succeeded", sa.BigInteger(), nullable=False),
        sa.Column("ramp_renewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('closed', 'open', 'half_open')", name=op.f("ck_provider_breakers_state_known")),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_breakers")),
    )
    op.create_table(
        "provider_paces",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("worker_at", sa.Double(), nullable=False),
        sa.Column("person_at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_paces")),
    )
    op.create_table(
        "sellers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("stripe_account_id", sa.String(), nullable=True),
        sa.Column("transfers_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sellers")),
        sa.UniqueConstraint("stripe_account_id", name=op.f("uq_sellers_stripe_account_id")),
    )
    op.create_table(
        "status_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("machine", sa.String(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("provider_request_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_changes")),
    )
    with op.batch_alter_table("status_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_status_changes_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_status_changes_row_id"), ["row_id"], unique=False)

    op.create_table(
        "webhook_events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("provider_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_events")),
    )
    with op.batch_alter_table("webhook_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_webhook_events_next_retry_at",
            ["next_retry_at"],
            unique=False,
            postgresql_where=sa.text("next_retry_at IS NOT NULL"),
            sqlite_where=sa.text("next_retry_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_webhook_events_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_webhook_events_received_at"), ["received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_webhook_events_state_received_at"), ["state", "received_at"], unique=False)

    op.create_table(
        "disputes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("provider_status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("stripe_dispute_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'withdrawn', 'reinstated', 'closed')", name=op.f("ck_disputes_status_known")
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_disputes_amount_not_negative")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_disputes_payment_id_payments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.UniqueConstraint("stripe_dispute_id", name=op.f("uq_disputes_stripe_dispute_id")),
    )
    with op.batch_alter_table("disputes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_disputes_payment_id"), ["payment_id"], unique=False)

    op.create_table(
        "payment_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("seller_id", sa.String(), nullable=False),
        sa.Column("product_ref", sa.String(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("share_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("gross_minor = fee_minor + share_minor", name=op.f("ck_payment_lines_split_exact")),
        sa.CheckConstraint(
            "gross_minor > 0 AND fee_minor >= 0 AND share_minor >= 0", name=op.f("ck_payment_lines_amounts_sane")
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_payment_lines_payment_id_payments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_lines")),
    )
    with op.batch_alter_table("payment_lines", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payment_lines_seller_id_payment_id"), ["seller_id", "payment_id"], unique=False
        )
        batch_op.create_index("uq_payment_lines_position", ["payment_id", "position"], unique=True)

    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("stripe_refund_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("key_generation", sa.BigInteger(), nullable=False),
        sa.Column("request_body", sa.Text(), nullable=True),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unanswered", sa.Boolean(), nullable=False),
        sa.Column("look_first", sa.Boolean(), nullable=False),
        sa.Column("retry_count", sa.BigInteger(), nullable=False),
        sa.Column("next_retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unwanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unwanted_cause_kind", sa.String(), nullable=True),
        sa.Column("unwanted_cause_id", sa.Uuid(), nullable=True),
        sa.Column("last_outcome", sa.String(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("origin IN ('requested', 'provider')", name=op.f("ck_refunds_origin_known")),
        sa.CheckConstraint(
            "status IN ('requested', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled', 'refused')",
            name=op.f("ck_refunds_status_known"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount_positive")),
        sa.CheckConstraint(
            "retry_count >= 0 AND attempt >= 0 AND key_generation >= 1", name=op.f("ck_refunds_counts_sane")
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id_payments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("stripe_refund_id", name=op.f("uq_refunds_stripe_refund_id")),
    )
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_refunds_check_at",
            ["check_at"],
            unique=False,
            postgresql_where=sa.text("check_at IS NOT NULL"),
            sqlite_where=sa.text("check_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_refunds_next_retry_at",
            ["next_retry_at"],
            unique=False,
            postgresql_where=sa.text("next_retry_at IS NOT NULL"),
            sqlite_where=sa.text("next_retry_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_refunds_payment_id"), ["payment_id"], unique=False)

    op.create_table(
        "seller_transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("failed_step", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("share_minor", sa.BigInteger(), nullable=False),
        sa.Column("sent_minor", sa.BigInteger(), nullable=False),
        sa.Column("reversed_minor", sa.BigInteger(), nullable=False),
        sa.Column("cause_kind", sa.String(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("source_transaction", sa.String(), nullable=True),
        sa.Column("stripe_transfer_id", sa.String(), nullable=True),
        sa.Column("stripe_account_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("key_generation", sa.BigInteger(), nullable=False),
        sa.Column("request_body", sa.Text(), nullable=True),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unanswered", sa.Boolean(), nullable=False),
        sa.Column("look_first", sa.Boolean(), nullable=False),
        sa.Column("retry_count", sa.BigInteger(), nullable=False),
        sa.Column("next_retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unwanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unwanted_cause_kind", sa.String(), nullable=True),
        sa.Column("unwanted_cause_id", sa.Uuid(), nullable=True),
        sa.Column("last_outcome", sa.String(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'permanently_failed') = (failed_step IS NOT NULL)",
            name=op.f("ck_seller_transfers_failed_step_goes_with"),
        ),
        sa.CheckConstraint(
            "failed_step IN ('transfer', 'reversal')", name=op.f("ck_seller_transfers_failed_step_known")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'completed', 'failed', 'permanently_failed', 'reversal_pending', 'reversed', 'canceled')",
            name=op.f("ck_seller_transfers_status_known"),
        ),
        sa.CheckConstraint(
            "retry_count >= 0 AND attempt >= 0 AND key_generation >= 1", name=op.f("ck_seller_transfers_counts_sane")
        ),
        sa.CheckConstraint(
            "reversed_minor >= 0 AND reversed_minor <= sent_minor",
            name=op.f("ck_seller_transfers_reversed_within_sent"),
        ),
        sa.CheckConstraint(
            "share_minor > 0 AND sent_minor >= 0 AND sent_minor <= share_minor",
            name=op.f("ck_seller_transfers_amounts_sane"),
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_seller_transfers_payment_id_payments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller_transfers")),
        sa.UniqueConstraint("stripe_transfer_id", name=op.f("uq_seller_transfers_stripe_transfer_id")),
    )
    with op.batch_alter_table("seller_transfers", schema=None) as batch_op:
        batch_op.create_index(
            "ix_seller_transfers_check_at",
            ["check_at"],
            unique=False,
            postgresql_where=sa.text("check_at IS NOT NULL"),
            sqlite_where=sa.text("check_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_seller_transfers_next_retry_at",
            ["next_retry_at"],
            unique=False,
            postgresql_where=sa.text("next_retry_at IS NOT NULL"),
            sqlite_where=sa.text("next_retry_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_seller_transfers_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_seller_transfers_seller_id_id"), ["seller_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_seller_transfers_status_id"), ["status", "id"], unique=False)
        batch_op.create_index(
            "ix_seller_transfers_waiting_since",
            ["waiting_since"],
            unique=False,
            postgresql_where=sa.text("waiting_since IS NOT NULL"),
            sqlite_where=sa.text("waiting_since IS NOT NULL"),
        )

    op.create_table(
        "dispute_funds",
        sa.Column("stripe_balance_transaction_id", sa.String(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_funds_dispute_id_disputes")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_dispute_funds_payment_id_payments")),
        sa.PrimaryKeyConstraint("stripe_balance_transaction_id", name=op.f("pk_dispute_funds")),
    )
    with op.batch_alter_table("dispute_funds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_funds_dispute_id"), ["dispute_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dispute_funds_payment_id"), ["payment_id"], unique=False)

    op.create_table(
        "line_returns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("cause_kind", sa.String(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_line_returns_amount_not_zero")),
        sa.ForeignKeyConstraint(["line_id"], ["payment_lines.id"], name=op.f("fk_line_returns_line_id_payment_lines")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_returns")),
    )
    with op.batch_alter_table("line_returns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_line_returns_cause_id"), ["cause_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_line_returns_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index("uq_line_returns_fact", ["fact", "line_id"], unique=True)

    op.create_table(
        "refund_lines",
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_lines_amount_positive")),
        sa.ForeignKeyConstraint(["line_id"], ["payment_lines.id"], name=op.f("fk_refund_lines_line_id_payment_lines")),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_refund_lines_refund_id_refunds")),
        sa.PrimaryKeyConstraint("refund_id", "line_id", name=op.f("pk_refund_lines")),
    )
    op.create_table(
        "transfer_reversals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("surplus_minor", sa.BigInteger(), nullable=False),
        sa.Column("cause_kind", sa.String(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("stripe_reversal_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("key_generation", sa.BigInteger(), nullable=False),
        sa.Column("request_body", sa.Text(), nullable=True),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unanswered", sa.Boolean(), nullable=False),
        sa.Column("look_first", sa.Boolean(), nullable=False),
        sa.Column("retry_count", sa.BigInteger(), nullable=False),
        sa.Column("next_retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unwanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unwanted_cause_kind", sa.String(), nullable=True),
        sa.Column("unwanted_cause_id", sa.Uuid(), nullable=True),
        sa.Column("last_outcome", sa.String(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'succeeded', 'permanently_failed', 'canceled')",
            name=op.f("ck_transfer_reversals_status_known"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_transfer_reversals_amount_positive")),
        sa.CheckConstraint(
            "retry_count >= 0 AND attempt >= 0 AND key_generation >= 1", name=op.f("ck_transfer_reversals_counts_sane")
        ),
        sa.CheckConstraint(
            "surplus_minor >= 0 AND surplus_minor <= amount_minor",
            name=op.f("ck_transfer_reversals_surplus_within_amount"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_transfer_reversals_payment_id_payments")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["seller_transfers.id"], name=op.f("fk_transfer_reversals_transfer_id_seller_transfers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_reversals")),
        sa.UniqueConstraint("stripe_reversal_id", name=op.f("uq_transfer_reversals_stripe_reversal_id")),
    )
    with op.batch_alter_table("transfer_reversals", schema=None) as batch_op:
        batch_op.create_index(
            "ix_transfer_reversals_check_at",
            ["check_at"],
            unique=False,
            postgresql_where=sa.text("check_at IS NOT NULL"),
            sqlite_where=sa.text("check_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_transfer_reversals_next_retry_at",
            ["next_retry_at"],
            unique=False,
            postgresql_where=sa.text("next_retry_at IS NOT NULL"),
            sqlite_where=sa.text("next_retry_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_transfer_reversals_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_transfer_reversals_seller_id_status"), ["seller_id", "status"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_transfer_reversals_status_id"), ["status", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_transfer_reversals_transfer_id_status"), ["transfer_id", "status"], unique=False
        )
        batch_op.create_index(
            "ix_transfer_reversals_waiting_since",
            ["waiting_since"],
            unique=False,
            postgresql_where=sa.text("waiting_since IS NOT NULL"),
            sqlite_where=sa.text("waiting_since IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_transfer_reversals_cause",
            ["cause_kind", "cause_id", "transfer_id"],
            unique=True,
            postgresql_where=sa.text("status <> 'canceled'"),
            sqlite_where=sa.text("status <> 'canceled'"),
        )
        batch_op.create_index(
            "uq_transfer_reversals_in_flight",
            ["transfer_id"],
            unique=True,
            postgresql_where=sa.text("unanswered AND status = 'pending'"),
            sqlite_where=sa.text("unanswered AND status = 'pending'"),
        )
    # The breaker's one row: everything else waits for it.
    op.execute(
        "INSERT INTO provider_breakers (provider, state, streak, missing, ramp, ramp_in_flight, ramp_succeeded)"
        " VALUES ('stripe', 'closed', '[]', '[]', 0, 0, 0)"
    )


def downgrade() -> None:
    with op.batch_alter_table("transfer_reversals", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_transfer_reversals_in_flight",
            postgresql_where=sa.text("unanswered AND status = 'pending'"),
            sqlite_where=sa.text("unanswered AND status = 'pending'"),
        )
        batch_op.drop_index(
            "uq_transfer_reversals_cause",
            postgresql_where=sa.text("status <> 'canceled'"),
            sqlite_where=sa.text("status <> 'canceled'"),
        )
        batch_op.drop_index(
            "ix_transfer_reversals_waiting_since",
            postgresql_where=sa.text("waiting_since IS NOT NULL"),
            sqlite_where=sa.text("waiting_since IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_transfer_reversals_transfer_id_status"))
        batch_op.drop_index(batch_op.f("ix_transfer_reversals_status_id"))
        batch_op.drop_index(batch_op.f("ix_transfer_reversals_seller_id_status"))
        batch_op.drop_index(batch_op.f("ix_transfer_reversals_payment_id"))
        batch_op.drop_index(
            "ix_transfer_reversals_next_retry_at",
            postgresql_where=sa.text("next_retry_at IS NOT NULL"),
            sqlite_where=sa.text("next_retry_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_transfer_reversals_check_at",
            postgresql_where=sa.text("check_at IS NOT NULL"),
            sqlite_where=sa.text("check_at IS NOT NULL"),
        )

    op.drop_table("transfer_reversals")
    op.drop_table("refund_lines")
    with op.batch_alter_table("line_returns", schema=None) as batch_op:
        batch_op.drop_index("uq_line_returns_fact")
        batch_op.drop_index(batch_op.f("ix_line_returns_payment_id"))
        batch_op.drop_index(batch_op.f("ix_line_returns_cause_id"))

    op.drop_table("line_returns")
    with op.batch_alter_table("dispute_funds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dispute_funds_payment_id"))
        batch_op.drop_index(batch_op.f("ix_dispute_funds_dispute_id"))

    op.drop_table("dispute_funds")
    with op.batch_alter_table("seller_transfers", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_seller_transfers_waiting_since",
            postgresql_where=sa.text("waiting_since IS NOT NULL"),
            sqlite_where=sa.text("waiting_since IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_seller_transfers_status_id"))
        batch_op.drop_index(batch_op.f("ix_seller_transfers_seller_id_id"))
        batch_op.drop_index(batch_op.f("ix_seller_transfers_payment_id"))
        batch_op.drop_index(
            "ix_seller_transfers_next_retry_at",
            postgresql_where=sa.text("next_retry_at IS NOT NULL"),
            sqlite_where=sa.text("next_retry_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_seller_transfers_check_at",
            postgresql_where=sa.text("check_at IS NOT NULL"),
            sqlite_where=sa.text("check_at IS NOT NULL"),
        )

    op.drop_table("seller_transfers")
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refunds_payment_id"))
        batch_op.drop_index(
            "ix_refunds_next_retry_at",
            postgresql_where=sa.text("next_retry_at IS NOT NULL"),
            sqlite_where=sa.text("next_retry_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_refunds_check_at",
            postgresql_where=sa.text("check_at IS NOT NULL"),
            sqlite_where=sa.text("check_at IS NOT NULL"),
        )

    op.drop_table("refunds")
    with op.batch_alter_table("payment_lines", schema=None) as batch_op:
        batch_op.drop_index("uq_payment_lines_position")
        batch_op.drop_index(batch_op.f("ix_payment_lines_seller_id_payment_id"))

    op.drop_table("payment_lines")
    with op.batch_alter_table("disputes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_disputes_payment_id"))

    op.drop_table("disputes")
    with op.batch_alter_table("webhook_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_events_state_received_at"))
        batch_op.drop_index(batch_op.f("ix_webhook_events_received_at"))
        batch_op.drop_index(batch_op.f("ix_webhook_events_payment_id"))
        batch_op.drop_index(
            "ix_webhook_events_next_retry_at",
            postgresql_where=sa.text("next_retry_at IS NOT NULL"),
            sqlite_where=sa.text("next_retry_at IS NOT NULL"),
        )

    op.drop_table("webhook_events")
    with op.batch_alter_table("status_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_status_changes_row_id"))
        batch_op.drop_index(batch_op.f("ix_status_changes_payment_id"))

    op.drop_table("status_changes")
    op.drop_table("sellers")
    op.drop_table("provider_paces")
    op.drop_table("provider_breakers")
    with op.batch_alter_table("provider_attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_provider_attempts_row_id"))
        batch_op.drop_index(batch_op.f("ix_provider_attempts_payment_id"))

    op.drop_table("provider_attempts")
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payments_order_ref"))
        batch_op.drop_index(batch_op.f("ix_payments_created_at"))
        batch_op.drop_index(
            "ix_payments_check_at",
            postgresql_where=sa.text("check_at IS NOT NULL"),
            sqlite_where=sa.text("check_at IS NOT NULL"),
        )

    op.drop_table("payments")
    with op.batch_alter_table("outbox_events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_events_due",
            postgresql_where=sa.text("due_at IS NOT NULL"),
            sqlite_where=sa.text("due_at IS NOT NULL"),
        )

    op.drop_table("outbox_events")
    with op.batch_alter_table("operator_actions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_operator_actions_payment_id"))

    op.drop_table("operator_actions")
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_entries_payment_id"))

    op.drop_table("ledger_entries")
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_findings_open",
            postgresql_where=sa.text("resolved_at IS NULL"),
            sqlite_where=sa.text("resolved_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_findings_payment_id"))
        batch_op.drop_index(batch_op.f("ix_findings_opened_at"))

    op.drop_table("findings")
    with op.batch_alter_table("backlog_samples", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_backlog_samples_at"))

    op.drop_table("backlog_samples")
    with op.batch_alter_table("api_idempotency", schema=None) as batch_op:
        batch_op.drop_index("ix_api_idempotency_created_at")

    op.drop_table("api_idempotency")
