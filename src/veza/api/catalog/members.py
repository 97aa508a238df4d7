"""The people of an artist: list them, change their role, remove them; an administrator adds one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from veza.accounts import reauthentication
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.accounts.proofs import ProofHeader
from veza.api.catalog.shapes import REMOVED_EXAMPLE, ArtistRef, Removed
from veza.api.operations import read, write
from veza.api.shapes import show
from veza.catalog import acting, members
from veza.catalog.facade import Catalog
from veza.catalog.members import Member
from veza.http.errors.accounts import PROOF_NEEDED
from veza.http.errors.catalog import BAD_VALUE, NOT_NOW
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session

TAG = "artists"
Part = Literal["owner", "member"]


class NewMember(Struct, forbid_unknown_fields=True):
    """A person to act for the artist."""

    person_id: UUID
    part: Annotated[Part, Meta(description="An owner may change who acts for the artist.")] = "member"


class PartChange(Struct, forbid_unknown_fields=True):
    """What the person is to be from now on."""

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


def member_shown(row: Member) -> MemberResponse:
    return show(MemberResponse, row, part=row.role)


async def _people_to_edit(session: Session, artist: ArtistRef, identity: Identity) -> MemberList:
    row = await acting.artist_to_change(session, artist, identity)
    return MemberList([member_shown(one) for one in await members.members_of(session, row.id)])


@read(
    "/artists/{artist:str}/members",
    operation="listArtistMembers",
    summary="List an artist's people",
    permission=Permission.PUBLISH,
    gives=(MemberList, "Its people.", {"items": [MEMBER_EXAMPLE]}),
    problems=(NOT_FOUND,),
)
async def list_members(session: Session, artist: ArtistRef, identity: Identity) -> MemberList:
    """Who may act for the artist; for its own people and administrators."""
    row = await acting.seen_artist(session, artist, identity)
    await acting.demand(session, row, identity)
    return MemberList([member_shown(one) for one in await members.members_of(session, row.id)])


@write.post(
    "/artists/{artist:str}/members",
    operation="addArtistMember",
    summary="Add a person to an artist",
    permission=Permission.PEOPLE,
    edits=_people_to_edit,
    body={"person_id": MEMBER_EXAMPLE["person_id"]},
    gives=(201, MemberResponse, "The person, added.", MEMBER_EXAMPLE),
    problems=(NOT_FOUND, NOT_NOW, BAD_VALUE, PROOF_NEEDED),
)
async def add_member(
    session: Session,
    artist: ArtistRef,
    data: NewMember,
    identity: Identity,
    catalog: Catalog,
    proof: ProofHeader = None,
) -> MemberResponse:
    """Administrators only, for an artist whose owners are gone: owners invite people, who accept. Takes a fresh
    proof."""
    row = await acting.artist_to_change(session, artist, identity, as_owner=True)
    await reauthentication.spend(session, identity.person_id, proof)
    added = await members.add_member(session, row, data.person_id, data.part, limits=catalog.limits)
    await catalog.on_first_artist(session, added.person_id)
    return member_shown(added)


@write.patch(
    "/artists/{artist:str}/members/{person_id:uuid}",
    operation="changeArtistMember",
    summary="Make a person an owner or not",
    permission=Permission.PUBLISH,
    edits=_people_to_edit,
    body={"part": "owner"},
    gives=(200, MemberResponse, "The person as they are now.", MEMBER_EXAMPLE),
    problems=(NOT_FOUND, NOT_NOW, PROOF_NEEDED),
)
async def change_member(
    session: Session,
    artist: ArtistRef,
    person_id: UUID,
    data: PartChange,
    identity: Identity,
    proof: ProofHeader = None,
) -> MemberResponse:
    """Changes the part of one of the artist's people. The last owner stays one. Takes a fresh proof."""
    row = await acting.artist_to_change(session, artist, identity, as_owner=True)
    await reauthentication.spend(session, identity.person_id, proof)
    return member_shown(await members.change_role(session, row, person_id, data.part))


@write.delete(
    "/artists/{artist:str}/members/{person_id:uuid}",
    operation="removeArtistMember",
    summary="Remove a person from an artist",
    permission=Permission.PUBLISH,
    edits=_people_to_edit,
    gives=(200, Removed, "The person may not act for the artist any more.", REMOVED_EXAMPLE),
    problems=(NOT_FOUND, NOT_NOW, PROOF_NEEDED),
)
async def remove_member(
    session: Session, artist: ArtistRef, person_id: UUID, identity: Identity, proof: ProofHeader = None
) -> Removed:
    """Takes a person off the artist: an owner any person, every person oneself. The last owner stays.
    Takes a fresh proof."""
    leaves = person_id == identity.person_id
    row = await acting.artist_to_change(session, artist, identity, as_owner=not leaves)
    await reauthentication.spend(session, identity.person_id, proof)
    await members.remove_member(session, row, person_id)
    return Removed(person_id)
