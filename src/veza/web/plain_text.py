"""An owner's text as HTML: paragraphs, headings, lists and links, and nothing else of what is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

_BLOCKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def as_html(text: str) -> Markup:
    """Blocks between empty lines: a line after “# ” is a heading, lines after “- ” a list, the rest a paragraph.
    Addresses of the web and of mail are links."""
    return Markup("\n").join(_block(one.strip()) for one in _BLOCKS.split(text) if one.strip())


def _block(block: str) -> Markup:
    lines = block.split("\n")
    if len(lines) == 1 and block.startswith("#"):
        return Markup("<h2>{}</h2>").format(block.lstrip("#").strip())
    if all(line.startswith("- ") for line in lines):
        items = Markup("").join(Markup("<li>{}</li>").format(_linked(line[2:])) for line in lines)
        return Markup("<ul>{}</ul>").format(items)
    return Markup("<p>{}</p>").format(Markup("<br>").join(_linked(line) for line in lines))


def _linked(line: str) -> Markup:
    return Markup("").join(_parts(line))


def _parts(line: str) -> Iterator[Markup]:
    at = 0
    for found in _LINK.finditer(line):
        address = found.group()
        target = address if address.startswith("http") else f"mailto:{address}"
        yield escape(line[at : found.start()])
        yield Markup('<a href="{}" rel="nofollow">{}</a>').format(target, address)
        at = found.end()
    yield escape(line[at:])
