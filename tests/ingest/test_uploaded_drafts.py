"""A ZIP or a recording that is uploaded for an artist becomes a filled draft, as `veza import` makes it of a folder."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from mutagen.id3 import ID3, TALB, TIT2
from sqlalchemy import select

from tests.ingest.counter import Counter, a_counter
from tests.ingest.pictures import picture
from tests.ingest.recordings import TAGS, recording
from tests.s3_server import S3Server
from veza.catalog.releases import Release
from veza.catalog.tracks import Track, tracks_of
from veza.ingest import upload_worker, uploaded_drafts
from veza.ingest.audio_versions import AudioVersion, versions_of
from veza.ingest.upload_worker import LEASE, UploadWorker
from veza.ingest.uploaded_drafts import Drafts
from veza.ingest.uploads import LIFETIME, Upload, terminate
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.work_folders import work_folder
from veza.kit.worker import run_once


@pytest.fixture
async def counter(database: Database, clock: ManualClock, tmp_path: Path) -> Counter:
    return await a_counter(database, clock, tmp_path, Objects.in_folder(tmp_path / "objects"))


def zipped(folder: Path, **more: bytes) -> bytes:
    """A ZIP of two recordings, whose numbers are not in the order of their names, with `more` files."""
    first = recording(folder / "zz.flac", cover=picture(), **{**TAGS, "title": "Dawn", "track": "1"})
    second = recording(folder / "aa.mp3", **{**TAGS, "title": "Dusk", "track": "2"})
    path = folder / "upload.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for one in (first, second):
            archive.write(one, f"Blue Hours/{one.name}")
        for name, content in more.items():
            archive.writestr(f"Blue Hours/{name}", content)
    return path.read_bytes()


async def draft(counter: Counter) -> tuple[Release, list[Track], list[AudioVersion]]:
    """The one draft beside the stage's own, its tracks, and the versions of their audio."""
    async with counter.database.read() as session:
        found = (await session.scalars(select(Release).where(Release.id != counter.release))).all()
        assert len(found) == 1
        tracks = list(await tracks_of(session, found[0].id))
        return found[0], tracks, [one for track in tracks for one in await versions_of(session, track.id)]


async def _is_filled(counter: Counter) -> None:
    """Asserts that the draft is what the ZIP says, and nothing is left but its originals and its cover."""
    release, tracks, versions = await draft(counter)
    assert (release.title, release.status, release.cover_id is not None) == ("Blue Hours", "draft", True)
    assert [track.title for track in tracks] == ["Dawn", "Dusk"]
    assert [one.status for one in versions] == ["uploaded", "uploaded"]
    keys = [key for key in await counter.keys() if not key.startswith("covers/")]
    assert keys == sorted(one.original_key for one in versions)
    assert list((counter.folder / "processing").glob("*")) == []


async def test_a_zip_is_a_filled_draft(counter: Counter, tmp_path: Path) -> None:
    upload_id = await counter.sent(zipped(tmp_path), "Blue Hours.zip", artist_id=counter.artist)
    await run_once(counter.worker())
    row = await counter.row(upload_id)
    assert (row.status, row.reason, row.due_at) == ("taken", None, None)
    assert row.release_id == (await draft(counter))[0].id
    await _is_filled(counter)


async def test_a_zip_in_a_bucket_is_a_filled_draft(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, s3_server: S3Server
) -> None:
    database = Database.open(sqlite_url, clock=clock)
    counter = await a_counter(database, clock, tmp_path, Objects.in_bucket(s3_server.bucket(str(tmp_path).strip("/"))))
    await counter.sent(zipped(tmp_path), "Blue Hours.zip", artist_id=counter.artist)
    await run_once(counter.worker())
    await _is_filled(counter)
    await database.close()


async def test_what_is_left_out_is_said(counter: Counter, tmp_path: Path) -> None:
    """A broken recording, and a broken picture, fail no other."""
    content = zipped(tmp_path, **{"broken.flac": b"fLaC" + b"x" * 100, "front.png": b"no picture"})
    upload_id = await counter.sent(content, "Blue Hours.zip", artist_id=counter.artist)
    await run_once(counter.worker())
    row = await counter.row(upload_id)
    assert row.status == "taken"
    assert str(row.reason).startswith("left out: Blue Hours/broken.flac: it is no FLAC file that can be read")
    await _is_filled(counter)


def guessed(folder: Path) -> bytes:
    """A ZIP of two recordings without numbers: the tags of one do not say their encoding, the other's name says a
    wrong form."""
    russian, flac = recording(folder / "1 old.mp3"), recording(folder / "2 new.flac", title="Dusk", album="Blue Hours")
    tags = ID3()
    for kind, text in ((TIT2, "Группа крови"), (TALB, "Blue Hours")):
        tags.add(kind(encoding=0, text=[text.encode("cp1251").decode("latin-1")]))
    tags.save(russian)
    path = folder / "guessed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(russian, "Blue Hours/1 old.mp3")
        archive.write(flac, "Blue Hours/2 new.mp3")
    return path.read_bytes()


