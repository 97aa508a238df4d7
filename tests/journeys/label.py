"""An artist on a real server: folders are imported for it by `veza import`, processed there, published, and owned."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import mutagen
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from tests import commands, factories
from tests.api.ingest.site import Site
from tests.audio.sounds import FORMATS, write
from tests.client import API
from tests.waiting import until
from veza.accounts import sessions, tokens
from veza.accounts.permissions import Scope
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import AudioVersion
from veza.kit.messages import verbatim
from veza.library import grants
from veza.library.grants import CauseKind, Given, ItemKind

RATE = 44_100


def tagged(path: Path, how: str, signal: NDArray[np.float64], title: str, number: int, rate: int = RATE) -> Path:
    """A file of `signal` (channels, n) that names its track and the album “Blue Hours”."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, FORMATS[how], signal, rate)
    file = mutagen.File(path, easy=True)
    assert file is not None
    if file.tags is None:
        file.add_tags()
    file.update({"title": title, "album": "Blue Hours", "tracknumber": str(number)})
    file.save()
    return path


@dataclass(frozen=True)
class Listener:
    """A person by both ways to say who they are."""

    token: str
    cookie: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Label:
    """The site, and what became of the folders that were imported."""

    site: Site
    longest_wait_seconds: float = 120.0
    """For the processing of a folder."""

    def stream(self, track: UUID, rest: str) -> str:
        return f"{self.site.url}/stream/{track}/{rest}"

    async def imported(self, folder: Path) -> dict[str, UUID]:
        """The tracks of the one release that `veza import` made of a folder, by their titles, as they are ordered."""
        async with self.site.database.read() as session:
            artist = (await session.scalars(select(Artist.id))).one()
        done = commands.veza("import", str(folder), "--artist", str(artist), "--json", cwd=self.site.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        (made,) = json.loads(done.stdout)["releases"]
        of_release = select(Track).join(Release, Release.id == Track.release_id).where(Release.slug == made["slug"])
        async with self.site.database.read() as session:
            rows = await session.scalars(of_release.order_by(Track.position))
            return {row.title: row.id for row in rows}

    async def processed(self, tracks: Collection[UUID]) -> list[AudioVersion]:
        """The versions of these tracks, once none of them is on its way."""
        found: list[AudioVersion] = []

        async def none_waits() -> bool:
            nonlocal found
            async with self.site.database.read() as session:
                rows = await session.scalars(select(AudioVersion).where(AudioVersion.track_id.in_(tracks)))
                found = list(rows.all())
            return len(found) >= len(tracks) and not any(one.is_on_its_way for one in found)

        def what() -> str:
            return f"the sound: {[(one.file_name, one.status, one.stage, str(one.reason)) for one in found]}"

        await until(none_waits, what, every=0.1, within=self.longest_wait_seconds)
        return found

    async def published(self, folder: Path) -> dict[str, UUID]:
        """The same tracks, once all are ready and their release is public."""
        tracks = await self.imported(folder)
        versions = await self.processed(tracks.values())
        assert {one.status for one in versions} == {"ready"}, [str(one.reason) for one in versions]
        release = await self.release_of(*tracks.values())
        said = {**self.site.headers, "Idempotency-Key": str(uuid4())}
        async with httpx.AsyncClient(base_url=self.site.url) as client:
            answer = await client.post(f"{API}/releases/{release}/publish", headers=said, json={})
        assert answer.status_code == 200, answer.text
        return tracks

    async def release_of(self, track: UUID, *_: UUID) -> UUID:
        async with self.site.database.read() as session:
            return (await session.get_one(Track, track)).release_id

    async def buyer(self, track: UUID) -> Listener:
        """A new person who owns the track's release."""
        database = self.site.database
        person, release = await factories.person(database, "Lena"), await self.release_of(track)
        given = Given(ItemKind.RELEASE, release, release, CauseKind.DOWNLOAD_CODE, uuid4(), person)
        async with database.write("test") as session:
            await grants.give(session, given, because=verbatim("a test"))
            _, token = await tokens.make(session, person, "player", [Scope.READ], None)
            return Listener(token, await sessions.begin(session, person, timedelta(hours=1)))
