"""`veza import` stores what it read: each recording is sent once, and becomes the sound of its track."""

from __future__ import annotations

from pathlib import Path

from tests.audio.sounds import FORMATS, tone, write
from tests.ingest.conftest import Intake
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import AudioVersion, versions_of
from veza.ingest.audio_worker import AudioRules, AudioWorker
from veza.ingest.originals import Original, original_key, take_original
from veza.kit.objects import Objects
from veza.kit.worker import run_once

RATE = 44_100


def sound(path: Path, how: str, hertz: float, seconds: float = 0.7) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write(path, FORMATS[how], tone(round(seconds * RATE), RATE, hertz=hertz), RATE)


async def versions(intake: Intake, track: Track) -> list[AudioVersion]:
    async with intake.catalog.database.read() as session:
        return list(await versions_of(session, track.id))


async def tracks(intake: Intake) -> dict[str, Track]:
    return {track.title: track for _, rows in (await intake.releases()).values() for track in rows}


async def test_a_folder_of_flac_mp3_and_ogg_can_be_heard_after_the_worker(intake: Intake, tmp_path: Path) -> None:
    intake.catalog.objects = Objects.in_folder(tmp_path / "objects")
    worker = AudioWorker(intake.catalog.database, intake.catalog.objects, AudioRules(tmp_path / "processing"))
    for number, (how, suffix) in enumerate((("FLAC 16 bit", "flac"), ("MP3 VBR", "mp3"), ("Ogg Vorbis", "ogg"))):
        sound(intake.folder / "Blue Hours" / f"0{number + 1} {suffix}.{suffix}", how, 300 + 50 * number)
    report = await intake.imported()
    assert report.sent == 3
    assert {track.audio_state for track in (await tracks(intake)).values()} == {"processing"}
    await run_once(worker, 10)
    heard = await tracks(intake)
    assert {track.audio_state for track in heard.values()} == {"ready"}
    assert {track.duration_ms for track in heard.values()} == {700}


async def test_what_was_sent_is_not_sent_again(intake: Intake) -> None:
    sound(intake.folder / "Blue Hours" / "01 Night Bus.flac", "FLAC 16 bit", 440)
    assert (await intake.imported()).sent == 1
    assert (await intake.imported()).sent == 0


async def test_an_import_that_was_killed_before_its_sound_is_completed_by_the_next(intake: Intake) -> None:
    sound(intake.folder / "Blue Hours" / "01 Night Bus.flac", "FLAC 16 bit", 440)
    await intake.imported()
    (track,) = (await tracks(intake)).values()
    async with intake.catalog.database.write("test") as session:
        for one in await versions_of(session, track.id):
            await session.delete(one)
    assert (await intake.imported()).sent == 1
    assert len(await versions(intake, track)) == 1


async def test_another_take_in_the_same_file_replaces_the_sound_of_a_draft(intake: Intake) -> None:
    path = sound(intake.folder / "Blue Hours" / "01 Night Bus.flac", "FLAC 16 bit", 440)
    await intake.imported()
    path.unlink()
    sound(path, "FLAC 16 bit", 550)
    assert (await intake.imported()).sent == 1
    (track,) = (await tracks(intake)).values()
    assert [one.status for one in await versions(intake, track)] == ["canceled", "uploaded"]


async def test_what_people_uploaded_is_not_replaced_by_an_import(intake: Intake) -> None:
    path = sound(intake.folder / "Blue Hours" / "01 Night Bus.flac", "FLAC 16 bit", 440)
    await intake.imported()
    (track,) = (await tracks(intake)).values()
    async with intake.catalog.database.write("test") as session:
        mine = await session.get_one(Track, track.id)
        key = original_key(session.new_id())
        await take_original(session, mine, Original(key, 1, "f" * 64, "master.wav", "upload"))
    path.unlink()
    sound(path, "FLAC 16 bit", 550)
    assert (await intake.imported()).sent == 0


async def test_a_dry_run_stores_nothing(intake: Intake) -> None:
    sound(intake.folder / "Blue Hours" / "01 Night Bus.flac", "FLAC 16 bit", 440)
    assert (await intake.imported(is_dry=True)).sent == 0
    assert [one async for one in intake.catalog.objects.listing()] == []


async def test_what_is_stored_is_the_file_byte_for_byte(intake: Intake) -> None:
    path = sound(intake.folder / "Blue Hours" / "01 Night Bus.flac", "FLAC 16 bit", 440)
    await intake.imported()
    (track,) = (await tracks(intake)).values()
    (version,) = await versions(intake, track)
    assert await intake.catalog.objects.get(version.original_key) == path.read_bytes()
