"""What an artist's releases and tracks are called: for lists to choose from, and for rows that name one by its id."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.kit.database import Session

MOST_RELEASES, MOST_TRACKS = 200, 2_000
"""To choose from: a list that is longer is searched, not read."""


@dataclass(frozen=True, slots=True)
class Titled:
    """A release with its tracks (id, title) in order."""

    id: UUID
    title: str
    tracks: list[tuple[UUID, str]] = field(default_factory=list)


async def of_artist(session: Session, artist_id: UUID) -> Sequence[Titled]:
    """The newest releases in every state, at most MOST_RELEASES, with at most MOST_TRACKS of their tracks."""
    newest = select(Release.id, Release.title).where(Release.artist_id == artist_id).order_by(Release.id.desc())
    found = {row.id: Titled(row.id, row.title) for row in await session.execute(newest.limit(MOST_RELEASES))}
    of_them = select(Track.id, Track.title, Track.release_id).where(Track.artist_id == artist_id)
    for row in await session.execute(of_them.order_by(Track.release_id.desc(), Track.position).limit(MOST_TRACKS)):
        if row.release_id in found:
            found[row.release_id].tracks.append((row.id, row.title))
    return list(found.values())


async def named(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """The titles of those of these releases and tracks that are there."""
    titles: dict[UUID, str] = {}
    if ids:
        for model in (Release, Track):
            rows = await session.execute(select(model.id, model.title).where(model.id.in_(list(ids))))
            titles |= {row.id: row.title for row in rows}
    return titles
