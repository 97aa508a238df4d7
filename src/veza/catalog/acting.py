"""Who may act for an artist: the one rule, and the artists, releases and tracks that may be changed by it.

The people of an artist may act for it, and so may an identity with `Permission.ACT_FOR_ANY`. An owner may also change
who else does.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, Uuid, bindparam, exists, select

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import visibility
from veza.catalog.artists import Artist, ArtistMember, UnknownArtist, artist_of
from veza.catalog.releases import Release, UnknownRelease
from veza.catalog.tracks import Track, UnknownTrack, find_track
from veza.kit.database import Session
from veza.kit.messages import Message, gettext


class NotYours(Exception):
    """What is asked is for the artist's people, or its owners, only."""

    def __init__(self, what: Message) -> None:
        super().__init__(what)


def acts(artist_id: Any, person_id: Any) -> ColumnElement[bool]:
    """A condition of statements: the person is one of the artist's people."""
    return exists().where(ArtistMember.artist_id == artist_id, ArtistMember.person_id == person_id)


def owns(artist_id: Any, person_id: Any) -> ColumnElement[bool]:
    """A condition of statements: the person is an owner of the artist."""
    theirs = (ArtistMember.artist_id == artist_id, ArtistMember.person_id == person_id)
    return exists().where(*theirs, ArtistMember.role == "owner")


def artists_of(person_id: BindParameter[Any]) -> Select[UUID]:
    """A subquery: the ids of the artists that the person acts for."""
    return select(ArtistMember.artist_id).where(ArtistMember.person_id == person_id)


async def artists_of_each(session: Session, people: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """(artist, person): the artists that each of these people acts for."""
    mine = select(ArtistMember.artist_id, ArtistMember.person_id).where(ArtistMember.person_id.in_(people))
    return [(artist, person) for artist, person in await session.execute(mine)]


async def is_owner(session: Session, artist_id: UUID, person_id: UUID | None) -> bool:
    """Whether the person is an owner of the artist."""
    return await role_of(session, artist_id, person_id) == "owner"


async def role_of(session: Session, artist_id: UUID, person_id: UUID | None) -> str | None:
    """`owner` or `member`; None for a person who is neither."""
    if person_id is None:
        return None
    row = await session.get(ArtistMember, (artist_id, person_id))
    return row.role if row else None


async def acts_for(session: Session, artist_id: UUID, identity: Identity) -> bool:
    """Whether the identity may act for the artist."""
    return identity.may(Permission.ACT_FOR_ANY) or await role_of(session, artist_id, identity.person_id) is not None


async def sees_all_of(session: Session, artist_id: UUID, identity: Identity) -> bool:
    """Whether the identity sees what is the artist's and not public: a moderator, or one who may act for the artist."""
    return identity.may(Permission.MODERATE) or await acts_for(session, artist_id, identity)


async def demand(session: Session, artist: Artist, identity: Identity, *, as_owner: bool = False) -> None:
    """Raises NotYours unless the identity may act for the artist; with `as_owner`, unless it is an owner."""
    if not identity.may(Permission.ACT_FOR_ANY):
        _demand_role(artist, await role_of(session, artist.id, identity.person_id), as_owner)


async def acts_as_owner(session: Session, artist: Artist, identity: Identity) -> bool:
    """Whether the identity may do what is for the artist's owners."""
    return identity.may(Permission.ACT_FOR_ANY) or await is_owner(session, artist.id, identity.person_id)


def _demand_role(artist: Artist, role: str | None, as_owner: bool) -> None:
    if role is None:
        raise NotYours(gettext("only the people of {artist_name} may do this", artist_name=artist.name))
    if as_owner and role != "owner":
        raise NotYours(gettext("only an owner of {artist_name} may do this", artist_name=artist.name))


async def artist_for(session: Session, artist_id: UUID, identity: Identity, *, as_owner: bool = False) -> Artist:
    """The artist for whom the identity acts, read in one statement and not locked.

    Raises UnknownArtist, and NotYours unless the identity may act for the artist; with `as_owner`, unless it is an
    owner.
    """
    row = (await session.execute(_WITH_ROLE, {"artist": artist_id, "person": identity.person_id})).one_or_none()
    if row is None:
        raise UnknownArtist(artist_id)
    artist: Artist = row[0]
    if not identity.may(Permission.ACT_FOR_ANY):
        if row[1] is None and not (visibility.artist_is_public(artist) or identity.may(Permission.MODERATE)):
            raise UnknownArtist(artist_id)
        _demand_role(artist, row[1], as_owner)
    return artist


async def seen_artist(session: Session, wanted: str, identity: Identity) -> Artist:
    """The artist of a slug, current or former, or an id, if the identity may see it; raises UnknownArtist."""
    row = await artist_of(session, wanted)
    if row is None or not (visibility.artist_is_public(row) or await sees_all_of(session, row.id, identity)):
        raise UnknownArtist(wanted)
    return row


async def artist_to_change(session: Session, wanted: str, identity: Identity, *, as_owner: bool = False) -> Artist:
    """The artist, locked; raises UnknownArtist, and NotYours unless the identity is of its people (its owners)."""
    row = await seen_artist(session, wanted, identity)
    # The artist before its people: two who change them at once see each other's change.
    mine = select(Artist).where(Artist.id == row.id).with_for_update()
    row = (await session.scalars(mine.execution_options(populate_existing=True))).one()
    await demand(session, row, identity, as_owner=as_owner)
    return row


async def release_to_change(session: Session, release_id: UUID, identity: Identity) -> Release:
    """The release, locked; raises UnknownRelease, and NotYours unless the identity is of its artist's people."""
    mine = select(Release).where(Release.id == release_id).with_for_update()
    row = (await session.scalars(mine.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise UnknownRelease(release_id)
    artist = await session.get_one(Artist, row.artist_id)
    if not (visibility.release_is_public(row, artist) or await sees_all_of(session, artist.id, identity)):
        raise UnknownRelease(release_id)
    await demand(session, artist, identity)
    return row


async def track_to_change(session: Session, track_id: UUID, identity: Identity) -> tuple[Release, Track]:
    """The track and its release, locked; raises UnknownTrack, and NotYours as `release_to_change` does."""
    row = await find_track(session, track_id)
    try:
        release = await release_to_change(session, row.release_id, identity)
    except UnknownRelease:
        raise UnknownTrack(track_id) from None
    # Read again under the lock: it may have gone while we waited.
    mine = select(Track).where(Track.id == track_id).execution_options(populate_existing=True)
    found = (await session.scalars(mine)).one_or_none()
    if found is None:
        raise UnknownTrack(track_id)
    return release, found


_WITH_ROLE = select(
    Artist,
    select(ArtistMember.role)
    .where(ArtistMember.artist_id == Artist.id, ArtistMember.person_id == bindparam("person", type_=Uuid()))
    .scalar_subquery(),
).where(Artist.id == bindparam("artist", type_=Uuid()))
