"""Hostile files through the whole pipeline: rows, objects, worker and processes. The server does not notice."""

from __future__ import annotations

import random
from pathlib import Path
from uuid import UUID

import httpx

from tests import factories
from tests.audio.mutants import mutant, originals
from tests.journeys.label import Label
from veza.catalog.tracks import find_track
from veza.ingest.originals import Original, original_key, take_original

SEED, COUNT = 12, 60
MOST_GROWN_BYTES = 64 << 20


async def test_each_of_sixty_mutants_ends_ready_or_failed_with_a_reason(label: Label, tmp_path: Path) -> None:
    site = label.site
    before = site.memory_bytes()
    files, sent = originals(tmp_path), dict[UUID, str]()
    tracks = await factories.tracks(site.database, *(f"Take {number}" for number in range(COUNT)))
    for number, track in enumerate(tracks):
        done, content = mutant(random.Random(f"{SEED} {number}"), files)
        await send(label, track, content)
        sent[track] = f"seed {SEED}, mutant {number} ({done})"
    versions = await label.processed(sent)
    for one in versions:
        assert one.status in ("ready", "failed"), sent[one.track_id]
        assert (one.status == "failed") == (one.reason is not None), sent[one.track_id]
        assert one.tries == 1, f"{sent[one.track_id]}: the server was to blame"
    assert {one.status for one in versions} == {"ready", "failed"}
    assert list((site.folder / "var" / "processing").iterdir()) == []
    stored = {one.key.split("/")[1] async for one in site.objects.listing("audio")}
    assert stored == {str(one.id) for one in versions if one.status == "ready"}
    assert site.memory_bytes("VmHWM") - before < MOST_GROWN_BYTES
    async with httpx.AsyncClient(base_url=site.url) as client:
        assert (await client.get("/health/ready")).status_code == 200


async def send(label: Label, track: UUID, content: bytes) -> None:
    """As an upload does, with a name that says nothing."""
    key = original_key(label.site.database.ids.new())
    await label.site.objects.put(key, content)
    async with label.site.database.write("test") as session:
        original = Original(key, len(content), "0" * 64, "take", "upload")
        await take_original(session, await find_track(session, track), original)
