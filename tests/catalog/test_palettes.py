"""Palettes: which colour of a cover leads, and that everything drawn with it can be read on every cover."""

from __future__ import annotations

import math
from io import BytesIO

import msgspec
import pytest
from coloraide import Color
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.ingest.pictures import picture
from veza.catalog.palette_making import Swatch, leading_of, palette_from, palette_of, swatches_of
from veza.catalog.palettes import HASH_DIGITS, HOUSE, HOUSE_HASH, Palette, Theme, hash_of_palette
from veza.catalog.pictures import cover_palette, make_cover, palette_file
from veza.lab.demo.covers import PAINTERS, PALETTES, cover_of, look_of

SURFACES = ("ground", "raised", "spine")
CONTRASTS = {
    ("on", ("fill",)): 4.5,
    ("accent", (*SURFACES, "soft")): 4.5,
    ("stroke", SURFACES): 3.0,
    ("wave", ("ground", "raised")): 3.0,
}
"""(Foreground, what may be behind it) → least contrast."""
TINTED = (*SURFACES, "line", "wave", "soft")
HOUSE_TEXT = {"light": ("#0f0f0e", "#636362"), "dark": ("#f2f2f1", "#979795")}
"""Text of pages, and quiet text: they keep their colour on a cover's surfaces."""
GREY_LOOKS = {("#0d1b2a", "#778da9", "#e0e1dd")}
"""Colours of demo covers of which none stands out for sure."""
COLOURS = st.builds(Swatch, st.just(0.5), st.floats(0, 1), st.floats(0, 0.4), st.floats(0, 360))


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it, written down here a second time."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    levels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels]
    return sum(weight * level for weight, level in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def faults(palette: Palette) -> list[str]:
    """Every contrast of both themes that is too small."""
    found = []
    for name, theme in (("light", palette.light), ("dark", palette.dark)):
        pairs = [(front, behind, least) for (front, all_behind), least in CONTRASTS.items() for behind in all_behind]
        found += [
            f"{name} {front} on {behind}: {reached:.3f} < {least}"
            for front, behind, least in pairs
            if (reached := contrast(getattr(theme, front), getattr(theme, behind))) < least
        ]
        found += [
            f"{name} text {text} on {behind}: {reached:.3f}"
            for text in HOUSE_TEXT[name]
            for behind in SURFACES
            if (reached := contrast(text, getattr(theme, behind))) < 4.5
        ]
    return found


def painted(*colours: tuple[str, float]) -> Image.Image:
    """A cover of horizontal bands, each of a colour and a share of the height."""
    cover, top = Image.new("RGB", (200, 200)), 0.0
    for colour, share in colours:
        cover.paste(Image.new("RGB", (200, round(200 * share) + 1), colour), (0, round(top)))
        top += 200 * share
    return cover


@settings(max_examples=300, deadline=None)
@given(COLOURS, st.floats(0, 360))
def test_every_contrast_holds_for_every_colour_and_every_hue_of_the_ground(leading: Swatch, hue: float) -> None:
    assert faults(palette_from(leading, hue)) == []


@settings(max_examples=100, deadline=None)
@given(COLOURS, st.floats(0, 360))
def test_surfaces_are_tinted_and_never_coloured(leading: Swatch, hue: float) -> None:
    palette = palette_from(leading, hue)
    for theme in (palette.light, palette.dark):
        chroma = {name: Color(getattr(theme, name)).convert("oklch")["chroma"] for name in TINTED}
        assert max(chroma.values()) <= 0.03, chroma


def test_the_contrasts_of_the_house_hold() -> None:
    assert faults(HOUSE) == []
    assert hash_of_palette(HOUSE) == HOUSE_HASH


@pytest.mark.parametrize("number", range(math.lcm(len(PAINTERS), len(PALETTES))))
def test_every_cover_of_the_demo_lends_colours_that_can_be_read(number: int) -> None:
    with Image.open(BytesIO(cover_of(1, number, f"Title {number}"))) as cover:
        palette = palette_of(cover.resize((256, 256)))
    assert palette is not None or look_of(1, number)[1] in GREY_LOOKS
    assert palette is None or faults(palette) == []


def test_the_fill_is_the_covers_own_colour_where_a_label_can_be_read_on_it() -> None:
    palette = palette_of(painted(("#1d3557", 0.6), ("#e6ad12", 0.4)))
    assert palette is not None
    assert palette.light.fill == palette.dark.fill == "#e6ad12"
    assert palette.light.on == palette.dark.on == "#0f0f0e"


def test_a_strong_colour_leads_before_a_large_pale_one() -> None:
    leading = leading_of(swatches_of(painted(("#b9c4ca", 0.85), ("#d62828", 0.15))))
    assert leading is not None
    assert Color("oklch", leading[1:]).convert("srgb").to_string(hex=True) == "#d62828"


@pytest.mark.parametrize(
    "bands",
    [(("#808080", 1.0),), (("#000000", 0.5), ("#ffffff", 0.5)), (("#808080", 0.97), ("#d62828", 0.03))],
    ids=["grey", "black and white", "a red detail"],
)
def test_a_cover_without_a_colour_that_stands_out_has_no_palette(bands: tuple[tuple[str, float], ...]) -> None:
    assert palette_of(painted(*bands)) is None


def test_shades_of_one_colour_count_as_one() -> None:
    shades = painted(("#2a6f97", 0.04), ("#2c7299", 0.04), ("#2e749c", 0.04), ("#c9c9c9", 0.88))
    leading = leading_of(swatches_of(shades))
    assert leading is not None
    assert leading.share > 0.1


def test_surfaces_take_the_hue_of_the_largest_colour() -> None:
    palette = palette_of(painted(("#12462f", 0.8), ("#e6ad12", 0.2)))
    assert palette is not None
    green, amber = (Color(one).convert("oklch")["hue"] for one in ("#12462f", "#e6ad12"))
    assert abs(Color(palette.light.spine).convert("oklch")["hue"] - green) < 10
    assert abs(Color(palette.light.accent).convert("oklch")["hue"] - amber) < 10


def test_a_cover_gets_the_same_palette_at_upload_and_afterwards() -> None:
    made = make_cover(picture(size=(700, 700)))
    assert made.palette is not None
    assert cover_palette(made.files[palette_file(made.sizes)]) == made.palette
    assert palette_file([96]) == "96.webp"


def test_a_palette_is_named_by_its_colours() -> None:
    one, other = (make_cover(picture(colour=colour)).palette for colour in ((200, 30, 60), (30, 90, 200)))
    assert one is not None
    assert other is not None
    assert hash_of_palette(one) == hash_of_palette(msgspec.convert(msgspec.to_builtins(one), Palette))
    assert hash_of_palette(one) != hash_of_palette(other)
    assert len(hash_of_palette(one)) == HASH_DIGITS


@pytest.mark.parametrize("written", ["#12345", "red", "#123456\n", "#12345G", "#123456;}*{color:red"])
def test_a_colour_is_six_hex_digits_and_nothing_else(written: str) -> None:
    colours = dict.fromkeys(Theme.__struct_fields__, "#123456")
    assert msgspec.convert(colours, Theme).ground == "#123456"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**colours, "ground": written}, Theme)
