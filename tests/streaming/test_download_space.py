"""Space for downloads: none is made that has none, neither on the disk nor beside what live links name."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from tests.streaming.test_downloads import FLAC, WAV, ask, made
from tests.streaming.world import Label
from veza.audio.download_formats import DownloadFormat
from veza.ingest.audio_versions import find_version
from veza.ingest.track_sound import sound_of
from veza.kit.clock import ManualClock
from veza.kit.limits import Limit, RateLimited
from veza.kit.worker import run_once
from veza.streaming import downloads
from veza.streaming.download_space import most_bytes_of
from veza.streaming.download_worker import FIRST_PAUSE, MOST_TRIES, DownloadWorker
from veza.streaming.downloads import LINK_LASTS, Download
from veza.streaming.release_asking import ask_for_release

GIB = 1024**3


async def most_bytes(label: Label, row: Download) -> int:
    async with label.database.read() as session:
        sound = sound_of(await find_version(session, row.version_id))
    assert sound is not None
    return most_bytes_of(sound.rendered, row.wanted)


async def status(label: Label, row: Download) -> tuple[str, str]:
    now = await label.download(row.id)
    return now.status, str(now.reason or "")


@pytest.mark.parametrize("wanted", DownloadFormat)
async def test_no_file_is_larger_than_the_space_it_is_given(label: Label, wanted: DownloadFormat) -> None:
    release_id, (track_id,) = await label.release("Led")
    await label.sing(track_id, "WAV 24 bit", seconds=1.0)
    row = await made(label, await label.owner(release_id), track_id, wanted)
    assert 0 < (row.size_bytes or 0) < await most_bytes(label, row) < 5 * 1024**2


async def test_a_disk_without_space_puts_a_download_off_and_tells_who_waits(
    label: Label, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_id, (track_id,) = await label.album("Led")
    asked = await ask(label, await label.owner(release_id), track_id)
    needed = 2 * GIB + 2 * await most_bytes(label, asked)

    def disk(free: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**15, 0, free))

    disk(needed - 1)
    for count in range(1, MOST_TRIES + 1):
        assert await run_once(label.worker) == 1
        why = "the server has no room for more downloads now: ask for it again later"
        assert await status(label, asked) == ("failed" if count == MOST_TRIES else "waiting", why)
        clock.advance(FIRST_PAUSE * 2 ** (count - 1))
    assert await label.stored() == []
    disk(needed)
    assert (await made(label, await label.owner(release_id), track_id)).id == asked.id


async def test_a_disk_without_space_takes_back_that_of_downloads_that_no_link_names(
    label: Label, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_id, track_ids = await label.album("Led", "Sníh", "Mráz")
    holder = await label.owner(release_id)
    old, young = await made(label, holder, track_ids[0]), await made(label, holder, track_ids[1])
    clock.advance(LINK_LASTS)
    await ask(label, holder, young.track_id)
    asked = await ask(label, holder, track_ids[2])
    needed = 2 * GIB + 2 * await most_bytes(label, asked)

    def usage(_: object) -> object:
        used = sum(one.stat().st_size for one in (label.folder / "objects" / "downloads").rglob("*.flac"))
        return shutil._ntuple_diskusage(10**15, 0, needed + (young.size_bytes or 0) - used)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    await run_once(label.worker)
    assert [(await status(label, one))[0] for one in (old, young, asked)] == ["evicted", "ready", "ready"]


async def test_what_live_links_name_has_an_end_and_what_comes_after_it_waits_for_one_to_end(
    label: Label, clock: ManualClock
) -> None:
    release_id, (track_id,) = await label.album("Led")
    holder = await label.owner(release_id)
    first = await made(label, holder, track_id)
    second = await ask(label, holder, track_id, WAV)
    space = (first.size_bytes or 0) + await most_bytes(label, second)
    full: DownloadWorker = label.another_worker(most_bytes=0, least_linked_bytes=space - 1)
    await run_once(full)
    assert (await status(label, second))[0] == "waiting"
    clock.advance(LINK_LASTS)
    await run_once(full)
    assert [(await status(label, one))[0] for one in (first, second)] == ["evicted", "ready"]


def test_what_live_links_name_may_be_twice_what_is_kept_otherwise(label: Label) -> None:
    assert label.another_worker(most_bytes=50 * GIB)._rules.most_linked_bytes == 100 * GIB
    assert label.another_worker(most_bytes=0)._rules.most_linked_bytes == 10 * GIB


async def test_a_person_has_so_many_files_made_at_once_and_what_is_kept_costs_nothing(
    label: Label, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MADE", Limit("downloads", burst=3, per=timedelta(seconds=30)))
    release_id, track_ids = await label.album("Led", "Sníh")
    holder, another = await label.owner(release_id), await label.owner(release_id)

    async def whole(wanted: DownloadFormat) -> None:
        async with label.database.write("test") as session:
            await ask_for_release(session, holder, release_id, wanted)

    for _ in range(3):
        await whole(FLAC)
    with pytest.raises(RateLimited, match="3 tries at once"):
        await whole(WAV)
    await ask(label, holder, track_ids[0], WAV)
    with pytest.raises(RateLimited):
        await whole(WAV)
    await ask(label, another, track_ids[1], WAV)
    await whole(WAV)
    with pytest.raises(RateLimited):
        await whole(DownloadFormat.ALAC)
    clock.advance(timedelta(seconds=60))
    await whole(DownloadFormat.ALAC)
