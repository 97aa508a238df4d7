"""Playlists: make, find, change, share and delete them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter

from veza.accounts.permissions import Permission
from veza.api.editing import editing, read_version
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.listeners.playlist_shapes import (
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
from veza.api.listeners.problems import BAD_TEXT, PLAYLIST_FULL
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import CONFLICT, FORBIDDEN, NOT_FOUND
from veza.api.shapes import EDIT_PROBLEMS, LIST_PROBLEMS, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import ANY_BODY, Visitor, needs
from veza.community import playlist_lists, playlists
from veza.kit.database import Database, Session

TAG = "playlists"
BODYLESS = {**needs(Permission.LISTEN), ANY_BODY: True}

Link = Annotated[
    str | None, QueryParameter(max_length=100, description="The token of a share link, for one that is not public.")
]


async def own_playlist_to_edit(session: Session, path: Mapping[str, Any], visitor: Visitor) -> PlaylistDetail:
    """The playlist of a path, locked, as GET shows it to its owner; raises UnknownPlaylist, NotYourPlaylist."""
    row = await playlists.lock_own(session, path["playlist_id"], visitor.person)
    return await _detail(session, row, visitor.person)


async def playlist_to_edit(session: Session, path: Mapping[str, Any], visitor: Visitor) -> PlaylistDetail:
    """The same for one who may change its items."""
    row = await playlists.lock_to_edit(session, path["playlist_id"], visitor.person)
    return await _detail(session, row, visitor.person)


@post(
    "/playlists",
    operation_id="createPlaylist",
    tags=[TAG],
    summary="Make a playlist",
    opt=needs(Permission.LISTEN),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201,
        PlaylistDetail,
        "The new playlist.",
        DETAIL_EXAMPLE,
        FORBIDDEN,
        NOT_FOUND,
        BAD_TEXT,
        PLAYLIST_FULL,
        *WRITE_PROBLEMS,
    ),
)
async def create_playlist(
    data: Annotated[PlaylistDraft, BodyKwarg(examples=[Example(value={"title": "Sunday morning"})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[PlaylistDetail]:
    """Makes an empty playlist of your own. Titles need not be unique: the id is what names a playlist."""
    person_id = visitor.person

    async def work(session: Session) -> Reply:
        row = await playlists.create(
            session,
            person_id,
            data.title,
            description=data.description,
            is_public=data.is_public,
            is_collaborative=data.is_collaborative,
        )
        return Reply(201, await _detail(session, row, person_id), location=f"/api/v1/playlists/{row.id}")

    return await idempotent.run(work)


@get(
    "/me/playlists",
    operation_id="listMyPlaylists",
    tags=[TAG],
    summary="List your playlists",
    opt=needs(Permission.LISTEN),
    dependencies=paged(playlist_lists.SORTS),
    responses=answers(
        200, Page[PlaylistResponse], "A page, newest first.", page_of(PLAYLIST_EXAMPLE), FORBIDDEN, *LIST_PROBLEMS
    ),
)
async def list_my_playlists(
    page_request: NamedDependency[PageRequest],
    visitor: NamedDependency[Visitor],
    database: NamedDependency[Database],
    mine: Annotated[bool | None, QueryParameter(description="Only your own, or only those of others.")] = None,
    public: Annotated[bool | None, QueryParameter(description="Only those that are public, or are not.")] = None,
) -> Page[PlaylistResponse]:
    """Your playlists, and those of others that you were invited to, newest first."""
    filters = {"is_mine": mine, "is_public": public}
    part = page_request.of("my playlists", {"person": visitor.person, **filters})
    async with database.read() as session:
        rows = await playlist_lists.of_person(session, visitor.person, part.slice, **filters)
    return part.page(rows, lambda row: show(PlaylistResponse, row))


@get(
    "/playlists",
    operation_id="listPlaylists",
    tags=[TAG],
    summary="List public playlists",
    opt=needs(Permission.BROWSE),
    dependencies=paged(playlist_lists.SORTS),
    responses=answers(
        200, Page[PlaylistResponse], "A page, newest first.", page_of(PLAYLIST_EXAMPLE), FORBIDDEN, *LIST_PROBLEMS
    ),
)
async def list_playlists(
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    owner: Annotated[UUID | None, QueryParameter(description="Only of this person.")] = None,
) -> Page[PlaylistResponse]:
    """Public playlists of everybody or of one person, newest first."""
    filters = {"owner": owner}
    part = page_request.of("playlists", filters)
    async with database.read() as session:
        rows = await playlist_lists.public(session, part.slice, owner_id=owner)
    return part.page(rows, lambda row: show(PlaylistResponse, row))


@get(
    "/playlists/{playlist_id:uuid}",
    operation_id="showPlaylist",
    tags=[TAG],
    summary="Show a playlist",
    opt=needs(Permission.BROWSE),
    responses=answers(200, PlaylistDetail, "The playlist.", DETAIL_EXAMPLE, FORBIDDEN, NOT_FOUND),
)
async def show_playlist(
    playlist_id: FromPath[UUID],
    visitor: NamedDependency[Visitor],
    database: NamedDependency[Database],
    link: Link = None,
) -> PlaylistDetail:
    """One playlist, when it is public, your own, kept together with you, or opened by its share link."""
    async with database.read() as session:
        row = await playlists.see(
            session, playlist_id, visitor.person_id, link=link, moderates=visitor.may(Permission.MODERATE)
        )
        return await _detail(session, row, visitor.person_id)


@patch(
    "/playlists/{playlist_id:uuid}",
    operation_id="editPlaylist",
    tags=[TAG],
    summary="Change a playlist's details",
    opt=needs(Permission.LISTEN),
    dependencies=editing(own_playlist_to_edit),
    responses=answers(
        200, PlaylistDetail, "The playlist as it is now.", {**DETAIL_EXAMPLE, "version": 2},
        FORBIDDEN, NOT_FOUND, CONFLICT, BAD_TEXT, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def edit_playlist(
    playlist_id: FromPath[UUID],
    data: Annotated[PlaylistEdit, BodyKwarg(examples=[Example(value={"version": 1, "title": "Sunday evening"})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[PlaylistDetail]:
    """Renames it, describes it, opens or closes it; its owner only. Of two who change the same version one is told."""
    person_id = visitor.person

    async def work(session: Session) -> Reply:
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
        return Reply(200, await _detail(session, row, person_id))

    return await idempotent.run(work)


@delete(
    "/playlists/{playlist_id:uuid}",
    status_code=200,
    operation_id="deletePlaylist",
    tags=[TAG],
    summary="Delete a playlist",
    opt=BODYLESS,
    dependencies=editing(own_playlist_to_edit),
    responses=answers(200, PlaylistGone, "It is gone.", {"id": PLAYLIST_ID}, FORBIDDEN, NOT_FOUND, *EDIT_PROBLEMS),
)
async def delete_playlist(
    playlist_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[PlaylistGone]:
    """Deletes the playlist with its items and invitations; its owner only. The tracks stay what they are."""

    async def work(session: Session) -> Reply:
        await playlists.remove(session, playlist_id, visitor.person)
        return Reply(200, PlaylistGone(playlist_id))

    return await idempotent.run(work)


@post(
    "/playlists/{playlist_id:uuid}/link",
    operation_id="renewPlaylistLink",
    tags=[TAG],
    summary="Make a new share link",
    opt=BODYLESS,
    dependencies=editing(own_playlist_to_edit),
    responses=answers(
        201, ShareLink, "The token, shown this once.",
        {"playlist_id": PLAYLIST_ID, "link": "2Yw0Yp0Vd7bJcX1u6o3nJ9s4mE8kR5tL"},
        FORBIDDEN, NOT_FOUND, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def renew_link(
    playlist_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[ShareLink]:
    """Makes a link that opens the playlist to whoever has it; the one before it opens nothing any more."""

    async def work(session: Session) -> Reply:
        return Reply(201, ShareLink(playlist_id, await playlists.renew_link(session, playlist_id, visitor.person)))

    return await idempotent.run(work)


@delete(
    "/playlists/{playlist_id:uuid}/link",
    status_code=200,
    operation_id="revokePlaylistLink",
    tags=[TAG],
    summary="Revoke the share link",
    opt=BODYLESS,
    dependencies=editing(own_playlist_to_edit),
    responses=answers(
        200, ShareLink, "No link opens it.", {"playlist_id": PLAYLIST_ID, "link": None},
        FORBIDDEN, NOT_FOUND, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def revoke_link(
    playlist_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[ShareLink]:
    """Whoever has the link sees a private playlist no more; revoking what is not there changes nothing."""

    async def work(session: Session) -> Reply:
        await playlists.revoke_link(session, playlist_id, visitor.person)
        return Reply(200, ShareLink(playlist_id, None))

    return await idempotent.run(work)


async def _detail(session: Session, playlist: playlists.Playlist, person_id: UUID | None) -> PlaylistDetail:
    row = await playlist_lists.shown(session, playlist.id)
    is_mine = person_id is not None and playlist.owner_id == person_id
    may_edit = await playlists.may_edit(session, playlist, person_id)
    return show(PlaylistDetail, row, may_edit=may_edit, is_mine=is_mine, has_link=row.has_link and is_mine)
