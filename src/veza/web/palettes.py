"""Palettes as style sheets: each is a class that sets the colours of a record, `--l-…` in light and `--d-…` in dark.

A sheet is named by the hashes of what it holds and never changes, so a browser asks for it once. A page links the
sheets of the covers on it and gives each tile its class; no element needs a `style` attribute.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from msgspec.structs import asdict

from veza.catalog.kept_palettes import find_palettes
from veza.catalog.palettes import HASH_DIGITS, HOUSE_HASH, Palette, Theme
from veza.http.problems import NOT_FOUND, Problem
from veza.http.routers import FreshRouter
from veza.kit.database import Database
from veza.kit.messages import gettext

MOST_IN_A_SHEET = 64
"""Palettes: their hashes make an address of 1,100 characters, and their rules 30 kB before compression."""
_NAME = re.compile(rf"[0-9a-f]{{{HASH_DIGITS}}}(?:,[0-9a-f]{{{HASH_DIGITS}}})*\.css")
_STYLE_SHEET = {"Content-Type": "text/css; charset=utf-8", "X-Content-Type-Options": "nosniff"}
_FOR_GOOD = "public, max-age=31536000, immutable"
_FOR_NOW = "public, max-age=60"
"""Of a sheet that lacks a palette: another process may not have stored it yet."""


def class_of(palette_hash: str | None) -> str:
    """The class of what wears this palette; the house's where it has none."""
    return f"palette-{palette_hash or HOUSE_HASH}"


def sheets_of(palette_hashes: Iterable[str | None]) -> list[str]:
    """The addresses of the sheets with these palettes: the same for the same ones, in any order."""
    wanted = sorted({one or HOUSE_HASH for one in palette_hashes})
    return [_address(wanted[at : at + MOST_IN_A_SHEET]) for at in range(0, len(wanted), MOST_IN_A_SHEET)]


def _address(palette_hashes: Sequence[str]) -> str:
    return f"/palettes/{','.join(palette_hashes)}.css"


def palette_routes(database: Database) -> list[ControllerRouterHandler]:
    """/palettes/{hash}.css, also with several hashes."""

    @get("/{name:str}")
    async def palette_sheet(name: FromPath[str]) -> Response[bytes]:
        """The rules of the palettes that `name` lists, sorted and each once; another order leads to that address."""
        hashes = _hashes_in(name)
        listed = sorted(set(hashes))
        if listed != hashes:
            return Response(b"", status_code=308, headers={"Location": _address(listed), "Cache-Control": _FOR_GOOD})
        async with database.read() as session:
            found = await find_palettes(session, listed)
        if not found:
            raise _unknown(name)
        body = "".join(rule_of(one, found[one]) for one in listed if one in found).encode()
        kept = _FOR_GOOD if len(found) == len(listed) else _FOR_NOW
        return Response(body, headers={"Cache-Control": kept, **_STYLE_SHEET})

    return [FreshRouter("/palettes", route_handlers=[palette_sheet], include_in_schema=False)]


def _hashes_in(name: str) -> list[str]:
    """Raises Problem (not-found) for what names no sheet."""
    hashes = name.removesuffix(".css").split(",")
    if not _NAME.fullmatch(name) or len(hashes) > MOST_IN_A_SHEET:
        raise _unknown(name)
    return hashes


def _unknown(name: str) -> Problem:
    return Problem(NOT_FOUND, gettext("there is no palette {name}", name=name[:40]))


def rule_of(palette_hash: str, palette: Palette) -> str:
    """The palette as one rule of a style sheet. What it says is part of `palettes.VERSION`."""
    return f".{class_of(palette_hash)}{{{_set('l', palette.light)}{_set('d', palette.dark)}}}\n"


def _set(theme: str, colours: Theme) -> str:
    return "".join(f"--{theme}-{name}:{colour};" for name, colour in asdict(colours).items())
