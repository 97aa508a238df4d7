"""Accounts at ListenBrainz, and the listens that wait to be sent there.

Revision ID: 0042
Revises: 0041
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listenbrainz_accounts",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("api_url", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem_id", sa.String(), nullable=True),
        sa.Column("problem_fields", sa.JSON(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_listenbrainz_accounts_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_listenbrainz_accounts")),
    )
    op.create_index(op.f("ix_listenbrainz_accounts_due_at"), "listenbrainz_accounts", ["due_at"])
    op.create_table(
        "scrobbles",
        sa.Column("hearing_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("listened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("hearing_id", name=op.f("pk_scrobbles")),
    )
    op.create_index(op.f("ix_scrobbles_listened_at"), "scrobbles", ["listened_at"])
    op.create_index(
        "ix_scrobbles_waiting",
        "scrobbles",
        ["person_id", "listened_at"],
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("scrobbles")
    op.drop_table("listenbrainz_accounts")
