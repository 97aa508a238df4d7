"""Playlists: make, find, change, share and delete them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.community.playlist_shapes import (
    DETAIL_EXAMPLE,
    PLAYLIST_EXAMPLE,
    PLAYLIST_ID,
    PlaylistDetail,
    PlaylistDraft,
    PlaylistEdit,
    PlaylistGone,
    PlaylistResponse,
    ShareLink,
)
from veza.api.operations import listing, read, write
from veza.api.shapes import show
from veza.community import playlist_lists, playlists
from veza.http.editing import read_version
from veza.http.errors.community import PLAYLIST_FULL
from veza.http.errors.kit import BAD_TEXT
from veza.http.idempotency import Idempotent
from veza.http.paging import Page, PageRequest
from veza.http.problems import CONFLICT, NOT_FOUND
from veza.kit.database import Session

TAG = "playlists"

Link = Annotated[
    str | None, QueryParameter(max_length=100, description="The token of a share link, for one that is not public.")
]


async def own_playlist_to_edit(session: Session, playlist_id: UUID, identity: Identity) -> PlaylistDetail:
    """The playlist of a path, locked, as GET shows it to its owner; raises UnknownPlaylist, NotYourPlaylist."""
    row = await playlists.lock_own(session, playlist_id, identity.person)
    return await _detail(session, row, identity.person)


async def playlist_to_edit(session: Session, playlist_id: UUID, identity: Identity) -> PlaylistDetail:
    """The same for one who may change its items."""
    row = await playlists.lock_to_edit(session, playlist_id, identity.person)
    return await _detail(session, row, identity.person)


@write.post(
    "/playlists",
    operation="createPlaylist",
    summary="Make a playlist",
    permission=Permission.LISTEN,
    body={"title": "Sunday morning"},
    gives=(201, PlaylistDetail, "The new playlist.", DETAIL_EXAMPLE),
    location="/api/v1/playlists/{shown.id}",
    problems=(NOT_FOUND, BAD_TEXT, PLAYLIST_FULL),
)
async def create_playlist(session: Session, data: PlaylistDraft, identity: Identity) -> PlaylistDetail:
    """Makes an empty playlist of your own. Titles need not be unique: the id is what names a playlist."""
    person_id = identity.person
    row = await playlists.create(
        session,
        person_id,
        data.title,
        description=data.description,
        is_public=data.is_public,
        is_collaborative=data.is_collaborative,
    )
    return await _detail(session, row, person_id)


@listing(
    "/me/playlists",
    operation="listMyPlaylists",
    summary="List your playlists",
    permission=Permission.LISTEN,
    sorts=playlist_lists.SORTS,
    gives=(PlaylistResponse, "A page, newest first.", PLAYLIST_EXAMPLE),
)
async def list_my_playlists(
    session: Session,
    page_request: PageRequest,
    identity: Identity,
    mine: Annotated[bool | None, QueryParameter(description="Only your own, or only those of others.")] = None,
    public: Annotated[bool | None, QueryParameter(description="Only those that are public, or are not.")] = None,
) -> Page[PlaylistResponse]:
    """Your playlists, and those of others that you were invited to, newest first."""
    filters = {"is_mine": mine, "is_public": public}
    page = page_request.of("my playlists", {"person": identity.person, **filters})
    rows = await playlist_lists.of_person(session, identity.person, page.slice, **filters)
    return page.filled(rows, lambda row: show(PlaylistResponse, row))


@listing(
    "/playlists",
    operation="listPlaylists",
    summary="List public playlists",
    permission=Permission.BROWSE,
    sorts=playlist_lists.SORTS,
    gives=(PlaylistResponse, "A page, newest first.", PLAYLIST_EXAMPLE),
)
async def list_playlists(
    session: Session,
    page_request: PageRequest,
    owner: Annotated[UUID | None, QueryParameter(description="Only of this person.")] = None,
) -> Page[PlaylistResponse]:
    """Public playlists, of one person if named, newest first."""
    filters = {"owner": owner}
    page = page_request.of("playlists", filters)
    rows = await playlist_lists.public(session, page.slice, owner_id=owner)
    return page.filled(rows, lambda row: show(PlaylistResponse, row))


@read(
    "/playlists/{playlist_id:uuid}",
    operation="showPlaylist",
    summary="Show a playlist",
    permission=Permission.BROWSE,
    gives=(PlaylistDetail, "The playlist.", DETAIL_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_playlist(session: Session, playlist_id: UUID, identity: Identity, link: Link = None) -> PlaylistDetail:
    """One playlist, when it is public, your own, kept together with you, or opened by its share link."""
    row = await playlists.see(session, playlist_id, identity, link=link)
    return await _detail(session, row, identity.person_id)


@write.patch(
    "/playlists/{playlist_id:uuid}",
    operation="editPlaylist",
    summary="Change a playlist's details",
    permission=Permission.LISTEN,
    edits=own_playlist_to_edit,
    body={"version": 1, "title": "Sunday evening"},
    gives=(200, PlaylistDetail, "The playlist as it is now.", {**DETAIL_EXAMPLE, "version": 2}),
    problems=(NOT_FOUND, CONFLICT, BAD_TEXT),
)
async def edit_playlist(
    session: Session, playlist_id: UUID, data: PlaylistEdit, identity: Identity, idempotent: Idempotent
) -> PlaylistDetail:
    """Renames it, describes it, opens or closes it; its owner only. Of two who change the same version one is told."""
    person_id = identity.person
    row = await playlists.edit(
        session,
        playlist_id,
        person_id,
        read_version({"version": data.version}, idempotent),
        title=data.title,
        description=data.description,
        is_public=data.is_public,
        is_collaborative=data.is_collaborative,
    )
    return await _detail(session, row, person_id)


@write.delete(
    "/playlists/{playlist_id:uuid}",
    operation="deletePlaylist",
    summary="Delete a playlist",
    permission=Permission.LISTEN,
    edits=own_playlist_to_edit,
    any_body=True,
    gives=(200, PlaylistGone, "It is gone.", {"id": PLAYLIST_ID}),
    problems=(NOT_FOUND,),
)
async def delete_playlist(session: Session, playlist_id: UUID, identity: Identity) -> PlaylistGone:
    """Deletes the playlist with its items and invitations; its owner only. The tracks stay what they are."""
    await playlists.remove(session, playlist_id, identity.person)
    return PlaylistGone(playlist_id)


@write.post(
    "/playlists/{playlist_id:uuid}/link",
    operation="renewPlaylistLink",
    summary="Make a new share link",
    permission=Permission.LISTEN,
    edits=own_playlist_to_edit,
    any_body=True,
    gives=(
        201,
        ShareLink,
        "The token, shown this once.",
        {"playlist_id": PLAYLIST_ID, "link": "2Yw0Yp0Vd7bJcX1u6o3nJ9s4mE8kR5tL"},
    ),
    problems=(NOT_FOUND,),
)
async def renew_link(session: Session, playlist_id: UUID, identity: Identity) -> ShareLink:
    """Makes a link that opens the playlist; the one before it opens nothing any more."""
    return ShareLink(playlist_id, await playlists.renew_link(session, playlist_id, identity.person))


@write.delete(
    "/playlists/{playlist_id:uuid}/link",
    operation="revokePlaylistLink",
    summary="Revoke the share link",
    permission=Permission.LISTEN,
    edits=own_playlist_to_edit,
    any_body=True,
    gives=(200, ShareLink, "No link opens it.", {"playlist_id": PLAYLIST_ID, "link": None}),
    problems=(NOT_FOUND,),
)
async def revoke_link(session: Session, playlist_id: UUID, identity: Identity) -> ShareLink:
    """The link opens a private playlist no more; revoking what is not there changes nothing."""
    await playlists.revoke_link(session, playlist_id, identity.person)
    return ShareLink(playlist_id, None)


async def _detail(session: Session, playlist: playlists.Playlist, person_id: UUID | None) -> PlaylistDetail:
    row = await playlist_lists.shown(session, playlist.id)
    is_mine = person_id is not None and playlist.owner_id == person_id
    may_edit = await playlists.may_edit(session, playlist, person_id)
    return show(PlaylistDetail, row, may_edit=may_edit, is_mine=is_mine, has_link=row.has_link and is_mine)