async def test_what_is_guessed_is_noted(counter: Counter, tmp_path: Path) -> None:
    upload_id = await counter.sent(guessed(tmp_path), "Blue Hours.zip", artist_id=counter.artist)
    await run_once(counter.worker())
    assert [track.title for track in (await draft(counter))[1]] == ["Группа крови", "Dusk"]
    row = await counter.row(upload_id)
    assert (row.status, row.reason) == ("taken", None)
    assert [str(note) for note in row.notes] == [
        "the tags of 2 of its 2 files have no track number: the names say the order",
        "Blue Hours/1 old.mp3: its tags do not say their encoding and were read as cp1251, which is a guess:"
        " check them",
        "Blue Hours/2 new.mp3: it is FLAC, though its name ends in .mp3",
    ]


async def test_nothing_is_noted_where_nothing_is_guessed(counter: Counter, tmp_path: Path) -> None:
    upload_id = await counter.sent(zipped(tmp_path), "Blue Hours.zip", artist_id=counter.artist)
    assert (await counter.row(upload_id)).notes == []
    await run_once(counter.worker())
    assert (await counter.row(upload_id)).notes == []


async def test_notes_of_several_releases_name_theirs_and_are_bounded(
    counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for album in ("Blue Hours", "Red Days"):
            for name in ("1 Dawn.flac", "2 Dusk.flac"):
                archive.write(recording(tmp_path / album / name, title=name[2:6], album=album), f"{album}/{name}")
    monkeypatch.setattr(uploaded_drafts, "MOST_NOTES", 1)
    upload_id = await counter.sent(path.read_bytes(), "two.zip", artist_id=counter.artist)
    await run_once(counter.worker())
    assert [str(note) for note in (await counter.row(upload_id)).notes] == [
        "Blue Hours: the tags of 2 of its 2 files have no track number: the names say the order",
        "and 1 more",
    ]


async def test_a_recording_is_a_draft_of_one_track(counter: Counter, tmp_path: Path) -> None:
    content = recording(tmp_path / "take.wav").read_bytes()
    await counter.sent(content, "Night Bus.wav", artist_id=counter.artist)
    await run_once(counter.worker())
    release, (track,), (version,) = await draft(counter)
    assert (release.title, track.title, version.file_name) == ("Night Bus", "Night Bus", "Night Bus.wav")


@pytest.mark.parametrize("name", ["../../etc/passwd.wav", "...", "a\0b.wav", "é" * 200 + ".wav", "", ".wav"])
async def test_no_name_leads_out_of_its_folder(counter: Counter, tmp_path: Path, name: str) -> None:
    content = recording(tmp_path / "take.wav").read_bytes()
    upload_id = await counter.sent(content, name, artist_id=counter.artist)
    await run_once(counter.worker())
    assert (await counter.row(upload_id)).status in ("taken", "refused")
    assert list((counter.folder / "processing").glob("*")) == []


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"PK\x03\x04" + b"x" * 500 + b"PK\x05\x06" + bytes(18), "a.zip", "recording in it|ZIP cannot be read"),
        (b"just a text", "a.txt", "there is no recording in it"),
        (b"fLaC" + b"x" * 500, "a.flac", "no draft was made: a.flac: it is no FLAC file"),
    ],
)
async def test_what_no_draft_comes_of_says_why_and_leaves_nothing(
    counter: Counter, content: bytes, name: str, said: str
) -> None:
    upload_id = await counter.sent(content, name, artist_id=counter.artist)
    await run_once(counter.worker())
    row = await counter.row(upload_id)
    assert row.status == "refused"
    assert any(one in str(row.reason) for one in said.split("|"))
    assert await counter.keys() == []


