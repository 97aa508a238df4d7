"""The address that downloads are served at by their links, outside /api/v1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Operation
from litestar.params import PathParameter
from litestar.types import Message, Receive, Scope, Send

from veza.accounts.permissions import Permission
from veza.api.operations import read
from veza.api.streaming.packing import ZIP, packed
from veza.http.attachments import attachment
from veza.http.errors.streaming import LINK_EXPIRED
from veza.http.file_answers import Representation, answer_range
from veza.http.open_files import CutShort
from veza.http.problems import FORBIDDEN, NOT_FOUND, PRECONDITION_FAILED, UNAUTHORIZED, problem_responses
from veza.http.served_answers import ServedResponse
from veza.kit.objects import NoSuchObject
from veza.streaming.facade import Streaming
from veza.streaming.links import LinkKind
from veza.streaming.served import MEDIA_TYPES, ORIGINAL, NotThere, ServedArchive, file_behind

TAG = "downloads"
LinkName = Annotated[str, PathParameter(max_length=1000, description="What the file is called; nothing is read of it.")]
Token = Annotated[str, PathParameter(max_length=1000, description="Of the link.")]


@dataclass
class FileOperation(Operation):
    """The description of an operation whose answer is a file of one of several kinds."""

    def __post_init__(self) -> None:
        for status in ("200", "206"):
            answer: Any = (self.responses or {})[status]
            (bytes_of_file,) = answer.content.values()
            answer.content = dict.fromkeys((*MEDIA_TYPES.values(), ZIP, ORIGINAL), bytes_of_file)


def _bytes(description: str) -> ResponseSpec:
    return ResponseSpec(bytes, generate_examples=False, description=description, media_type=ORIGINAL)


@read(
    "/downloads/{token:str}/{name:str}",
    operation="downloadFile",
    summary="Download a file by its link",
    permission=Permission.BROWSE,
    operation_class=FileOperation,
    gives={
        200: _bytes("The file."),
        206: _bytes("The part that `Range` asks for."),
        304: ResponseSpec(None, generate_examples=False, description="The client has it already."),
        416: ResponseSpec(None, generate_examples=False, description="The file ends before the range begins."),
        **problem_responses(NOT_FOUND, FORBIDDEN, UNAUTHORIZED, LINK_EXPIRED, PRECONDITION_FAILED),
    },
    media_type=ORIGINAL,
)
async def download_file(token: Token, name: LinkName, streaming: Streaming) -> ServedResponse:
    """Whole or in ranges (RFC 9110): a download that broke off goes on where it was, with `If-Range`. Whether its
    person may have it is asked at every request: a refund closes the link."""
    link = streaming.links.read(token, streaming.database.clock.now())
    async with streaming.database.read() as session:
        file = await file_behind(session, link)
    if isinstance(file, ServedArchive):
        if await streaming.lost.evict([one.download_id for one in file.contents.files]):
            raise NotThere(link.id)
        return await packed(streaming.objects, file)
    what = Representation.of(
        streaming.objects, file.key, file.length, file.etag, file.modified_at, file.media_type,
        {"Content-Disposition": attachment(file.name)},
    )  # fmt: skip

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await answer_range(scope, receive, noted, what)
        except (NoSuchObject, CutShort):
            is_lost = link.kind is LinkKind.TRACK and await streaming.lost.evict([link.id])
            if is_lost and not has_begun:
                raise NotThere(link.id) from None
            raise

    return ServedResponse(served)
