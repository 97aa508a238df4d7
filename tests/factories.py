"""People, artists, releases and sellers as rows; sales and refunds are made on a stage (`veza.lab.simulator.stage`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from obstore.store import MemoryStore
from sqlalchemy import insert, update

from veza.accounts.people import Person
from veza.catalog.artists import Artist, ArtistMember
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.kit.database import Database, Session
from veza.kit.objects import Objects
from veza.money.sellers import Seller


async def person(
    database: Database,
    name: str = "Mara",
    *,
    email: str | None = None,
    confirmed: bool = True,
    language: str | None = None,
) -> UUID:
    """A person with an address of their own, confirmed unless told otherwise."""
    async with database.write() as session:
        row = Person(
            id=session.new_id(),
            name=name,
            email_confirmed_at=session.now if confirmed else None,
            language=language,
            created_at=session.now,
        )
        row.email = email or f"{row.id}@example.org"
        session.add(row)
        await session.flush()
        return row.id


async def artist(
    database: Database, name: str = "Anna", *, run_by: UUID | None = None, fee_bps: int | None = None
) -> UUID:
    """An artist from Germany who sells in euros; `run_by` owns it."""
    async with database.write() as session:
        artist_id = session.new_id()
        row = {"id": artist_id, "slug": str(artist_id), "name": name, "country": "DE", "currency": "EUR"}
        session.add(Artist(**row, fee_bps=fee_bps, created_at=session.now))
        await session.flush()
        if run_by is not None:
            _add_member(session, artist_id, run_by, "owner")
            await session.flush()
        return artist_id


async def member(database: Database, artist_id: UUID, person_id: UUID, part: str = "member") -> None:
    """The person may act for the artist from now on."""
    async with database.write() as session:
        _add_member(session, artist_id, person_id, part)


def _add_member(session: Session, artist_id: UUID, person_id: UUID, part: str) -> None:
    session.add(ArtistMember(artist_id=artist_id, person_id=person_id, part=part, since=session.now))


async def seller(database: Database, seller_id: str, name: str, account: str | None) -> None:
    """A seller whose account at the provider can be paid, or one without an account."""
    async with database.write() as session:
        row = {"id": seller_id, "name": name, "country": "DE", "created_at": session.now}
        paid = {"stripe_account_id": account, "transfers_active": account is not None}
        await session.execute(insert(Seller), {**row, **paid})


async def release(
    database: Database,
    artist_id: UUID,
    *titles: str,
    title: str = "Dawn",
    status: str = "published",
    at: datetime | None = None,
    **columns: Any,
) -> tuple[UUID, list[UUID]]:
    """A release with tracks of these titles, three minutes each; its id and theirs."""
    async with database.write() as session:
        release_id = session.new_id()
        row: dict[str, Any] = {
            "id": release_id, "artist_id": artist_id, "slug": str(release_id), "title": title, "kind": "album",
            "status": status, "tags": [], "published_at": (at or session.now) if status == "published" else None,
            "created_at": session.now, "updated_at": session.now,
        }  # fmt: skip
        session.add(Release(**row | columns))
        await session.flush()
        tracks = [
            Track(
                id=session.new_id(),
                release_id=release_id,
                artist_id=artist_id,
                position=number,
                title=named,
                credits=[],
                tags=[],
                duration_ms=180_000,
                created_at=session.now,
            )
            for number, named in enumerate(titles, 1)
        ]
        session.add_all(tracks)
        await session.flush()
        return release_id, [track.id for track in tracks]


def objects() -> Objects:
    """An object store that ends with the process."""
    return Objects(MemoryStore)


async def tracks(database: Database, *titles: str) -> list[UUID]:
    """Tracks of these titles on one published release of a new artist."""
    return (await release(database, await artist(database), *titles))[1]


async def change(database: Database, model: Any, row_id: UUID, **columns: Any) -> None:
    """Set columns of a row, as the module that owns the row would."""
    async with database.write() as session:
        await session.execute(update(model).where(model.id == row_id).values(**columns))
