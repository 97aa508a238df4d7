"""Covers: give a release a picture, and take it away."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from litestar import Response
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.catalog.release_shapes import DETAIL_EXAMPLE, ReleaseDetail, release_detail, release_to_edit
from veza.api.operations import write
from veza.catalog import acting, covers
from veza.catalog.covers import Cover
from veza.catalog.facade import Catalog, record_cover
from veza.catalog.pictures import MOST_BYTES, TAKEN, CoverFiles
from veza.http.errors.catalog import BAD_PICTURE
from veza.http.idempotency import Idempotent, Reply
from veza.http.problems import (
    CONFLICT,
    NOT_FOUND,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
)
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.digests import sha256_of
from veza.kit.messages import gettext

TAG = "releases"


@dataclass
class PictureOperation(Operation):
    """The description of an operation whose body is a picture."""

    def __post_init__(self) -> None:
        picture = OpenAPIMediaType(Schema(type="string", format="binary"))  # type: ignore[arg-type]  # a Schema is taken as it is
        self.request_body = RequestBody(content=dict.fromkeys(TAKEN, picture), required=True)


@write.put(
    "/releases/{release_id:uuid}/cover",
    operation="putCover",
    summary="Give a release a cover",
    permission=Permission.PUBLISH,
    edits=release_to_edit,
    any_body=True,
    gives=(200, ReleaseDetail, "The release with its cover.", DETAIL_EXAMPLE),
    problems=(BAD_PICTURE, NOT_FOUND, CONFLICT),
    request_max_body_size=MOST_BYTES,
    operation_class=PictureOperation,
)
async def put_cover(
    request: DoorRequest, release_id: UUID, idempotent: Idempotent, identity: Identity, catalog: Catalog
) -> Response[ReleaseDetail]:
    """Takes a JPEG, PNG or WebP of at most 15 MB and 50 million pixels. It is turned upright, cut to a square, freed
    of everything but the picture, and kept at 96, 256, 512 and 1024 pixels, never larger than it is."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in TAKEN:
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE,
            gettext("this takes {taken}, not {sent}", taken=", ".join(TAKEN), sent=sent[:60] or "a nameless type"),
        )
    source = await request.body()
    source_hash = await sha256_of(source)

    async def intend(session: Session) -> Cover | None:
        row = await acting.release_to_change(session, release_id, identity)
        return await covers.known_cover(session, row.artist_id, source_hash)

    async def ask(known: Cover | None) -> CoverFiles | None:
        return None if known else await catalog.keep_picture(source)

    async def record(session: Session, known: Cover | None, made: CoverFiles | None) -> Reply:
        row = await acting.release_to_change(session, release_id, identity)
        await covers.set_cover(
            session, row, known if made is None else await record_cover(session, row.artist_id, made)
        )
        return Reply(200, await release_detail(session, release_id))

    return await idempotent.run_in_steps(intend, ask, record)


@write.delete(
    "/releases/{release_id:uuid}/cover",
    operation="removeCover",
    summary="Take a release's cover away",
    permission=Permission.PUBLISH,
    edits=release_to_edit,
    gives=(200, ReleaseDetail, "The release without a cover.", {**DETAIL_EXAMPLE, "cover": None}),
    problems=(NOT_FOUND, CONFLICT),
)
async def remove_cover(session: Session, release_id: UUID, identity: Identity) -> ReleaseDetail:
    """The release has no cover any more; pages that show it already may keep it for an hour."""
    row = await acting.release_to_change(session, release_id, identity)
    await covers.set_cover(session, row, None)
    return await release_detail(session, release_id)
