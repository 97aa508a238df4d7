"""Computing the palette of a cover: which of its colours stands out, and the shades of it that can be read.

Colours are chosen in OKLCH, where a step of lightness looks the same for every hue; contrasts are those of WCAG 2.2.
Every contrast is measured on the colour as it is written, rounded to 8 bits, and the lightness moves until it holds.
Imported in the child process that opens pictures alone: the colour library takes 0.1 s to import.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from coloraide import Color
from PIL import Image

from veza.catalog.palettes import Palette, Theme

READABLE = 4.5
"""Contrast of text with what is behind it (WCAG 2.2, 1.4.3)."""
VISIBLE = 3.0
"""Contrast of shapes that say something with what is behind them (WCAG 2.2, 1.4.11)."""
MARGIN = 0.02
"""More than is demanded: implementations of relative luminance differ in the third decimal."""
LEAST_SHARE = 0.05
"""Of the cover: a smaller spot of colour is a detail."""
LEAST_CHROMA = 0.045
"""In OKLCH: below it a colour looks grey."""
MOST_TINT = 0.028
"""Chroma of surfaces: a tint that one feels and does not read as a colour. Rounding adds up to 0.002."""
INK, WHITE = "#0f0f0e", "#ffffff"
_SIDE = 96
"""Pixels of the square in which colours are counted."""
_CLUSTERS = 8
_STEP = 0.005
"""Of lightness, of 0 to 1: too little to be seen."""


class Swatch(NamedTuple):
    """A colour of a cover: its share of the picture, and where it lies in OKLCH."""

    share: float
    lightness: float
    chroma: float
    hue: float


class _Span(NamedTuple):
    """From where to where a value may be."""

    least: float
    most: float

    def nearest(self, value: float) -> float:
        return min(max(value, self.least), self.most)


@dataclass(frozen=True, slots=True)
class _Rules:
    """How one theme is made. Surfaces are (lightness, chroma); a foreground begins inside its spans and moves by `step`
    until it stands out."""

    step: float
    ground: tuple[float, float]
    raised: tuple[float, float]
    spine: tuple[float, float]
    line: tuple[float, float]
    soft: tuple[float, float]
    wave: tuple[float, float]
    fill_contrast: float
    """Of a fill with the ground: enough for its edge to be seen, its label carries the meaning."""
    stroke_lightness: _Span
    stroke_chroma: _Span
    accent_lightness: _Span
    accent_chroma: _Span


_LIGHT = _Rules(
    step=-_STEP,
    ground=(0.974, 0.007), raised=(0.992, 0.003), spine=(0.925, 0.022), line=(0.86, 0.016),
    soft=(0.915, MOST_TINT), wave=(0.74, 0.02),
    fill_contrast=1.45,
    stroke_lightness=_Span(0.42, 0.8), stroke_chroma=_Span(0.1, 0.21),
    accent_lightness=_Span(0.42, 0.62), accent_chroma=_Span(0.1, 0.2),
)  # fmt: skip
_DARK = _Rules(
    step=_STEP,
    ground=(0.188, 0.012), raised=(0.225, 0.015), spine=(0.272, 0.026), line=(0.34, 0.022),
    soft=(0.3, MOST_TINT), wave=(0.42, 0.025),
    fill_contrast=2.0,
    stroke_lightness=_Span(0.5, 0.85), stroke_chroma=_Span(0.1, 0.21),
    accent_lightness=_Span(0.68, 0.9), accent_chroma=_Span(0.08, 0.16),
)  # fmt: skip


def palette_of(cover: Image.Image) -> Palette | None:
    """The palette of a square RGB picture; None where no colour of it stands out."""
    swatches = swatches_of(cover)
    leading = leading_of(swatches)
    return None if leading is None else palette_from(leading, ground_hue(swatches, leading))


def swatches_of(cover: Image.Image) -> list[Swatch]:
    """The colours of a picture by k-means, those that look alike as one; the largest first."""
    small = cover.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    clusters = small.quantize(_CLUSTERS, method=Image.Quantize.MEDIANCUT, kmeans=_CLUSTERS, dither=Image.Dither.NONE)
    levels = clusters.getpalette("RGB") or []
    found = []
    for count, index in clusters.getcolors() or []:
        assert isinstance(index, int)
        colour = Color("srgb", [level / 255 for level in levels[3 * index : 3 * index + 3]])
        found.append(Swatch(count / _SIDE**2, *colour.convert("oklch").coords(nans=False)))
    return _merged(sorted(found, reverse=True))


def _merged(found: Sequence[Swatch]) -> list[Swatch]:
    """Each colour added to the largest one before it that looks alike."""
    merged: list[Swatch] = []
    for one in found:
        place = next((place for place, other in enumerate(merged) if _look_alike(one, other)), None)
        if place is None:
            merged.append(one)
        else:
            merged[place] = merged[place]._replace(share=merged[place].share + one.share)
    return sorted(merged, reverse=True)


def _look_alike(one: Swatch, other: Swatch) -> bool:
    apart = abs(one.hue - other.hue)
    are_grey = max(one.chroma, other.chroma) < LEAST_CHROMA
    return abs(one.lightness - other.lightness) < 0.1 and (are_grey or min(apart, 360 - apart) < 25)


def leading_of(swatches: Sequence[Swatch]) -> Swatch | None:
    """The colour that stands out: strong ones win over large ones. None where all are grey or small."""
    fitting = [one for one in swatches if one.share >= LEAST_SHARE and one.chroma >= LEAST_CHROMA]
    return max(fitting, key=_weight, default=None)


def _weight(one: Swatch) -> float:
    # What is nearly black or nearly white hardly shows its hue.
    shows = 1.0 if 0.3 < one.lightness < 0.9 else 0.55
    return float(one.share**0.45 * one.chroma * shows)


def ground_hue(swatches: Sequence[Swatch], leading: Swatch) -> float:
    """The hue of surfaces: that of the largest colour; of a grey one, the leading colour's."""
    largest = max(swatches)
    return largest.hue if largest.chroma >= LEAST_CHROMA / 2 else leading.hue


