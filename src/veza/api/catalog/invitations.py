"""Invitations to an artist's people: invite an address, see who has not answered, take it back, accept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath
from msgspec import Meta, Struct

from veza.accounts import reauthentication
from veza.accounts.permissions import Permission
from veza.api.accounts.problems import BAD_EMAIL, PROOF_NEEDED
from veza.api.accounts.proofs import ProofHeader
from veza.api.accounts.shapes import Email, Secret
from veza.api.accounts.sign_up import LINK_EXAMPLE
from veza.api.catalog.members import MEMBER_EXAMPLE, TAG, MemberResponse, Part
from veza.api.catalog.problems import BAD_VALUE, NOT_NOW
from veza.api.catalog.shapes import REMOVED_EXAMPLE, ArtistRef, Removed, asker_of
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.one_shot import DONE_ALREADY, ONE_SHOT_DEPENDENCY, OneShot
from veza.api.problems import FORBIDDEN, NOT_FOUND, RATE_LIMITED
from veza.api.shapes import WRITE_PROBLEMS, answers, show
from veza.api.visitors import Visitor, needs
from veza.catalog import artists, invitations
from veza.catalog.artists import Artist
from veza.catalog.facade import Catalog
from veza.catalog.members import Member
from veza.http.limits import address_of
from veza.kit import limits
from veza.kit.database import Session


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


@post(
    "/artists/{artist:str}/invitations",
    opt=needs(Permission.PUBLISH),
    operation_id="inviteToArtist",
    tags=[TAG],
    summary="Invite somebody to an artist",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201, InvitationResponse, "The same for every address.", INVITATION_EXAMPLE,
        NOT_FOUND, FORBIDDEN, BAD_EMAIL, BAD_VALUE, PROOF_NEEDED, RATE_LIMITED, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def invite(
    artist: ArtistRef,
    data: Annotated[NewInvitation, BodyKwarg(examples=[Example(value={"email": "ben@example.org"})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    catalog: NamedDependency[Catalog],
    proof: ProofHeader = None,
) -> Response[InvitationResponse]:
    """Mails a link that lets whoever has this address act for the artist, once they accept; it works for a week. Only
    an owner can. Nothing tells whether there is such an account. Inviting an address again replaces its link. Takes a
    fresh proof."""

    spends = invitations.inviting(visitor.actor, data.email)

    async def work(session: Session) -> Reply:
        await limits.spend(session, *spends)
        row = await artists.artist_to_change(session, artist, asker_of(visitor), as_owner=True)
        await reauthentication.spend(session, visitor.person_id, proof)
        invited = await invitations.invite(
            session,
            row,
            data.email,
            data.part,
            by=visitor.person_id,
            base_url=catalog.base_url,
            limits=catalog.limits,
        )
        return Reply(201, show(InvitationResponse, invited))

    return await idempotent.run(work, *spends)


@get(
    "/artists/{artist:str}/invitations",
    opt=needs(Permission.PUBLISH),
    operation_id="listArtistInvitations",
    tags=[TAG],
    summary="List an artist's invitations",
    responses=answers(200, InvitationList, "Who was invited.", {"items": [INVITATION_EXAMPLE]}, NOT_FOUND, FORBIDDEN),
)
async def list_invitations(
    artist: ArtistRef, visitor: NamedDependency[Visitor], catalog: NamedDependency[Catalog]
) -> InvitationList:
    """Who was invited and has not accepted; for the artist's own people and administrators."""
    asker = asker_of(visitor)
    async with catalog.database.read() as session:
        row = await artists.seen_artist(session, artist, asker)
        await artists.demand(session, row, asker)
        return InvitationList([show(InvitationResponse, one) for one in await invitations.pending(session, row.id)])


@delete(
    "/artists/{artist:str}/invitations/{invitation_id:uuid}",
    status_code=200,
    opt=needs(Permission.PUBLISH),
    operation_id="takeBackInvitation",
    tags=[TAG],
    summary="Take an invitation back",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, Removed, "Its link is good for nothing any more.", REMOVED_EXAMPLE, NOT_FOUND, FORBIDDEN, *WRITE_PROBLEMS
    ),
)
async def take_back(
    artist: ArtistRef,
    invitation_id: FromPath[UUID],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[Removed]:
    """The link that was mailed opens nothing any more. Any of the artist's people can."""

    async def work(session: Session) -> Reply:
        row = await artists.artist_to_change(session, artist, asker_of(visitor))
        await invitations.take_back(session, row, invitation_id)
        return Reply(200, Removed(invitation_id))

    return await idempotent.run(work)


@post(
    "/artist-invitations/accept",
    opt=needs(Permission.BECOME_ARTIST),
    operation_id="acceptInvitation",
    tags=[TAG],
    summary="Accept an invitation to an artist",
    status_code=200,
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=answers(
        200, Joined, "You may act for the artist.", JOINED_EXAMPLE,
        NOT_FOUND, FORBIDDEN, NOT_NOW, BAD_VALUE, DONE_ALREADY, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def accept(
    data: Annotated[AcceptedInvitation, BodyKwarg(examples=[Example(value=LINK_EXAMPLE)])],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    catalog: NamedDependency[Catalog],
    one_shot: NamedDependency[OneShot],
) -> Joined:
    """Takes the `token` of the mailed link; the account must be the one of the address it was sent to, which counts
    as confirmed from now on."""
    person_id = visitor.person

    async def work(session: Session) -> tuple[Artist, Member]:
        joined = await invitations.accept(session, data.token, person_id, address_of(request), limits=catalog.limits)
        await catalog.on_first_artist(session, person_id)
        return joined

    artist, member = await one_shot.run(work)
    return Joined(artist.id, artist.slug, artist.name, show(MemberResponse, member))
