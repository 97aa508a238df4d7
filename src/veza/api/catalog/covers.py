"""Covers: send a picture, and the address its sizes are served at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import FromPath, PathParameter

from veza.accounts.permissions import Permission
from veza.api.catalog.problems import BAD_PICTURE
from veza.api.catalog.release_shapes import DETAIL_EXAMPLE, ReleaseDetail, release_detail, release_to_edit
from veza.api.catalog.releases import TAG
from veza.api.catalog.shapes import asker_of
from veza.api.editing import editing
from veza.api.idempotency import Idempotent, Reply
from veza.api.problems import (
    CONFLICT,
    FORBIDDEN,
    NOT_FOUND,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    problem_responses,
)
from veza.api.shapes import EDIT_PROBLEMS, answers
from veza.api.visitors import ANY_BODY, Authenticate, Visitor, needs
from veza.catalog import covers, releases
from veza.catalog.covers import Cover, UnknownCover
from veza.catalog.facade import Catalog, record_cover
from veza.catalog.pictures import MOST_BYTES, TAKEN, CoverFiles
from veza.kit.database import Session
from veza.kit.digests import sha256_of
from veza.library import access

PUBLIC = {"Cache-Control": "public, max-age=3600"}
"""The files never change, who may see them does: what is withdrawn or hidden leaves every cache within an hour."""
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie"}
"""Kept nowhere: only some people may see it."""
_NAME = re.compile(r"([0-9]{1,4})\.(webp|jpg)")
_MEDIA = {"webp": "image/webp", "jpg": "image/jpeg"}
CoverName = Annotated[str, PathParameter(max_length=9, description="Pixels and form, such as `512.webp` or `96.jpg`.")]


@dataclass
class PictureOperation(Operation):
    """The description of an operation whose body is a picture."""

    def __post_init__(self) -> None:
        picture = OpenAPIMediaType(Schema(type="string", format="binary"))  # type: ignore[arg-type]  # a Schema is taken as it is
        self.request_body = RequestBody(content=dict.fromkeys(TAKEN, picture), required=True)


@put(
    "/releases/{release_id:uuid}/cover",
    opt={**needs(Permission.PUBLISH), ANY_BODY: True},
    request_max_body_size=MOST_BYTES,
    operation_class=PictureOperation,
    operation_id="putCover",
    tags=[TAG],
    summary="Give a release a cover",
    dependencies=editing(release_to_edit),
    responses=answers(
        200, ReleaseDetail, "The release with its cover.", DETAIL_EXAMPLE,
        BAD_PICTURE, NOT_FOUND, FORBIDDEN, CONFLICT, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def put_cover(
    request: Request[Any, Any, Any],
    release_id: FromPath[UUID],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
    catalog: NamedDependency[Catalog],
) -> Response[ReleaseDetail]:
    """Takes a JPEG, PNG or WebP of at most 15 MB and 50 million pixels. It is turned upright, cut to a square, freed
    of everything but the picture, and kept at 96, 256, 512 and 1024 pixels, never larger than it is."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in TAKEN:
        raise Problem(UNSUPPORTED_MEDIA_TYPE, f"this takes {', '.join(TAKEN)}, not {sent[:60] or 'a nameless type'}")
    source = await request.body()
    source_hash = await sha256_of(source)

    async def intend(session: Session) -> Cover | None:
        row = await releases.release_to_change(session, release_id, asker_of(visitor))
        return await covers.known_cover(session, row.artist_id, source_hash)

    async def ask(known: Cover | None) -> CoverFiles | None:
        return None if known else await catalog.keep_picture(source)

    async def record(session: Session, known: Cover | None, made: CoverFiles | None) -> Reply:
        row = await releases.release_to_change(session, release_id, asker_of(visitor))
        await covers.set_cover(
            session, row, known if made is None else await record_cover(session, row.artist_id, made)
        )
        return Reply(200, await release_detail(session, release_id))

    return await idempotent.run_in_steps(intend, ask, record)


@delete(
    "/releases/{release_id:uuid}/cover",
    status_code=200,
    opt=needs(Permission.PUBLISH),
    operation_id="removeCover",
    tags=[TAG],
    summary="Take a release's cover away",
    dependencies=editing(release_to_edit),
    responses=answers(
        200, ReleaseDetail, "The release without a cover.", {**DETAIL_EXAMPLE, "cover": None},
        NOT_FOUND, FORBIDDEN, CONFLICT, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def remove_cover(
    release_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[ReleaseDetail]:
    """The release has no cover any more; pages that show it already may keep it for an hour."""

    async def work(session: Session) -> Reply:
        row = await releases.release_to_change(session, release_id, asker_of(visitor))
        await covers.set_cover(session, row, None)
        return Reply(200, await release_detail(session, release_id))

    return await idempotent.run(work)


_SHOWN = ResponseSpec(
    bytes, generate_examples=False, description="The picture; it never changes.", media_type="image/webp"
)


@get(
    "/covers/{cover_id:uuid}/{name:str}",
    opt=needs(Permission.BROWSE),
    operation_id="showCover",
    tags=[TAG],
    summary="Show a cover",
    responses={200: _SHOWN, **problem_responses(NOT_FOUND, UNAUTHORIZED)},
    media_type="image/webp",
)
async def show_cover(
    request: Request[Any, Any, Any],
    cover_id: FromPath[UUID],
    name: CoverName,
    catalog: NamedDependency[Catalog],
    authenticate: NamedDependency[Authenticate],
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


async def _is_theirs(catalog: Catalog, cover: Cover, visitor: Visitor) -> bool:
    async with catalog.database.read() as session:
        if await covers.is_seen_by(session, cover, asker_of(visitor)):
            return True
        return visitor.person_id is not None and await access.owns_with_cover(session, visitor.person_id, cover.id)
