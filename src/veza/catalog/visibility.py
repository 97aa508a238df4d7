"""What everybody may see of the catalogue: published, and hidden by no moderator."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.kit.database import Base, Session
from veza.kit.messages import gettext


class HiddenTrack(Base):
    """A track a moderator hid, while the rest of its release stays; releases and artists have a column for it."""

    __tablename__ = "hidden_tracks"

    # No foreign key: a draft may be deleted, and what was said of it stays.
    track_id: Mapped[UUID] = mapped_column(primary_key=True)
    hidden_at: Mapped[datetime]


class NothingThere(LookupError):
    """No such thing, or it is not published, or it is hidden: one answer for all three."""

    def __init__(self, kind: str, wanted: object) -> None:
        super().__init__(gettext("there is no {kind} {wanted}", kind=kind, wanted=wanted))


VISIBLE_ARTIST: ColumnElement[bool] = Artist.hidden_at.is_(None)
VISIBLE_RELEASE = and_(Release.status == "published", Release.hidden_at.is_(None), VISIBLE_ARTIST)
"""For statements that join Release and Artist."""
HIDDEN_ITSELF = select(HiddenTrack.track_id).where(HiddenTrack.track_id == Track.id).exists()
VISIBLE_TRACK = and_(VISIBLE_RELEASE, ~HIDDEN_ITSELF)
"""For statements that join Track, Release and Artist."""

_ASKED: BindParameter[Any] = bindparam("ids", expanding=True)
_IN_RELEASES = select(Release.id).join(Artist, Artist.id == Release.artist_id)
_IN_TRACKS = select(Track.id).join(Release, Release.id == Track.release_id).join(Artist, Artist.id == Release.artist_id)
_VISIBLE: dict[str, Select[UUID]] = {
    "artist": select(Artist.id).where(Artist.id.in_(_ASKED), VISIBLE_ARTIST),
    "release": _IN_RELEASES.where(Release.id.in_(_ASKED), VISIBLE_RELEASE),
    "track": _IN_TRACKS.where(Track.id.in_(_ASKED), VISIBLE_TRACK),
}
_HIDDEN: dict[str, Select[UUID]] = {
    "artist": select(Artist.id).where(Artist.id.in_(_ASKED), ~VISIBLE_ARTIST),
    "release": _IN_RELEASES.where(
        Release.id.in_(_ASKED), or_(Release.hidden_at.is_not(None), Artist.hidden_at.is_not(None))
    ),
    "track": _IN_TRACKS.where(
        Track.id.in_(_ASKED),
        or_(Release.hidden_at.is_not(None), Artist.hidden_at.is_not(None), HIDDEN_ITSELF),
    ),
}


async def visible(session: Session, kind: str, ids: Collection[UUID]) -> set[UUID]:
    """Which of these artists, releases or tracks (`kind`) everybody may see."""
    return set((await session.scalars(_VISIBLE[kind], {"ids": list(ids)})).all()) if ids else set()


async def hidden(session: Session, kind: str, ids: Collection[UUID]) -> set[UUID]:
    """Which of these artists, releases or tracks a moderator hid, alone or with what they belong to."""
    return set((await session.scalars(_HIDDEN[kind], {"ids": list(ids)})).all()) if ids else set()


async def is_hidden(session: Session, kind: str, one: UUID) -> bool:
    """Whether a moderator hid this artist, release or track, alone or with what it belongs to."""
    return bool(await hidden(session, kind, [one]))


async def must_be_visible(session: Session, kind: str, one: UUID) -> None:
    """Raises NothingThere unless everybody may see it."""
    if not await visible(session, kind, [one]):
        raise NothingThere(kind, one)
