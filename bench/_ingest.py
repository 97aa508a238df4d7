"""A database with one release, a folder of objects, and the audio worker over both, in this process."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from _stand import database as fresh

from veza.accounts import people
from veza.catalog.artists import ArtistDraft, open_artist
from veza.catalog.limits import Limits
from veza.catalog.releases import ReleaseDraft, create_release
from veza.catalog.track_drafts import TrackDraft
from veza.catalog.tracks import add_tracks, find_track
from veza.ingest.audio_worker import AudioRules, AudioWorker
from veza.ingest.originals import Original, original_key, take_original
from veza.kit.database import Database
from veza.kit.objects import Objects


@dataclass
class Intake:
    """Tracks without sound, and where their originals go."""

    database: Database
    objects: Objects
    folder: Path
    tracks: list[UUID]

    def worker(self, jobs: int) -> AudioWorker:
        """An audio worker that processes so many originals at once."""
        return AudioWorker(self.database, self.objects, AudioRules(self.folder / "processing", jobs))

    async def send(self, track_id: UUID, path: Path) -> UUID:
        """The file at `path` as the original of a track; returns its version."""
        key = original_key(self.database.ids.new())
        await self.objects.write_file(key, path)
        data = await asyncio.to_thread(path.read_bytes)
        original = Original(key, len(data), hashlib.sha256(data).hexdigest(), path.name, "bench")
        async with self.database.write("bench") as session:
            return (await take_original(session, await find_track(session, track_id), original)).id


@asynccontextmanager
async def intake(tracks: int) -> AsyncIterator[Intake]:
    """An intake on SQLite with a release of so many tracks."""
    async with fresh("sqlite") as url:
        database = Database.open(url)
        with tempfile.TemporaryDirectory(prefix="veza-bench-") as name:
            limits = Limits()
            async with database.write("bench") as session:
                person = await people.add(session, "bench@example.org", "Bench")
                assert person is not None
                draft = ArtistDraft("Bench", "DE", "EUR")
                artist = await open_artist(session, person, draft, currencies=("EUR",), limits=limits)
                release = await create_release(session, artist, ReleaseDraft("Bench", "album"))
                wanted = [TrackDraft(f"Track {number}") for number in range(tracks)]
                ids = [one.id for one in await add_tracks(session, release, wanted, limits=limits)]
            yield Intake(database, Objects.in_folder(Path(name) / "objects"), Path(name), ids)
        await database.close()
