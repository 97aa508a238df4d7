"""An artist on a real server: folders are imported for it, or sent over HTTP, processed there, published, and owned."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import mutagen
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, select

from tests import commands, factories
from tests.api.ingest.site import Site
from tests.audio.sounds import FORMATS, write
from tests.client import API
from tests.waiting import until
from veza.accounts.permissions import Role, Scope
from veza.catalog.artists import Artist, ArtistMember
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import AudioVersion
from veza.ingest.uploads import Upload
from veza.kit.messages import verbatim
from veza.library import grants
from veza.library.grants import CauseKind, Given, ItemKind

RATE = 44_100


def tagged(
    path: Path, how: str, signal: NDArray[np.float64], title: str, number: int, rate: int = RATE,
    album: str = "Blue Hours",
) -> Path:  # fmt: skip
    """A file of `signal` (channels, n) that names its track and its album."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, FORMATS[how], signal, rate)
    file = mutagen.File(path, easy=True)
    assert file is not None
    if file.tags is None:
        file.add_tags()
    file.update({"title": title, "album": album, "tracknumber": str(number)})
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
        artist = await self._artist()
        done = commands.veza("import", str(folder), "--artist", str(artist), "--json", cwd=self.site.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        (made,) = json.loads(done.stdout)["releases"]
        return await self._tracks(Release.slug == made["slug"])

    async def dropped(self, folder: Path) -> dict[str, UUID]:
        """The same of a folder whose files are sent over HTTP, as ones that are dropped at once."""
        files, site = sorted(one for one in folder.iterdir()), self.site  # noqa: ASYNC240  (a folder of the test)
        of_all = {"artist": await self._artist(), "drop": uuid4(), "dropFiles": len(files)}

        def send(file: Path) -> UUID:
            path, content = file.relative_to(folder.parent), file.read_bytes()
            where = site.begun(len(content), **of_all, filename=file.name, relativePath=path)
            assert site.patch(where, 0, content).status_code == 204
            return UUID(where.rpartition("/")[2])

        sent = [await asyncio.to_thread(send, file) for file in files]
        releases: set[UUID | None] = {None}

        async def are_drafts() -> bool:
            nonlocal releases
            async with site.database.read() as session:
                rows = (await session.scalars(select(Upload).where(Upload.id.in_(sent)))).all()
            releases = {row.release_id for row in rows}
            return all(row.status == "taken" for row in rows)

        await until(are_drafts, "drafts of the files", every=0.1, within=self.longest_wait_seconds)
        (release,) = releases
        return await self._tracks(Release.id == release)

    async def _artist(self) -> UUID:
        async with self.site.database.read() as session:
            return (await session.scalars(select(Artist.id))).one()

    async def _tracks(self, of_release: ColumnElement[bool]) -> dict[str, UUID]:
        tracks = select(Track).join(Release, Release.id == Track.release_id).where(of_release)
        async with self.site.database.read() as session:
            return {row.title: row.id for row in await session.scalars(tracks.order_by(Track.position))}

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

    async def published(self, folder: Path, *, over_http: bool = False) -> dict[str, UUID]:
        """The same tracks, imported or sent `over_http`, once all are ready and their release is public."""
        tracks = await (self.dropped(folder) if over_http else self.imported(folder))
        versions = await self.processed(tracks.values())
        assert {one.status for one in versions} == {"ready"}, [str(one.reason) for one in versions]
        await self._post(f"/releases/{await self.release_of(*tracks.values())}/publish", expect=200)
        return tracks

    async def sold(self, track: UUID, price_minor: int) -> None:
        """The track's release is on sale from now on: its owner says so, whose token is not for the shop."""
        owner = {"Cookie": f"veza={await self.owner()}", "Origin": self.site.url}
        what = {"kind": "release", "item_id": str(await self.release_of(track)), "on_sale": True}
        price = {"pricing": "fixed", "price_minor": price_minor}
        await self._post(f"/artists/{await self._artist()}/products", {**what, **price}, expect=201, by=owner)

    async def _post(
        self, path: str, body: dict[str, object] | None = None, *, expect: int, by: dict[str, str] | None = None
    ) -> None:
        said = {**(by or self.site.headers), "Idempotency-Key": str(uuid4())}
        async with httpx.AsyncClient(base_url=self.site.url) as client:
            answer = await client.post(API + path, headers=said, json=body or {})
        assert answer.status_code == expect, answer.text

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
        token = await factories.token(database, person, Scope.READ)
        return Listener(token, await factories.session(database, person))

    async def operator(self) -> str:
        """The cookie of a new person who runs the site."""
        person = await factories.person(self.site.database, "Olga", roles=[Role.ADMIN])
        return await factories.session(self.site.database, person)

    async def owner(self) -> str:
        """The cookie of the one artist's owner, who has signed in."""
        async with self.site.database.read() as session:
            person = (await session.scalars(select(ArtistMember.person_id))).one()
        return await factories.session(self.site.database, person)
