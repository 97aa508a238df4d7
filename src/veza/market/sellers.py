"""Who may act for an artist in the market."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, exists, select

from veza.catalog.artists import Artist, ArtistMember, part_of
from veza.kit.database import Session
from veza.kit.messages import gettext


class UnknownArtist(LookupError):
    """No such artist."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no artist {wanted}", wanted=wanted))


class NotAnOwner(Exception):
    """The person acts for the artist, and does not own it."""

    def __init__(self, artist: Artist) -> None:
        super().__init__(gettext("only an owner of {artist_name} may do this", artist_name=artist.name))


class NotTheirArtist(Exception):
    """The person does not act for this artist."""

    def __init__(self, artist: Artist) -> None:
        super().__init__(gettext("only the people of {artist_name} may do this", artist_name=artist.name))


_ARTIST = select(
    Artist,
    exists().where(ArtistMember.artist_id == Artist.id, ArtistMember.person_id == bindparam("person")),
).where(Artist.id == bindparam("artist"))


async def artist_for(session: Session, artist_id: UUID, person_id: UUID | None, *, is_operator: bool) -> Artist:
    """The artist, when the person acts for them or is an operator. Raises UnknownArtist, NotTheirArtist."""
    row = (await session.execute(_ARTIST, {"artist": artist_id, "person": person_id})).one_or_none()
    if row is None:
        raise UnknownArtist(artist_id)
    artist, is_theirs = row
    if not (is_theirs or is_operator):
        if artist.hidden_at is not None:
            raise UnknownArtist(artist_id)
        raise NotTheirArtist(artist)
    found: Artist = artist
    return found


async def artist_for_owner(session: Session, artist_id: UUID, person_id: UUID | None, *, is_operator: bool) -> Artist:
    """The artist, when the person owns it or is an operator. Raises UnknownArtist, NotTheirArtist, NotAnOwner."""
    artist = await artist_for(session, artist_id, person_id, is_operator=is_operator)
    if not is_operator and await part_of(session, artist_id, person_id) != "owner":
        raise NotAnOwner(artist)
    return artist
