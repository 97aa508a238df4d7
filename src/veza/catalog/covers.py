"""Covers: one picture of a release in several sizes, kept by what they hold."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.identity import Identity
from veza.catalog.acting import sees_all_of
from veza.catalog.artists import Artist
from veza.catalog.kept_palettes import StoredPalette, keep_palette
from veza.catalog.palettes import VERSION, Palette
from veza.catalog.releases import Release, machine
from veza.catalog.visibility import VISIBLE_RELEASE
from veza.kit.database import Base, Session
from veza.kit.messages import gettext


class Cover(Base):
    """One picture of an artist's. `objects` are its files: "512.webp" → the key it is stored under.

    `palette_hash` is null where no colour of it stands out, and as long as `palette_version` is 0: not computed yet.
    """

    __tablename__ = "covers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    artist_id: Mapped[UUID] = mapped_column(ForeignKey("artists.id"))
    source_hash: Mapped[str]
    colour: Mapped[str]
    sizes: Mapped[list[Any]]
    objects: Mapped[dict[str, Any]]
    palette_hash: Mapped[str | None] = mapped_column(ForeignKey(StoredPalette.hash))
    palette_version: Mapped[int]
    created_at: Mapped[datetime]

    __table_args__ = (Index("uq_covers_artist_id_source_hash", "artist_id", "source_hash", unique=True),)


class UnknownCover(LookupError):
    """No such cover, none that the identity may see, or none of this size and kind."""

    def __init__(self, cover_id: UUID, name: str = "") -> None:
        path = f"{cover_id}/{name[:40]}" if name else str(cover_id)
        super().__init__(gettext("there is no cover {path}", path=path))


async def known_cover(session: Session, artist_id: UUID, source_hash: str) -> Cover | None:
    """The cover this artist's same picture has become before."""
    mine = select(Cover).where(Cover.artist_id == artist_id, Cover.source_hash == source_hash)
    return (await session.scalars(mine)).one_or_none()


async def add_cover(
    session: Session,
    artist_id: UUID,
    source_hash: str,
    colour: str,
    sizes: list[int],
    objects: dict[str, str],
    palette: Palette | None,
) -> Cover:
    """Remember a picture whose files are stored; the same picture of the same artist is one cover."""
    insert: Any = postgresql.insert if session.dialect == "postgresql" else sqlite.insert
    row = {
        "id": session.new_id(), "artist_id": artist_id, "source_hash": source_hash, "colour": colour,
        "sizes": sizes, "objects": objects, "created_at": session.now,
        "palette_hash": await keep_palette(session, palette), "palette_version": VERSION,
    }  # fmt: skip
    await session.execute(insert(Cover).values(row).on_conflict_do_nothing())
    mine = select(Cover).where(Cover.artist_id == artist_id, Cover.source_hash == source_hash)
    return (await session.scalars(mine)).one()


async def set_cover(session: Session, release: Release, cover: Cover | None) -> None:
    """Give a locked release this cover, or none."""
    cover_id = cover.id if cover else None
    if release.cover_id != cover_id:
        await machine.update(session, release, cover_id=cover_id, version=release.version + 1, updated_at=session.now)


async def find_cover(session: Session, cover_id: UUID) -> Cover:
    """The cover, public or not; raises UnknownCover."""
    cover = await session.get(Cover, cover_id)
    if cover is None:
        raise UnknownCover(cover_id)
    return cover


async def is_public(session: Session, cover: Cover) -> bool:
    """Whether a public release has this cover."""
    return bool(await session.scalar(_IS_PUBLIC, {"cover": cover.id}))


async def is_seen_by(session: Session, cover: Cover, identity: Identity) -> bool:
    """Whether the identity is of its artist's people or a moderator: they see covers of every release."""
    return await sees_all_of(session, cover.artist_id, identity)


def object_of(cover: Cover, size: int, form: str) -> str:
    """The key of the file of at most `size` pixels in `form` (webp, jpg); never a larger one than asked for.

    Raises UnknownCover, for a size smaller than any as well.
    """
    fitting = [one for one in cover.sizes if one <= size]
    key = cover.objects.get(f"{max(fitting)}.{form}") if fitting else None
    if key is None:
        raise UnknownCover(cover.id, f"{size}.{form}")
    return str(key)


_IS_PUBLIC = select(
    select(Release.id)
    .join(Artist, Artist.id == Release.artist_id)
    .where(Release.cover_id == bindparam("cover", type_=Uuid()), VISIBLE_RELEASE)
    .exists()
)


async def named_covers(session: Session, keys: Collection[str]) -> set[str]:
    """Which of these keys of objects are files of covers that are kept."""
    wanted = set(keys)
    rows = (await session.scalars(select(Cover.objects))).all() if wanted else []
    return {key for objects in rows for key in objects.values() if key in wanted}
