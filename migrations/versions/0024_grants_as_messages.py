"""Why something was given, claimed, revoked or restored: the fields of each message.

Its id is where the sentence was. Rows of before have no fields: what they say stays as it is.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from veza.kit.messages import restored

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BATCH = 500
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_NEW = (("grants", "revoked_because"), ("grant_changes", "because"))
"""Table, and the column that holds a message's id."""


def upgrade() -> None:
    for table, column in _NEW:
        op.add_column(table, sa.Column(f"{column}_fields", _JSON, nullable=True))


def downgrade() -> None:
    for table, column in reversed(_NEW):
        _put_into_words(table, column)
        op.drop_column(table, f"{column}_fields")


def _put_into_words(name: str, column: str) -> None:
    """Each row says its English sentence again, where its template stood."""
    table = sa.table(name, sa.column("id", sa.Uuid()), sa.column(column), sa.column(f"{column}_fields", _JSON))
    row_id, text, fields = table.c
    connection = op.get_bind()
    waiting = sa.select(table).where(fields.is_not(None)).limit(BATCH)
    while rows := connection.execute(waiting).all():
        for row in rows:
            said = None if row[1] is None else str(restored(row[1], row[2]))
            mine = sa.update(table).where(row_id == row[0])
            connection.execute(mine.values({text: said, fields: sa.null()}))
