"""The demo's covers: each release of the roster is given one once, behind the running site.

What a stop left without a cover gets it at the next start. A cover that people have taken away stays away: its row is
still there.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

from sqlalchemy import bindparam, select

from veza.catalog.artists import Artist
from veza.catalog.covers import known_cover, set_cover
from veza.catalog.facade import record_cover
from veza.catalog.releases import Release
from veza.lab.demo.covers import cover_of
from veza.lab.demo.roster import roster_of
from veza.lab.demo.stage import Modules


async def give_covers(modules: Modules, seed: int) -> None:
    """Paint, process and store a cover for each release of the seed's roster that is there and has none."""
    records = [(act.name, record.title) for act in roster_of(seed).acts for record in act.records]
    for number, (artist, title) in enumerate(records):
        release_id = await _without_cover(modules, artist, title)
        if release_id is not None:
            await _give(modules, release_id, await asyncio.to_thread(cover_of, seed, number, title))


async def _without_cover(modules: Modules, artist: str, title: str) -> UUID | None:
    """The release of this artist, if it is there and has no cover."""
    async with modules.database.read() as session:
        return await session.scalar(_WITHOUT_COVER, {"artist": artist, "title": title})


async def _give(modules: Modules, release_id: UUID, picture: bytes) -> None:
    made = await modules.catalog.keep_picture(picture)
    async with modules.database.write("demo") as session:
        release = await session.get(Release, release_id, with_for_update=True)
        if release is None or release.cover_id is not None:
            return
        if await known_cover(session, release.artist_id, made.source_hash) is None:
            await set_cover(session, release, await record_cover(session, release.artist_id, made))


_WITHOUT_COVER = (
    select(Release.id)
    .join(Artist, Artist.id == Release.artist_id)
    .where(Artist.name == bindparam("artist"), Release.title == bindparam("title"), Release.cover_id.is_(None))
    .order_by(Release.id)
    .limit(1)
)
