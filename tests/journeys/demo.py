"""What `make run` starts, for several files of tests: the demo, two of whose records have their sound already.

The music that the demo makes would take both processors for a quarter of an hour: the record that a newcomer hears
first, of one track, and the newest one get short sounds of the tests instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from tests.audio.sounds import FORMATS, tone, write
from tests.commands import Process
from tests.journeys.label import RATE
from tests.migrated import put_migrated
from tests.waiting import until
from veza.catalog.releases import Release
from veza.catalog.tracks import Track, find_track
from veza.ingest.originals import Original, original_key, take_original
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.lab.demo.music.pieces import first_heard
from veza.lab.demo.roster import roster_of

SEED = 1
SECONDS = 12
"""Of the record that sounds."""
MADE_WITHIN_SECONDS = 180
"""It takes ten seconds; the machine may be busy."""
SETTINGS = {"PORT": "0", "DEMO_DATA": "true", "DEMO_MUSIC": "false", "LOG_LEVEL": "error"}


@dataclass(frozen=True)
class Demo:
    """A running demo; `title` is the record that sounds, which listener-1 has not bought."""

    url: str
    folder: Path
    release: UUID
    track: UUID
    title: str
    artist: str


@contextmanager
def running_demo(folder: Path, **settings: str) -> Iterator[Demo]:
    """For tests in loops of their own: nothing of it belongs to one."""
    put_migrated(folder / "var")
    server = Process("demo", ("serve", "--migrate"), folder, SETTINGS | settings)
    with asyncio.Runner() as runner:
        try:
            url = runner.run(server.start(r"Veza is ready on (\S+)", MADE_WITHIN_SECONDS))[1]
            yield runner.run(_sounding(folder, url, server))
        finally:
            runner.run(server.stop())


async def _sounding(folder: Path, url: str, server: Process) -> Demo:
    """The demo, once all of it is made and its first track plays."""
    said, database = folder / "demo.out", Database.open(f"sqlite+aiosqlite:///{folder}/var/veza.db")
    try:
        what = lambda: f"the demo: {server.last_words()}"  # noqa: E731
        await until(lambda: "The demo is there" in said.read_text(), what, every=0.1, within=MADE_WITHIN_SECONDS)
        where, number = first_heard(SEED, roster_of(SEED))
        title, artist = roster_of(SEED).record(where).title, roster_of(SEED).acts[where[0]].name
        async with database.read() as session:
            release = (await session.scalars(select(Release).where(Release.title == title))).one()
            tracks = select(Track.id).where(Track.release_id == release.id).order_by(Track.position)
            track = (await session.scalars(tracks)).all()[number]
            newest = select(Track.id).join(Release, Release.id == Track.release_id).order_by(
                Release.published_at.desc().nulls_last(), Track.position
            )  # fmt: skip
            both = (track, (await session.scalars(newest)).first() or track)
        piece = write(folder / "piece.flac", FORMATS["FLAC 16 bit"], tone(SECONDS * RATE, RATE), RATE)
        for one in both:
            await give_sound(database, folder, one, piece)

        async def are_ready() -> bool:
            async with database.read() as session:
                return all([(await find_track(session, one)).audio_state == "ready" for one in both])

        await until(are_ready, "the sound of the two records", every=0.1, within=MADE_WITHIN_SECONDS)
        return Demo(url, folder, release.id, track, title, artist)
    finally:
        await database.close()


async def give_sound(database: Database, folder: Path, track: UUID, file: Path) -> None:
    """Send a track's file; a worker of the server finds it."""
    key, size = original_key(database.ids.new()), len(await asyncio.to_thread(file.read_bytes))
    await Objects.in_folder(folder / "var" / "objects").write_file(key, file)
    async with database.write("test") as session:
        sent = Original(key, size, "0" * 64, file.name, "upload")
        await take_original(session, await find_track(session, track), sent)
