"""Counting how many things have each word: near words and PostgreSQL's plans go by it.

Transactions do not count, because all that bring a common word would wait for each other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

from sqlalchemy import bindparam, func, select, text, update

from veza.kit.database import Database, table_of
from veza.kit.insert_ignore import insert_ignore
from veza.search.near import EVERY, docs_of
from veza.search.tables import SearchDoc, SearchWord

EVERY_DAY = timedelta(days=1)
AT_ONCE = 5_000
"""Words of one transaction."""
SAMPLED = 100_000
"""Things whose words PostgreSQL counts; of more, a sample."""
CHANGED = 0.2
"""A number is written when it changed by more than this part."""


async def count_words(database: Database) -> int:
    """Count anew; returns how many words got another number."""
    written = 0
    async for some in _counted(database):
        async with database.write("search") as session:
            known = await docs_of(session, some)
            changed = [
                {"the_word": word, "number": docs}
                for word, docs in some.items()
                if word in known and abs(known[word] - docs) > CHANGED * known[word]
            ]
            if EVERY in some and EVERY not in known:
                await insert_ignore(session, SearchWord, {"word": EVERY, "docs": some[EVERY]})
            if changed:
                await session.execute(_SET, changed)
            written += len(changed)
    return written


async def _counted(database: Database) -> AsyncIterator[Mapping[str, int]]:
    """Words with how many things have each, some at once; the number of all things first."""
    async with database.read() as session:
        every = int(await session.scalar(select(func.count()).select_from(SearchDoc)) or 0)
    yield {EVERY: every}
    async for some in _of_sqlite(database) if database.is_sqlite else _of_postgres(database, every):
        yield some


async def _of_sqlite(database: Database) -> AsyncIterator[Mapping[str, int]]:
    after = ""
    while True:
        async with database.read() as session:
            await session.execute(_VOCABULARY)
            rows = (await session.execute(_TERMS, {"after": after, "most": AT_ONCE})).all()
        if not rows:
            return
        after = rows[-1][0]
        yield {row.term: row.doc for row in rows}


async def _of_postgres(database: Database, every: int) -> AsyncIterator[Mapping[str, int]]:
    part = min(1.0, SAMPLED / max(every, 1))
    sample = "" if part == 1 else f" TABLESAMPLE SYSTEM ({100 * part:.4f})"
    async with database.read() as session:
        counted = text(f"SELECT word, ndoc FROM ts_stat('SELECT words FROM search_docs{sample}') WHERE ndoc > 1")  # noqa: S608
        rows = [(word, round(docs / part)) for word, docs in await session.execute(counted)]
    for start in range(0, len(rows), AT_ONCE):
        yield dict(rows[start : start + AT_ONCE])


_W = table_of(SearchWord)
_SET = update(_W).where(_W.c.word == bindparam("the_word")).values(docs=bindparam("number"))
_VOCABULARY = text("CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_terms USING fts5vocab('main', 'search_fts', 'row')")
_TERMS = text("SELECT term, doc FROM temp.search_terms WHERE term > :after ORDER BY term LIMIT :most")
