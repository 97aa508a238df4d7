"""The tables of the index: things, their words, and the pieces by which a misspelt word is found.

SQLite keeps which thing has which words in FTS5, PostgreSQL in a `tsvector`; both only say “these things have these
words”, in the order of places. Nothing outside of this module refers to a place.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DDL, BigInteger, Index, Integer, String, Text, event
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, table_of

BY_CODE_POINT = String().with_variant(String(collation="C"), "postgresql")
PLACE = BigInteger().with_variant(Integer(), "sqlite")
"""On SQLite the place is the row's own number."""


class SearchDoc(Base):
    """One thing that is public.

    `key` is its squeezed base name, `head` the first two characters of it; `text` its folded name, who it is by, what
    it is on and other names, a line each; `tags` its facet words. `analysis` is the version of the analysis of then.
    """

    __tablename__ = "search_docs"

    place: Mapped[int] = mapped_column(PLACE, primary_key=True, autoincrement=False)
    about_id: Mapped[UUID] = mapped_column(unique=True)
    key: Mapped[str] = mapped_column(BY_CODE_POINT)
    head: Mapped[str] = mapped_column(BY_CODE_POINT)
    text: Mapped[str]
    tags: Mapped[str]
    analysis: Mapped[int]
    words: Mapped[Any] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"), nullable=True)
    """On PostgreSQL; null on SQLite, where FTS5 has them."""

    __table_args__ = (Index(None, "key", "place"), Index(None, "head", "place", "key"))


class SearchWord(Base):
    """A word that things have, and how many: counted each night, about right in between."""

    __tablename__ = "search_words"

    word: Mapped[str] = mapped_column(BY_CODE_POINT, primary_key=True)
    docs: Mapped[int]

    __table_args__ = ({"sqlite_with_rowid": False},)


class SearchCut(Base):
    """A word of the index has this piece (`words.cuts_of`)."""

    __tablename__ = "search_cuts"

    cut: Mapped[str] = mapped_column(BY_CODE_POINT, primary_key=True)
    word: Mapped[str] = mapped_column(BY_CODE_POINT, primary_key=True)

    __table_args__ = ({"sqlite_with_rowid": False},)


class SearchRebuild(Base):
    """How far the rebuild of an analysis is: everything up to this thing of this kind (null: none yet),
    `done` things in all. `ended_at` is null while it can be resumed."""

    __tablename__ = "search_rebuilds"

    analysis: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    after_id: Mapped[UUID | None]
    done: Mapped[int]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


MAKE_FTS = (
    "CREATE VIRTUAL TABLE search_fts USING fts5(words, detail=none, columnsize=0, "
    "tokenize=\"ascii tokenchars '!#$%&()*+,-./:;<=>?@[\\]^_{|}~'\")"
)
MAKE_GIN = "CREATE INDEX ix_search_docs_words ON search_docs USING gin (words) WITH (fastupdate=off)"

_ddl: Callable[[str], Any] = DDL
# DDL is a template of Python's: a percent sign is written twice.
event.listen(
    table_of(SearchDoc), "after_create", _ddl(MAKE_FTS.replace("%", "%%")).execute_if(dialect="sqlite")
)  # fmt: skip
event.listen(table_of(SearchDoc), "after_create", _ddl(MAKE_GIN).execute_if(dialect="postgresql"))


def is_mapped(name: str | None, kind: str, _parents: Any = None) -> bool:
    """For Alembic: False for what SQLite keeps FTS5 in, and for the index of words, which no model names."""
    if kind == "table":
        return not (name or "").startswith("search_fts")
    return not (kind == "index" and name == "ix_search_docs_words")
