"""A file sent by a plain form, for clients that know nothing of tus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import FromPath

from veza.accounts.permissions import Permission
from veza.api.ingest.upload_shapes import UPLOAD_EXAMPLE, UploadResponse, upload_shown
from veza.api.shapes import WRITE_PROBLEMS, answers
from veza.http.errors.ingest import DISK_FULL, FILE_TOO_LARGE, QUOTA_REACHED
from veza.http.idempotency import IdempotencyKey, Reply
from veza.http.identity import identity_of, needs
from veza.http.language import language_of
from veza.http.multipart_bodies import FORM_WITH_FILE
from veza.http.problems import LENGTH_REQUIRED, NOT_FOUND, RATE_LIMITED
from veza.http.received_forms import received_sound
from veza.http.requests import DoorRequest
from veza.http.whole_request import STREAMED
from veza.ingest.facade import Ingest
from veza.ingest.uploads import Upload

TAG = "uploads"
RECEIVED: dict[str, Any] = {
    **UPLOAD_EXAMPLE, "status": "received", "offset_bytes": 31_457_280, "expires_at": None
}  # fmt: skip


@dataclass
class FileOperation(Operation):
    """The description of an operation whose body is a form with a file."""

    def __post_init__(self) -> None:
        file = Schema(type="string", format="binary", description="The file, whose name is kept.")  # type: ignore[arg-type]  # a Schema is taken as it is
        form = Schema(type="object", properties={"file": file}, required=["file"])  # type: ignore[arg-type]  # the same
        self.request_body = RequestBody(content={FORM_WITH_FILE: OpenAPIMediaType(form)}, required=True)


@post(
    "/tracks/{track_id:uuid}/audio",
    status_code=201,
    operation_id="sendTrackAudio",
    summary="Send a track's audio by a form",
    opt={**needs(Permission.PUBLISH), STREAMED: True},
    operation_class=FileOperation,
    responses=answers(
        201, UploadResponse, "The file has come; a worker turns it into the track's sound.", RECEIVED,
        FILE_TOO_LARGE, QUOTA_REACHED, DISK_FULL, LENGTH_REQUIRED, NOT_FOUND, RATE_LIMITED, *WRITE_PROBLEMS,
    ),
    request_max_body_size=None,
)  # fmt: skip
async def send_track_audio(
    request: DoorRequest,
    track_id: FromPath[UUID],
    ingest: NamedDependency[Ingest],
    idempotency_key: IdempotencyKey,
) -> Response[Any]:
    """Gives the track its sound, or replaces it once the new one is ready. The form has one file, of any field's name.
    A line that is cut has to begin anew: tus (`POST /api/v1/uploads`) goes on where it was."""
    language = language_of(request)

    def reply(row: Upload) -> Reply:
        shown = upload_shown(row, language)
        return Reply(201, shown, f"/api/v1/uploads/{shown.id}")

    return await received_sound(request, ingest, identity_of(request), track_id, idempotency_key, reply)
