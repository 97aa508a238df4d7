"""People, artists and published releases as rows, for tests of what listeners do with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update

from veza.accounts.people import Person
from veza.catalog.artists import Artist, ArtistMember
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.kit.database import Database


async def person(database: Database, name: str = "Mara", *, confirmed: bool = True) -> UUID:
    async with database.write() as session:
        row = Person(
            id=session.new_id(),
            name=name,
            email_confirmed_at=session.now if confirmed else None,
            created_at=session.now,
        )
        row.email = f"{row.id}@example.test"
        session.add(row)
        await session.flush()
        return row.id


async def artist(database: Database, name: str = "Anna", *, run_by: UUID | None = None) -> UUID:
    async with database.write() as session:
        artist_id = session.new_id()
        session.add(
            Artist(id=artist_id, slug=str(artist_id), name=name, country="DE", currency="EUR", created_at=session.now)
        )
        await session.flush()
        if run_by is not None:
            session.add(ArtistMember(artist_id=artist_id, person_id=run_by, part="owner", since=session.now))
            await session.flush()
        return artist_id


async def release(
    database: Database, artist_id: UUID, *titles: str, status: str = "published", at: datetime | None = None
) -> tuple[UUID, list[UUID]]:
    """A release with tracks of these titles, three minutes each; its id and theirs."""
    async with database.write() as session:
        release_id = session.new_id()
        row = Release(
            id=release_id,
            artist_id=artist_id,
            slug=str(release_id),
            title="Dawn",
            kind="album",
            status=status,
            tags=[],
            published_at=(at or session.now) if status == "published" else None,
            created_at=session.now,
            updated_at=session.now,
        )
        session.add(row)
        await session.flush()
        tracks = [
            Track(
                id=session.new_id(),
                release_id=release_id,
                artist_id=artist_id,
                position=number,
                title=title,
                credits=[],
                tags=[],
                duration_ms=180_000,
                created_at=session.now,
            )
            for number, title in enumerate(titles, 1)
        ]
        session.add_all(tracks)
        await session.flush()
        return release_id, [track.id for track in tracks]


async def tracks(database: Database, *titles: str) -> list[UUID]:
    """Tracks of these titles on one published release of a new artist."""
    return (await release(database, await artist(database), *titles))[1]


async def change(database: Database, model: Any, row_id: UUID, **columns: Any) -> None:
    """Set columns of a row, as whoever owns that row would."""
    async with database.write() as session:
        await session.execute(update(model).where(model.id == row_id).values(**columns))
