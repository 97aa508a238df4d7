"""What was read out of sentences has columns: causes of postings, events that moved rows, charges of findings.

The breaker remembers rows by kind and id instead of `kind:id`.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KINDS = ("sale", "refund", "dispute", "provider", "rebalance", "netting")
MEMOS = [
    *((f"{kind} ", kind) for kind in ("refund", "dispute")),
    *((f"re-credit because of {kind} ", kind) for kind in KINDS),
    *((f"kept by {kind} ", kind) for kind in KINDS),
]
"""How the memo of a posting with a cause begins; the cause's id follows."""
ID_LENGTH = 36
OF_CHARGES = ("second_charge", "amount_differs", "missing_here")
WEBHOOK = "webhook "

ENTRIES = sa.table("ledger_entries", sa.column("memo"), sa.column("cause_kind"), sa.column("cause_id", sa.Uuid()))
CHANGES = sa.table("status_changes", sa.column("by"), sa.column("provider_event_id"))
FINDINGS = sa.table("findings", sa.column("kind"), sa.column("subject"), sa.column("charge_id"))
BREAKERS = sa.table(
    "provider_breakers", sa.column("provider"), sa.column("streak", sa.JSON()), sa.column("missing", sa.JSON())
)


def upgrade() -> None:
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cause_kind", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("cause_id", sa.Uuid(), nullable=True))
    with op.batch_alter_table("status_changes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("provider_event_id", sa.String(), nullable=True))
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("charge_id", sa.String(), nullable=True))
    for prefix, kind in MEMOS:
        begins = sa.func.substr(ENTRIES.c.memo, 1, len(prefix)) == prefix
        named = _id(sa.func.substr(ENTRIES.c.memo, len(prefix) + 1, ID_LENGTH))
        op.execute(sa.update(ENTRIES).where(begins).values(cause_kind=kind, cause_id=named))
    by_event = sa.func.substr(CHANGES.c.by, 1, len(WEBHOOK)) == WEBHOOK
    event_id = sa.func.substr(CHANGES.c.by, len(WEBHOOK) + 1)
    op.execute(sa.update(CHANGES).where(by_event).values(provider_event_id=event_id))
    is_charge = sa.func.substr(FINDINGS.c.subject, 1, 3).in_(("ch_", "py_"))
    of_charge = sa.update(FINDINGS).where(is_charge, FINDINGS.c.kind.in_(OF_CHARGES))
    op.execute(of_charge.values(charge_id=FINDINGS.c.subject))
    _breakers(
        lambda said: dict(zip(("kind", "id"), said.split(":", 1), strict=True)) if isinstance(said, str) else said
    )


def downgrade() -> None:
    _breakers(lambda row: row if isinstance(row, str) else f"{row['kind']}:{row['id']}")
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.drop_column("charge_id")
    with op.batch_alter_table("status_changes", schema=None) as batch_op:
        batch_op.drop_column("provider_event_id")
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.drop_column("cause_id")
        batch_op.drop_column("cause_kind")


def _id(text: Any) -> Any:
    """A UUID written out, as its column stores it."""
    if op.get_bind().dialect.name == "postgresql":
        return sa.cast(text, sa.Uuid())
    return sa.func.replace(text, "-", "", type_=sa.Uuid())


def _breakers(changed: Any) -> None:
    connection = op.get_bind()
    for provider, streak, missing in connection.execute(sa.select(*BREAKERS.c)).all():
        rows = {"streak": [changed(one) for one in streak], "missing": [changed(one) for one in missing]}
        connection.execute(sa.update(BREAKERS).where(BREAKERS.c.provider == provider).values(**rows))
