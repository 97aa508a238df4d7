"""What is on a playlist and who keeps it: items in order, the M3U file, the people invited."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath

from veza.accounts.permissions import Permission
from veza.api.editing import editing
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.listeners.playlist_shapes import (
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
from veza.api.listeners.playlists import BODYLESS, TAG, Link, playlist_to_edit
from veza.api.listeners.problems import ITEM_GONE, PLAYLIST_FULL
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import FORBIDDEN, NOT_FOUND, problem_responses
from veza.api.shapes import EDIT_PROBLEMS, LIST_PROBLEMS, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import Visitor, needs
from veza.community import playlist_items, playlist_people, playlists
from veza.community.m3u import m3u
from veza.kit.database import Database, Session

M3U = "audio/x-mpegurl"


@get(
    "/playlists/{playlist_id:uuid}/items",
    operation_id="listPlaylistItems",
    tags=[TAG],
    summary="List a playlist's items",
    opt=needs(Permission.BROWSE),
    dependencies=paged(playlist_items.SORTS),
    responses=answers(
        200, Page[ItemResponse], "A page, in order.", page_of(ITEM_EXAMPLE), FORBIDDEN, NOT_FOUND, *LIST_PROBLEMS
    ),
)
async def list_items(
    playlist_id: FromPath[UUID],
    page_request: NamedDependency[PageRequest],
    visitor: NamedDependency[Visitor],
    database: NamedDependency[Database],
    link: Link = None,
) -> Page[ItemResponse]:
    """The items in order. What is not available now keeps its place, and comes back when it is."""
    part = page_request.of(f"items of {playlist_id}")
    async with database.read() as session:
        moderates = visitor.may(Permission.MODERATE)
        await playlists.see(session, playlist_id, visitor.person_id, link=link, moderates=moderates)
        rows = await playlist_items.listed(session, playlist_id, part.slice)
    return part.page(rows, item_shown)


@post(
    "/playlists/{playlist_id:uuid}/items",
    operation_id="addPlaylistItems",
    tags=[TAG],
    summary="Add tracks to a playlist",
    opt=needs(Permission.LISTEN),
    dependencies=editing(playlist_to_edit),
    responses=answers(
        201, ItemsAdded, "The new items.", {"playlist_id": PLAYLIST_ID, "item_ids": [ITEM_ID]},
        FORBIDDEN, NOT_FOUND, PLAYLIST_FULL, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def add_items(
    playlist_id: FromPath[UUID],
    data: Annotated[ItemsDraft, BodyKwarg(examples=[Example(value={"track_ids": [TRACK_ID]})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[ItemsAdded]:
    """Adds tracks before an item or at the end. When that item has gone they come at the end: none is lost."""

    async def work(session: Session) -> Reply:
        added = await playlist_items.add(session, playlist_id, visitor.person, data.track_ids, before=data.before)
        return Reply(201, ItemsAdded(playlist_id, added), location=f"/api/v1/playlists/{playlist_id}/items")

    return await idempotent.run(work)


@put(
    "/playlists/{playlist_id:uuid}/items/{item_id:uuid}/place",
    operation_id="movePlaylistItem",
    tags=[TAG],
    summary="Move an item",
    opt=needs(Permission.LISTEN),
    dependencies=editing(playlist_to_edit),
    responses=answers(
        200, ItemPlace, "It is where it was asked to be.", {"playlist_id": PLAYLIST_ID, "item_id": ITEM_ID},
        FORBIDDEN, NOT_FOUND, ITEM_GONE, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def move_item(
    playlist_id: FromPath[UUID],
    item_id: FromPath[UUID],
    data: Annotated[ItemMove, BodyKwarg(examples=[Example(value={"before": ITEM_ID})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[ItemPlace]:
    """Moves an item before another, or to the end. When either has gone meanwhile, you are told."""

    async def work(session: Session) -> Reply:
        await playlist_items.move(session, playlist_id, visitor.person, item_id, before=data.before)
        return Reply(200, ItemPlace(playlist_id, item_id))

    return await idempotent.run(work)


@delete(
    "/playlists/{playlist_id:uuid}/items/{item_id:uuid}",
    status_code=200,
    operation_id="removePlaylistItem",
    tags=[TAG],
    summary="Remove an item",
    opt=BODYLESS,
    dependencies=editing(playlist_to_edit),
    responses=answers(
        200, ItemPlace, "It is gone.", {"playlist_id": PLAYLIST_ID, "item_id": ITEM_ID},
        FORBIDDEN, NOT_FOUND, ITEM_GONE, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def remove_item(
    playlist_id: FromPath[UUID],
    item_id: FromPath[UUID],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[ItemPlace]:
    """Takes one item off the playlist; the same track elsewhere on it stays."""

    async def work(session: Session) -> Reply:
        await playlist_items.remove(session, playlist_id, visitor.person, item_id)
        return Reply(200, ItemPlace(playlist_id, item_id))

    return await idempotent.run(work)


@get(
    "/playlists/{playlist_id:uuid}/playlist.m3u8",
    operation_id="exportPlaylist",
    tags=[TAG],
    summary="A playlist as an M3U file",
    opt=needs(Permission.BROWSE),
    responses={
        **problem_responses(FORBIDDEN, NOT_FOUND),
        200: ResponseSpec(str, generate_examples=False, description="Extended M3U in UTF-8.", media_type=M3U),
    },
)
async def export_playlist(
    playlist_id: FromPath[UUID],
    visitor: NamedDependency[Visitor],
    database: NamedDependency[Database],
    base_url: NamedDependency[str],
    link: Link = None,
) -> Response[str]:
    """The playlist for other players: each track's artist, title, length and the address of its page here,
    `/tracks/ID`, which is no stream. What is not available now is left out."""
    async with database.read() as session:
        moderates = visitor.may(Permission.MODERATE)
        playlist = await playlists.see(session, playlist_id, visitor.person_id, link=link, moderates=moderates)
        rows = await playlist_items.available(session, playlist_id)
    name = quote(f"{playlist.title}.m3u8", safe="")
    headers = {"Content-Disposition": f"attachment; filename=\"playlist.m3u8\"; filename*=UTF-8''{name}"}
    return Response(m3u(playlist.title, rows, base_url), media_type=M3U, headers=headers)


@get(
    "/playlists/{playlist_id:uuid}/people",
    operation_id="listPlaylistPeople",
    tags=[TAG],
    summary="List who keeps a playlist",
    opt=needs(Permission.LISTEN),
    responses=answers(
        200, PlaylistPeople, "Everybody who was invited.",
        {"items": [{"person_id": PERSON_ID, "name": "Ben", "since": AT}]}, FORBIDDEN, NOT_FOUND,
    ),
)  # fmt: skip
async def list_people(
    playlist_id: FromPath[UUID], visitor: NamedDependency[Visitor], database: NamedDependency[Database]
) -> PlaylistPeople:
    """Who was invited to change the items, for the owner and for them."""
    async with database.read() as session:
        rows = await playlist_people.listed(session, playlist_id, visitor.person)
    return PlaylistPeople([show(PersonOnPlaylist, row) for row in rows])


@put(
    "/playlists/{playlist_id:uuid}/people/{person_id:uuid}",
    operation_id="inviteToPlaylist",
    tags=[TAG],
    summary="Invite somebody to a playlist",
    opt=BODYLESS,
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, Invitation, "They may change the items while it is collaborative.",
        {"playlist_id": PLAYLIST_ID, "person_id": PERSON_ID, "is_invited": True},
        FORBIDDEN, NOT_FOUND, PLAYLIST_FULL, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def invite(
    playlist_id: FromPath[UUID],
    person_id: FromPath[UUID],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[Invitation]:
    """The owner lets somebody add, move and remove items. Inviting twice is inviting once."""

    async def work(session: Session) -> Reply:
        await playlist_people.invite(session, playlist_id, visitor.person, person_id)
        return Reply(200, Invitation(playlist_id, person_id, True))

    return await idempotent.run(work)


@delete(
    "/playlists/{playlist_id:uuid}/people/{person_id:uuid}",
    status_code=200,
    operation_id="removeFromPlaylist",
    tags=[TAG],
    summary="Take somebody off a playlist, or leave it",
    opt=BODYLESS,
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        200, Invitation, "They may change nothing any more.",
        {"playlist_id": PLAYLIST_ID, "person_id": PERSON_ID, "is_invited": False},
        FORBIDDEN, NOT_FOUND, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def uninvite(
    playlist_id: FromPath[UUID],
    person_id: FromPath[UUID],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[Invitation]:
    """The owner takes somebody off, or somebody leaves; what they added stays."""

    async def work(session: Session) -> Reply:
        await playlist_people.remove(session, playlist_id, visitor.person, person_id)
        return Reply(200, Invitation(playlist_id, person_id, False))

    return await idempotent.run(work)
