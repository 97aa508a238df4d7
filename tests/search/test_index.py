"""The index: what is put is found at once, what is dropped is gone, and popularity moves a thing."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from tests.search.planted import documents, first_ten, key_of
from veza.kit.database import Database
from veza.search import finding, index
from veza.search.counting import count_words
from veza.search.finding import Question
from veza.search.index import Document
from veza.search.near import EVERY, docs_of


async def _found(database: Database, query: str) -> list[UUID]:
    async with database.read() as session:
        found = await finding.found(session, Question(query))
    return [hit.about_id for hits in found.hits.values() for hit in hits]


async def test_what_is_put_again_replaces_what_was_there(database: Database) -> None:
    one = UUID(int=1)
    for name in ("Firstname", "Secondname"):
        async with database.write() as session:
            await index.put(session, [Document(one, "track", name)])
    assert await _found(database, "firstname") == []
    assert await _found(database, "secondname") == [one]


async def test_what_is_dropped_is_gone_from_every_table(database: Database) -> None:
    async with database.write() as session:
        await index.put(session, documents())
    async with database.write() as session:
        assert await index.drop(session, [one.about_id for one in documents()]) == len(documents())
    assert await first_ten(database, "metallica") == []
    if database.is_sqlite:
        async with database.read() as session:
            assert await session.scalar(text("SELECT count(*) FROM search_fts")) == 0


async def test_a_move_changes_the_order_and_keeps_the_words(database: Database) -> None:
    async with database.write() as session:
        await index.put(session, documents())
    low = next(one.about_id for one in documents() if key_of(one.about_id) == "pp_lo")
    async with database.write() as session:
        assert await index.move(session, {low: 60, UUID(int=10**6): 50}) == 1
        assert await index.move(session, {low: 60}) == 0
    assert await first_ten(database, "quuxmoor sonata") == ["pp_lo", "pp_hi", "pp_mid"]
    assert await first_ten(database, "quuxmoor test c") == ["pp_lo"]


async def test_many_things_of_one_name_are_all_there(database: Database) -> None:
    many = [Document(UUID(int=number), "track", f"Same Song {number}", 3) for number in range(1, 1_201)]
    async with database.write() as session:
        await index.put(session, many)
    await count_words(database)
    async with database.read() as session:
        assert (await docs_of(session, [EVERY, "same"])) == {EVERY: 1_200, "same": 1_200}
        question = Question("same song")
        results = await finding.found(session, question)
        counted = await finding.counts(session, question, results)
    assert len(results.hits["track"]) == question.limit
    assert "track" in results.more
    assert counted.is_more
    assert counted.total >= 1_000


async def test_pages_of_one_kind_go_on_after_the_last_hit(database: Database) -> None:
    many = [Document(UUID(int=number), "track", f"Same Song {number}", number % 7) for number in range(1, 101)]
    async with database.write() as session:
        await index.put(session, many)
    seen: list[UUID] = []
    after: tuple[float, int] | None = None
    async with database.read() as session:
        while True:
            question = Question("same song", ("track",), limit=30, after=after, is_deep=True)
            results = await finding.found(session, question)
            seen += [hit.about_id for hit in results.hits["track"]]
            if "track" not in results.more:
                break
            after = results.hits["track"][-1].rank
    assert len(seen) == len(set(seen)) == 100
