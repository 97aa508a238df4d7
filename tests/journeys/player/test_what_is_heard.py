"""What Chromium really plays of a queue, recorded behind the element, on a real server and a line that breaks."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio.joints import click_dbfs
from tests.journeys.label import RATE
from tests.journeys.player.cut_album import CUTS, TITLES, continuous
from tests.journeys.player.gate import Asked, Fault
from tests.journeys.player.heard import WIDTH, differences, gap_at, place_of
from tests.journeys.player.page import PlayerPage
from tests.stalls import lateness

pytestmark = pytest.mark.asyncio(loop_scope="module")
LEFT = continuous()[0]
OVER = f"s.index === 2 && !s.playing && s.position > {(CUTS[3] - CUTS[2]) / RATE - 0.1}"
FIRST_BORDER = 11 * 4096
"""Samples after which the second segment of a track begins."""
TRIES, LATE_SECONDS = 5, 0.1
ROUNDED = 2.0**-23
"""Of a sample of 24 bits that was a float of 32 meanwhile."""


@pytest.mark.parametrize(("quality", "most", "clicks"), [("flac", ROUNDED, -85), ("128", 0.004, -60)])
async def test_no_sample_is_missing_or_doubled_at_a_joint(
    page: PlayerPage, quality: str, most: float, clicks: float
) -> None:
    await page.play(quality=quality)
    await page.until(OVER)
    heard = await page.heard()
    gaps = [gap_at(heard, LEFT, joint) for joint in CUTS[1:-1]]
    assert gaps == pytest.approx([0, 0], abs=0.1)
    assert max(np.abs(differences(heard, LEFT, joint)).max() for joint in CUTS[1:-1]) < most
    at = round(place_of(heard, LEFT[:WIDTH]))
    played = np.stack([heard[at : at + CUTS[-1]]])
    assert max(click_dbfs(played, joint) for joint in CUTS[1:-1]) < clicks


async def test_a_joint_between_flac_and_aac_is_exact_too(page: PlayerPage) -> None:
    """The quality is changed while the next track cannot be had yet."""
    tide, has_changed = str(page.album.tracks["Tide"]), False
    page.gate.fault_of = lambda path, _: None if has_changed or tide not in path else Fault.BUSY
    await page.play(quality="flac")
    await page.until("s.position > 0.1")
    await page.run("player.setQuality('128')")
    has_changed = True
    await page.until(OVER)
    heard = await page.heard()
    assert [one.rung for one in page.gate.segments] == ["flac"] * 2 + ["aac128"] * 4
    assert [gap_at(heard, LEFT, joint) for joint in CUTS[1:-1]] == pytest.approx([0, 0], abs=0.1)


async def test_a_line_that_breaks_is_not_heard(page: PlayerPage) -> None:
    """A dropped connection, a server that is busy or broken, links that expire before a track and in the middle of one,
    and a body that stalls."""
    shore, tide, sea = (page.album.tracks[title] for title in TITLES)
    planned = {
        (f"/{shore}/", "audio.mp4", 1): Fault.EXPIRED,
        (f"/{tide}/", "manifest.json", 0): Fault.BROKEN,
        (f"/{tide}/", "manifest.json", 1): Fault.BUSY,
        (f"/{tide}/", "audio.mp4", 0): Fault.EXPIRED,
        (f"/{tide}/", "audio.mp4", 1): Fault.DROPPED,
        (f"/{tide}/", "audio.mp4", 3): Fault.ENDED,
        (f"/{sea}/", "audio.mp4", 0): Fault.STALLED,
        (f"/{sea}/", "audio.mp4", 2): Fault.BUSY,
    }
    heard = await heard_over(page, planned)
    _, expired, again, *_ = page.gate.segments
    assert again.range == expired.range, "the same segment, by the link of a new manifest"
    assert again.path != expired.path
    rungs = [one.rung for one in page.gate.segments]
    assert rungs[:2] == ["aac64", "aac256"], "the first segment is small, the next as the line allows"
    assert [gap_at(heard, LEFT, joint) for joint in CUTS[1:-1]] == pytest.approx([0, 0], abs=0.1)
    assert gap_at(heard, LEFT, FIRST_BORDER) == pytest.approx(0, abs=0.1), "where the rung changes within a track"
    assert await page.run("waits") == 0


async def test_a_manifest_that_stalls_is_asked_for_again_and_not_heard(page: PlayerPage) -> None:
    """The player waits for the next byte of it as long as what is buffered allows."""
    sea = page.album.tracks["Open Sea"]
    heard = await heard_over(page, {(f"/{sea}/", "manifest.json", 0): Fault.STALLED})
    assert [one.fault for one in page.gate.asked if f"/{sea}/manifest" in one.path] == [Fault.STALLED, None]
    assert [gap_at(heard, LEFT, joint) for joint in CUTS[1:-1]] == pytest.approx([0, 0], abs=0.1)
    assert await page.run("waits") == 0


async def heard_over(page: PlayerPage, planned: dict[tuple[str, str, int], Fault]) -> NDArray[np.float64]:
    """What is heard of the album over a line with these faults, each of which happens: part of a track's path, part of
    a file's name, and which request for it meets the fault."""

    def fault_of(path: str, asked: list[Asked]) -> Fault | None:
        for (track, name, number), fault in planned.items():
            if track in path and name in path:
                before = sum(track in one.path and name in one.path for one in asked)
                if before == number:
                    return fault
        return None

    page.gate.fault_of = fault_of
    for _ in range(TRIES):
        page.gate.asked.clear()
        await page.open()
        with lateness() as here:
            await page.play()
            await page.until(OVER)
        heard = await page.heard()
        if await page.run("waits") == 0 or max(here.seconds, await page.run("late") / 1000) < LATE_SECONDS:
            break  # a run in which the machine gave page or server no time says nothing of the player
    met = Counter(one.fault for one in page.gate.asked if one.fault)
    assert met == Counter(planned.values())
    return heard


