"""One album for several files of tests: imported, processed, published and on sale once, with a buyer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from tests.api.ingest.site import a_site
from tests.audio.sounds import tone
from tests.journeys.label import RATE, Label, Listener, tagged

TAKES = {
    "Night Bus": ("FLAC 16 bit", "01.flac", 35 * RATE + 123),
    "Harbour": ("MP3 VBR", "02.mp3", 5 * RATE + 77),
    "Ferry": ("Ogg Vorbis", "03.ogg", 5 * RATE + 31),
}
"""Title → how it was recorded, the file's name, and its samples."""
OTHER, OTHER_TITLE, OTHER_SECONDS = "Lanterns", "Quay", 12
"""Another release of the artist, with one track; it is not on sale."""
PRICE_MINOR = 700
PREVIEW_SECONDS = 30
PRIMING_AND_PADDING = 2 * 1024
"""Samples that a player may play too many where it leaves the padding in."""


@dataclass
class Album:
    """A running server's album; `tracks` in their order, by title; `other` is the track of another release."""

    url: str
    tracks: dict[str, UUID]
    other: UUID
    buyer: Listener
    owner: str
    """The cookie of its artist's owner."""
    operator: str
    """The cookie of a person who runs the site."""

    def stream(self, title: str, rest: str = "master.m3u8") -> str:
        return f"{self.url}/stream/{self.tracks[title]}/{rest}"

    def page(self, title: str) -> str:
        return f"{self.url}/tracks/{self.tracks[title]}"


@contextmanager
def published_album(folder: Path) -> Iterator[Album]:
    """For tests in loops of their own: nothing of it belongs to one."""
    for number, (title, (how, name, samples)) in enumerate(TAKES.items(), 1):
        tagged(folder / "music" / name, how, tone(samples, RATE, hertz=300 + 50 * number), title, number)
    other = tone(OTHER_SECONDS * RATE, RATE, hertz=250)
    tagged(folder / "other" / "01.flac", "FLAC 16 bit", other, OTHER_TITLE, 1, album=OTHER)
    with asyncio.Runner() as runner:
        site = a_site(folder)
        label = Label(runner.run(site.__aenter__()))
        try:
            quay = runner.run(label.published(folder / "other"))[OTHER_TITLE]
            tracks = runner.run(label.published(folder / "music"))
            runner.run(label.sold(tracks["Night Bus"], PRICE_MINOR))
            buyer = runner.run(label.buyer(tracks["Night Bus"]))
            owner, operator = runner.run(label.owner()), runner.run(label.operator())
            yield Album(label.site.url, tracks, quay, buyer, owner, operator)
        finally:
            runner.run(site.__aexit__(None, None, None))
