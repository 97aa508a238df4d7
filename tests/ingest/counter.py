"""Where uploads come in, and the worker that takes them further."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from tests import factories
from veza.accounts.identity import Identity
from veza.accounts.permissions import Role
from veza.catalog.limits import Limits
from veza.ingest import receiving
from veza.ingest.audio_versions import AudioVersion, versions_of
from veza.ingest.audio_worker import AudioRules
from veza.ingest.facade import Ingest
from veza.ingest.receiving import UploadRequest
from veza.ingest.upload_worker import LEASE, UploadRules, UploadWorker
from veza.ingest.uploads import Upload
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects

SONG = bytes(range(256)) * 40


@dataclass
class Counter:
    """Anna's artist has a draft with one track."""

    ingest: Ingest
    clock: ManualClock
    folder: Path
    anna: Identity
    artist: UUID
    release: UUID
    track: UUID

    @property
    def database(self) -> Database:
        return self.ingest.database

    @property
    def objects(self) -> Objects:
        return self.ingest.objects

    def worker(self, lease: timedelta = LEASE, limits: Limits | None = None) -> UploadWorker:
        catalog = factories.catalog(self.database, self.objects, limits)
        return UploadWorker(catalog, UploadRules(self.folder / "processing", self.ingest.limits, lease))

    async def sent(
        self, content: bytes = SONG, name: str = "Night Bus.flac", *, length: int | None = None,
        drop: tuple[UUID, int, str] | None = None, **target: UUID,
    ) -> UUID:  # fmt: skip
        """An upload of which these bytes have come; of a `drop`: its id, how many files it has, where this one lay."""
        wanted = UploadRequest(length or len(content), name, **(target or {"track_id": self.track}))
        if drop is not None:
            wanted = replace(wanted, drop_id=drop[0], drop_files=drop[1], path=drop[2])
        async with self.database.write() as session:
            row = await receiving.begin(session, self.ingest, wanted, self.anna)

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        await receiving.receive(self.ingest, row.id, self.anna, 0, chunks())
        return row.id

    async def row(self, upload_id: UUID) -> Upload:
        async with self.database.read() as session:
            return await session.get_one(Upload, upload_id)

    async def versions(self) -> list[AudioVersion]:
        async with self.database.read() as session:
            return list(await versions_of(session, self.track))

    async def keys(self) -> list[str]:
        return [one.key async for one in self.objects.listing()]


async def a_counter(database: Database, clock: ManualClock, folder: Path, objects: Objects) -> Counter:
    person = await factories.person(database, "Anna")
    artist = await factories.artist(database, run_by=person)
    release, (track,) = await factories.release(database, artist, "Night Bus", status="draft")
    anna = Identity(person, frozenset({Role.LISTENER, Role.ARTIST}), f"person {person}")
    catalog = factories.catalog(database, objects)
    ingest = Ingest(database, objects, catalog, AudioRules(folder / "processing"))
    return Counter(ingest, clock, folder, anna, artist, release, track)
