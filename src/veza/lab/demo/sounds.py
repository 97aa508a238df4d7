"""The demo's sound: each track's music is made by a child process, kept as an original, and processed like any other.

It goes on behind the running site, a few tracks ahead of the audio worker, so that what people upload meanwhile does
not wait behind the demo. Music that was made once is found again: its original has a key of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy import func, select

from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.track_audio import AudioState
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import ON_ITS_WAY, AudioVersion
from veza.ingest.originals import Original, take_original
from veza.kit.database import Database
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.elsewhere import Elsewhere, TookTooLong
from veza.kit.messages import gettext
from veza.kit.objects import NoSuchObject, Objects, ObjectsUnavailable
from veza.kit.work_folders import work_folder
from veza.lab.demo.music.making import make_track
from veza.lab.demo.music.pieces import Piece, first_heard, pieces_of
from veza.lab.demo.roster import roster_of
from veza.lab.demo.stage import FIRST_SOUND_SECONDS

log = structlog.get_logger(__name__)

MUSIC_VERSION = 1
"""Counted up when the same seed makes other music."""
AHEAD = 3
"""Originals that wait or are processed at once."""
PAUSE_SECONDS, PAUSE_AFTER_TROUBLE_SECONDS = 0.5, 15.0
LOOK_SECONDS = 0.1
SENT_BY = "demo"


class Demo(Protocol):
    """The demo that the tracks belong to; `first_heard` is set when the first of them plays, or when it does not in
    time."""

    opened: asyncio.Event
    first_heard: asyncio.Event

    async def is_wanted(self) -> bool: ...


class DemoSounds:
    """Gives every track of the demo its sound, then idles until the process stops."""

    name = "demo sounds"

    def __init__(
        self, demo: Demo, database: Database, objects: Objects, folder: Path, tracks: Sequence[TrackPiece]
    ) -> None:
        """`tracks` in the order they are to be heard, `folder` for files in the making."""
        self._demo, self._database, self._objects, self._folder, self._tracks = demo, database, objects, folder, tracks
        self._child = Elsewhere()
        self.made = 0
        """How many of the tracks have their sound."""

    async def run(self, stop: asyncio.Event) -> None:
        making = asyncio.create_task(self._make())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({making, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            making.cancel()
            self._demo.first_heard.set()
            self._child.close()
            with suppress(asyncio.CancelledError, TookTooLong):
                await making
        await stopping

    async def _make(self) -> None:
        if not await self._demo.is_wanted():
            return
        for wanted in self._tracks:
            while True:
                if await self._has_sound(wanted):
                    break
                self._demo.first_heard.set()
                await asyncio.sleep(PAUSE_AFTER_TROUBLE_SECONDS)
            self.made += 1
            log.info("demo.sound", track=wanted.title, made=self.made, of=len(self._tracks))
            if not self._demo.first_heard.is_set():
                await self._wait_until_heard(wanted)
                self._demo.first_heard.set()

    async def _has_sound(self, wanted: TrackPiece) -> bool:
        """Give a track its sound if it has none; False if that is to be tried again."""
        try:
            track_id = await self._track(wanted)
            if track_id is not None and await self._is_given(track_id):
                return True
            # The first piece is made while its track is: a newcomer listens within seconds.
            original = await self._original(wanted)
            await self._demo.opened.wait()
            track_id = await self._track(wanted)
            if track_id is None:
                return True  # people have taken it out
            await self._wait_for_the_worker()
            async with self._database.write("demo") as session:
                track = await session.get(Track, track_id, with_for_update=True)
                if track is not None and track.audio_state == AudioState.NONE.value:
                    await take_original(session, track, original, because=gettext("made for the demo"))
            return True
        except (DatabaseUnavailable, ObjectsUnavailable, OSError, TookTooLong) as error:
            log.warning("demo.sound_failed", track=wanted.title, reason=str(error))
            return False

    async def _is_given(self, track_id: UUID) -> bool:
        async with self._database.read() as session:
            track = await session.get(Track, track_id)
            return track is None or track.audio_state != AudioState.NONE.value

    async def _track(self, wanted: TrackPiece) -> UUID | None:
        async with self._database.read() as session:
            mine = _TRACK.where(
                Artist.name == wanted.artist, Release.title == wanted.release, Track.title == wanted.title
            )
            return await session.scalar(mine)

    async def _wait_until_heard(self, wanted: TrackPiece) -> None:
        """Wait for the first rung of the first piece: no other piece and no cover takes a processor from it."""
        with suppress(TimeoutError, DatabaseUnavailable):
            async with asyncio.timeout(FIRST_SOUND_SECONDS):
                while True:
                    if await self._is_decided(wanted):
                        return
                    await asyncio.sleep(LOOK_SECONDS)

    async def _is_decided(self, wanted: TrackPiece) -> bool:
        """Whether the track plays, or its processing has failed, or the track is gone."""
        track_id = await self._track(wanted)
        if track_id is None:
            return True
        async with self._database.read() as session:
            track = await session.get(Track, track_id)
        return track is None or track.audio_id is not None or track.audio_state == AudioState.FAILED.value

    async def _wait_for_the_worker(self) -> None:
        waiting = select(func.count()).where(AudioVersion.status.in_(ON_ITS_WAY))
        while True:
            async with self._database.read() as session:
                if int(await session.scalar(waiting) or 0) < AHEAD:
                    return
            await asyncio.sleep(PAUSE_SECONDS)

    async def _original(self, wanted: TrackPiece) -> Original:
        """The piece as an original, made and stored if it is not yet."""
        file_name = f"{wanted.title}.flac"
        key = f"originals/demo-{MUSIC_VERSION}-{wanted.piece.seed}-{wanted.name}.flac"
        with suppress(NoSuchObject):
            kept = await self._objects.head(key)
            return Original(key, kept.size_bytes, await _hash(self._objects.chunks(key)), file_name, SENT_BY)
        async with work_folder(self._folder, "demo-") as folder:
            path = folder / "piece.flac"
            await self._child.run(make_track, str(path), wanted.piece, wanted is not self._tracks[0])
            await self._objects.write_file(key, path)
            size = path.stat().st_size
        return Original(key, size, await _hash(self._objects.chunks(key)), file_name, SENT_BY)


@dataclass(frozen=True, slots=True)
class TrackPiece:
    """A track of the demo and the piece that is its sound; `name` is its place in the roster."""

    name: str
    artist: str
    release: str
    title: str
    piece: Piece


def in_order(seed: int) -> list[TrackPiece]:
    """Every track of the roster of a seed: the one to be heard first, then the first track of each release that is out,
    then the other tracks, release by release."""
    roster = roster_of(seed)
    found, first = list(pieces_of(seed, roster)), first_heard(seed, roster)

    def is_out(where: tuple[int, int]) -> bool:
        return roster.record(where).status == "published"

    found.sort(key=lambda one: (one[:2] != first, not is_out(one[0]), one[1] > 0, one[0], one[1]))
    return [
        TrackPiece(
            f"{act}-{place}-{number}", roster.acts[act].name, (record := roster.record((act, place))).title,
            record.songs[number].title, piece,
        )
        for (act, place), number, piece in found
    ]  # fmt: skip


_TRACK = (
    select(Track.id)
    .join(Release, Release.id == Track.release_id)
    .join(Artist, Artist.id == Release.artist_id)
    .order_by(Track.id)
    .limit(1)
)


async def _hash(chunks: AsyncIterator[bytes]) -> str:
    digest = hashlib.sha256()
    async for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
