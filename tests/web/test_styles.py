"""Only the tokens name colours and sizes; style sheets use their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from veza.web import tokens

STYLES = Path(tokens.__file__).parents[1] / "styles"
MADE = ("tokens.css", "fonts.css")
"""Written from the tokens; the ranges of fonts."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\(")
_SIZE = re.compile(r"-?[0-9.]+(?:px|pt|rem|cm|mm|in)\b")
_MEDIA = re.compile(r"@media [^{]*")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def named_in(sheet: str) -> Iterator[str]:
    """Colours and sizes that a style sheet names by itself. `em` and `%` follow a token and are none."""
    sheet = _COMMENT.sub("", sheet)
    for query in _MEDIA.findall(sheet):
        yield from (size for size in _SIZE.findall(query) if size not in tokens.breakpoints())
    rest = _MEDIA.sub("", sheet)
    yield from _COLOUR.findall(rest)
    yield from _SIZE.findall(rest)


def sheets() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(STYLES.glob("*.css"))}


def test_no_style_sheet_names_a_colour_or_a_size() -> None:
    found = {name: list(named_in(sheet)) for name, sheet in sheets().items() if name not in MADE}
    assert {name: raw for name, raw in found.items() if raw} == {}


def test_every_name_that_a_style_sheet_uses_is_given() -> None:
    every = _COMMENT.sub("", "".join(sheets().values()))
    given = set(re.findall(r"(--[a-z0-9-]+)\s*:", every))
    of_palettes = re.compile(r"--[ld]-")
    used = {name for name in re.findall(r"var\((--[a-z0-9-]+)\)", every) if not of_palettes.match(name)}
    assert used <= given


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        (".a { padding: 3px; }", ["3px"]),
        (".a { color: #fff; }", ["#fff"]),
        (".a { color: rgb(0 0 0 / 10%); }", ["rgb("]),
        ("@media (max-width: 721px) { .a { gap: 0; } }", ["721px"]),
        ("@media (max-width: 720px) { .a { gap: var(--space-1); } /* 3px */ }", []),
        (".a { width: 4.5em; inset: 0; background: color-mix(in srgb, var(--text) 8%, transparent); }", []),
    ],
)
def test_what_is_planted_is_found(planted: str, named: list[str]) -> None:
    assert list(named_in(planted)) == named
