"""Uploads by tus 1.0: begin one, ask where it is, send bytes, give it up. Any tus client works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, patch, post, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import FromPath, QueryParameter

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.ingest.upload_shapes import UPLOAD_EXAMPLE, UploadResponse, UploadStatus, upload_shown
from veza.api.operations import listing, read
from veza.api.shapes import nothing
from veza.catalog import acting
from veza.http import tus
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.catalog import NOT_NOW
from veza.http.errors.ingest import DISK_FULL, FILE_TOO_LARGE, QUOTA_REACHED, UPLOAD_GONE, WRONG_CHECKSUM, WRONG_OFFSET
from veza.http.identity import identity_of, needs
from veza.http.language import language_of
from veza.http.limits import spend
from veza.http.paging import Page, PageRequest
from veza.http.problems import (
    CONFLICT,
    NOT_FOUND,
    RATE_LIMITED,
    TOO_LARGE,
    TUS_VERSION,
    UNSUPPORTED_MEDIA_TYPE,
    Described,
    problem_responses,
)
from veza.http.requests import DoorRequest
from veza.http.whole_request import STREAMED, one_fault
from veza.ingest import receiving, uploads
from veza.ingest.facade import Ingest
from veza.ingest.receiving import CHECKSUMS, Checksum, UploadRequest
from veza.ingest.upload_space import UPLOADS, demand_size
from veza.ingest.uploaded_drafts import MOST_FILES
from veza.ingest.uploads import Upload, demand_there
from veza.kit.database import Session
from veza.kit.messages import gettext

TAG = "uploads"
PATH = "/api/v1/uploads"
_TUS = {**needs(Permission.PUBLISH), tus.IS_TUS: True, STREAMED: True}
_ENDED = (NOT_FOUND, CONFLICT, UPLOAD_GONE, TUS_VERSION)
_BYTES = (WRONG_OFFSET, WRONG_CHECKSUM, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE)
_BEGUN = Described(None, generate_examples=False, description="Begun: `Location` says where its bytes are sent.")


@dataclass
class BytesOperation(Operation):
    """The description of an operation whose body is bytes of a file."""

    def __post_init__(self) -> None:
        bytes_of_file = OpenAPIMediaType(Schema(type="string", format="binary"))  # type: ignore[arg-type]  # a Schema is taken as it is
        self.request_body = RequestBody(content={tus.BODY: bytes_of_file}, required=False)


@read(
    "/uploads/{upload_id:uuid}",
    operation="showUpload",
    summary="Show an upload",
    permission=Permission.PUBLISH,
    gives=(UploadResponse, "The upload; the headers say where it is as tus does.", UPLOAD_EXAMPLE),
    problems=(NOT_FOUND, UPLOAD_GONE),
)
async def show_upload(
    session: Session, request: DoorRequest, upload_id: UUID, identity: Identity
) -> Response[UploadResponse]:
    """How much of a file has come, and what became of it. HEAD is what tus clients ask."""
    row = await uploads.upload_of(session, upload_id, identity)
    demand_there(row)
    headers = {
        **_place(row), "Upload-Length": str(row.length_bytes), "Cache-Control": "no-store", "Vary": "Accept-Language"
    }  # fmt: skip
    return Response(upload_shown(row, language_of(request)), headers=headers)


@listing(
    "/artists/{artist_id:uuid}/uploads",
    operation="listUploads",
    summary="List an artist's uploads",
    permission=Permission.PUBLISH,
    sorts=uploads.SORTS,
    gives=(UploadResponse, "A page, newest first.", UPLOAD_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_uploads(
    session: Session,
    artist_id: UUID,
    page_request: PageRequest,
    identity: Identity,
    language: AnswerLanguage,
    status: Annotated[UploadStatus | None, QueryParameter(description="Only in this state.")] = None,
    track: Annotated[UUID | None, QueryParameter(description="Only for the sound of this track.")] = None,
    has_ended: Annotated[
        bool | None,
        QueryParameter(name="ended", description="Only those that have ended, or only those on their way."),
    ] = None,
) -> Page[UploadResponse]:
    """What the artist's people have sent, from any of their machines: how much of each file has come, and what became
    of it."""
    filters: dict[str, Any] = {"status": status, "track_id": track, "has_ended": has_ended}
    page = page_request.of(f"uploads of {artist_id}", filters)
    await acting.artist_for(session, artist_id, identity)
    rows = await uploads.uploads_of(session, artist_id, page.slice, **filters)
    return page.filled(rows, lambda row: upload_shown(row, language))


@route(
    ["/uploads", "/uploads/{upload_id:uuid}"], http_method=[HttpMethod.OPTIONS], include_in_schema=False,
    status_code=204,
)  # fmt: skip
async def show_what_is_spoken(ingest: NamedDependency[Ingest]) -> Response[None]:
    """What of tus is spoken here."""
    headers = {
        "Tus-Version": tus.VERSION,
        "Tus-Extension": tus.EXTENSIONS,
        "Tus-Max-Size": str(ingest.limits.file_bytes),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        "Allow": "OPTIONS, HEAD, GET, POST, PATCH, DELETE",
    }
    return Response(None, status_code=204, headers=headers)


@post(
    "/uploads",
    status_code=201,
    operation_id="beginUpload",
    summary="Begin an upload",
    opt=_TUS,
    operation_class=BytesOperation,
    responses={
        201: _BEGUN,
        **problem_responses(FILE_TOO_LARGE, QUOTA_REACHED, DISK_FULL, NOT_FOUND, TUS_VERSION, RATE_LIMITED, *_BYTES),
    },
    request_max_body_size=None,
)
async def begin_upload(request: DoorRequest, ingest: NamedDependency[Ingest]) -> Response[None]:
    """As [tus 1.0](https://tus.io/protocols/resumable-upload) says, with its extensions creation,
    creation-with-upload, checksum, termination and expiration: any tus client works. `Upload-Metadata` says what the
    file is for: `track` (an id: it gives or replaces its sound) or `release` (a new track of it) or
    `artist` (a recording or a ZIP of them, which becomes drafts as `veza import` makes them); and its `filename`. Files
    that are dropped at once become drafts together: each has `artist`, the same `drop` (an id of yours), `dropFiles`
    (how many there are) and `relativePath`. What has come of them after a day becomes drafts without the others.
    How long a file may be stands in `Tus-Max-Size`. The body, if there is one, is the file's beginning."""
    identity, headers = identity_of(request), request.headers
    if "upload-defer-length" in headers:
        raise one_fault("header", "Upload-Defer-Length", gettext("is not taken: say Upload-Length"))
    if "upload-concat" in headers:  # each part would be taken for a file of its own (decision 0067)
        raise one_fault("header", "Upload-Concat", gettext("is not taken: send the file as one upload"))
    wanted = _wanted(headers)
    demand_size(ingest.limits, wanted.length_bytes)
    has_bytes = headers.get("content-type", "").startswith(tus.BODY)
    checksum = _checksum(headers) if has_bytes else None
    await spend(ingest.database, UPLOADS.of(identity.actor))
    async with ingest.database.write(identity.actor) as session:
        row = await receiving.begin(session, ingest, wanted, identity)
    if has_bytes:
        row = await receiving.receive(ingest, row.id, identity, 0, request.stream(), checksum=checksum)
    return Response(None, status_code=201, headers={"Location": f"{PATH}/{row.id}", **_place(row)})


@patch(
    "/uploads/{upload_id:uuid}",
    status_code=204,
    operation_id="sendBytes",
    summary="Send bytes of a file",
    opt=_TUS,
    operation_class=BytesOperation,
    responses=nothing(
        "The bytes are stored; `Upload-Offset` says how many there are now.", *_ENDED, *_BYTES, DISK_FULL
    ),
    request_max_body_size=None,
)
async def send_bytes(
    request: DoorRequest, upload_id: FromPath[UUID], ingest: NamedDependency[Ingest]
) -> Response[None]:
    """The bytes from `Upload-Offset` on. If a line is cut, the bytes before are stored: HEAD says where to go on. With
    `Upload-Checksum` (sha1, sha256, md5) all of the body is stored, or nothing of it. Of two that send the same upload
    at once, the newer goes on, and the older is told 409."""
    headers = request.headers
    tus.demand_bytes(headers)
    row = await receiving.receive(
        ingest, upload_id, identity_of(request), tus.number_in(headers, "Upload-Offset"), request.stream(),
        body_bytes=request.content_length, checksum=_checksum(headers),
    )  # fmt: skip
    return Response(None, status_code=204, headers=_place(row))


@delete(
    "/uploads/{upload_id:uuid}",
    status_code=204,
    operation_id="giveUpUpload",
    summary="Give an upload up",
    opt=_TUS,
    responses=nothing("It is given up.", *_ENDED, NOT_NOW),
)
async def give_up(upload_id: FromPath[UUID], request: DoorRequest, ingest: NamedDependency[Ingest]) -> Response[None]:
    """Its bytes are deleted. What a track has taken is the track's, and stays."""
    identity = identity_of(request)
    async with ingest.database.write(identity.actor) as session:
        await uploads.terminate(session, await uploads.upload_of(session, upload_id, identity, to_change=True))
    return Response(None, status_code=204)


def _place(row: Upload) -> dict[str, str]:
    """Where the upload is, and until when it may go on."""
    headers = {"Upload-Offset": str(row.offset_bytes)}
    if row.status == "receiving":
        headers["Upload-Expires"] = tus.expires(row.expires_at)
    return headers


def _wanted(headers: Mapping[str, str]) -> UploadRequest:
    length_bytes, said = tus.number_in(headers, "Upload-Length"), tus.metadata_in(headers)
    targets: dict[str, UUID] = {one: _id_in(said, one) for one in ("track", "release", "artist") if one in said}
    if len(targets) != 1:
        raise one_fault("header", "Upload-Metadata", gettext("needs `track`, `release` or `artist`, one of them"))
    drop_id, drop_files = _drop_in(said, targets)
    return UploadRequest(
        length_bytes, said.get("filename", ""), targets.get("track"), targets.get("release"), targets.get("artist"),
        drop_id, drop_files, said.get("relativePath"),
    )  # fmt: skip


def _drop_in(said: Mapping[str, str], targets: Mapping[str, UUID]) -> tuple[UUID | None, int | None]:
    """Which files belong together, and how many there are."""
    if "drop" not in said:
        return None, None
    files = said.get("dropFiles", "")
    if "artist" not in targets or not (files.isascii() and files.isdigit() and 1 <= int(files[:6]) <= MOST_FILES):
        raise one_fault(
            "header",
            "Upload-Metadata",
            gettext("`drop` needs `artist`, and `dropFiles` from 1 to {most:,}", most=MOST_FILES),
        )
    return _id_in(said, "drop"), int(files[:6])


def _id_in(said: Mapping[str, str], name: str) -> UUID:
    try:
        return UUID(said[name])
    except ValueError:
        raise one_fault("header", "Upload-Metadata", gettext("`{name}` is no id", name=name)) from None


def _checksum(headers: Mapping[str, str]) -> Checksum | None:
    found = tus.checksum_in(headers, CHECKSUMS)
    return Checksum(*found) if found else None
