"""Palettes as they are stored: each once, under its hash."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog.palettes import HOUSE, HOUSE_HASH, Palette, Theme, hash_of_palette
from veza.kit.database import Base, Session
from veza.kit.insert_ignore import insert_ignore


class StoredPalette(Base):
    """A palette under its hash. A row is never changed and never removed: pages that were sent name it."""

    __tablename__ = "palettes"

    hash: Mapped[str] = mapped_column(primary_key=True)
    light: Mapped[dict[str, Any]]
    dark: Mapped[dict[str, Any]]


async def keep_palette(session: Session, palette: Palette | None) -> str | None:
    """Store the palette unless it is stored already; its hash."""
    if palette is None:
        return None
    palette_hash = hash_of_palette(palette)
    row = {"hash": palette_hash, "light": msgspec.to_builtins(palette.light), "dark": msgspec.to_builtins(palette.dark)}
    await insert_ignore(session, StoredPalette, row)
    return palette_hash


async def find_palettes(session: Session, hashes: Collection[str]) -> dict[str, Palette]:
    """Hash → palette, for those that are known; the house's own is always known."""
    found = {HOUSE_HASH: HOUSE} if HOUSE_HASH in hashes else {}
    asked = [one for one in hashes if one != HOUSE_HASH]
    rows = (await session.execute(_BY_HASH, {"hashes": asked})).all() if asked else []
    return found | {
        row.hash: Palette(msgspec.convert(row.light, Theme), msgspec.convert(row.dark, Theme)) for row in rows
    }


_BY_HASH = select(StoredPalette.hash, StoredPalette.light, StoredPalette.dark).where(
    StoredPalette.hash.in_(bindparam("hashes", expanding=True))
)
