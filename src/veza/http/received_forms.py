"""A file that a form sends for a track: received while it arrives, and finished once for each key of the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from litestar import Response

from veza.accounts.identity import Identity
from veza.http.idempotency import Idempotent, Reply, owner_of
from veza.http.limits import spend
from veza.http.multipart_bodies import sent_file
from veza.http.problems import LENGTH_REQUIRED, Problem
from veza.http.requests import DoorRequest
from veza.ingest import receiving
from veza.ingest.facade import Ingest
from veza.ingest.receiving import UploadRequest
from veza.ingest.upload_space import UPLOADS, demand_size
from veza.ingest.uploads import Upload
from veza.kit.database import Session
from veza.kit.messages import gettext

FORM_BYTES = 1_000
"""Of a form's body beside the file, at least: a file of nearly UPLOAD_MAX_BYTES is taken by a form, too."""


async def received_sound(
    request: DoorRequest, ingest: Ingest, identity: Identity, track_id: UUID, key: str,
    reply: Callable[[Upload], Reply],
) -> Response[Any]:  # fmt: skip
    """Take the file in the form as the sound of a track; the answer is `reply`'s, and the same for a repeat of `key`.

    Raises Problem (length-required, what `sent_file` raises), and what `receiving.begin` and `receive` raise.
    """
    most_bytes = request.content_length
    if most_bytes is None:
        raise Problem(LENGTH_REQUIRED, gettext("say in Content-Length how many bytes come"))
    # The body is not read for it: the same key, address and length are the same request.
    asked = f"POST {request.url.path} {most_bytes}"
    idempotent = Idempotent(ingest.database, identity.actor, key, asked, owner=owner_of(identity))
    if await idempotent.is_done():
        return await idempotent.run(_nothing)
    demand_size(ingest.limits, most_bytes - min(FORM_BYTES, most_bytes - 1))
    await spend(ingest.database, UPLOADS.of(identity.actor))
    file = await sent_file(request)
    wanted = UploadRequest(min(most_bytes, ingest.limits.file_bytes), file.name, track_id)
    row = await receiving.receive_whole(ingest, wanted, identity, file.chunks)

    async def finish(session: Session) -> Reply:
        return reply(await receiving.finish(session, row))

    try:
        return await idempotent.run(finish)
    finally:
        # Where another request with this key was first, or nothing came.
        await receiving.give_up(ingest, row.id, identity)


async def _nothing(_: Session) -> Reply:
    raise AssertionError("its answer is stored")
