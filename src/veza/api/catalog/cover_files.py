"""The address that a cover's sizes are served at, outside /api/v1."""

from __future__ import annotations

import re
from typing import Annotated
from uuid import UUID

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.operations import read
from veza.catalog import covers
from veza.catalog.covers import Cover, UnknownCover
from veza.catalog.facade import Catalog
from veza.http.identity import Authenticate
from veza.http.problems import FORBIDDEN, NOT_FOUND, UNAUTHORIZED, problem_responses
from veza.http.requests import DoorRequest
from veza.library import access

TAG = "releases"

PUBLIC = {"Cache-Control": "public, max-age=3600"}
"""The files never change, who may see them does: what is withdrawn or hidden leaves every cache within an hour."""
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie"}
"""Kept nowhere: only some people may see it."""
_NAME = re.compile(r"([0-9]{1,4})\.(webp|jpg)")
_MEDIA = {"webp": "image/webp", "jpg": "image/jpeg"}
CoverName = Annotated[str, PathParameter(max_length=9, description="Pixels and form, such as `512.webp` or `96.jpg`.")]
_SHOWN = ResponseSpec(
    bytes, generate_examples=False, description="The picture; it never changes.", media_type="image/webp"
)


@read(
    "/covers/{cover_id:uuid}/{name:str}",
    operation="showCover",
    summary="Show a cover",
    permission=Permission.BROWSE,
    gives={200: _SHOWN, **problem_responses(NOT_FOUND, UNAUTHORIZED, FORBIDDEN)},
    media_type="image/webp",
)
async def show_cover(
    request: DoorRequest, cover_id: UUID, name: CoverName, catalog: Catalog, authenticate: Authenticate
) -> Response[bytes]:
    """A cover's picture of at most that many pixels; a smaller one where the picture sent was not larger. The cover of
    what is not published, withdrawn or hidden is for the artist's people, for moderators, and for who owns it."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise UnknownCover(cover_id, name)
    async with catalog.database.read() as session:
        cover = await covers.find_cover(session, cover_id)
        key = covers.object_of(cover, int(found[1]), found[2])
        is_public = await covers.is_public(session, cover)
    # Most covers are public: who asks is looked up only for the others.
    if not is_public and not await _is_theirs(catalog, cover, await authenticate(request)):
        raise UnknownCover(cover_id, name)
    etag = f'"{key.rpartition("/")[2].partition(".")[0][:32]}"'
    headers = {**(PUBLIC if is_public else PRIVATE), "ETag": etag, "X-Content-Type-Options": "nosniff"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(await catalog.objects.get(key), headers=headers, media_type=_MEDIA[found[2]])


async def _is_theirs(catalog: Catalog, cover: Cover, identity: Identity) -> bool:
    async with catalog.database.read() as session:
        if await covers.is_seen_by(session, cover, identity):
            return True
        return identity.person_id is not None and await access.owns_with_cover(session, identity.person_id, cover.id)
