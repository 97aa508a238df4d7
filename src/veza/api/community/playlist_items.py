"""What is on a playlist and who keeps it: items in order, the M3U file, the people invited."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.community.playlist_shapes import (
    AT,
    ITEM_EXAMPLE,
    ITEM_ID,
    PERSON_ID,
    PLAYLIST_ID,
    TRACK_ID,
    Invitation,
    ItemMove,
    ItemPlace,
    ItemResponse,
    ItemsAdded,
    ItemsDraft,
    PersonOnPlaylist,
    PlaylistPeople,
    item_shown,
)
from veza.api.community.playlists import Link, playlist_to_edit
from veza.api.operations import listing, read, write
from veza.api.shapes import show
from veza.community import playlist_items, playlist_people, playlists
from veza.community.m3u import m3u
from veza.http.errors.community import ITEM_GONE, PLAYLIST_FULL
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND, problem_responses
from veza.kit.database import Session

TAG = "playlists"

M3U = "audio/x-mpegurl"


@listing(
    "/playlists/{playlist_id:uuid}/items",
    operation="listPlaylistItems",
    summary="List a playlist's items",
    permission=Permission.BROWSE,
    sorts=playlist_items.SORTS,
    gives=(ItemResponse, "A page, in order.", ITEM_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_items(
    session: Session, playlist_id: UUID, page_request: PageRequest, identity: Identity, link: Link = None
) -> Page[ItemResponse]:
    """The items in order. What is not available now keeps its place, and comes back when it is."""
    page = page_request.of(f"items of {playlist_id}")
    await playlists.see(session, playlist_id, identity, link=link)
    rows = await playlist_items.listed(session, playlist_id, page.slice)
    return page.filled(rows, item_shown)


@write.post(
    "/playlists/{playlist_id:uuid}/items",
    operation="addPlaylistItems",
    summary="Add tracks to a playlist",
    permission=Permission.LISTEN,
    edits=playlist_to_edit,
    body={"track_ids": [TRACK_ID]},
    gives=(201, ItemsAdded, "The new items.", {"playlist_id": PLAYLIST_ID, "item_ids": [ITEM_ID]}),
    location="/api/v1/playlists/{shown.playlist_id}/items",
    problems=(NOT_FOUND, PLAYLIST_FULL),
)
async def add_items(session: Session, playlist_id: UUID, data: ItemsDraft, identity: Identity) -> ItemsAdded:
    """Adds tracks before an item or at the end. When that item has gone they come at the end: none is lost."""
    added = await playlist_items.add(session, playlist_id, identity.person, data.track_ids, before=data.before)
    return ItemsAdded(playlist_id, added)


@write.put(
    "/playlists/{playlist_id:uuid}/items/{item_id:uuid}/place",
    operation="movePlaylistItem",
    summary="Move an item",
    permission=Permission.LISTEN,
    edits=playlist_to_edit,
    body={"before": ITEM_ID},
    gives=(200, ItemPlace, "It is where it was asked to be.", {"playlist_id": PLAYLIST_ID, "item_id": ITEM_ID}),
    problems=(NOT_FOUND, ITEM_GONE),
)
async def move_item(
    session: Session, playlist_id: UUID, item_id: UUID, data: ItemMove, identity: Identity
) -> ItemPlace:
    """Moves an item before another, or to the end. When either has gone meanwhile, you are told."""
    await playlist_items.move(session, playlist_id, identity.person, item_id, before=data.before)
    return ItemPlace(playlist_id, item_id)


@write.delete(
    "/playlists/{playlist_id:uuid}/items/{item_id:uuid}",
    operation="removePlaylistItem",
    summary="Remove an item",
    permission=Permission.LISTEN,
    edits=playlist_to_edit,
    any_body=True,
    gives=(200, ItemPlace, "It is gone.", {"playlist_id": PLAYLIST_ID, "item_id": ITEM_ID}),
    problems=(NOT_FOUND, ITEM_GONE),
)
async def remove_item(session: Session, playlist_id: UUID, item_id: UUID, identity: Identity) -> ItemPlace:
    """Takes one item off the playlist; the same track elsewhere on it stays."""
    await playlist_items.remove(session, playlist_id, identity.person, item_id)
    return ItemPlace(playlist_id, item_id)


@read(
    "/playlists/{playlist_id:uuid}/playlist.m3u8",
    operation="exportPlaylist",
    summary="A playlist as an M3U file",
    permission=Permission.BROWSE,
    gives={
        **problem_responses(NOT_FOUND),
        200: ResponseSpec(str, generate_examples=False, description="Extended M3U in UTF-8.", media_type=M3U),
    },
)
async def export_playlist(
    session: Session, playlist_id: UUID, identity: Identity, base_url: str, link: Link = None
) -> Response[str]:
    """The playlist for other players: each track's artist, title, length and the address of its page here,
    `/tracks/ID`, which is no stream. What is not available now is left out."""
    playlist = await playlists.see(session, playlist_id, identity, link=link)
    rows = await playlist_items.available(session, playlist_id)
    name = quote(f"{playlist.title}.m3u8", safe="")
    headers = {"Content-Disposition": f"attachment; filename=\"playlist.m3u8\"; filename*=UTF-8''{name}"}
    text = m3u(playlist.title, rows, lambda row: f"{base_url}/tracks/{row.track_id}")
    return Response(text, media_type=M3U, headers=headers)


@read(
    "/playlists/{playlist_id:uuid}/people",
    operation="listPlaylistPeople",
    summary="List who keeps a playlist",
    permission=Permission.LISTEN,
    gives=(
        PlaylistPeople,
        "Every invited person.",
        {"items": [{"person_id": PERSON_ID, "name": "Ben", "since": AT}]},
    ),
    problems=(NOT_FOUND,),
)
async def list_people(session: Session, playlist_id: UUID, identity: Identity) -> PlaylistPeople:
    """Who was invited to change the items, for the owner and for them."""
    rows = await playlist_people.listed(session, playlist_id, identity.person)
    return PlaylistPeople([show(PersonOnPlaylist, row) for row in rows])


@write.put(
    "/playlists/{playlist_id:uuid}/people/{person_id:uuid}",
    operation="inviteToPlaylist",
    summary="Invite a person to a playlist",
    permission=Permission.LISTEN,
    any_body=True,
    gives=(
        200,
        Invitation,
        "They may change the items while it is collaborative.",
        {"playlist_id": PLAYLIST_ID, "person_id": PERSON_ID, "is_invited": True},
    ),
    problems=(NOT_FOUND, PLAYLIST_FULL),
)
async def invite(session: Session, playlist_id: UUID, person_id: UUID, identity: Identity) -> Invitation:
    """The owner lets a person add, move and remove items. Inviting twice is inviting once."""
    await playlist_people.invite(session, playlist_id, identity.person, person_id)
    return Invitation(playlist_id, person_id, True)


@write.delete(
    "/playlists/{playlist_id:uuid}/people/{person_id:uuid}",
    operation="removeFromPlaylist",
    summary="Take a person off a playlist, or leave it",
    permission=Permission.LISTEN,
    any_body=True,
    gives=(
        200,
        Invitation,
        "They may change nothing any more.",
        {"playlist_id": PLAYLIST_ID, "person_id": PERSON_ID, "is_invited": False},
    ),
    problems=(NOT_FOUND,),
)
async def uninvite(session: Session, playlist_id: UUID, person_id: UUID, identity: Identity) -> Invitation:
    """The owner takes a person off, or the person leaves; what they added stays."""
    await playlist_people.remove(session, playlist_id, identity.person, person_id)
    return Invitation(playlist_id, person_id, False)
