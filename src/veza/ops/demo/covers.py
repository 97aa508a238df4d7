"""Covers for the demo, painted from a seed: a few shapes, three colours, a little grain."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw

SIDE = 1024
_DRAWN = 2
"""Painted this many times larger, then made small: that is what makes the edges smooth."""

PALETTES = (
    ("#0b3c49", "#731963", "#fffdfd"), ("#f4f1de", "#e07a5f", "#3d405b"), ("#1d3557", "#a8dadc", "#e63946"),
    ("#283618", "#dda15e", "#fefae0"), ("#2b2d42", "#8d99ae", "#ef233c"), ("#faf3dd", "#5e6472", "#b8f2e6"),
    ("#10002b", "#c77dff", "#ff9e00"), ("#003049", "#fcbf49", "#d62828"), ("#e9edc9", "#606c38", "#bc6c25"),
    ("#0d1b2a", "#778da9", "#e0e1dd"),
)  # fmt: skip

Painter = Callable[[ImageDraw.ImageDraw, random.Random, tuple[str, str, str], int], None]


def cover_of(seed: str) -> bytes:
    """A square PNG, always the same for the same seed."""
    dice = random.Random(f"cover {seed}")  # noqa: S311  (a picture that repeats, not a secret)
    colours = dice.choice(PALETTES)
    side = SIDE * _DRAWN
    picture = Image.new("RGB", (side, side), colours[0])
    painter = dice.choice(PAINTERS)
    painter(ImageDraw.Draw(picture), dice, colours, side)
    told = io.BytesIO()
    _grained(picture.reduce(_DRAWN), dice).save(told, "PNG", compress_level=1)  # read once, then thrown away
    return told.getvalue()


def _grained(picture: Image.Image, dice: random.Random) -> Image.Image:
    """A little noise: flat colour looks like a placeholder."""
    coarse = Image.frombytes("L", (SIDE // 2, SIDE // 2), dice.randbytes(SIDE * SIDE // 4))
    noise = coarse.point(lambda value: 116 + value // 12).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return ImageChops.overlay(picture, Image.merge("RGB", (noise, noise, noise)))


def _waves(draw: ImageDraw.ImageDraw, dice: random.Random, colours: tuple[str, str, str], side: int) -> None:
    bands = dice.randint(5, 9)
    for band in range(bands):
        base = side * (band + 2) / (bands + 2)
        height, length, shift = side * dice.uniform(0.02, 0.06), dice.uniform(1.2, 3.0), dice.uniform(0, math.tau)
        edge = [(x, base + height * math.sin(length * math.tau * x / side + shift)) for x in range(0, side + 1, 8)]
        draw.polygon([*edge, (side, side), (0, side)], fill=colours[1 + band % 2])


def _sun(draw: ImageDraw.ImageDraw, dice: random.Random, colours: tuple[str, str, str], side: int) -> None:
    radius, x, y = side * dice.uniform(0.2, 0.33), side * dice.uniform(0.35, 0.65), side * dice.uniform(0.3, 0.5)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colours[2])
    for line in range(dice.randint(6, 12)):
        top = y + radius * (-0.1 + line * 0.17)
        draw.rectangle((0, top, side, top + side * 0.006 * (line + 1)), fill=colours[0])
    draw.rectangle((0, y + radius * 1.25, side, side), fill=colours[1])


def _rings(draw: ImageDraw.ImageDraw, dice: random.Random, colours: tuple[str, str, str], side: int) -> None:
    x, y, step = side * dice.uniform(0.2, 0.8), side * dice.uniform(0.2, 0.8), side * dice.uniform(0.04, 0.08)
    for ring in range(24, 0, -1):
        radius = ring * step
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colours[ring % 3])


def _blocks(draw: ImageDraw.ImageDraw, dice: random.Random, colours: tuple[str, str, str], side: int) -> None:
    cells = dice.randint(4, 7)
    size = side / cells
    for row in range(cells):
        for column in range(cells):
            left, top = column * size, row * size
            box, colour = (left, top, left + size, top + size), dice.choice(colours[1:])
            match dice.randrange(4):
                case 0:
                    draw.rectangle(box, fill=colour)
                case 1:
                    draw.pieslice((left - size, top - size, left + size, top + size), 0, 90, fill=colour)
                case 2:
                    draw.polygon([(left, top + size), (left + size, top), (left + size, top + size)], fill=colour)


def _strands(draw: ImageDraw.ImageDraw, dice: random.Random, colours: tuple[str, str, str], side: int) -> None:
    for strand in range(dice.randint(18, 30)):
        x, lean, thick = side * dice.random(), dice.uniform(-0.2, 0.2), int(side * dice.uniform(0.004, 0.022))
        bend = dice.uniform(0.01, 0.07) * side
        line = [(x + lean * y + bend * math.sin(y * 5 / side + strand), y) for y in range(-40, side + 40, 16)]
        draw.line(line, fill=colours[1 + strand % 2], width=thick, joint="curve")


PAINTERS: tuple[Painter, ...] = (_waves, _sun, _rings, _blocks, _strands)
