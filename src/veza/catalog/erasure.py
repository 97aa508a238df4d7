"""What the catalogue deletes of a person whose account is deleted."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete

from veza.catalog import invitations, members
from veza.catalog.artists import ArtistMember
from veza.kit.database import Session


async def forget_person(session: Session, person_id: UUID) -> None:
    """The person's places among artists' people go, and the invitations they made or were sent.

    Raises LastOwner, which keeps the account, for artists that the person alone owns.
    """
    await members.owner_may_go(session, person_id)
    await invitations.forget_of(session, person_id)
    await session.execute(delete(ArtistMember).where(ArtistMember.person_id == person_id))
