"""A catalogue with one artist, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.factories import objects, person
from veza.catalog.artists import ArtistDraft, open_artist
from veza.catalog.facade import Catalog
from veza.catalog.releases import Release
from veza.catalog.tracks import Track, tracks_of
from veza.ingest.opening import open_source
from veza.ingest.report import Report
from veza.ingest.run import run_import
from veza.kit.clock import ManualClock
from veza.kit.database import Database, Session


@dataclass
class Shop:
    """The catalogue, an artist of it, and a folder to import from."""

    catalog: Catalog
    artist_id: UUID
    folder: Path

    async def imported(
        self,
        path: Path | None = None,
        on_step: Callable[[str, int, int], None] = lambda *_: None,
        *,
        encoding: str | None = None,
        is_dry: bool = False,
    ) -> Report:
        source = open_source(path or self.folder, encoding=encoding)
        try:
            return await run_import(self.catalog, self.artist_id, source, on_step, encoding=encoding, is_dry=is_dry)
        finally:
            source.close()

    async def releases(self) -> dict[str, tuple[Release, list[Track]]]:
        """Every release by its slug, with its tracks in order."""
        async with self.catalog.database.read() as session:
            rows = (await session.scalars(select(Release).order_by(Release.id))).all()
            return {row.slug: (row, list(await tracks_of(session, row.id))) for row in rows}

    async def titles(self) -> dict[str, list[str]]:
        return {slug: [track.title for track in tracks] for slug, (_, tracks) in (await self.releases()).items()}


@pytest.fixture
async def shop(database: Database, clock: ManualClock, tmp_path: Path) -> Shop:
    async def on_first_artist(_session: Session, _person_id: UUID) -> None: ...

    catalog = Catalog(database, objects(), ("EUR",), on_first_artist, "https://veza.test")
    anna = await person(database, "Anna", email="anna@example.org")
    async with database.write() as session:
        wanted: Any = ArtistDraft("Džana", "BA", "EUR")
        artist = await open_artist(session, anna, wanted, currencies=("EUR",), limits=catalog.limits)
    folder = tmp_path / "music"
    folder.mkdir()
    return Shop(catalog, artist.id, folder)
