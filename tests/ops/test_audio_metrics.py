"""What monitoring sees of the sound in the making is what its rows say."""

from __future__ import annotations

from datetime import timedelta

from tests import factories
from tests.sounding import give_sound
from veza.catalog.tracks import find_track
from veza.ingest.originals import Original, take_original
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.ops.audio_metrics import audio_gauges
from veza.ops.metrics import Metrics


async def test_recordings_are_counted_by_status_with_the_age_of_the_queue(
    database: Database, clock: ManualClock
) -> None:
    artist = await factories.artist(database, run_by=await factories.person(database))
    _, (first, second) = await factories.release(database, artist, "Night Bus", "Day Bus")
    await give_sound(database, factories.objects(), first, 1.0)
    metrics = Metrics()
    metrics.before_scrape(audio_gauges(database))
    value = metrics.registry.get_sample_value
    await metrics.render()
    assert value("veza_audio_versions", {"status": "ready"}) == 1
    assert value("veza_audio_versions", {"status": "uploaded"}) == 0
    assert value("veza_audio_oldest_seconds") == 0
    async with database.write("test") as session:
        original = Original("originals/x", 1, "0" * 64, "x.wav", "upload")
        await take_original(session, await find_track(session, second), original)
    clock.advance(timedelta(minutes=2))
    await metrics.render()
    assert value("veza_audio_versions", {"status": "uploaded"}) == 1
    assert value("veza_audio_oldest_seconds") == 120
