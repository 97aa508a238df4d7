"""Messages of histories and findings: beside the id, which is where the sentence was, the fields it tells of.

Rows of before have no fields: what they say stays as it is.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from veza.kit.messages import restored

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_BATCH = 500
_NEW = (("status_changes", "because_fields"), ("findings", "message_fields"), ("findings", "mend_fields"))


def upgrade() -> None:
    for table, column in _NEW:
        op.add_column(table, sa.Column(column, _JSON, nullable=True))


def downgrade() -> None:
    for table, column in reversed(_NEW):
        _put_into_words(table, column.removesuffix("_fields"), column)
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(column)


def _put_into_words(name: str, text: str, fields: str) -> None:
    """Each row says its English sentence again, where its template stood."""
    table = sa.table(name, sa.column("id", sa.Uuid()), sa.column(text, sa.Text()), sa.column(fields, _JSON))
    connection = op.get_bind()
    last = None
    while True:
        page = sa.select(table).order_by(table.c.id).limit(_BATCH)
        rows = connection.execute(page if last is None else page.where(table.c.id > last)).all()
        for row in rows:
            if row[2] is not None:
                said = str(restored(row[1], row[2]))
                connection.execute(sa.update(table).where(table.c.id == row[0]).values({text: said}))
        if len(rows) < _BATCH:
            return
        last = rows[-1][0]
