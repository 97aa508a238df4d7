"""An album cut out of one continuous sound, and a long loud track, on a real server: what the web player is measured
with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from tests.api.ingest.site import a_site
from tests.audio.sounds import tone
from tests.journeys.label import RATE, Label, Listener, tagged

TITLES = ("Shore", "Tide", "Open Sea")
CUTS = (0, 110_001, 201_124, 290_000)
"""Samples at which the tracks begin and the last one ends: none is a multiple of a frame."""
LONG = "Weather"
LONG_SECONDS = 18
"""Of noise: 4.8 MB in FLAC."""
LOSSY, LOSSY_SECONDS = "Tape", 3
"""A track without FLAC."""


def continuous() -> NDArray[np.float64]:
    """A sweep and a chord, nothing of it above 5 kHz."""
    at = np.arange(CUTS[-1]) / RATE
    sweep = 0.2 * np.sin(2 * np.pi * (200 * at + 40 * at * at))
    chord = sum(0.08 * np.sin(2 * np.pi * hertz * at) for hertz in (220.0, 277.18, 329.63, 441.3))
    return np.stack([sweep + chord, 0.8 * sweep - 0.5 * chord])


@dataclass
class CutAlbum:
    """Where it is, its tracks by title, and who owns it."""

    url: str
    tracks: dict[str, UUID]
    buyer: Listener

    def entry(self, title: str) -> dict[str, Any]:
        """As a page puts it into the queue."""
        lengths = {name: (end - start) / RATE for name, (start, end) in zip(TITLES, pairwise(CUTS), strict=True)}
        lengths |= {LONG: LONG_SECONDS, LOSSY: LOSSY_SECONDS}
        return {
            "id": str(self.tracks[title]), "title": title, "artist": "Anna", "release": "Blue Hours", "cover": None,
            "duration": lengths[title], "url": f"/tracks/{self.tracks[title]}",
        }  # fmt: skip

    def entries(self, *titles: str) -> list[dict[str, Any]]:
        return [self.entry(title) for title in titles or TITLES]


@contextmanager
def published_cut_album(folder: Path) -> Iterator[CutAlbum]:
    """For tests in loops of their own: nothing of it belongs to one."""
    signal = continuous()
    for number, ((start, end), title) in enumerate(zip(pairwise(CUTS), TITLES, strict=True), 1):
        tagged(folder / "music" / f"{number}.flac", "FLAC 24 bit", signal[:, start:end], title, number)
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (2, LONG_SECONDS * RATE))
    tagged(folder / "music" / "4.flac", "FLAC 24 bit", noise, LONG, len(TITLES) + 1)
    tagged(folder / "music" / "5.mp3", "MP3 VBR", tone(LOSSY_SECONDS * RATE, RATE), LOSSY, len(TITLES) + 2)
    with asyncio.Runner() as runner:
        site = a_site(folder)
        label = Label(runner.run(site.__aenter__()))
        try:
            tracks = runner.run(label.published(folder / "music"))
            yield CutAlbum(label.site.url, tracks, runner.run(label.buyer(tracks[LONG])))
        finally:
            runner.run(site.__aexit__(None, None, None))
