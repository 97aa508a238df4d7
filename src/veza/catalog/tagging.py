"""Tags as they are searched: one row each, beside the list each thing shows itself with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, delete, exists, insert, text
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog.wording import SORTED
from veza.kit.database import Base, Session

ARTIST, RELEASE, TRACK = "artist", "release", "track"


class Tagging(Base):
    """An artist, release or track has a tag.

    `listed_at` and `title_key` repeat a track's own: among a hundred thousand tracks one page of a tag is then read in
    its order from an index, however many have the tag. For artists and releases they stay null.
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


async def forget(session: Session, *about_ids: UUID) -> None:
    """Remove the tags of things that are gone."""
    await session.execute(delete(Tagging).where(Tagging.about_id.in_(about_ids)))


def has_tag(kind: str, about_id: Any, tag: Any) -> Any:
    """The condition that what has this id has this tag."""
    return exists().where(Tagging.kind == kind, Tagging.tag == tag, Tagging.about_id == about_id)
