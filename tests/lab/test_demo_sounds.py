"""The demo's tracks get their sound behind the running site, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests import factories
from tests.waiting import BOUND_SECONDS, until
from veza.catalog.releases import Release
from veza.catalog.tracks import find_track
from veza.ingest.audio_versions import versions_of
from veza.ingest.audio_worker import AudioRules, AudioWorker
from veza.ingest.originals import Original
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.worker import run_once
from veza.lab.demo.music.pieces import Piece
from veza.lab.demo.roster import roster_of
from veza.lab.demo.sounds import DemoSounds, TrackPiece, in_order

RATE = 44_100


class Opened:
    """A demo whose label is open, or not yet."""

    def __init__(self, *, is_wanted: bool = True, is_open: bool = True) -> None:
        self.opened, self.first_heard = asyncio.Event(), asyncio.Event()
        self._is_wanted = is_wanted
        if is_open:
            self.opened.set()

    async def is_wanted(self) -> bool:
        return self._is_wanted


@pytest.fixture
async def tracks(database: Database) -> list[UUID]:
    artist = await factories.artist(database, run_by=await factories.person(database))
    release, tracks = await factories.release(database, artist, "Night Bus", "Low Water")
    await factories.change(database, Release, release, title="Blue Hours")
    return tracks


@pytest.fixture
def track(tracks: list[UUID]) -> UUID:
    return tracks[0]


def wanted(number: int = 0, title: str = "Night Bus") -> TrackPiece:
    piece = Piece(7, "Anna", ("ambient",), title, "", 2 * RATE)
    return TrackPiece(f"0-0-{number}", "Anna", "Blue Hours", title, piece)


@asynccontextmanager
async def running(sounds: DemoSounds) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(sounds.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def test_a_track_of_the_demo_gets_its_music(database: Database, track: UUID, tmp_path: Path) -> None:
    objects = Objects.in_folder(tmp_path / "objects")
    demo = Opened(is_open=False)
    sounds = DemoSounds(demo, database, objects, tmp_path / "making", [wanted()])
    async with running(sounds):
        key = "originals/demo-1-7-0-0-0.flac"

        async def is_kept() -> bool:
            return [one.key async for one in objects.listing("originals")] == [key]

        await until(is_kept, "the piece made while the label is not open yet")
        async with database.read() as session:
            assert await versions_of(session, track) == []
        demo.opened.set()
        await until(lambda: sounds.made == 1)
    await run_once(AudioWorker(database, objects, AudioRules(tmp_path / "processing")))
    async with database.read() as session:
        row = await find_track(session, track)
    assert (row.audio_state, row.audio_samples) == ("ready", 2 * RATE)


class Noted(DemoSounds):
    """Notes which pieces were begun, and whether the first could be heard then."""

    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self.begun: list[tuple[str, bool]] = []

    async def _original(self, wanted: TrackPiece) -> Original:
        self.begun.append((wanted.title, self._demo.first_heard.is_set()))
        return await super()._original(wanted)


async def test_the_second_piece_is_begun_when_the_first_is_heard(
    database: Database, tracks: list[UUID], tmp_path: Path
) -> None:
    objects, demo = Objects.in_folder(tmp_path / "objects"), Opened()
    both = [wanted(), wanted(1, "Low Water")]
    sounds = Noted(demo, database, objects, tmp_path / "making", both)
    async with running(sounds):
        await until(lambda: sounds.made == 1)
        assert not demo.first_heard.is_set()
        await run_once(AudioWorker(database, objects, AudioRules(tmp_path / "processing")))
        await until(lambda: sounds.made == 2)
    assert sounds.begun == [("Night Bus", False), ("Low Water", True)]


async def test_a_piece_that_cannot_be_made_keeps_nobody_waiting(
    database: Database, track: UUID, tmp_path: Path
) -> None:
    (tmp_path / "making").write_text("a file where the folder should be")
    demo = Opened()
    sounds = DemoSounds(demo, database, Objects.in_folder(tmp_path / "objects"), tmp_path / "making", [wanted()])
    async with running(sounds):
        await asyncio.wait_for(demo.first_heard.wait(), BOUND_SECONDS)
    assert sounds.made == 0


async def test_a_first_piece_that_is_refused_keeps_nobody_waiting(
    database: Database, tracks: list[UUID], tmp_path: Path
) -> None:
    objects, demo = Objects.in_folder(tmp_path / "objects"), Opened()
    sounds = DemoSounds(demo, database, objects, tmp_path / "making", [wanted()])
    async with running(sounds):
        await until(lambda: sounds.made == 1)
        too_long = AudioRules(tmp_path / "processing", longest=timedelta(seconds=1))
        await run_once(AudioWorker(database, objects, too_long))
        await asyncio.wait_for(demo.first_heard.wait(), BOUND_SECONDS)
    async with database.read() as session:
        assert (await find_track(session, tracks[0])).audio_state == "failed"


async def test_what_has_sound_is_not_made_again(database: Database, track: UUID, tmp_path: Path) -> None:
    objects = Objects.in_folder(tmp_path / "objects")
    for _ in range(2):
        sounds = DemoSounds(Opened(), database, objects, tmp_path / "making", [wanted()])
        async with running(sounds):
            await until(lambda sounds=sounds: sounds.made == 1)  # type: ignore[misc]
    async with database.read() as session:
        assert len(await versions_of(session, track)) == 1


async def test_a_site_of_its_own_gets_no_demo_music(database: Database, track: UUID, tmp_path: Path) -> None:
    demo = Opened(is_wanted=False)
    sounds = DemoSounds(demo, database, Objects.in_folder(tmp_path), tmp_path / "making", [wanted()])
    async with running(sounds):
        await asyncio.wait_for(demo.first_heard.wait(), BOUND_SECONDS)
    async with database.read() as session:
        assert await versions_of(session, track) == []


def test_the_first_to_sound_is_short_and_out_and_every_release_out_follows() -> None:
    roster = roster_of(1)
    tracks = in_order(1)
    assert len(tracks) == sum(len(record.songs) for act in roster.acts for record in act.records)
    out = [record for act in roster.acts for record in act.records if record.status == "published"]
    assert {one.release for one in tracks[: len(out) + 1]} == {record.title for record in out}
    assert tracks[0].piece.samples == min(
        song.seconds * RATE for record in out if record.kind != "sample_pack" for song in record.songs
    )
