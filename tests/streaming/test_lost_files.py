"""`veza storage check` names downloads whose file is lost, and lets them be made again."""

from __future__ import annotations

import pytest

from tests.streaming.test_downloads import ask, made
from tests.streaming.world import Label
from veza.ingest.storage_check import StorageCheck
from veza.kit.worker import run_once
from veza.streaming import lost_files


async def test_the_check_names_what_is_lost_and_a_fix_lets_it_be_made_again(
    label: Label, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_files, "PAGE", 2)
    release_id, track_ids = await label.album("Zimní slunce", "Led", "Sníh")
    holder = await label.owner(release_id)
    rows = [await made(label, holder, one) for one in track_ids]
    lost = [rows[0], rows[2]]
    for row in lost:
        await label.objects.remove(row.key or "")
    check = StorageCheck(label.database, label.objects, {}, label.streaming.lost.check)
    found = await check.run()
    assert (found.lost, found.noted, found.ok) == ([row.key for row in lost], 0, False)
    assert {(await label.download(row.id)).status for row in rows} == {"ready"}
    fixed = await check.run(fixes=True)
    assert (fixed.lost, fixed.noted, fixed.ok) == ([row.key for row in lost], 2, True)
    assert [(await label.download(row.id)).status for row in rows] == ["evicted", "ready", "evicted"]
    assert await run_once(label.worker) == 0
    again = await check.run()
    assert (again.lost, again.ok) == ([], True)
    assert (await ask(label, holder, track_ids[0])).status == "waiting"
    assert (await made(label, holder, track_ids[0])).etag == rows[0].etag


async def test_a_file_that_was_made_anew_meanwhile_stays(label: Label) -> None:
    release_id, (track_id,) = await label.album("Led")
    holder = await label.owner(release_id)
    before = await made(label, holder, track_id)
    await label.objects.remove(before.key or "")
    assert await label.streaming.lost.evict([before.id])
    after = await made(label, holder, track_id)
    async with label.database.write("test") as session:
        await lost_files.evict_lost(session, [before])
    assert (await label.download(after.id)).status == "ready"
    assert not await label.streaming.lost.evict([after.id])
