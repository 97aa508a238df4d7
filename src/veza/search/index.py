"""Writing the index: things are put, dropped and moved in the transaction of the change that made it due."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Insert, Text, bindparam, cast, delete, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from veza.kit.database import Session, table_of
from veza.search import words
from veza.search.folding import base, fold, squeeze
from veza.search.places import Kind, bucket_at, kind_at, place_of
from veza.search.tables import SearchCut, SearchDoc, SearchWord

_DOCS, _WORDS, _CUTS = table_of(SearchDoc), table_of(SearchWord), table_of(SearchCut)
_DIALECTS: dict[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}
T = TypeVar("T")
MOST_TRIES = 8
"""Digests that are tried for a free place: the first is taken once in a hundred thousand, of a million things."""
AT_ONCE = 500
"""Rows of one statement: fewer parameters than either database takes."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is public of a thing, as it is searched. `by` and `on` are the names of its artists and its release; `also`
    other names of its own, `others` those of its artists; `facets` are words of `facets`."""

    about_id: UUID
    kind: Kind
    name: str
    bucket: int = 0
    by: str = ""
    on: str = ""
    also: Sequence[str] = ()
    others: Sequence[str] = ()
    facets: Sequence[str] = ()


async def put(session: Session, documents: Sequence[Document]) -> None:
    """Write these things, each once; what the index had of them is replaced."""
    if not documents:
        return
    await drop(session, [one.about_id for one in documents])
    rows = [_row(one) for one in documents]
    await _give_places(session, rows)
    new = sorted({word for row in rows for word in row["split"]})
    await _remember_words(session, new)
    is_sqlite = session.dialect == "sqlite"
    for some in _some_of(rows):
        plain = [{name: row[name] for name in _COLUMNS} for row in some]
        if is_sqlite:
            await session.execute(insert(_DOCS), plain)
            await session.execute(_PUT_FTS, [{"place": row["place"], "words": " ".join(row["split"])} for row in some])
        else:
            await session.execute(
                _put_doc(), [{**row, "vector": vector(one["split"])} for row, one in zip(plain, some, strict=True)]
            )


async def drop(session: Session, about_ids: Collection[UUID]) -> int:
    """Take these things out of the index; returns how many it had."""
    gone = 0
    for some in _some_of(sorted(about_ids)):
        places = (await session.scalars(delete(_DOCS).where(_DOCS.c.about_id.in_(some)).returning(_DOCS.c.place))).all()
        gone += len(places)
        if places and session.dialect == "sqlite":
            await session.execute(_DROP_FTS, [{"place": place} for place in places])
    return gone


async def move(session: Session, buckets: dict[UUID, int]) -> int:
    """Give these things another popularity; returns how many moved. Those not in the index stay out of it."""
    moved = 0
    for some in _some_of(sorted(buckets)):
        found = await session.execute(select(_DOCS.c.place, _DOCS.c.about_id).where(_DOCS.c.about_id.in_(some)))
        rows = [
            {"place": place, "about_id": about_id, "kind": kind_at(place), "bucket": buckets[about_id], "was": place}
            for place, about_id in found
            if bucket_at(place) != buckets[about_id]
        ]
        await _give_places(session, rows)
        for row in rows:
            # The place is FTS5's row number too: there the words move by being written again.
            at = {"was": row["was"], "now": row["place"]}
            await session.execute(_MOVE_DOC, at)
            if session.dialect == "sqlite":
                await session.execute(_MOVE_FTS, at)
                await session.execute(_DROP_FTS, [{"place": row["was"]}])
        moved += len(rows)
    return moved


def _row(one: Document) -> dict[str, Any]:
    """The row of a thing, beside what its place is made of and its words (`split`)."""
    name = fold(one.name)
    own = [name, fold(one.by), fold(one.on), *filter(None, map(fold, one.also))]
    others = list(filter(None, map(fold, one.others)))
    text = "\n".join([*own, *(["", *others] if others else [])])
    key = squeeze(base(name))[:200]
    split = sorted(words.words_of(text) | set(one.facets))
    return {
        "about_id": one.about_id, "kind": one.kind, "bucket": one.bucket, "key": key, "head": key[:2], "text": text,
        "tags": " ".join(one.facets), "analysis": words.VERSION, "split": split,
    }  # fmt: skip


def _some_of(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


async def _give_places(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    """A free place for each row."""
    left, taken = list(rows), set[int]()
    for again in range(MOST_TRIES):
        for row in left:
            row["place"] = place_of(row["kind"], row["bucket"], row["about_id"], again)
        used = set(taken)
        for some in _some_of([row["place"] for row in left]):
            used.update((await session.scalars(select(_DOCS.c.place).where(_DOCS.c.place.in_(some)))).all())
        kept: list[dict[str, Any]] = []
        for row in left:
            if row["place"] in used:
                kept.append(row)
            used.add(row["place"])
        taken.update(row["place"] for row in left if row not in kept)
        if not kept:
            return
        left = kept
    raise AssertionError(f"no free place in {MOST_TRIES} tries for {len(left)} things")


async def _remember_words(session: Session, sorted_words: Sequence[str]) -> None:
    """Insert those that are new. Sorted, before all else: two transactions that bring the same new words would wait for
    each other (3 deadlocks in 1,268 commits otherwise, none in 2,755 so)."""
    known: set[str] = set()
    for some in _some_of(sorted_words):
        known.update((await session.scalars(select(_WORDS.c.word).where(_WORDS.c.word.in_(some)))).all())
    new = [word for word in sorted_words if word not in known]
    if not new:
        return
    make = _DIALECTS[session.dialect].insert
    for some in _some_of(new):
        rows = [{"word": word, "docs": 1} for word in some]
        await session.execute(make(_WORDS).on_conflict_do_nothing(), rows)
    cuts = sorted((cut, word) for word in new for cut in words.cuts_of(word))
    for parts in _some_of(cuts):
        await session.execute(make(_CUTS).on_conflict_do_nothing(), [{"cut": cut, "word": word} for cut, word in parts])


def vector(split: Iterable[str]) -> str:
    """Words as PostgreSQL reads a tsvector: `to_tsvector` would take AC/DC and 04:00 apart in its own way."""
    return " ".join(map(quoted, split))


def quoted(word: str) -> str:
    """A word in a tsvector or tsquery."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


_COLUMNS = ("place", "about_id", "key", "head", "text", "tags", "analysis")


@cache
def _put_doc() -> Insert:
    """On PostgreSQL; made with the first thing, as SQLite knows no such type."""
    words = cast(cast(bindparam("vector", type_=Text()), Text()), postgresql.TSVECTOR())
    return insert(_DOCS).values({name: bindparam(name) for name in _COLUMNS} | {"words": words})


_PUT_FTS = text("INSERT INTO search_fts (rowid, words) VALUES (:place, :words)")
_DROP_FTS = text("DELETE FROM search_fts WHERE rowid = :place")
_MOVE_FTS = text("INSERT INTO search_fts (rowid, words) SELECT :now, words FROM search_fts WHERE rowid = :was")
_MOVE_DOC = update(_DOCS).where(_DOCS.c.place == bindparam("was")).values(place=bindparam("now"))
