"""Tags as they are searched: one row each, beside the list each thing shows itself with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, bindparam, delete, insert, text, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog.sorted_text import SORTED
from veza.kit.database import Base, Session, table_of

ARTIST, RELEASE, TRACK = "artist", "release", "track"


class Tagging(Base):
    """An artist, release or track has a tag.

    `listed_at` and `title_key` repeat its own (an artist's: when it was made, and its `name_key`): among a hundred
    thousand tracks one page of a tag is then read in its order from an index, however many have the tag. `listed_at`
    is null while it is in no list.
    """

    __tablename__ = "taggings"

    kind: Mapped[str] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(SORTED, primary_key=True)
    about_id: Mapped[UUID] = mapped_column(primary_key=True)
    listed_at: Mapped[datetime | None]
    title_key: Mapped[str | None] = mapped_column(SORTED)

    __table_args__ = (
        Index(None, "about_id"),
        Index(
            "ix_taggings_newest", "kind", "tag", "listed_at", "about_id",
            postgresql_where=text("listed_at IS NOT NULL"), sqlite_where=text("listed_at IS NOT NULL"),
        ),
        Index(
            "ix_taggings_titled", "kind", "tag", "title_key", "about_id",
            postgresql_where=text("listed_at IS NOT NULL"), sqlite_where=text("listed_at IS NOT NULL"),
        ),
    )  # fmt: skip


async def write(session: Session, kind: str, about_id: UUID, tags: Sequence[str], before: Sequence[str] = ()) -> None:
    """Make `tags` those of `about_id`, which had `before`."""
    gone, new = [tag for tag in before if tag not in tags], [tag for tag in tags if tag not in before]
    if gone:
        mine = delete(Tagging).where(Tagging.kind == kind, Tagging.about_id == about_id, Tagging.tag.in_(gone))
        await session.execute(mine)
    if new:
        await session.execute(insert(Tagging), [{"kind": kind, "about_id": about_id, "tag": tag} for tag in new])


async def place(session: Session, kind: str, about_id: UUID, listed_at: datetime | None, title_key: str) -> None:
    """Put what has this id where it belongs in the lists of all its tags; with no `listed_at` it is in none."""
    await session.execute(_PLACE, {"of": kind, "about": about_id, "at": listed_at, "key": title_key})


async def forget(session: Session, *about_ids: UUID) -> None:
    """Remove the tags of things that are gone."""
    await session.execute(delete(Tagging).where(Tagging.about_id.in_(about_ids)))


_TAGGINGS = table_of(Tagging)
_PLACE = (
    update(_TAGGINGS)
    .where(_TAGGINGS.c.kind == bindparam("of"), _TAGGINGS.c.about_id == bindparam("about"))
    .values(listed_at=bindparam("at"), title_key=bindparam("key"))
)
