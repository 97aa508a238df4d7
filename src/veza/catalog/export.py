"""What the catalogue holds of a person, for the export of their data: their artists, and invitations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from veza.catalog import invitations
from veza.catalog.artists import Artist, ArtistMember
from veza.catalog.invitations import Invitation
from veza.kit.database import Session
from veza.kit.plain_rows import plain_rows


async def export_of(session: Session, person_id: UUID) -> dict[str, Any]:
    """The artists a person acts for, the invitations they made, and those they were sent; one query for each."""
    return {
        "artists": await plain_rows(
            session,
            (ArtistMember.person_id == person_id) & (Artist.id == ArtistMember.artist_id),
            Artist.id, Artist.name, Artist.slug, Artist.bio, ArtistMember.role.label("part"), ArtistMember.since,
        ),
        "invitations_made": await plain_rows(
            session,
            Invitation.invited_by == person_id,
            Invitation.artist_id, Invitation.email, Invitation.role.label("part"), Invitation.created_at,
        ),
        "invitations": await plain_rows(
            session,
            Invitation.email == invitations.address_of(person_id),
            Invitation.artist_id, Invitation.role.label("part"), Invitation.created_at,
        ),
    }  # fmt: skip
