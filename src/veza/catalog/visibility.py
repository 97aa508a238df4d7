"""What is public in the catalogue, the one rule: it is published, and no moderator hid it.

Statements take the rule as a condition, code takes it as a predicate of rows.
"""

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
from veza.kit.database import Base, Session, table_of
from veza.kit.listing import constant
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


_A, _R, _T, _H = table_of(Artist), table_of(Release), table_of(Track), table_of(HiddenTrack)

# Conditions are written on tables, so that lists read in plain columns and statements that read objects share them.
VISIBLE_ARTIST: ColumnElement[bool] = _A.c.hidden_at.is_(None)
PUBLISHED: ColumnElement[bool] = _R.c.status == constant("published")
RELEASED: ColumnElement[bool] = _R.c.status.in_(("published", "withdrawn"))
"""It is or once was published."""
VISIBLE_RELEASE = and_(PUBLISHED, _R.c.hidden_at.is_(None), VISIBLE_ARTIST)
"""For statements that join Release and Artist."""
HIDDEN_RELEASE = or_(_R.c.hidden_at.is_not(None), _A.c.hidden_at.is_not(None))
"""A moderator hid the release or its artist. For statements that join Release and Artist."""
NO_HIDDEN_ROW: ColumnElement[bool] = _H.c.track_id.is_(None)
"""The track itself is not hidden. For statements that outer-join HiddenTrack, which read its column anyway."""


def hides(track_id: Any) -> ColumnElement[bool]:
    """A moderator hid this track itself."""
    return select(_H.c.track_id).where(_H.c.track_id == track_id).exists()


HIDDEN_ITSELF = hides(_T.c.id)
VISIBLE_TRACK = and_(VISIBLE_RELEASE, ~HIDDEN_ITSELF)
"""For statements that join Track, Release and Artist."""


def artist_is_public(artist: Artist) -> bool:
    """Whether the artist is public."""
    return artist.hidden_at is None


def release_is_hidden(release: Release, artist: Artist) -> bool:
    """Whether a moderator hid the release, alone or with its artist."""
    return release.hidden_at is not None or not artist_is_public(artist)


def release_is_public(release: Release, artist: Artist) -> bool:
    """Whether the release is public."""
    return release.is_published and not release_is_hidden(release, artist)


def card_is_public(card: Any) -> bool:
    """Whether the release or track of a row is public; `listings` reads such rows with the status of the release."""
    return card.release_status == "published" and all(
        hidden_at is None for hidden_at in (card.hidden_at, card.release_hidden_at, card.artist_hidden_at)
    )


def card_is_hidden(card: Any) -> bool:
    """Whether a moderator hid the release or track of a row itself."""
    return card.hidden_at is not None


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
    "release": _IN_RELEASES.where(Release.id.in_(_ASKED), HIDDEN_RELEASE),
    "track": _IN_TRACKS.where(Track.id.in_(_ASKED), or_(HIDDEN_RELEASE, HIDDEN_ITSELF)),
}


async def visible(session: Session, kind: str, ids: Collection[UUID]) -> set[UUID]:
    """Which of these artists, releases or tracks (`kind`) are public."""
    return set((await session.scalars(_VISIBLE[kind], {"ids": list(ids)})).all()) if ids else set()


async def hidden(session: Session, kind: str, ids: Collection[UUID]) -> set[UUID]:
    """Which of these artists, releases or tracks a moderator hid, alone or with what they belong to."""
    return set((await session.scalars(_HIDDEN[kind], {"ids": list(ids)})).all()) if ids else set()


async def must_be_visible(session: Session, kind: str, one: UUID) -> None:
    """Raises NothingThere unless it is public."""
    if not await visible(session, kind, [one]):
        raise NothingThere(kind, one)
