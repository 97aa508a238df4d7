"""Covers: one picture of a release in several sizes, kept by what they hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog.releases import Release, machine
from veza.kit.database import Base, Session


class Cover(Base):
    """One picture of an artist's. `objects` are its files: "512.webp" → the key it is stored under."""

    __tablename__ = "covers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"))
    source_hash: Mapped[str]
    colour: Mapped[str]
    sizes: Mapped[list[Any]]
    objects: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    __table_args__ = (Index("uq_covers_artist_id_source_hash", "artist_id", "source_hash", unique=True),)


class UnknownCover(LookupError):
    """No such cover, or none of this size and kind."""

    def __init__(self, cover_id: UUID, name: str) -> None:
        super().__init__(f"there is no cover {cover_id}/{name[:40]}")


async def known_cover(session: Session, artist_id: UUID, source_hash: str) -> Cover | None:
    """The cover this artist's same picture has become before."""
    mine = select(Cover).where(Cover.artist_id == artist_id, Cover.source_hash == source_hash)
    return (await session.scalars(mine)).one_or_none()


async def add_cover(
    session: Session, artist_id: UUID, source_hash: str, colour: str, sizes: list[int], objects: dict[str, str]
) -> Cover:
    """Remember a picture whose files are stored; the same picture of the same artist is one cover."""
    insert: Any = postgresql.insert if session.dialect == "postgresql" else sqlite.insert
    row = {
        "id": session.new_id(), "artist_id": artist_id, "source_hash": source_hash, "colour": colour,
        "sizes": sizes, "objects": objects, "created_at": session.now,
    }  # fmt: skip
    await session.execute(insert(Cover).values(row).on_conflict_do_nothing())
    mine = select(Cover).where(Cover.artist_id == artist_id, Cover.source_hash == source_hash)
    return (await session.scalars(mine)).one()


async def set_cover(session: Session, release: Release, cover: Cover | None) -> None:
    """Give a locked release this cover, or none."""
    cover_id = cover.id if cover else None
    if release.cover_id != cover_id:
        await machine.amend(session, release, cover_id=cover_id, attempt=release.attempt + 1, updated_at=session.now)


async def object_of(session: Session, cover_id: UUID, size: int, form: str) -> str:
    """The key of the file of at most `size` pixels in `form` (webp, jpg); never a larger one than asked for.

    Raises UnknownCover, for a size smaller than any as well.
    """
    cover = await session.get(Cover, cover_id)
    fitting = [one for one in cover.sizes if one <= size] if cover else []
    key = cover.objects.get(f"{max(fitting)}.{form}") if cover and fitting else None
    if key is None:
        raise UnknownCover(cover_id, f"{size}.{form}")
    return str(key)
