"""Invitations to an artist's people: invite an address, see who has not answered, take it back, accept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from veza.accounts import reauthentication
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.accounts.proofs import ProofHeader
from veza.api.accounts.shapes import Email, Secret
from veza.api.accounts.sign_up import LINK_EXAMPLE
from veza.api.catalog.members import MEMBER_EXAMPLE, MemberResponse, Part, member_shown
from veza.api.catalog.shapes import REMOVED_EXAMPLE, ArtistRef, Removed
from veza.api.operations import one_shot, read, write
from veza.api.shapes import show
from veza.catalog import acting, invitations
from veza.catalog.facade import Catalog
from veza.catalog.invitations import Invitation
from veza.http.endpoints import Address, Language
from veza.http.errors.accounts import BAD_EMAIL, PROOF_NEEDED
from veza.http.errors.catalog import BAD_VALUE, NOT_NOW
from veza.http.problems import NOT_FOUND
from veza.kit import limits
from veza.kit.database import Session

TAG = "artists"


class NewInvitation(Struct, forbid_unknown_fields=True):
    """Who is to act for the artist."""

    email: Email
    part: Annotated[Part, Meta(description="An owner may change who acts for the artist.")] = "member"


class InvitationResponse(Struct, frozen=True):
    """An invitation that was not accepted yet."""

    id: UUID
    email: str
    part: Part
    created_at: datetime
    expires_at: datetime


class InvitationList(Struct, frozen=True):
    """Invitations that can still be accepted, newest first; there are at most 50."""

    items: list[InvitationResponse]


class AcceptedInvitation(Struct, forbid_unknown_fields=True):
    """The secret of the mailed link."""

    token: Secret


class Joined(Struct, frozen=True):
    """The artist you may act for now, and what you are there."""

    artist_id: UUID
    slug: str
    name: str
    member: MemberResponse


INVITATION_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-0000000000d1",
    "email": "ben@example.org",
    "part": "member",
    "created_at": "2026-01-02T10:30:00Z",
    "expires_at": "2026-01-09T10:30:00Z",
}
JOINED_EXAMPLE: dict[str, Any] = {
    "artist_id": "01890000-0000-7000-8000-0000000000a1",
    "slug": "dzana-kovac",
    "name": "Džana Kovač",
    "member": {**MEMBER_EXAMPLE, "name": "Ben", "part": "member"},
}


def _shown(row: Invitation) -> InvitationResponse:
    return show(InvitationResponse, row, part=row.role)


@write.post(
    "/artists/{artist:str}/invitations",
    operation="inviteToArtist",
    summary="Invite a person to an artist",
    permission=Permission.PUBLISH,
    body={"email": "ben@example.org"},
    gives=(201, InvitationResponse, "The same for every address.", INVITATION_EXAMPLE),
    spends=lambda identity, data: invitations.inviting(identity.actor, data.email),
    problems=(NOT_FOUND, BAD_EMAIL, BAD_VALUE, PROOF_NEEDED),
)
async def invite(
    session: Session,
    artist: ArtistRef,
    data: NewInvitation,
    identity: Identity,
    catalog: Catalog,
    language: Language,
    proof: ProofHeader = None,
) -> InvitationResponse:
    """Mails a link that lets the person with this address act for the artist, once they accept; it works for a week.
    Only an owner can. Nothing tells whether there is such an account. Inviting an address again replaces its link.
    Takes a fresh proof."""
    await limits.spend(session, *invitations.inviting(identity.actor, data.email))
    row = await acting.artist_to_change(session, artist, identity, as_owner=True)
    await reauthentication.spend(session, identity.person_id, proof)
    by, base_url = identity.person_id, catalog.base_url
    invited = await invitations.invite(
        session, row, data.email, data.part, by=by, base_url=base_url, limits=catalog.limits, language=language
    )
    return _shown(invited)


@read(
    "/artists/{artist:str}/invitations",
    operation="listArtistInvitations",
    summary="List an artist's invitations",
    permission=Permission.PUBLISH,
    gives=(InvitationList, "Who was invited.", {"items": [INVITATION_EXAMPLE]}),
    problems=(NOT_FOUND,),
)
async def list_invitations(session: Session, artist: ArtistRef, identity: Identity) -> InvitationList:
    """Who was invited and has not accepted; for the artist's own people and administrators."""
    row = await acting.seen_artist(session, artist, identity)
    await acting.demand(session, row, identity)
    return InvitationList([_shown(one) for one in await invitations.pending(session, row.id)])


@write.delete(
    "/artists/{artist:str}/invitations/{invitation_id:uuid}",
    operation="takeBackInvitation",
    summary="Take an invitation back",
    permission=Permission.PUBLISH,
    gives=(200, Removed, "Its link is good for nothing any more.", REMOVED_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def take_back(session: Session, artist: ArtistRef, invitation_id: UUID, identity: Identity) -> Removed:
    """The link that was mailed opens nothing any more. Any of the artist's people can."""
    row = await acting.artist_to_change(session, artist, identity)
    await invitations.take_back(session, row, invitation_id)
    return Removed(invitation_id)


@one_shot.post(
    "/artist-invitations/accept",
    operation="acceptInvitation",
    summary="Accept an invitation to an artist",
    permission=Permission.BECOME_ARTIST,
    body=LINK_EXAMPLE,
    gives=(200, Joined, "You may act for the artist.", JOINED_EXAMPLE),
    problems=(NOT_FOUND, NOT_NOW, BAD_VALUE),
)
async def accept(
    session: Session, data: AcceptedInvitation, identity: Identity, catalog: Catalog, address: Address
) -> Joined:
    """Takes the `token` of the mailed link; the account must be the one of the address it was sent to, which counts
    as confirmed from now on."""
    artist, member = await invitations.accept(session, data.token, identity.person, address, limits=catalog.limits)
    await catalog.on_first_artist(session, identity.person)
    return Joined(artist.id, artist.slug, artist.name, member_shown(member))
