"""Tags as they are searched: one row each, beside the list each thing shows itself with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Index, delete, exists, insert
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog.wording import SORTED
from veza.kit.database import Base, Session

ARTIST, RELEASE, TRACK = "artist", "release", "track"


class Tagging(Base):
    """An artist, release or track has a tag."""

    __tablename__ = "taggings"

    kind: Mapped[str] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(SORTED, primary_key=True)
    about_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__ = (Index(None, "about_id"),)


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
