"""A track becomes a file to keep: asked for once, made by a worker, said to be there; on both databases."""

from __future__ import annotations

import asyncio
import io
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock
from uuid import UUID

import mutagen
import pytest
from sqlalchemy import select

from tests import factories
from tests.ingest.pictures import picture
from tests.streaming.world import Label
from tests.waiting import until
from tests.working import working
from veza.accounts.identity import SignInNeeded
from veza.audio.download_formats import DownloadFormat
from veza.catalog.releases import Release
from veza.catalog.tracks import Track, UnknownTrack
from veza.kit.clock import ManualClock
from veza.kit.messages import gettext
from veza.kit.moves import history_of
from veza.kit.objects import Objects, ObjectsUnavailable
from veza.kit.worker import run_once
from veza.library.grants import ItemKind
from veza.streaming import asking
from veza.streaming.asking import Holder, NotOwned
from veza.streaming.download_worker import FIRST_PAUSE, MOST_TRIES, DownloadWorker
from veza.streaming.downloads import Download, FormatNotOffered, NoSuchDownload
from veza.streaming.hearing import NoSoundYet
from veza.streaming.removing import remove_downloads_of
from veza.streaming.rules import DownloadRules

FLAC, WAV, V0 = DownloadFormat.FLAC, DownloadFormat.WAV, DownloadFormat.MP3_V0


async def ask(label: Label, holder: Holder, track_id: UUID, wanted: DownloadFormat = FLAC) -> Download:
    async with label.database.write("test") as session:
        return await asking.ask_for_track(session, holder, track_id, wanted)


async def made(label: Label, holder: Holder, track_id: UUID, wanted: DownloadFormat = FLAC) -> Download:
    asked = await ask(label, holder, track_id, wanted)
    await run_once(label.worker)
    row = await label.download(asked.id)
    assert row.status == "ready", row.reason
    return row


async def test_what_is_asked_for_is_made_and_says_what_it_is(label: Label) -> None:
    release_id, (track_id, _) = await label.album(
        "Zimní slunce", "Led", musicbrainz_id=UUID("6e335887-60ba-38f0-95af-fae7774336bf"), tags=["folk"]
    )
    await label.cover(release_id, picture())
    await factories.change(label.database, Track, track_id, isrc="CZA512600001")
    holder = await label.owner(release_id)
    asked = await ask(label, holder, track_id)
    assert (asked.status, asked.key) == ("waiting", None)
    row = await made(label, holder, track_id)
    assert row.id == asked.id
    assert row.file_name == "01 Zimní slunce.flac"
    assert row.key is not None
    content = await label.objects.get(row.key)
    assert (row.size_bytes, row.crc32) == (len(content), zlib.crc32(content))
    file = mutagen.File(io.BytesIO(content))
    expected = {
        "title": "Zimní slunce", "artist": "Džana", "album": "Ostrov", "tracknumber": "1", "tracktotal": "2",
        "isrc": "CZA512600001", "musicbrainz_albumid": "6e335887-60ba-38f0-95af-fae7774336bf", "genre": "folk",
    }  # fmt: skip
    assert {name: file[name][0] for name in expected} == expected
    assert file["replaygain_track_gain"][0].endswith(" dB")
    assert file["replaygain_album_gain"][0].endswith(" dB")
    assert file.pictures[0].mime == "image/jpeg"
    assert (file.pictures[0].width, file.pictures[0].height) == (256, 256)
    assert not list((label.folder / "making").iterdir())


async def test_the_album_gain_is_that_of_all_tracks_as_one_piece(label: Label) -> None:
    release_id, (loud, soft) = await label.release("Loud", "Soft")
    await label.sing(loud, seconds=9)
    await label.sing(soft, seconds=1, hertz=60)
    holder = await label.owner(release_id)
    said = [(await ask(label, holder, one)).said.tags for one in (loud, soft)]
    assert said[0].album_gain == said[1].album_gain
    assert said[0].track_gain != said[1].track_gain
    assert said[0].album_gain is not None
    assert said[0].track_gain is not None
    assert abs(said[0].album_gain.integrated_lufs - said[0].track_gain.integrated_lufs) < 1


