"""Covers for the demo, painted from a seed: a few shapes, three colours, a little grain.

Painters and palettes are dealt like cards, not drawn: in one label no two covers have both in common.
"""

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


def cover_of(label: int, number: int, title: str) -> bytes:
    """A square JPEG for a label's release `number`, from 0; always the same for the same three."""
    painter, colours = look_of(label, number)
    dice = random.Random(f"cover {label} {title}")  # noqa: S311  (a picture that repeats, not a secret)
    side = SIDE * _DRAWN
    picture = Image.new("RGB", (side, side), colours[0])
    painter(ImageDraw.Draw(picture), dice, colours, side)
    told = io.BytesIO()
    # Read once, then thrown away: as a PNG, writing and reading it took 90 ms of the 240 that a cover took, now 12.
    _grained(picture.reduce(_DRAWN), dice).save(told, "JPEG", quality=95, subsampling=0)
    return told.getvalue()


def look_of(label: int, number: int) -> tuple[Painter, tuple[str, str, str]]:
    """How a label's release `number` is painted: each pair once in 40 releases, for 8 painters and 10 palettes."""
    dealt = random.Random(f"looks {label}")  # noqa: S311
    painters, palettes = dealt.sample(PAINTERS, len(PAINTERS)), dealt.sample(PALETTES, len(PALETTES))
    return painters[number % len(painters)], palettes[number % len(palettes)]


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


def _arches(draw: ImageDraw.ImageDraw, dice: random.Random, colours: tuple[str, str, str], side: int) -> None:
    """Doorways inside doorways, beside each other."""
    gates = dice.randint(1, 3)
    width, thick = side / gates, side / gates / dice.uniform(10.5, 14)
    for gate in range(gates):
        top = side * dice.uniform(0.12, 0.4)
        for ring in range(4):
            left, right = width * gate + thick * (ring + 0.5), width * (gate + 1) - thick * (ring + 0.5)
            crown, colour = top + thick * ring, colours[1 + ring % 2]
            draw.pieslice((left, crown, right, crown + right - left), 180, 360, fill=colour)
            draw.rectangle((left, crown + (right - left) / 2 - 1, right, side), fill=colour)
        left, right, crown = width * gate + thick * 4.5, width * (gate + 1) - thick * 4.5, top + thick * 4
        draw.pieslice((left, crown, right, crown + right - left), 180, 360, fill=colours[0])
        draw.rectangle((left, crown + (right - left) / 2 - 1, right, side), fill=colours[0])


def _dots(draw: ImageDraw.ImageDraw, dice: random.Random, colours: tuple[str, str, str], side: int) -> None:
    """A screen of dots that swell towards a corner or two."""
    cells = dice.randint(14, 20)
    size, (x, y) = side / cells, (dice.choice((0.0, 0.5, 1.0)), dice.choice((0.0, 1.0)))
    far = math.hypot(max(x, 1 - x), 1)
    for row in range(cells):
        for column in range(cells):
            across, down = (column + 0.5) / cells, (row + 0.5) / cells
            near = 1 - math.hypot(across - x, down - y) / far
            radius = size * (0.06 + 0.5 * near**1.4)
            left, top = across * side, down * side
            colour = colours[2 if near > 0.62 else 1]
            draw.ellipse((left - radius, top - radius, left + radius, top + radius), fill=colour)


def _windows(draw: ImageDraw.ImageDraw, dice: random.Random, colours: tuple[str, str, str], side: int) -> None:
    """Houses at night, some of whose windows are lit."""
    left = 0.0
    while left < side:
        width, top = side * dice.uniform(0.16, 0.3), side * dice.uniform(0.18, 0.6)
        width = width if left + width < side * 0.88 else side - left
        draw.rectangle((left, top, left + width - side * 0.008, side), fill=colours[1])
        columns = max(2, round(width / side * 15))
        pane = width / (columns * 1.6 + 0.6)
        for row in range(int((side - top) / (pane * 2)) + 1):
            for column in range(columns):
                x, y = left + pane * (0.6 + column * 1.6), top + pane * (0.8 + row * 2)
                lit = colours[2] if dice.random() < 0.3 else colours[0]
                draw.rectangle((x, y, x + pane, y + pane * 1.3), fill=lit)
        left += width


PAINTERS: tuple[Painter, ...] = (_waves, _sun, _rings, _blocks, _strands, _arches, _dots, _windows)
