"""A published release whose tracks have a sound, on one database and one object store, and the worker of downloads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import update

from tests import factories
from tests.audio.sounds import FORMATS, tone, write
from veza.accounts.permissions import Role
from veza.audio.rendering import render
from veza.catalog import covers, pictures
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import ENCODER_VERSION, AudioVersion
from veza.ingest.track_sound import tell_catalogue
from veza.kit.database import Database
from veza.kit.messages import gettext
from veza.kit.objects import Objects
from veza.library.grants import CauseKind, Given, ItemKind, give
from veza.streaming.asking import Holder
from veza.streaming.download_worker import DownloadWorker
from veza.streaming.downloads import Download
from veza.streaming.facade import Streaming
from veza.streaming.links import Links
from veza.streaming.rules import DownloadRules

RATE = 44_100
SECRET = "a secret of this test"


@dataclass
class Label:
    """An artist with one person, who publishes releases whose tracks have a sound."""

    streaming: Streaming
    artist_id: UUID
    person_id: UUID
    folder: Path

    @property
    def database(self) -> Database:
        return self.streaming.database

    @property
    def objects(self) -> Objects:
        return self.streaming.objects

    @property
    def worker(self) -> DownloadWorker:
        return self.streaming.download_worker

    def another_worker(self, **rules: Any) -> DownloadWorker:
        """A worker of another process."""
        return DownloadWorker(self.database, self.objects, DownloadRules(self.folder / "other", **rules))

    async def release(self, *titles: str, title: str = "Ostrov", **columns: Any) -> tuple[UUID, list[UUID]]:
        """A published release without a sound; its id and those of its tracks."""
        return await factories.release(self.database, self.artist_id, *titles, title=title, **columns)

    async def sing(self, track_id: UUID, how: str = "FLAC 16 bit", seconds: float = 1.0, hertz: float = 441.3) -> UUID:
        """Give the track a finished version of a tone of `seconds`; its id. Renditions are not made."""
        path = write(
            self.folder / f"original.{FORMATS[how].suffix}", FORMATS[how],
            tone(round(seconds * RATE), RATE, hertz=hertz), RATE,
        )  # fmt: skip
        with path.open("rb") as file:
            rendered = render(file, self.folder, [], longest_seconds=36_000, measures=True)
        key = f"originals/{track_id}-{sha256(path.read_bytes()).hexdigest()[:8]}"
        await self.objects.write_file(key, path)
        async with self.database.write("test") as session:
            track = await session.get_one(Track, track_id)
            before = update(AudioVersion).where(AudioVersion.track_id == track_id, AudioVersion.status == "ready")
            await session.execute(before.values(status="replaced"))
            row = AudioVersion(
                id=session.new_id(), track_id=track_id, artist_id=track.artist_id, status="ready", attempt=1, tries=1,
                sent_by="test", file_name=f"Take 1.{path.suffix[1:]}",
                file_hash=sha256(path.read_bytes()).hexdigest(), original_key=key,
                original_bytes=path.stat().st_size, encoder_version=ENCODER_VERSION, prefix="audio/none",
                rendered=msgspec.to_builtins(rendered), created_at=session.now, ready_at=session.now,
            )  # fmt: skip
            session.add(row)
            await session.flush()
            await tell_catalogue(session, track_id)
            return row.id

    async def album(self, *titles: str, how: str = "FLAC 16 bit", **columns: Any) -> tuple[UUID, list[UUID]]:
        """A published release, each of whose tracks is a tone of its own."""
        release_id, track_ids = await self.release(*titles, **columns)
        for number, one in enumerate(track_ids):
            await self.sing(one, how, hertz=441.3 + 50 * number)
        return release_id, track_ids

    async def cover(self, release_id: UUID, picture: bytes) -> None:
        """Give the release this picture."""
        made = pictures.make_cover(picture)
        for name, content in made.files.items():
            await self.objects.put(f"covers/{made.digest(name)}", content)
        keys = {name: f"covers/{made.digest(name)}" for name in made.files}
        async with self.database.write("test") as session:
            cover = await covers.add_cover(
                session, self.artist_id, made.source_hash, made.colour, made.sizes, keys, made.palette
            )  # fmt: skip
            await covers.set_cover(session, await session.get_one(Release, release_id), cover)

    async def owner(self, release_id: UUID, kind: ItemKind = ItemKind.RELEASE, item_id: UUID | None = None) -> Holder:
        """A new person who owns the release, or one track of it."""
        person_id = await factories.person(self.database)
        await self.give(release_id, kind, item_id, person_id=person_id)
        return Holder(person_id)

    async def give(
        self, release_id: UUID, kind: ItemKind = ItemKind.RELEASE, item_id: UUID | None = None, **holder: Any
    ) -> UUID:
        """A grant of the release or of one track of it; its cause."""
        async with self.database.write("test") as session:
            cause_id = session.new_id()
            given = Given(kind, item_id or release_id, release_id, CauseKind.ORDER_LINE, cause_id, **holder)
            await give(session, given, because=gettext("a test"))
            return cause_id

    async def download(self, download_id: UUID) -> Download:
        async with self.database.read() as session:
            return await session.get_one(Download, download_id)

    async def stored(self, prefix: str = "downloads") -> list[str]:
        return [one.key async for one in self.objects.listing(prefix)]


async def open_label(database: Database, folder: Path, **rules: Any) -> Label:
    """A label whose files lie under `folder`; `rules` are those of making downloads."""
    await asyncio.to_thread(folder.mkdir)
    objects = Objects.in_folder(folder / "objects")
    person_id = await factories.person(database, roles=(Role.ARTIST,))
    artist_id = await factories.artist(database, "Džana", run_by=person_id)
    made = DownloadRules(folder / "making", **{"longest": timedelta(hours=6), **rules})
    return Label(Streaming(database, objects, made, Links(SECRET)), artist_id, person_id, folder)