async def test_a_second_buyer_gets_the_same_file(label: Label) -> None:
    release_id, (track_id,) = await label.album("Led")
    first = await made(label, await label.owner(release_id), track_id)
    again = await ask(label, await label.owner(release_id), track_id)
    assert (again.id, again.status, again.etag) == (first.id, "ready", first.etag)
    assert await run_once(label.worker) == 0


async def test_two_who_ask_at_once_make_one_download(label: Label) -> None:
    release_id, (track_id,) = await label.album("Led")
    holders = [await label.owner(release_id) for _ in range(4)]
    rows = await asyncio.gather(*(ask(label, one, track_id) for one in holders))
    assert len({row.id for row in rows}) == 1


async def test_a_changed_title_is_another_file_and_the_same_again_has_the_same_tag(label: Label) -> None:
    release_id, (track_id,) = await label.album("Led")
    holder = await label.owner(release_id)
    first = await made(label, holder, track_id)
    await factories.change(label.database, Track, track_id, title="Ledy")
    second = await made(label, holder, track_id)
    assert second.id != first.id
    assert second.etag != first.etag
    await factories.change(label.database, Track, track_id, title="Led")
    assert (await ask(label, holder, track_id)).id == first.id
    await remove_downloads_of(label.database, label.objects, [track_id])
    assert await label.stored() == []
    anew = await made(label, holder, track_id)
    assert anew.id != first.id
    assert anew.etag == first.etag, "made again, byte for byte"


async def test_a_replaced_audio_is_another_file(label: Label) -> None:
    release_id, (track_id,) = await label.album("Led")
    holder = await label.owner(release_id)
    first = await made(label, holder, track_id)
    await label.sing(track_id, seconds=2)
    second = await made(label, holder, track_id)
    assert second.version_id != first.version_id
    assert second.etag != first.etag


async def test_a_lossy_original_offers_no_lossless_format(label: Label) -> None:
    release_id, (track_id,) = await label.album("Led", how="MP3 CBR")
    holder = await label.owner(release_id)
    for wanted in (FLAC, WAV, DownloadFormat.ALAC):
        with pytest.raises(FormatNotOffered, match="was uploaded as mp3"):
            await ask(label, holder, track_id, wanted)
    assert (await made(label, holder, track_id, V0)).file_name == "01 Led.mp3"


async def test_who_may_not_is_told_why(label: Label) -> None:
    release_id, (track_id, other_id) = await label.album("Led", "Sníh")
    listener = Holder(await factories.person(label.database))
    with pytest.raises(NotOwned, match="published, not owned"):
        await ask(label, listener, track_id)
    with pytest.raises(SignInNeeded):
        await ask(label, Holder(None), track_id)
    with pytest.raises(UnknownTrack):
        await ask(label, listener, release_id)
    owner = await label.owner(release_id, ItemKind.TRACK, other_id)
    await ask(label, owner, other_id)
    with pytest.raises(NotOwned):
        await ask(label, owner, track_id)
    await factories.change(label.database, Release, release_id, status="draft")
    with pytest.raises(UnknownTrack):
        await ask(label, listener, track_id)
    await ask(label, Holder(label.person_id), track_id)


async def test_without_a_sound_there_is_nothing_to_download(label: Label) -> None:
    release_id, (track_id,) = await label.release("Led")
    with pytest.raises(NoSoundYet, match="“Led” has no sound yet"):
        await ask(label, await label.owner(release_id), track_id)


async def test_what_was_not_asked_for_is_not_begun_by_a_look(label: Label) -> None:
    release_id, (track_id,) = await label.album("Led")
    holder = await label.owner(release_id)
    async with label.database.read() as session:
        with pytest.raises(NoSuchDownload):
            await asking.find_for_track(session, holder, track_id, FLAC)
    async with label.database.read() as session:
        assert (await session.scalars(select(Download))).all() == []


async def test_a_broken_original_fails_with_a_reason_and_can_be_asked_for_again(label: Label) -> None:
    release_id, (track_id,) = await label.album("Led")
    holder = await label.owner(release_id)
    (key,) = await label.stored("originals")
    kept = await label.objects.get(key)
    await label.objects.put(key, b"la la la " * 1000)
    asked = await ask(label, holder, track_id)
    await run_once(label.worker)
    row = await label.download(asked.id)
    assert row.status == "failed"
    assert "no sound file" in str(row.reason)
    assert await label.stored() == []
    await label.objects.put(key, kept)
    row = await made(label, holder, track_id)
    assert (row.id, row.reason) == (asked.id, None)


