"""Space for downloads: the longest unused go first, a linked file stays, and an evicted one is made again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.streaming.test_downloads import FLAC, ask, made
from tests.streaming.world import Label
from veza.kit.clock import ManualClock
from veza.kit.objects import ObjectsUnavailable
from veza.streaming import eviction
from veza.streaming.asking import Holder
from veza.streaming.downloads import LINK_LASTS, Download
from veza.streaming.eviction import make_space
from veza.streaming.release_archives import KEPT, ReleaseArchive
from veza.streaming.release_asking import ask_for_release
from veza.streaming.removing import named_downloads

LONG_AGO = LINK_LASTS + timedelta(minutes=1)


async def three(label: Label, clock: ManualClock) -> tuple[Holder, list[Download]]:
    """Three downloads, each last used an hour after the one before."""
    release_id, track_ids = await label.album("Zimní slunce", "Led", "Sníh")
    holder, rows = await label.owner(release_id), []
    for track_id in track_ids:
        rows.append(await made(label, holder, track_id))
        clock.advance(timedelta(hours=1))
    return holder, rows


async def statuses(label: Label, rows: list[Download]) -> list[str]:
    return [(await label.download(one.id)).status for one in rows]


async def test_the_longest_unused_go_first_until_the_rest_fits(label: Label, clock: ManualClock) -> None:
    holder, rows = await three(label, clock)
    clock.advance(LONG_AGO)
    again = await made(label, holder, rows[0].track_id)
    assert again.id == rows[0].id
    clock.advance(LONG_AGO)
    sizes = [one.size_bytes or 0 for one in rows]
    assert await make_space(label.database, label.objects, sum(sizes) - 1) == 1
    assert await statuses(label, rows) == ["ready", "evicted", "ready"]
    assert await label.stored() == sorted(str(one.key) for one in (rows[0], rows[2]))
    assert await make_space(label.database, label.objects, 0) == 2
    assert await label.stored() == []


async def test_what_a_live_link_names_stays(label: Label, clock: ManualClock) -> None:
    _, rows = await three(label, clock)
    clock.advance(LINK_LASTS - timedelta(hours=2, minutes=30))
    assert await make_space(label.database, label.objects, 0) == 1
    assert await statuses(label, rows) == ["evicted", "ready", "ready"]


async def test_what_was_evicted_is_made_again_byte_for_byte(label: Label, clock: ManualClock) -> None:
    holder, rows = await three(label, clock)
    kept = await label.objects.get(str(rows[1].key))
    clock.advance(LONG_AGO)
    await make_space(label.database, label.objects, 0)
    again = await made(label, holder, rows[1].track_id, FLAC)
    assert (again.id, again.etag, again.attempt) == (rows[1].id, rows[1].etag, 2)
    assert await label.objects.get(str(again.key)) == kept


async def test_a_file_that_could_not_be_removed_is_removed_the_next_time(
    label: Label, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, rows = await three(label, clock)
    clock.advance(LONG_AGO)

    async def gone(_key: str) -> None:
        raise ObjectsUnavailable("remove it", OSError("no route"))  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(label.objects, "remove", gone)
        with pytest.raises(ObjectsUnavailable):
            await make_space(label.database, label.objects, 0)
    assert await statuses(label, rows) == ["evicted"] * 3
    assert len(await label.stored()) == 3
    assert await make_space(label.database, label.objects, 0) == 0
    assert await label.stored() == []


async def test_many_are_evicted_a_few_at_a_time(
    label: Label, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eviction, "AT_ONCE", 2)
    _, rows = await three(label, clock)
    clock.advance(LONG_AGO)
    assert await make_space(label.database, label.objects, 0) == 3
    assert await statuses(label, rows) == ["evicted"] * 3


async def test_the_storage_check_keeps_what_a_download_names(label: Label) -> None:
    release_id, (track_id, other_id) = await label.album("Led", "Sníh")
    holder = await label.owner(release_id)
    row = await made(label, holder, track_id)
    await ask(label, holder, other_id)
    (claim,) = await label.worker.claim(1)
    stray = [f"downloads/{uuid4()}/1/track.flac", f"downloads/{row.id}/7/track.flac", "downloads/odd/1/track.flac"]
    async with label.database.read() as session:
        assert await named_downloads(session, [str(row.key), claim.key, *stray]) == {row.key, claim.key}


async def test_archives_are_forgotten_long_after_their_last_link(label: Label, clock: ManualClock) -> None:
    release_id, _ = await label.album("Led")
    holder = await label.owner(release_id)

    async def kept() -> UUID | None:
        async with label.database.read() as session:
            found = await session.get(ReleaseArchive, archive_id)
            return None if found is None else found.id

    async with label.database.write("test") as session:
        archive_id = (await ask_for_release(session, holder, release_id, FLAC)).archive.id
    clock.advance(KEPT - timedelta(minutes=1))
    await make_space(label.database, label.objects, 0)
    assert await kept() == archive_id
    clock.advance(timedelta(minutes=2))
    await make_space(label.database, label.objects, 0)
    assert await kept() is None
