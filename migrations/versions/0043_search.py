"""The index of search, and who wants to be found by it.

Revision ID: 0043
Revises: 0042
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

FTS = (
    "CREATE VIRTUAL TABLE search_fts USING fts5(words, detail=none, columnsize=0, "
    "tokenize=\"ascii tokenchars '!#$%&()*+,-./:;<=>?@[\\]^_{|}~'\")"
)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    by_code_point = sa.String() if is_sqlite else sa.String(collation="C")
    op.create_table(
        "search_docs",
        sa.Column("place", sa.Integer() if is_sqlite else sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("key", by_code_point, nullable=False),
        sa.Column("head", by_code_point, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("tags", sa.String(), nullable=False),
        sa.Column("analysis", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text() if is_sqlite else postgresql.TSVECTOR(), nullable=True),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_search_docs")),
        sa.UniqueConstraint("about_id", name=op.f("uq_search_docs_about_id")),
    )
    op.create_index(op.f("ix_search_docs_key_place"), "search_docs", ["key", "place"])
    op.create_index(op.f("ix_search_docs_head_place_key"), "search_docs", ["head", "place", "key"])
    op.create_table(
        "search_words",
        sa.Column("word", by_code_point, nullable=False),
        sa.Column("docs", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_cuts",
        sa.Column("cut", by_code_point, nullable=False),
        sa.Column("word", by_code_point, nullable=False),
        sa.PrimaryKeyConstraint("cut", "word", name=op.f("pk_search_cuts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_rebuilds",
        sa.Column("analysis", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("analysis", name=op.f("pk_search_rebuilds")),
    )
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_findable", sa.Boolean(), nullable=True))
    if is_sqlite:
        op.get_bind().exec_driver_sql(FTS)
    else:
        op.execute("CREATE INDEX ix_search_docs_words ON search_docs USING gin (words) WITH (fastupdate=off)")


def downgrade() -> None:
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_column("is_findable")
    op.drop_table("search_rebuilds")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_fts")
    op.drop_table("search_cuts")
    op.drop_table("search_words")
    op.drop_table("search_docs")
