"""An original that waits for an audio worker, on a database and a store that several processes can open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from tests import factories
from tests.audio.sounds import FORMATS, tone, write
from tests.journeys.stopping_worker import objects_at
from veza.catalog.tracks import find_track
from veza.ingest import storage_check
from veza.ingest.audio_versions import AudioVersion
from veza.ingest.audio_worker import AudioRules, AudioWorker
from veza.ingest.originals import Original, original_key, take_original
from veza.ingest.storage_check import StorageCheck
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects

RATE = 44_100
FILES = 9
"""Of a version that is ready: four rungs, three of them as ordinary files too, and the preview in both forms."""


@dataclass
class Workshop:
    """A sent original, and where workers find all they need."""

    database: Database
    url: str
    objects: Objects
    place: str
    processing: Path
    version: UUID

    async def row(self) -> AudioVersion:
        async with self.database.read() as session:
            return (await session.scalars(select(AudioVersion))).one()

    async def stored(self) -> list[str]:
        return [one.key for prefix in ("audio", "originals") async for one in self.objects.listing(prefix)]

    def worker(self) -> AudioWorker:
        return AudioWorker(self.database, self.objects, AudioRules(self.processing))

    def check(self) -> StorageCheck:
        owners = {"audio": storage_check.audio, "originals": storage_check.originals}
        return StorageCheck(self.database, self.objects, owners)


@asynccontextmanager
async def a_workshop(url: str, place: str, folder: Path, clock: ManualClock) -> AsyncIterator[Workshop]:
    database, objects = Database.open(url, clock=clock), objects_at(place)
    (track,) = await factories.tracks(database, "Night Bus")
    path = write(folder / "take.flac", FORMATS["FLAC 16 bit"], tone(6 * RATE, RATE), RATE)
    key = original_key(database.ids.new())
    await objects.write_file(key, path)
    async with database.write("test") as session:
        sent = Original(key, path.stat().st_size, "0" * 64, path.name, "upload")
        version = (await take_original(session, await find_track(session, track), sent)).id
    yield Workshop(database, url, objects, place, folder / "processing", version)
    await database.close()
