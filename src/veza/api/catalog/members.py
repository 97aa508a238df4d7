"""The people of an artist: list them, change their part, remove them; an administrator adds one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath
from msgspec import Meta, Struct

from veza.accounts import reauthentication
from veza.accounts.permissions import Permission
from veza.api.accounts.problems import PROOF_NEEDED
from veza.api.accounts.proofs import ProofHeader
from veza.api.catalog.problems import BAD_VALUE, NOT_NOW
from veza.api.catalog.shapes import REMOVED_EXAMPLE, ArtistRef, Removed, asker_of
from veza.api.editing import editing
from veza.api.idempotency import Idempotent, Reply
from veza.api.problems import FORBIDDEN, NOT_FOUND
from veza.api.shapes import EDIT_PROBLEMS, answers, show
from veza.api.visitors import Visitor, needs
from veza.catalog import artists, members
from veza.catalog.facade import Catalog
from veza.kit.database import Session

TAG = "artists"
Part = Literal["owner", "member"]


class NewMember(Struct, forbid_unknown_fields=True):
    """A person to act for the artist."""

    person_id: UUID
    part: Annotated[Part, Meta(description="An owner may change who acts for the artist.")] = "member"


class PartChange(Struct, forbid_unknown_fields=True):
    """What somebody is to be from now on."""

    part: Part


class MemberResponse(Struct, frozen=True):
    """One of an artist's people."""

    person_id: UUID
    name: str
    part: Part
    since: datetime


class MemberList(Struct, frozen=True):
    """An artist's people, those of longest standing first; there are at most 50."""

    items: list[MemberResponse]


MEMBER_EXAMPLE: dict[str, Any] = {
    "person_id": "01890000-0000-7000-8000-0000000000b1",
    "name": "Džana",
    "part": "owner",
    "since": "2026-01-02T10:30:00Z",
}


async def _people_to_edit(session: Session, path: Mapping[str, Any], visitor: Visitor) -> MemberList:
    row = await artists.artist_to_change(session, path["artist"], asker_of(visitor))
    return MemberList([show(MemberResponse, one) for one in await members.members_of(session, row.id)])


@get(
    "/artists/{artist:str}/members",
    opt=needs(Permission.PUBLISH),
    operation_id="listArtistMembers",
    tags=[TAG],
    summary="List an artist's people",
    responses=answers(200, MemberList, "Its people.", {"items": [MEMBER_EXAMPLE]}, NOT_FOUND, FORBIDDEN),
)
async def list_members(
    artist: ArtistRef, visitor: NamedDependency[Visitor], catalog: NamedDependency[Catalog]
) -> MemberList:
    """Who may act for the artist; for its own people and administrators."""
    asker = asker_of(visitor)
    async with catalog.database.read() as session:
        row = await artists.seen_artist(session, artist, asker)
        await artists.demand(session, row, asker)
        return MemberList([show(MemberResponse, one) for one in await members.members_of(session, row.id)])


@post(
    "/artists/{artist:str}/members",
    opt=needs(Permission.PEOPLE),
    operation_id="addArtistMember",
    tags=[TAG],
    summary="Add a person to an artist",
    dependencies=editing(_people_to_edit),
    responses=answers(
        201, MemberResponse, "The person, added.", MEMBER_EXAMPLE,
        NOT_FOUND, FORBIDDEN, NOT_NOW, BAD_VALUE, PROOF_NEEDED, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def add_member(
    artist: ArtistRef,
    data: Annotated[NewMember, BodyKwarg(examples=[Example(value={"person_id": MEMBER_EXAMPLE["person_id"]})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    catalog: NamedDependency[Catalog],
    proof: ProofHeader = None,
) -> Response[MemberResponse]:
    """Administrators only, for an artist whose owners are gone: owners invite people, who accept. Takes a fresh
    proof."""

    async def work(session: Session) -> Reply:
        row = await artists.artist_to_change(session, artist, asker_of(visitor), as_owner=True)
        await reauthentication.spend(session, visitor.person_id, proof)
        added = await members.add_member(session, row, data.person_id, data.part, limits=catalog.limits)
        await catalog.on_first_artist(session, added.person_id)
        return Reply(201, show(MemberResponse, added))

    return await idempotent.run(work)


@patch(
    "/artists/{artist:str}/members/{person_id:uuid}",
    opt=needs(Permission.PUBLISH),
    operation_id="changeArtistMember",
    tags=[TAG],
    summary="Make a person an owner or not",
    dependencies=editing(_people_to_edit),
    responses=answers(
        200, MemberResponse, "The person as they are now.", MEMBER_EXAMPLE,
        NOT_FOUND, FORBIDDEN, NOT_NOW, PROOF_NEEDED, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def change_member(
    artist: ArtistRef,
    person_id: FromPath[UUID],
    data: Annotated[PartChange, BodyKwarg(examples=[Example(value={"part": "owner"})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    proof: ProofHeader = None,
) -> Response[MemberResponse]:
    """Changes the part of one of the artist's people. The last owner stays one. Takes a fresh proof."""

    async def work(session: Session) -> Reply:
        row = await artists.artist_to_change(session, artist, asker_of(visitor), as_owner=True)
        await reauthentication.spend(session, visitor.person_id, proof)
        return Reply(200, show(MemberResponse, await members.change_part(session, row, person_id, data.part)))

    return await idempotent.run(work)


@delete(
    "/artists/{artist:str}/members/{person_id:uuid}",
    status_code=200,
    opt=needs(Permission.PUBLISH),
    operation_id="removeArtistMember",
    tags=[TAG],
    summary="Remove a person from an artist",
    dependencies=editing(_people_to_edit),
    responses=answers(
        200, Removed, "The person may not act for the artist any more.", REMOVED_EXAMPLE,
        NOT_FOUND, FORBIDDEN, NOT_NOW, PROOF_NEEDED, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def remove_member(
    artist: ArtistRef,
    person_id: FromPath[UUID],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    proof: ProofHeader = None,
) -> Response[Removed]:
    """Takes a person off the artist: an owner does it for anybody, everybody for themselves. The last owner stays.
    Takes a fresh proof."""

    async def work(session: Session) -> Reply:
        leaves = person_id == visitor.person_id
        row = await artists.artist_to_change(session, artist, asker_of(visitor), as_owner=not leaves)
        await reauthentication.spend(session, visitor.person_id, proof)
        await members.remove_member(session, row, person_id)
        return Reply(200, Removed(person_id))

    return await idempotent.run(work)
