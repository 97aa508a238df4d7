"""Whether who asks may sell for an artist: one of its people, or an operator."""

from __future__ import annotations

from uuid import UUID

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog.artists import Artist
from veza.kit.database import Session
from veza.market import sellers


async def own_artist(session: Session, artist_id: UUID, identity: Identity) -> Artist:
    """The artist, for its people and for operators; raises UnknownArtist, NotTheirArtist."""
    return await sellers.artist_for(session, artist_id, identity.person_id, is_operator=identity.may(Permission.MONEY))


async def owned_artist(session: Session, artist_id: UUID, identity: Identity) -> Artist:
    """The artist, for its owners and for operators; raises UnknownArtist, NotTheirArtist, NotAnOwner."""
    is_operator = identity.may(Permission.MONEY)
    return await sellers.artist_for_owner(session, artist_id, identity.person_id, is_operator=is_operator)


async def is_own(session: Session, artist_id: UUID, identity: Identity) -> bool:
    """Whether `own_artist` would raise nothing."""
    try:
        await own_artist(session, artist_id, identity)
    except (sellers.NotTheirArtist, sellers.UnknownArtist):
        return False
    return True
