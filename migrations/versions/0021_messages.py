"""Messages of histories and findings: beside the id, which is where the sentence was, the fields it tells of.

Rows of before have no fields: what they say stays as it is.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_NEW = (("status_changes", "because_fields"), ("findings", "message_fields"), ("findings", "mend_fields"))


def upgrade() -> None:
    for table, column in _NEW:
        op.add_column(table, sa.Column(column, _JSON, nullable=True))


def downgrade() -> None:
    # What was said since reads as its template: the fields go.
    for table, column in reversed(_NEW):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(column)
