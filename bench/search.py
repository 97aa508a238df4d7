"""How soon search answers among a million tracks, and whether it finds what is meant.

SQLite and PostgreSQL, one process, eight connections. The golden documents (`tests/search/search_golden.json`) are
planted among generated ones. Eight readers at once ask, without HTTP, the golden queries and others of the same
classes, made of random things. Beside them stand the statements of the same queries, executed bare by the driver.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from _names import documents, mistyped
from _stand import Result, database, missing, options, run
from sqlalchemy import event, text
from sqlalchemy.engine import make_url

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.search.planted import FIRST, GOLDEN, TYPED, key_of
from tests.search.planted import documents as golden_documents

from veza.kit.database import Database
from veza.search import finding, index
from veza.search.counting import count_words
from veza.search.finding import Question
from veza.search.index import Document
from veza.search.places import KINDS

READERS = 8
AT_ONCE = 5_000
SAMPLED = 100
"""Random things that queries are made of."""
WRITES = 200
P99_MS, TYPING_P99_MS, WRITE_P50_MS = 250, 100, 5
FOUND, FOUND_AMONG_FEW, FEW = 0.98, 1.0, 100_000

Query = tuple[str, str, bool]
"""Its class, what is typed, and whether it is being typed."""


async def fill(base: Database, tracks: int) -> list[Document]:
    """Plant everything; returns the things that queries are made of."""
    chance, kept, waiting = random.Random(3), list[Document](), list[Document]()

    async def put() -> None:
        async with base.write() as session:
            await index.put(session, waiting)
        waiting.clear()

    for number, one in enumerate(documents(tracks)):
        waiting.append(one)
        if len(kept) < SAMPLED:
            kept.append(one)
        elif (at := chance.randrange(number + 1)) < SAMPLED:
            kept[at] = one
        if len(waiting) == AT_ONCE:
            await put()
    waiting.extend(golden_documents())
    await put()
    await count_words(base)
    if not base.is_sqlite:
        connection = await asyncpg.connect(_plain(base))
        await connection.execute("VACUUM ANALYZE")
        await connection.close()
    return kept


def queries(kept: Sequence[Document]) -> list[Query]:
    """The golden ones, and others of the same classes."""
    asked = [(one["class"], one["query"], one["class"] in TYPED) for one in GOLDEN["queries"]]
    chance = random.Random(5)
    return asked + [query for one in kept for query in _made_of(chance, one)]


def _made_of(chance: random.Random, one: Document) -> Iterator[Query]:
    yield "exact", one.name, False
    words = [word for word in one.name.split() if word.isascii() and len(word) > 5]
    if not one.name.isascii() and " " not in one.name:
        yield "cjk", one.name[:3], False
    for start in range(1, min(len(one.name), 7)):
        yield "as one types", one.name[:start], True
    if words:
        yield "typo1", mistyped(chance, words[0].lower()), False
        yield "typo2", mistyped(chance, mistyped(chance, words[0].lower())), False
    if one.by:
        yield "artist+title", f"{one.by} {one.name}", False
        yield "artist+title", f"{one.name} {one.by.split()[0]}", False
    yield "narrowed by a tag", one.name.split()[0], False


async def ask(base: Database, query: Query) -> None:
    kind, typed, is_typing = query
    facets = ("#rock",) if kind == "narrowed by a tag" else ()
    async with base.read() as session:
        await finding.found(session, Question(typed, is_typing=is_typing, facets=facets))


async def recall(base: Database) -> float:
    """The share of golden queries whose things are all among the first ten of their kinds."""
    found = 0
    known = {one.about_id for one in golden_documents()}
    for one in GOLDEN["queries"]:
        async with base.read() as session:
            question = Question(one["query"], limit=FIRST, is_typing=one["class"] in TYPED)
            results = await finding.found(session, question)
        keys = {key_of(hit.about_id) for hits in results.hits.values() for hit in hits if hit.about_id in known}
        if set(one["expect"]) <= keys:
            found += 1
        else:
            print(f"missed: {one['class']}: {one['query']}", file=sys.stderr)
    return round(found / len(GOLDEN["queries"]), 4)


async def timed(
    asked: Sequence[Query], work: Callable[[Query], Awaitable[None]]
) -> dict[str, list[float]]:  # fmt: skip
    """Milliseconds of each query, by class; READERS are at it at once."""
    took: dict[str, list[float]] = defaultdict(list)
    waiting = iter(random.Random(7).sample(asked, len(asked)))

    async def read() -> None:
        for query in waiting:
            began = time.perf_counter()
            await work(query)
            took[query[0]].append((time.perf_counter() - began) * 1000)

    await asyncio.gather(*(read() for _ in range(READERS)))
    return took


async def statements_of(base: Database, asked: Sequence[Query]) -> dict[Query, list[tuple[str, Any]]]:
    """What each query asks the database."""
    said: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement != "BEGIN":
            said.append((statement, parameters))

    event.listen(base.engine.sync_engine, "before_cursor_execute", hear)
    found: dict[Query, list[tuple[str, Any]]] = {}
    for query in asked:
        said.clear()
        await ask(base, query)
        found[query] = list(said)
    event.remove(base.engine.sync_engine, "before_cursor_execute", hear)
    return found


async def bare(base: Database, asked: Sequence[Query]) -> dict[str, list[float]]:
    """The same statements by the driver alone."""
    statements = await statements_of(base, asked)
    if base.is_sqlite:
        file = make_url(_plain(base)).database or ""
        free = [sqlite3.connect(file, check_same_thread=False, isolation_level=None) for _ in range(READERS)]

        def execute(query: Query) -> None:
            connection = free.pop()
            for statement, parameters in statements[query]:
                connection.execute(statement, parameters).fetchall()
            free.append(connection)

        return await timed(asked, lambda query: asyncio.to_thread(execute, query))
    async with asyncpg.create_pool(_plain(base), min_size=READERS, max_size=READERS) as pool:

        async def fetch(query: Query) -> None:
            async with pool.acquire() as connection:
                for statement, parameters in statements[query]:
                    await connection.fetch(statement, *parameters)

        return await timed(asked, fetch)


async def written(base: Database, kept: Sequence[Document]) -> dict[str, float]:
    """The median milliseconds of a transaction that shows a thing, hides it, or hides a release of twelve."""
    took: dict[str, list[float]] = defaultdict(list)
    twelve = [Document(UUID(int=10**9 + number), "track", f"Zwölfton {number}") for number in range(12)]

    async def time_of(name: str, work: Callable[[Any], Awaitable[Any]]) -> None:
        began = time.perf_counter()
        async with base.write() as session:
            await work(session)
        took[name].append((time.perf_counter() - began) * 1000)

    for one in kept[:WRITES]:
        await time_of("hide_p50_ms", lambda session, one=one: index.drop(session, [one.about_id]))
        await time_of("publish_p50_ms", lambda session, one=one: index.put(session, [one]))
        await time_of("publish_twelve_p50_ms", lambda session: index.put(session, twelve))
        ids = [one.about_id for one in twelve]
        await time_of("withdraw_p50_ms", lambda session, ids=ids: index.drop(session, ids))
    return {name: round(statistics.median(some), 2) for name, some in took.items()}


def _plain(base: Database) -> str:
    url = base.engine.url
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)


def _p99(took: Sequence[float]) -> float:
    return round(statistics.quantiles(took, n=100)[98], 1) if len(took) > 1 else round(max(took), 1)


def _figures(took: dict[str, list[float]]) -> dict[str, float]:
    every = [one for some in took.values() for one in some]
    return {"p50_ms": round(statistics.median(every), 1), "p99_ms": _p99(every)}


async def one_database(kind: str, tracks: int) -> Result:
    if reason := missing(kind):
        return {"database": kind, "skipped": reason, "reached": True}
    async with database(kind) as url:
        base = Database.open(url, pool_size=READERS)
        began = time.monotonic()
        kept = await fill(base, tracks)
        built = time.monotonic() - began
        asked = list(dict.fromkeys(queries(kept)))
        await timed(asked[:200], lambda query: ask(base, query))
        took = await timed(asked, lambda query: ask(base, query))
        alone = await bare(base, asked)
        typing = {name: some for name, some in took.items() if name in {*TYPED, "as one types"}}
        share = await recall(base)
        writes = await written(base, kept)
        async with base.read() as session:
            things = int(await session.scalar(text("SELECT count(*) FROM search_docs")) or 0)
        await base.close()
    figures, typed = _figures(took), _figures(typing)
    wanted = FOUND_AMONG_FEW if tracks <= FEW else FOUND
    bare_of = _figures(alone)
    return {
        "database": kind, "tracks": tracks, "things": things, "queries": len(asked), **figures, "recall_at_10": share,
        "typing_p50_ms": typed["p50_ms"], "typing_p99_ms": typed["p99_ms"],
        "bare_sql_p50_ms": bare_of["p50_ms"], "bare_sql_p99_ms": bare_of["p99_ms"], **writes,
        "build_seconds": round(built, 1),
        "classes": {
            name: {**_figures({name: some}), "bare_sql_p50_ms": _figures({name: alone[name]})["p50_ms"]}
            for name, some in sorted(took.items())
        },
        "kinds": list(KINDS),
        "reached": figures["p99_ms"] < P99_MS and typed["p99_ms"] < TYPING_P99_MS and share >= wanted
        and writes["publish_p50_ms"] < WRITE_P50_MS and writes["hide_p50_ms"] < WRITE_P50_MS
        and writes["withdraw_p50_ms"] < WRITE_P50_MS,
    }  # fmt: skip


if __name__ == "__main__":
    given = options(
        __doc__.splitlines()[0],
        ("--tracks", {"type": int, "default": 1_000_000, "help": "how many tracks there are"}),
        ("--database", {"choices": ["sqlite", "postgresql"], "help": "only this one"}),
    )
    on = [given.database] if given.database else ["sqlite", "postgresql"]

    async def measured() -> Sequence[Result]:
        return [await one_database(kind, given.tracks) for kind in on]

    run(measured, as_json=given.json)
