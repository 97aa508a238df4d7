"""The catalogue as the composition root builds it, and as the doors are given it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from veza.catalog.covers import Cover, add_cover
from veza.catalog.limits import Limits
from veza.catalog.palette_backfill import compute_missing
from veza.catalog.palettes import Palette
from veza.catalog.pictures import BadPicture, CoverFiles, cover_palette, make_cover
from veza.catalog.publishing import ReleasePublisher
from veza.kit.database import Database, Session
from veza.kit.elsewhere import ELSEWHERE, TookTooLong
from veza.kit.messages import gettext
from veza.kit.objects import Objects

OnFirstArtist = Callable[[Session, UUID], Awaitable[None]]
"""Told, in the same transaction, that a person may act for an artist now; a repeat must not matter."""


@dataclass
class Catalog:
    """The database and the objects of the catalogue; `currencies` are those the platform settles, `base_url` (no slash
    at its end) is where people reach it."""

    database: Database
    objects: Objects
    currencies: Sequence[str]
    on_first_artist: OnFirstArtist
    base_url: str
    limits: Limits = field(default_factory=Limits)

    @property
    def publisher(self) -> ReleasePublisher:
        """The worker that publishes scheduled releases."""
        return ReleasePublisher(self.database)

    async def keep_picture(self, source: bytes) -> CoverFiles:
        """Make a cover of a picture and store its files; no transaction may be open. Raises BadPicture, Busy."""
        try:
            made = await ELSEWHERE.run(make_cover, source)
        except TookTooLong as error:
            raise BadPicture(gettext("the picture cannot be read: {error}", error=error)) from None
        for name, data in made.files.items():
            await self.objects.put(key_of(made, name), data)
        return made

    async def compute_palettes(self) -> int:
        """Compute the palettes of covers that have none yet; returns how many covers it were."""
        return await compute_missing(self.database, self.objects, _compute_palette)


async def _compute_palette(file: bytes) -> Palette | None:
    return await ELSEWHERE.run(cover_palette, file)


async def record_cover(session: Session, artist_id: UUID, made: CoverFiles) -> Cover:
    """Remember a picture that `keep_picture` stored."""
    objects = {name: key_of(made, name) for name in made.files}
    return await add_cover(session, artist_id, made.source_hash, made.colour, made.sizes, objects, made.palette)


def key_of(made: CoverFiles, name: str) -> str:
    """What a file of a cover is stored under: what it holds says it, so the same is stored once."""
    digest = made.digest(name)
    return f"covers/{digest[:2]}/{digest}.{name.partition('.')[2]}"
