"""Comparing the object store with the rows that name its objects: what is kept for nothing, and what is missing.

Nothing younger than SPARED is looked at: an object is stored before its row names it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from veza.audio.manifest import PREVIEW
from veza.catalog.slugs import as_id
from veza.ingest.audio_versions import AudioVersion
from veza.ingest.track_sound import sound_of
from veza.ingest.uploads import PENDING, Upload
from veza.kit.database import Database, Session
from veza.kit.objects import NoSuchObject, Objects, StoredObject

SPARED = timedelta(hours=24)
_AT_ONCE = 500

Owner = Callable[[Session, Collection[str]], Awaitable[set[str]]]
"""Which of these keys rows name."""
Lost = Callable[[bool], Awaitable[list[str]]]
"""The keys of files that can be made again and are not there; where it is told to, it notes that they are to be."""
Missing = Callable[[], Awaitable[list[str]]]
"""The keys of files that rows name, that are not there and that nothing makes again."""


@dataclass(slots=True)
class Checked:
    """What was found: `orphans` are objects that no row names, `halves` files that a killed process left half-written,
    `missing` objects that rows name and the store has not, or not as large as they were. `removed` of orphans and
    halves were removed. `lost` are missing files that are made again when they are asked for, which is written down of
    `noted` of them."""

    objects: int = 0
    orphans: list[StoredObject] = field(default_factory=list)
    halves: list[StoredObject] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    removed: int = 0
    noted: int = 0

    @property
    def ok(self) -> bool:
        """Whether all is as it should be now."""
        is_clean = self.removed == len(self.orphans) + len(self.halves) and self.noted == len(self.lost)
        return is_clean and not self.missing


@dataclass(frozen=True)
class StorageCheck:
    """The store, who names what is kept under each prefix, what finds lost files that can be made again, and what finds
    missing files beside those of audio."""

    database: Database
    objects: Objects
    owners: Mapping[str, Owner]
    lost: Lost | None = None
    missing: Sequence[Missing] = ()

    async def run(self, *, fixes: bool = False) -> Checked:
        """Look at every object; with `fixes`, remove what is kept for nothing, and note what is to be made again.
        Raises ObjectsUnavailable."""
        found, before = Checked(), self.database.clock.now() - SPARED
        for prefix, owner in self.owners.items():
            async for page in _pages(self.objects.listing(prefix)):
                found.objects += len(page)
                old = [one for one in page if one.modified_at < before]
                async with self.database.read() as session:
                    named = await owner(session, [one.key for one in old])
                found.orphans += [one for one in old if one.key not in named]
        found.halves = [one for one in await asyncio.to_thread(self.objects.half_written) if one.modified_at < before]
        found.missing = await self._missing()
        for missing in self.missing:
            found.missing += await missing()
        if self.lost is not None:
            found.lost = await self.lost(fixes)
            found.noted = len(found.lost) if fixes else 0
        if fixes:
            for one in found.orphans:
                await self.objects.remove(one.key)
            await asyncio.to_thread(self.objects.remove_half_written, found.halves)
            found.removed = len(found.orphans) + len(found.halves)
        return found

    async def _missing(self) -> list[str]:
        """Files of what can be heard, and its originals, that are not there, or not as large as they were stored."""
        lacking: list[str] = []
        after: UUID | None = None
        while True:
            async with self.database.read() as session:
                # One without a prefix is being removed.
                ready = select(AudioVersion).where(
                    AudioVersion.status.in_(("ready", "replaced")), AudioVersion.prefix.is_not(None)
                )
                page = ready if after is None else ready.where(AudioVersion.id > after)
                rows = (await session.scalars(page.order_by(AudioVersion.id).limit(_AT_ONCE))).all()
            found = {row.id: lost for row in rows if (lost := await self._missing_of(row))}
            # A version may have been removed while its files were looked for.
            async with self.database.read() as session:
                kept = select(AudioVersion.id).where(AudioVersion.id.in_(found), AudioVersion.prefix.is_not(None))
                there = set(await session.scalars(kept))
            lacking += [key for version, lost in found.items() if version in there for key in lost]
            if len(rows) < _AT_ONCE:
                return lacking
            after = rows[-1].id

    async def _missing_of(self, row: AudioVersion) -> list[str]:
        sizes = {one.key: one.size_bytes async for one in self.objects.listing(row.prefix or "")}
        with suppress(NoSuchObject):
            sizes[row.original_key] = (await self.objects.head(row.original_key)).size_bytes
        wanted = {**_files_of(row), row.original_key: row.original_bytes}
        return [key for key, size_bytes in wanted.items() if sizes.get(key) != size_bytes]


async def originals(session: Session, keys: Collection[str]) -> set[str]:
    """Which of these originals a version or an upload names."""
    versions = select(AudioVersion.original_key).where(AudioVersion.original_key.in_(keys))
    named = set((await session.scalars(versions)).all())
    ids = {one: key for key in keys if (one := as_id(key.partition("/")[2])) is not None}
    uploads = select(Upload.original_id).where(Upload.original_id.in_(list(ids)), Upload.status.in_(PENDING))
    return named | {ids[one] for one in (await session.scalars(uploads)).all() if one is not None}


async def audio(session: Session, keys: Collection[str]) -> set[str]:
    """Which of these files a version names: those of the attempt that counts, or of the one that goes on."""
    ids = {as_id(key.split("/")[1]) for key in keys}
    rows = await session.scalars(select(AudioVersion).where(AudioVersion.id.in_([one for one in ids if one])))
    prefixes = {prefix for row in rows for prefix in _prefixes(row)}
    return {key for key in keys if key.rpartition("/")[0] in prefixes}


async def uploads(session: Session, keys: Collection[str]) -> set[str]:
    """Which of these parts belong to an upload that goes on."""
    ids = {as_id(key.split("/")[1]) for key in keys}
    pending = select(Upload.id).where(Upload.id.in_([one for one in ids if one]), Upload.status.in_(PENDING))
    alive = {str(one) for one in (await session.scalars(pending)).all()}
    return {key for key in keys if key.split("/")[1] in alive}


def _prefixes(row: AudioVersion) -> list[str]:
    if row.status == "processing":
        return [f"audio/{row.id}/{row.attempt}"]
    return [] if row.prefix is None or row.status in ("canceled", "failed") else [row.prefix]


def _files_of(row: AudioVersion) -> dict[str, int]:
    """The files of a version: key → size (bytes)."""
    sound = sound_of(row)
    if sound is None:
        return {}
    files = {str(one.rung): one for one in sound.rendered.renditions}
    if sound.preview is not None:
        files[PREVIEW] = sound.preview
    sizes = {sound.key(f"{name}.mp4"): one.size_bytes for name, one in files.items()}
    m4a = {sound.key(f"{name}.m4a"): one.progressive_bytes for name, one in files.items()}
    return sizes | {key: size_bytes for key, size_bytes in m4a.items() if size_bytes is not None}


async def _pages(listing: AsyncIterator[StoredObject]) -> AsyncIterator[list[StoredObject]]:
    page: list[StoredObject] = []
    async for one in listing:
        page.append(one)
        if len(page) == _AT_ONCE:
            yield page
            page = []
    if page:
        yield page