def palette_from(leading: Swatch, hue: float) -> Palette:
    """Both themes of a leading colour, on surfaces of this hue."""
    return Palette(_theme(_LIGHT, leading, hue), _theme(_DARK, leading, hue))


def _theme(rules: _Rules, leading: Swatch, hue: float) -> Theme:
    ground, raised, spine = (_written(*surface, hue) for surface in (rules.ground, rules.raised, rules.spine))
    soft = _written(*rules.soft, leading.hue)
    fill, on = _fill(rules, leading, ground)
    stroke_lightness = rules.stroke_lightness.nearest(leading.lightness)
    stroke_chroma = rules.stroke_chroma.nearest(leading.chroma)
    accent_lightness = rules.accent_lightness.nearest(leading.lightness)
    accent_chroma = rules.accent_chroma.nearest(leading.chroma)
    return Theme(
        ground=ground,
        raised=raised,
        spine=spine,
        line=_written(*rules.line, hue),
        wave=_standing_out(*rules.wave, hue, (ground, raised), VISIBLE, rules.step),
        soft=soft,
        fill=fill,
        on=on,
        stroke=_standing_out(
            stroke_lightness, stroke_chroma, leading.hue, (ground, raised, spine), VISIBLE, rules.step
        ),
        accent=_standing_out(
            accent_lightness, accent_chroma, leading.hue, (ground, raised, spine, soft), READABLE, rules.step
        ),
    )


def _fill(rules: _Rules, leading: Swatch, ground: str) -> tuple[str, str]:
    """The cover's own colour and the colour of its label. It moves only where it would melt into the ground, or where
    neither ink nor white can be read on it."""
    where = leading.lightness, leading.chroma, leading.hue
    fill = _standing_out(*where, (ground,), rules.fill_contrast, rules.step)
    on = max((WHITE, INK), key=lambda label: _contrast(label, fill))
    if _contrast(on, fill) >= READABLE + MARGIN:
        return fill, on
    return _standing_out(*where, (WHITE,), READABLE, -_STEP), WHITE


def _standing_out(lightness: float, chroma: float, hue: float, behind: Sequence[str], least: float, step: float) -> str:
    """The colour, its lightness moved by `step` until its contrast with all that may be behind it is `least`; black or
    white at the end."""
    while 0 < lightness < 1:
        colour = _written(lightness, chroma, hue)
        if all(_contrast(colour, one) >= least + MARGIN for one in behind):
            return colour
        lightness += step
    return WHITE if step > 0 else "#000000"


def _written(lightness: float, chroma: float, hue: float) -> str:
    """As #rrggbb; chroma is given up until the colour is one of sRGB."""
    colour = Color("oklch", [lightness, chroma, hue]).convert("srgb").fit("srgb", method="oklch-chroma")
    return colour.to_string(hex=True, fit=False)


@lru_cache(4096)
def _contrast(one: str, other: str) -> float:
    return Color(one).contrast(other, method="wcag21")
