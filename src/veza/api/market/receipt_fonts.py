"""The fonts of a receipt: of each font that `setup/assets.py` has fetched, the signs that the receipt shows."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from veza.api.market.receipt_letters import JOINERS

FETCHED = Path(__file__).parents[1] / "vendor"
BASE = "noto-sans-latin"
"""The subset of Noto Sans with Latin-1; it sets all that it has."""
WEIGHTS = {"": 400, "B": 700}
_CHINESE = "noto-sans-sc"
_LANGUAGES = {"[\u3040-\u30ff]": "noto-sans-jp", "[\u1100-\u11ff\uac00-\ud7a3]": "noto-sans-kr"}
"""The same sign is drawn otherwise in Japanese, Korean and Chinese: kana and Hangul say which of them is meant."""
_PLAIN = re.compile(r"noto-sans-(?!thai|lao)(?:(?:sc|jp|kr|tc)-)?(?:latin|cyrillic|greek|vietnamese|\d)|noto-emoji")
"""Fonts whose signs stand side by side as they are written. Others join, reorder, or run from right to left."""


@dataclass(frozen=True)
class CutFont:
    """What a receipt needs of one font, as one file for each weight."""

    name: str
    files: dict[str, Path]
    """A style of the document (“”, “B”) → a TrueType file."""
    signs: frozenset[str]

    @property
    def is_plain(self) -> bool:
        return _PLAIN.match(self.name) is not None


def cut(text: str, into: Path) -> list[CutFont]:
    """The fonts that show the text, the base font first, cut to its signs into files of that folder.

    What no font has is in none of them. Empty where no fonts were fetched.
    """
    fonts = _chosen(text)
    needed: dict[str, set[str]] = defaultdict(set)
    needed[BASE].update(map(chr, range(0x20, 0x7F)))
    for sign in sorted(set(text)):
        for name in fonts.get(sign, ()):
            if ord(sign) in _cmap(name):
                needed[name].add(sign)
                break
    owner = {sign: name for name, signs in needed.items() for sign in signs}
    # A joiner is of the letter before it: in another font it would part the letters that it joins.
    for before, joiner in pairwise(text):
        name = owner.get(before, BASE)
        if joiner in JOINERS and name != BASE and ord(joiner) in _cmap(name):
            needed[name].add(joiner)
    return [_cut(name, frozenset(signs), into) for name, signs in needed.items() if _file(name).is_file()]


def _chosen(text: str) -> dict[str, list[str]]:
    """A sign → the names of the fonts that should have it, the one of the text's language first."""
    known = _fonts()
    first = next((font for signs, font in _LANGUAGES.items() if re.search(signs, text)), _CHINESE)
    return {
        sign: sorted(known.get(ord(sign), ()), key=lambda name: not name.startswith((BASE, first)))
        for sign in set(text)
        if unicodedata.category(sign) != "Cf"  # marks of direction print nothing
    }


@cache
def _fonts() -> dict[int, list[str]]:
    """A code point → the fonts that are said to have it; those of most languages first."""
    found: dict[int, list[str]] = defaultdict(list)
    for listed in sorted(FETCHED.glob("*.json"), key=lambda path: (path.stem != "noto-sans", path.stem)):
        for subset, ranges in json.loads(listed.read_text()).items():
            name = f"{listed.stem}-{subset.strip('[]')}"
            if _file(name).is_file():
                for code in _codes(ranges):
                    found[code].append(name)
    return found


def _codes(ranges: str) -> Iterator[int]:
    """Of “U+0000-00FF,U+0131”."""
    for one in ranges.split(","):
        first, _, last = one.strip().removeprefix("U+").partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def _file(name: str) -> Path:
    return FETCHED / f"{name}-wght-normal.woff2"


@cache
def _cmap(name: str) -> frozenset[int]:
    # As fpdf2: only the process that draws pays for it. It ships no types.
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # as said above

    if not _file(name).is_file():
        return frozenset()
    with TTFont(_file(name), lazy=True) as font:
        return frozenset(font.getBestCmap())


def _cut(name: str, signs: frozenset[str], into: Path) -> CutFont:
    from fontTools import subset  # type: ignore[import-untyped]  # it ships no types
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer  # type: ignore[import-untyped]  # nor here

    # Cut first: to set the weight of a whole font takes a second.
    cutter = subset.Subsetter(subset.Options(layout_features=["*"], notdef_outline=True, hinting=False))
    cutter.populate(text="".join(sorted(signs)))
    small = io.BytesIO()
    with TTFont(_file(name), recalcTimestamp=False) as font:
        font.flavor = None
        cutter.subset(font)
        font.save(small)
    files = {}
    for style, weight in WEIGHTS.items():
        files[style] = into / f"{name}-{weight}.ttf"
        with TTFont(small, recalcTimestamp=False) as font:
            instancer.instantiateVariableFont(font, {"wght": weight}, inplace=True)
            font.save(files[style])
    return CutFont(name, files, signs)
