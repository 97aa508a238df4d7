"""A rebuild writes everything anew, goes on where it was stopped, and drops what is gone; plays move things."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text

from tests import factories
from tests.search.shop import ids_found, publish
from veza.catalog.tracks import Track
from veza.kit.database import Database
from veza.search import index, rebuild
from veza.search.index import Document
from veza.search.places import bucket_of
from veza.search.popularity import Popularity, known_buckets
from veza.search.rebuild import Progress
from veza.search.tables import SearchDoc
from veza.streaming.plays import Play, PlayTotal


async def _fill(database: Database, count: int) -> list[UUID]:
    """Public tracks that the index has not heard of."""
    artist = await factories.artist(database, "Zorblax")
    _, tracks = await factories.release(database, artist, *(f"Wibblefen {number}" for number in range(count)))
    async with database.write() as session:
        await session.execute(text("UPDATE tracks SET listed_at = created_at"))
    return tracks


async def _count(database: Database) -> int:
    async with database.read() as session:
        return int(await session.scalar(select(func.count()).select_from(SearchDoc)) or 0)


async def test_a_rebuild_finds_everything_that_is_public(database: Database) -> None:
    tracks = await _fill(database, 1_203)
    told: list[Progress] = []
    await rebuild.rebuild(database, told.append)
    assert await _count(database) == 1_205
    assert told[-1].done == 1_205
    assert tracks[-1] in await ids_found(database, "wibblefen 1202")


async def test_a_stopped_rebuild_goes_on_where_it_was(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await _fill(database, 1_203)

    def stop(progress: Progress) -> None:
        if progress.done > 600:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rebuild.rebuild(database, stop)
    assert await _count(database) == 1_002
    told: list[Progress] = []
    await rebuild.rebuild(database, told.append)
    assert [one.done for one in told if one.kind == "track"] == [1_205]
    assert await _count(database) == 1_205
    await rebuild.rebuild(database, told.append)
    assert told[-1].done == 1_205


async def test_a_rebuild_drops_what_is_not_public_any_more(database: Database) -> None:
    (track,) = await _fill(database, 1)
    await rebuild.rebuild(database)
    async with database.write() as session:
        await index.put(session, [Document(UUID(int=5), "track", "Wibblefen of nowhere")])
        await session.execute(text("UPDATE releases SET status = 'withdrawn'"))
    assert await ids_found(database, "wibblefen") == {track, UUID(int=5)}
    await rebuild.rebuild(database)
    assert await ids_found(database, "wibblefen") == set()
    assert len(await ids_found(database, "zorblax")) == 1


async def test_an_index_of_another_analysis_is_rebuilt_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    await _fill(database, 2)
    await rebuild.keep_up(database)
    assert await _count(database) == 4
    async with database.write() as session:
        await index.drop(session, list(await session.scalars(select(Track.id))))
    await rebuild.keep_up(database)
    assert await _count(database) == 2
    monkeypatch.setattr(rebuild, "VERSION", rebuild.VERSION + 1)
    await rebuild.keep_up(database)
    assert await _count(database) == 4


async def test_plays_move_a_track_its_release_and_its_artist(shop: Database) -> None:
    made = await publish(shop)
    popularity = Popularity(shop)
    assert await popularity.follow_plays() == 0
    async with shop.write() as session:
        row = {"artist_id": made.artist, "track_id": made.tracks[1]}
        await session.execute(
            insert(Play),
            {**row, "hearing_id": session.new_id(), "person_id": None, "at": session.now, "heard_ms": 60_000},
        )
        total = {**row, "id": session.new_id(), "day": session.now.date() - timedelta(days=1), "plays": 999}
        await session.execute(insert(PlayTotal), total)
    assert await popularity.follow_plays() == 3
    assert await popularity.follow_plays() == 0
    async with shop.read() as session:
        found = await known_buckets(session, [made.artist, made.release, *made.tracks])
    most = bucket_of(999)
    assert found == {made.artist: most, made.release: most, made.tracks[0]: 0, made.tracks[1]: most}
