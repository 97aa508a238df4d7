"""What a track's page says of its sound: nothing can be played where there is none."""

from __future__ import annotations

import pytest

from tests import factories
from tests.web.test_track_pages import Stand, stand
from veza.audio.jobs import Stage
from veza.catalog.tracks import Track, find_track
from veza.ingest.audio_versions import AudioVersion
from veza.ingest.originals import Original, original_key, take_original

__all__ = ["stand"]
REFRESH = '<meta http-equiv="refresh" content="5;'


async def given_original(stand: Stand, **columns: object) -> None:
    """A file that waits for the audio worker, its row changed in these columns."""
    database = stand.veza.database
    async with database.write("test") as session:
        sent = Original(original_key(session.new_id()), 1, "0" * 64, "take.flac", "upload")
        version = (await take_original(session, await find_track(session, stand.track), sent)).id
    if columns:
        await factories.change(database, AudioVersion, version, **columns)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("none", "This track has no sound yet."),
        ("failed", "Its sound could not be made from its file."),
        ("ready", "Only its owners hear this track."),
    ],
)
async def test_a_track_that_cannot_be_heard_says_why_and_shows_no_player(stand: Stand, state: str, said: str) -> None:
    await factories.change(stand.veza.database, Track, stand.track, audio_state=state)
    page = (await stand.browser.get(stand.page)).text
    assert said in page
    assert "<audio controls" not in page
    for control in ("data-play-track", "data-queue-track", "data-seek-track"):
        assert control not in page
    assert REFRESH not in page


async def test_a_page_says_how_far_the_processing_is_and_looks_again(stand: Stand) -> None:
    await given_original(stand)
    page = (await stand.browser.get(stand.page)).text
    assert "The sound of this track is being made. This page looks again" in page
    assert REFRESH in page
    assert "<audio controls" not in page
    assert "data-play-track" not in page


@pytest.mark.parametrize(("share", "percent"), [(0.409, 40), (None, None)])
async def test_a_page_names_the_step_and_its_percentage(stand: Stand, share: float | None, percent: int | None) -> None:
    await given_original(stand, status="processing", stage=Stage.ALL_RUNGS, share=share)
    page = (await stand.browser.get(stand.page)).text
    assert "being made. Step 2 of 3. This page" in page
    assert (f'max="100" value="{percent}"' in page) is (percent is not None)