async def test_a_track_that_is_gone_is_left_out_without_a_gap(page: PlayerPage) -> None:
    tide = str(page.album.tracks["Tide"])
    page.gate.fault_of = lambda path, _: Fault.GONE if tide in path else None
    await page.play(quality="flac")
    await page.until(OVER)
    heard = await page.heard()
    before, after = LEFT[CUTS[1] - WIDTH : CUTS[1]], LEFT[CUTS[2] : CUTS[2] + WIDTH]
    assert round(place_of(heard, after) - place_of(heard, before)) == WIDTH
    assert await page.run("skipped") == ["Tide"]


async def test_a_queue_that_changes_behind_the_current_track_leaves_no_gap(page: PlayerPage) -> None:
    """What is buffered of a track that is not next any more is taken out again."""
    await page.play(quality="flac")
    await page.run("until((s) => player.engine.pump.tracks.length === 3 && s.position > 0.1)")
    await page.run("player.remove(1)")
    await page.run("player.enqueue(given[0])", page.album.entry("Tide"))
    await page.run("player.move(1, 2)")
    await page.until("s.index === 2 && s.track.title === 'Tide' && !s.playing && s.position > 1.9")
    heard = await page.heard()
    pieces = [LEFT[CUTS[1] - WIDTH : CUTS[1]], LEFT[CUTS[2] : CUTS[2] + WIDTH]]
    places = [place_of(heard, piece) for piece in (*pieces, LEFT[-WIDTH:], LEFT[CUTS[1] : CUTS[1] + WIDTH])]
    assert round(places[1] - places[0]) == WIDTH
    assert round(places[3] - places[2]) == WIDTH


async def test_a_queue_that_repeats_has_no_gap_either(page: PlayerPage) -> None:
    await page.run("player.setRepeat(true)")
    await page.play("Tide", quality="flac")
    await page.run("until((s) => audio.currentTime > 3.5)")
    heard = await page.heard()
    once = LEFT[CUTS[1] : CUTS[2]]
    wanted = np.concatenate([once[-WIDTH:], once[:WIDTH]])
    at = round(place_of(heard, wanted))
    assert np.abs(heard[at : at + 2 * WIDTH] - wanted).max() < ROUNDED