@pytest.mark.parametrize(
    ("doing", "trouble", "said"),
    [
        ("head", "no route", "the server's object store cannot be reached or written"),
        ("write_file", "No space left on device (os error 28)", "the server's object store is full"),
    ],
)
async def test_a_store_that_fails_puts_it_off_and_five_times_fail(
    label: Label, clock: ManualClock, doing: str, trouble: str, said: str
) -> None:
    async def fail(*_: Any) -> NoReturn:
        raise ObjectsUnavailable(gettext("keep it"), OSError(trouble))

    release_id, (track_id,) = await label.album("Led")
    asked = await ask(label, await label.owner(release_id), track_id)
    failing = Objects.in_folder(label.folder / "objects")
    setattr(failing, doing, fail)
    worker = DownloadWorker(label.database, failing, DownloadRules(label.folder / "other"))
    for count in range(1, MOST_TRIES + 1):
        assert await run_once(worker) == 1
        row = await label.download(asked.id)
        assert row.status == ("failed" if count == MOST_TRIES else "waiting")
        assert str(row.reason) == said
        clock.advance(FIRST_PAUSE * 2 ** (count - 1))
    assert await run_once(worker) == 0


async def long_one(label: Label, seconds: float) -> Download:
    release_id, (track_id,) = await label.release("Led")
    await label.sing(track_id, seconds=seconds)
    return await ask(label, await label.owner(release_id), track_id, V0)


async def test_progress_is_written_down(label: Label) -> None:
    asked = await long_one(label, 60)
    (claim,) = await label.worker.claim(1)
    keeps, may_keep = label.objects.write_file, asyncio.Event()

    async def held_back(key: str, path: Path) -> None:
        await may_keep.wait()
        await keeps(key, path)

    async def is_said() -> bool:
        share = (await label.download(asked.id)).share
        return share is not None and 0 < share <= 1

    with mock.patch.object(label.objects, "write_file", held_back):
        async with working(label.worker, claim) as task:
            await until(is_said, "a share of the work that is done")
            may_keep.set()
            await task
    assert (await label.download(asked.id)).status == "ready"


async def test_two_workers_never_make_one_download(label: Label) -> None:
    await long_one(label, 1)
    claims = await asyncio.gather(label.worker.claim(5), label.another_worker().claim(5))
    assert sorted(len(one) for one in claims) == [0, 1]


async def test_the_work_of_a_worker_that_is_gone_is_taken_up(label: Label, clock: ManualClock) -> None:
    asked = await long_one(label, 1)
    (first,) = await label.worker.claim(1)
    clock.advance(timedelta(seconds=61))
    worker = label.another_worker()
    assert await run_once(worker) == 1
    row = await label.download(asked.id)
    assert (row.status, row.attempt) == ("ready", 2)
    await label.worker.work(first)
    late = await label.download(asked.id)
    assert (late.status, late.attempt, late.key) == (row.status, row.attempt, row.key)
    assert await label.stored() == [row.key], "the late one keeps nothing"
    async with label.database.read() as session:
        moves = [(one.source, one.target) for one in await history_of(session, asked.id)]
    assert moves == [(None, "waiting"), ("waiting", "making"), ("making", "making"), ("making", "ready")]


async def test_a_lease_shorter_than_the_job_is_renewed(label: Label, clock: ManualClock) -> None:
    asked = await long_one(label, 60)
    worker = label.another_worker(lease=timedelta(seconds=0.3))
    (claim,) = await worker.claim(1)
    async with working(worker, claim) as task:

        def is_done_later() -> bool:
            clock.advance(timedelta(seconds=0.05))
            return task.done()

        await until(is_done_later, "the job's end", every=0.05)
        await task
    assert (await label.download(asked.id)).status == "ready"


async def test_a_track_deleted_meanwhile_takes_its_download_with_it(label: Label) -> None:
    asked = await long_one(label, 1)
    (claim,) = await label.worker.claim(1)
    async with label.database.write("test") as session:
        await session.delete(await session.get_one(Track, asked.track_id))
    await label.worker.work(claim)
    async with label.database.read() as session:
        assert await session.get(Download, asked.id) is None
    assert await label.stored() == []
