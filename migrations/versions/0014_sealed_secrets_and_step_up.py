"""Secrets are sealed; the operator's visits are rows; a session says whether a second factor was shown in it.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BATCH = 500
_SEALED = (
    (sa.table("second_factors", sa.column("person_id", sa.Uuid()), sa.column("secret")), ("person_id",), ("secret",)),
    (
        sa.table("mails", sa.column("id", sa.Uuid()), sa.column("subject"), sa.column("text")),
        ("id",),
        ("subject", "text"),
    ),
    (
        sa.table("api_idempotency", sa.column("caller"), sa.column("key"), sa.column("body", sa.LargeBinary())),
        ("caller", "key"),
        ("body",),
    ),
)


def upgrade() -> None:
    op.create_table(
        "operator_visits",
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_operator_visits")),
    )
    op.create_index("ix_operator_visits_expires_at", "operator_visits", ["expires_at"])
    op.add_column("sessions", sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("recovery_codes", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))
    _change_all(lambda box, value: box.seal(value) if isinstance(value, str) else box.seal_bytes(value))


def downgrade() -> None:
    _change_all(lambda box, value: box.open(value) if isinstance(value, str) else box.open_bytes(value))
    op.execute("DELETE FROM recovery_codes WHERE used_at IS NOT NULL")
    op.drop_column("recovery_codes", "used_at")
    op.drop_column("sessions", "second_factor_at")
    op.drop_index("ix_operator_visits_expires_at", table_name="operator_visits")
    op.drop_table("operator_visits")


def _change_all(change: Any) -> None:
    box = op.get_context().config.attributes.get("box")  # type: ignore[union-attr]
    connection = op.get_bind()
    for table, key, columns in _SEALED:
        keys, last = [table.c[name] for name in key], None
        while True:
            found = sa.select(*keys, *(table.c[name] for name in columns)).order_by(*keys).limit(BATCH)
            if last is not None:
                found = found.where(sa.tuple_(*keys) > sa.tuple_(*last))
            rows = connection.execute(found).all()
            if rows and box is None:
                raise RuntimeError(f"{table.name} has rows and there is no key to seal them with: use `veza migrate`")
            for row in rows:
                stored = zip(columns, row[len(key) :], strict=True)
                values = {name: value for name, value in stored if value not in (None, b"")}
                if values:
                    mine = [column == value for column, value in zip(keys, row, strict=False)]
                    changed = {name: change(box, value) for name, value in values.items()}
                    connection.execute(sa.update(table).where(*mine).values(changed))
            if len(rows) < BATCH:
                break
            last = rows[-1][: len(key)]
