"""The embedded player of a track or release: its address, its sizes, and the code that puts it on another page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from markupsafe import escape

from veza.catalog import slugs

LARGE, COMPACT = "large", "compact"
SIZES = (LARGE, COMPACT)
WIDTH = 360
NARROWEST = 280
"""Pixels; the compact one has space for its cover, a title and two buttons then."""
COMPACT_HEIGHT = 128
HEIGHTS: Mapping[str, int] = {"tracks": 520, "releases": 720}
"""Of the large ones: the cover is a square of the width, and a release shows four of its tracks below."""


@dataclass(frozen=True, slots=True)
class Embed:
    """`kind` is `tracks` or `releases`; `width` and `height` are pixels."""

    kind: str
    id: UUID
    title: str
    size: str = LARGE
    width: int = WIDTH
    height: int = 0

    def address(self, base_url: str) -> str:
        """Where the player is."""
        more = "?size=compact" if self.size == COMPACT else ""
        return f"{base_url}/embed/{self.kind}/{self.id}{more}"

    def code(self, base_url: str) -> str:
        """The element that a page of another site has."""
        return (
            f'<iframe src="{escape(self.address(base_url))}" width="{self.width}" height="{self.height}"'
            f' title="{escape(self.title)}" loading="lazy" allow="autoplay; encrypted-media" frameborder="0"></iframe>'
        )


def embed_of(kind: str, item_id: UUID, title: str, size: str = LARGE, width: int = WIDTH) -> Embed:
    """The embed in one of its two sizes."""
    return Embed(kind, item_id, title, size, width, COMPACT_HEIGHT if size == COMPACT else HEIGHTS[kind])


def fitting(kind: str, item_id: UUID, title: str, most_width: int | None, most_height: int | None) -> Embed | None:
    """The largest embed of at most so many pixels; None where not even the compact one fits."""
    width = WIDTH if most_width is None else min(WIDTH, most_width)
    for size in SIZES if width >= NARROWEST else ():
        made = embed_of(kind, item_id, title, size, width)
        if most_height is None or made.height <= most_height:
            return made
    return None


def subject_of(address: str, base_url: str) -> tuple[str, UUID] | None:
    """The kind and id of the track or release whose page, or embed, an address of this site is."""
    try:
        asked, own = urlsplit(address), urlsplit(base_url)
    except ValueError:
        return None
    if asked.scheme not in ("http", "https") or asked.netloc.lower() != own.netloc.lower():
        return None
    parts = asked.path.strip("/").removeprefix("embed/").split("/")
    found = slugs.as_id(parts[1]) if len(parts) == 2 and parts[0] in HEIGHTS else None
    return None if found is None else (parts[0], found)
