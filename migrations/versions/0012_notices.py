"""Which notices a recipient wants; until when a refund request is to be answered.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_REQUESTS = sa.table(
    "refund_requests",
    sa.column("id", sa.Uuid()),
    sa.column("status", sa.String()),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("answer_by", sa.DateTime(timezone=True)),
    sa.column("remind_at", sa.DateTime(timezone=True)),
)
ANSWERED_WITHIN = timedelta(days=7)
"""What the setting's default was when this was written: a request that waits since then is over at once."""


def upgrade() -> None:
    op.create_table(
        "notice_preferences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("address_hash", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("pace", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (address_hash IS NULL)", name=op.f("ck_notice_preferences_one_recipient")
        ),
        sa.CheckConstraint("pace IN ('at_once', 'never')", name=op.f("ck_notice_preferences_pace_known")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notice_preferences_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_preferences")),
    )
    with op.batch_alter_table("notice_preferences", schema=None) as batch_op:
        batch_op.create_index("uq_notice_preferences_person", ["person_id", "kind", "channel"], unique=True)
        batch_op.create_index("uq_notice_preferences_address", ["address_hash", "kind", "channel"], unique=True)

    with op.batch_alter_table("refund_requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True))
    _promise_answers()
    with op.batch_alter_table("refund_requests", schema=None) as batch_op:
        batch_op.alter_column("answer_by", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.create_index(batch_op.f("ix_refund_requests_remind_at"), ["remind_at"], unique=False)


def _promise_answers() -> None:
    """A deadline for every request that is there; those that wait are told of at it."""
    bind = op.get_bind()
    rows = bind.execute(sa.select(_REQUESTS.c.id, _REQUESTS.c.status, _REQUESTS.c.created_at)).all()
    for row in rows:
        answer_by = row.created_at + ANSWERED_WITHIN
        values = {"answer_by": answer_by, "remind_at": answer_by if row.status == "asked" else None}
        bind.execute(sa.update(_REQUESTS).where(_REQUESTS.c.id == row.id).values(values))


def downgrade() -> None:
    with op.batch_alter_table("refund_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refund_requests_remind_at"))
        batch_op.drop_column("remind_at")
        batch_op.drop_column("answer_by")
    op.drop_table("notice_preferences")
