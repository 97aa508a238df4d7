"""Palettes: the colours that a cover lends the pages and tiles of its release, in a light and a dark theme.

A palette is known by the hash of what it holds, so that the same colours are stored once and never change under a name.
This module only knows what a palette is: `palette_making` computes one, `kept_palettes` stores it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

VERSION = 1
"""Counted up whenever palettes are computed or written as style sheets in another way: each cover then gets a new one
(`palette_backfill`), under a new hash."""
HASH_DIGITS = 16
"""Hex digits of a hash. Among a million palettes two share one by chance in one library of 37 million."""

Hex = Annotated[str, Meta(pattern=r"\A#[0-9a-f]{6}\Z")]
"""Checked whenever a palette is read: the child process that computes it opens strangers' files."""


class Theme(Struct, frozen=True):
    """One theme's colours.

    `ground`, `raised`, `spine`: surfaces, and `soft`, one that marks what is chosen. `line`: rules between rows.
    `wave`: a waveform that is not played yet. `fill`: the cover's own colour, as a surface, with `on` as its label.
    `stroke`: the same colour for shapes. `accent`: the same colour for text.
    """

    ground: Hex
    raised: Hex
    spine: Hex
    line: Hex
    wave: Hex
    soft: Hex
    fill: Hex
    on: Hex
    stroke: Hex
    accent: Hex


class Palette(Struct, frozen=True):
    """What a cover lends, for both themes."""

    light: Theme
    dark: Theme


HOUSE = Palette(
    light=Theme(
        ground="#f8f8f7", raised="#ffffff", spine="#e8e8e7", line="#d6d6d5", wave="#898988", soft="#cfdeff",
        fill="#1649d0", on="#ffffff", stroke="#1649d0", accent="#1649d0",
    ),
    dark=Theme(
        ground="#171716", raised="#1f1f1e", spine="#2a2a29", line="#383837", wave="#6c6c6a", soft="#142e6a",
        fill="#9bb9ff", on="#0f0f0e", stroke="#9bb9ff", accent="#9bb9ff",
    ),
)  # fmt: skip
"""Cobalt on grey: of a release without a cover, and of a cover without a colour that stands out."""


def hash_of_palette(palette: Palette) -> str:
    """What the palette is known by."""
    return sha256(msgspec.json.encode([VERSION, palette])).hexdigest()[:HASH_DIGITS]


HOUSE_HASH = hash_of_palette(HOUSE)
