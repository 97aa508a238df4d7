"""The design's tokens, and the style sheet of custom properties made of them.

`tokens.json` has the form of the Design Tokens Community Group, with `dark` beside a colour's value. Nothing else names
a colour or a size (tests/web/test_styles.py). `veza pages` writes the sheet (`styles/tokens.css`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TOKENS = Path(__file__).parent / "tokens.json"
_NOT_IN_SHEET = "breakpoint"
"""Media queries cannot read custom properties."""
OF_RECORD = {
    "ground": "ground", "raised": "raised", "spine": "spine", "line": "line", "accent": "accent", "stroke": "stroke",
    "fill": "fill", "on-fill": "on", "wave": "wave", "accent-soft": "soft",
}  # fmt: skip
"""Token → the colour of a record's palette (`web.palettes`) that takes its place: `--l-NAME` in light, `--d-NAME` in
dark."""


def style_sheet() -> str:
    """Tokens as custom properties, in both themes, and the rules by which a palette takes their place."""
    tokens = json.loads(TOKENS.read_text())
    colours = tokens.pop("colour")
    del tokens[_NOT_IN_SHEET]
    light = {name: one["$value"] for name, one in colours.items() if not name.startswith("$")}
    dark = {name: one["dark"] for name, one in colours.items() if not name.startswith("$")}
    of_light = {name: f"var(--l-{one})" for name, one in OF_RECORD.items()}
    of_dark = {name: f"var(--d-{one})" for name, one in OF_RECORD.items()}
    blocks = [
        "/* Written by `veza pages` from tokens.json. */",
        "@layer tokens {",
        _block(":root", [f"--{name}: {value}" for name, value in _plain(tokens)]),
        _themed(light, dark, ""),
        _themed(of_light, of_dark, " .of-record"),
        "}",
    ]
    return "\n".join(blocks) + "\n"


def breakpoints() -> set[str]:
    """The widths at which the layout changes; media queries write them out."""
    group = json.loads(TOKENS.read_text())[_NOT_IN_SHEET]
    return {one["$value"] for name, one in group.items() if not name.startswith("$")}


def _themed(light: Mapping[str, str], dark: Mapping[str, str], within: str) -> str:
    """The colours where the reader chose a theme, else by the system."""
    pale, deep = _colours(light, "light"), _colours(dark, "dark")
    return "\n".join(
        [
            _block(f":root{within}", pale),
            f"@media (prefers-color-scheme: dark) {{\n{_block(f':root:not([data-theme=light]){within}', deep)}\n}}",
            _block(f":root[data-theme=dark]{within}", deep),
        ]
    )


def _colours(colours: Mapping[str, str], scheme: str) -> list[str]:
    return [f"color-scheme: {scheme}", *(f"--{name}: {value}" for name, value in colours.items())]


def _block(selector: str, lines: list[str]) -> str:
    return f"{selector} {{\n" + "".join(f"  {line};\n" for line in lines) + "}"


def _plain(group: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Each token but the colours: its name, such as `space-4`, and its value in CSS."""
    for name, one in group.items():
        if name.startswith("$"):
            continue
        here = (*path, name)
        if "$value" not in one:
            yield from _plain(one, here)
            continue
        value, called = one["$value"], "-".join(here)
        if isinstance(value, dict):
            yield called, value["fontSize"]
            yield f"{called}-line", value["lineHeight"]
        elif isinstance(value, list):
            yield called, f"cubic-bezier({', '.join(str(number) for number in value)})"
        else:
            yield called, value