async def test_a_worker_that_is_killed_in_an_import_is_followed_by_one_that_ends_it(
    counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id, hangs = await counter.sent(zipped(tmp_path), "a.zip", artist_id=counter.artist), asyncio.Event()

    async def hang(*_: Any, **__: Any) -> None:
        hangs.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(UploadWorker, "_take_drafts", hang)
    killed = asyncio.create_task(run_once(counter.worker()))
    await hangs.wait()
    killed.cancel()
    await asyncio.wait({killed})
    monkeypatch.undo()
    counter.clock.advance(LEASE)
    await run_once(counter.worker())
    assert (await counter.row(upload_id)).status == "taken"
    await _is_filled(counter)


async def dropped(counter: Counter, folder: Path, *names: str) -> dict[str, tuple[bytes, str]]:
    """Recordings by file name, each with where it lay."""
    made = {}
    for number, name in enumerate(names, 1):
        tags = {**TAGS, "title": Path(name).stem, "track": str(number)}
        made[Path(name).name] = (recording(folder / Path(name).name, **tags).read_bytes(), name)
    return made


async def test_files_dropped_at_once_become_one_draft_when_the_last_has_come(counter: Counter, tmp_path: Path) -> None:
    files = await dropped(counter, tmp_path / "mine", "Blue Hours/Dawn.flac", "Blue Hours/Dusk.mp3")
    drop, ids = uuid4(), []
    for name, (content, path) in files.items():
        ids.append(await counter.sent(content, name, artist_id=counter.artist, drop=(drop, 2, path)))
        await run_once(counter.worker())
        if len(ids) == 1:
            assert (await counter.row(ids[0])).status == "received"
    for _ in range(2):
        await run_once(counter.worker())
    release, tracks, versions = await draft(counter)
    assert (release.title, [one.title for one in tracks]) == ("Blue Hours", ["Dawn", "Dusk"])
    rows = [await counter.row(one) for one in ids]
    assert [(one.status, one.release_id, one.due_at) for one in rows] == [("taken", release.id, None)] * 2
    assert sorted(key for key in await counter.keys() if not key.startswith("covers/")) == sorted(
        one.original_key for one in versions
    )
    assert list((counter.folder / "processing").glob("*")) == []


async def test_a_job_that_begins_beside_an_import_takes_nothing_of_it(
    counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An audio job begins with the first recording that is stored, and removes what was left behind beside its own."""
    write = counter.objects.write

    async def beside(key: str, chunks: AsyncIterator[bytes]) -> None:
        async with work_folder(counter.folder / "processing", "job-"):
            await write(key, chunks)

    monkeypatch.setattr(counter.objects, "write", beside)
    drop = uuid4()
    for name, (content, path) in (await dropped(counter, tmp_path, "1.flac", "2.flac", "3.flac")).items():
        await counter.sent(content, name, drop=(drop, 3, path), artist_id=counter.artist)
    while await run_once(counter.worker()):
        pass
    _, tracks, versions = await draft(counter)
    assert (len(tracks), len(versions)) == (3, 3)


async def test_what_came_of_a_drop_is_a_draft_after_a_day(counter: Counter, tmp_path: Path) -> None:
    """Of three files one never came: what was uploaded is not lost."""
    files = await dropped(counter, tmp_path / "mine", "Dawn.flac", "Dusk.mp3")
    drop = uuid4()
    for name, (content, path) in files.items():
        await counter.sent(content, name, artist_id=counter.artist, drop=(drop, 3, path))
    await run_once(counter.worker())
    async with counter.database.read() as session:
        assert len((await session.scalars(select(Release))).all()) == 1
    counter.clock.advance(LIFETIME)
    for _ in range(3):
        await run_once(counter.worker())
    assert [one.title for one in (await draft(counter))[1]] == ["Dawn", "Dusk"]


async def test_no_path_of_a_drop_leads_out_of_its_folder(counter: Counter, tmp_path: Path) -> None:
    (content, _), *_ = (await dropped(counter, tmp_path / "mine", "Dawn.flac")).values()
    await counter.sent(content, "x.flac", artist_id=counter.artist, drop=(uuid4(), 1, "../../../outside/./Dawn.flac"))
    await run_once(counter.worker())
    assert [one.title for one in (await draft(counter))[1]] == ["Dawn"]
    assert await asyncio.to_thread(lambda: list(tmp_path.rglob("outside*"))) == []


@pytest.mark.parametrize("given_up", [0, 1, 2])
async def test_a_file_that_is_given_up_while_drafts_are_made_keeps_no_other_waiting(
    counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given_up: int
) -> None:
    files = await dropped(counter, tmp_path / "mine", "Dawn.flac", "Noon.flac", "Dusk.flac")
    drop, ids, made_of = uuid4(), list[UUID](), upload_worker.drafts_of_drop

    async def meanwhile(*how: Any) -> Drafts:
        made = await made_of(*how)
        async with counter.database.write() as session:
            await terminate(session, await session.get_one(Upload, ids[given_up], with_for_update=True))
        return made

    monkeypatch.setattr(upload_worker, "drafts_of_drop", meanwhile)
    for name, (content, path) in files.items():
        ids.append(await counter.sent(content, name, artist_id=counter.artist, drop=(drop, 3, path)))
    while await run_once(counter.worker()):
        pass
    rows = [await counter.row(one) for one in ids]
    assert [one.status for one in rows] == ["terminated" if at == given_up else "taken" for at in range(3)]
    assert [one.due_at for one in rows] == [None] * 3
    assert not [key async for key in counter.objects.listing("uploads")]
    assert len((await draft(counter))[1]) == 3


async def test_a_drop_waits_for_no_file_that_is_given_up(counter: Counter, tmp_path: Path) -> None:
    files = await dropped(counter, tmp_path / "mine", "Dawn.flac", "Dusk.flac")
    drop = uuid4()
    for name, (content, path) in files.items():
        await counter.sent(content, name, artist_id=counter.artist, drop=(drop, 3, path))
    never = await counter.sent(b"x", "Noon.flac", length=2, artist_id=counter.artist, drop=(drop, 3, "Noon.flac"))
    while await run_once(counter.worker()):
        pass
    async with counter.database.write() as session:
        await terminate(session, await session.get_one(Upload, never, with_for_update=True))
    while await run_once(counter.worker()):
        pass
    assert [one.title for one in (await draft(counter))[1]] == ["Dawn", "Dusk"]
