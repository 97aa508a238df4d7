"""A catalogue with one artist, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from tests import factories
from veza.catalog.facade import Catalog
from veza.catalog.releases import Release
from veza.catalog.tracks import Track, tracks_of
from veza.ingest.opening import open_source
from veza.ingest.report import Report
from veza.ingest.run import run_import
from veza.kit.clock import ManualClock
from veza.kit.database import Database, Session


@dataclass
class Intake:
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
async def intake(database: Database, clock: ManualClock, tmp_path: Path) -> Intake:
    async def on_first_artist(_session: Session, _person_id: UUID) -> None: ...

    catalog = Catalog(database, factories.objects(), ("EUR",), on_first_artist, "https://veza.test")
    artist_id = await factories.artist(database, "Džana", run_by=await factories.person(database))
    folder = tmp_path / "music"
    folder.mkdir()
    return Intake(catalog, artist_id, folder)
