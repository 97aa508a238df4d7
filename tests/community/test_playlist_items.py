"""Items keep their order through every addition and move, however often the gaps are used up."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID, uuid4

import pytest

from tests.factories import change, person, tracks
from tests.statements import counted
from veza.catalog.visibility import NothingThere
from veza.community import playlist_items, playlists
from veza.community.playlist_items import GAP, ITEMS_MOST, ItemGone, PlaylistFull
from veza.community.playlists import Playlist
from veza.kit.database import Database


async def _playlist(database: Database) -> tuple[UUID, UUID, UUID]:
    """A playlist, its owner, and a track."""
    mara, (track,) = await person(database), await tracks(database, "a")
    async with database.write() as session:
        row = await playlists.create(session, mara, "x", description="", is_public=True, is_collaborative=False)
    return row.id, mara, track


async def _ids(database: Database, playlist: UUID) -> list[UUID]:
    async with database.read() as session:
        return [row.id for row in await playlist_items.available(session, playlist)]


async def test_always_in_front_of_the_same_item_never_runs_out_of_places(database: Database) -> None:
    playlist, mara, track = await _playlist(database)
    async with database.write() as session:
        (last,) = await playlist_items.add(session, playlist, mara, [track])
    expected: list[UUID] = []
    for _ in range(25):
        async with database.write() as session:
            expected += await playlist_items.add(session, playlist, mara, [track], before=last)
    assert await _ids(database, playlist) == [*expected, last]
    async with database.write() as session:
        many = await playlist_items.add(session, playlist, mara, [track] * 100, before=expected[0])
    assert await _ids(database, playlist) == [*many, *expected, last]


async def test_any_row_of_moves_is_what_a_list_would_do(database: Database) -> None:
    playlist, mara, track = await _playlist(database)
    async with database.write() as session:
        model = await playlist_items.add(session, playlist, mara, [track] * 6)
    chance = random.Random(7)
    for _ in range(60):
        item, before = chance.choice(model), chance.choice([*model, None])
        async with database.write() as session:
            await playlist_items.move(session, playlist, mara, item, before=before)
        if item != before:
            model.remove(item)
            model.insert(model.index(before) if before else len(model), item)
    assert await _ids(database, playlist) == model


async def test_a_move_writes_one_row_and_a_numbering_them_all(database: Database) -> None:
    playlist, mara, track = await _playlist(database)
    async with database.write() as session:
        ids = await playlist_items.add(session, playlist, mara, [track] * 3)
    with counted(database) as said:
        async with database.write() as session:
            await playlist_items.move(session, playlist, mara, ids[2], before=ids[1])
    assert sum(statement.startswith("UPDATE playlist_items") for statement in said) == 1
    async with database.read() as session:
        positions = [row.position for row in await playlist_items.available(session, playlist)]
    assert positions == [GAP, GAP + GAP // 2, 2 * GAP]


async def test_moving_and_removing_the_same_item_at_once_tells_one(database: Database) -> None:
    playlist, mara, track = await _playlist(database)
    async with database.write() as session:
        ids = await playlist_items.add(session, playlist, mara, [track] * 3)

    async def remove() -> None:
        async with database.write() as session:
            await playlist_items.remove(session, playlist, mara, ids[0])

    async def move() -> None:
        async with database.write() as session:
            await playlist_items.move(session, playlist, mara, ids[1], before=ids[0])

    results = await asyncio.gather(remove(), remove(), move(), return_exceptions=True)
    assert {type(one) for one in results} <= {type(None), ItemGone}
    assert sum(isinstance(one, ItemGone) for one in results[:2]) == 1
    assert set(await _ids(database, playlist)) == set(ids[1:])


async def test_an_addition_before_what_is_gone_comes_at_the_end(database: Database) -> None:
    playlist, mara, track = await _playlist(database)
    async with database.write() as session:
        first = await playlist_items.add(session, playlist, mara, [track])
        then = await playlist_items.add(session, playlist, mara, [track], before=uuid4())
    assert await _ids(database, playlist) == [*first, *then]


async def test_a_full_playlist_takes_no_more_and_says_so(database: Database) -> None:
    playlist, mara, track = await _playlist(database)
    await change(database, Playlist, playlist, items_count=ITEMS_MOST - 1)
    with pytest.raises(PlaylistFull, match="at most 5000 items, this one has 4999 and 2 were to come"):
        async with database.write() as session:
            await playlist_items.add(session, playlist, mara, [track] * 2)
    with pytest.raises(NothingThere):
        async with database.write() as session:
            await playlist_items.add(session, playlist, mara, [uuid4()])
    assert await _ids(database, playlist) == []
