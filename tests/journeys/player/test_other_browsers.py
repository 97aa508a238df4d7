"""The web player in Firefox and WebKitGTK: what they really play of a queue, on a real server."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.journeys.firefox import Firefox, firefox_in
from tests.journeys.label import RATE
from tests.journeys.player.cut_album import CUTS, LOSSY, CutAlbum, continuous
from tests.journeys.player.gate import gate_before
from tests.journeys.player.heard import NotHeard, gap_at, samples_of
from tests.journeys.player.sound_device import sound_device
from tests.journeys.webkit import WebKit, webkit_in

LEFT = continuous()[0]
OVER = f"s.index === 2 && s.position > {(CUTS[3] - CUTS[2]) / RATE - 0.1}"
LOADED = "new Promise((resolve) => { const look = () => window.player ? resolve() : setTimeout(look, 5); look(); })"
MOST_PLAYED = 4
AAC_PADDING = [-(end - start) % 1024 for start, end in pairwise(CUTS[:-1])]
"""Samples at the end of a track's last frame that are none of the music."""


async def test_firefox_loses_and_doubles_no_sample_at_a_joint(cut_album: CutAlbum, tmp_path: Path) -> None:
    async with (
        sound_device(tmp_path) as device,
        firefox_in(tmp_path, device) as firefox,
        gate_before(cut_album.url) as gate,
    ):
        await opened(firefox, gate.url, cut_album)
        assert await gaps(firefox, cut_album, "flac") == pytest.approx([0, 0], abs=0.1)
        assert await gaps(firefox, cut_album, "128") == pytest.approx([0, 0], abs=1.1)
        await run(firefox, "player.jump(0)")
        await run(firefox, "until((s) => s.index === 0 && s.position > 0.1)")
        await run(firefox, "player.next()")
        await run(firefox, "until((s) => s.index === 1 && s.position > 0.1)")


async def test_webkit_is_exact_in_flac_and_plays_no_more_than_the_padding_in_aac(
    cut_album: CutAlbum, tmp_path: Path
) -> None:
    """WebKitGTK drops a frame that an append window would cut. So the player lets it through, padding and all."""
    async with (
        sound_device(tmp_path) as device,
        webkit_in(tmp_path, device) as webkit,
        gate_before(cut_album.url) as gate,
    ):
        await opened(webkit, gate.url, cut_album)
        assert await gaps(webkit, cut_album, "flac") == pytest.approx([0, 0], abs=0.1)
        assert await gaps(webkit, cut_album, "128") == pytest.approx(AAC_PADDING, abs=1.1)
        # A buffer of FLAC takes no AAC there: a new source does, once the track before is over.
        await run(webkit, "player.setQuality('flac')")
        await webkit.evaluate("async (entries) => player.play(entries)", cut_album.entries("Shore", LOSSY))
        await run(webkit, "until((s) => s.index === 0 && s.position > 0.2 && s.rung === 'flac')")
        await run(webkit, "player.seek(1.5)")
        await run(webkit, "until((s) => s.index === 1 && s.position > 0.2 && s.rung === 'aac256')")


async def opened(browser: Firefox | WebKit, url: str, album: CutAlbum) -> None:
    """The page of the player, as the buyer; what the element plays is recorded."""
    await browser.open(f"{url}/pages/recorder.js")
    await browser.add_cookie("veza", album.buyer.cookie)
    await browser.open(f"{url}/pages/player.html")
    await run(browser, LOADED)
    await run(browser, f"record({RATE})")


async def gaps(browser: Firefox | WebKit, album: CutAlbum, quality: str) -> list[float]:
    """Samples too many at each joint, as the album is played from its start.

    A busy machine leaves blocks of 128 samples out anywhere: then what is heard near a joint is not what was recorded
    for the album, and it is played again.
    """
    for left in reversed(range(MOST_PLAYED)):
        await run(browser, f"player.setQuality('{quality}')")
        await browser.evaluate("async (entries) => player.play(entries)", album.entries())
        await run(browser, f"until((s) => {OVER})")
        heard = samples_of(await run(browser, "recorded()"))
        try:
            return [gap_at(heard, LEFT, joint) for joint in CUTS[1:-1]]
        except NotHeard:
            if not left:
                raise
    raise AssertionError("it is played once at least")


async def run(browser: Firefox | WebKit, script: str) -> str:
    """What an expression of the page comes to; a state, or nothing, is told as an empty string."""
    told = f"async () => {{ const told = await ({script}); return typeof told === 'string' ? told : ''; }}"
    return str(await browser.evaluate(told))
