"""Which language a person, an order's buyer and a mail's recipient read; null is English, and a mail's plain text.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from veza.kit.messages import ENGLISH, from_json, render

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BATCH = 500
_MAILS = sa.table("mails", sa.column("id", sa.Uuid()), sa.column("subject"), sa.column("text"), sa.column("language"))


def upgrade() -> None:
    for table in ("mails", "people", "orders"):
        op.add_column(table, sa.Column("language", sa.String(), nullable=True))


def downgrade() -> None:
    _write_mails_out()
    for table in ("orders", "people", "mails"):
        op.drop_column(table, "language")


def _write_mails_out() -> None:
    """What holds a message holds its English text afterwards."""
    box = op.get_context().config.attributes.get("box")  # type: ignore[union-attr]  # a migration has a config
    connection = op.get_bind()
    held = sa.select(_MAILS).where(_MAILS.c.language.is_not(None)).order_by(_MAILS.c.id).limit(BATCH)
    while rows := connection.execute(held).all():
        if box is None:
            raise RuntimeError("mails has rows and there is no key to open them with: use `veza migrate`")
        for row in rows:
            plain = {
                name: box.seal(render(from_json(box.open(getattr(row, name))), ENGLISH)) for name in ("subject", "text")
            }
            mine = sa.update(_MAILS).where(_MAILS.c.id == row.id)
            connection.execute(mine.values(language=None, **plain))
