"""GET and HEAD of what is assembled while it is sent, of bytes and of parts of files, as a whole or a range.

The kernel hands the parts over (`http/file_sending.py`): an archive of any size takes no more memory than its heads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from litestar.types import Receive, Scope, Send

from veza.http.file_answers import Representation, choice_of, fields_of
from veza.http.file_sending import ZERO_COPY_SEND
from veza.http.head import is_head
from veza.http.open_files import CutShort
from veza.http.ranges import Read, send_chunks
from veza.http.request_log import keep_quiet
from veza.kit.messages import gettext


@dataclass(frozen=True, slots=True)
class FilePart:
    """Bytes of a file of `length` bytes, from `start` up to, not including, `end`; `path` is None where it lies in
    none."""

    read: Read
    path: Path | None
    length: int
    start: int
    end: int


Pieces = Callable[[int, int], Iterable[bytes | FilePart]]
"""What the bytes from a position up to, not including, another are made of, in order."""


async def answer_assembled(scope: Scope, receive: Receive, send: Send, what: Representation, pieces: Pieces) -> None:
    """Answer with 200, 206, 304 or 416, as `answer_range` does; `what.read` reads the same bytes.

    Raises Problem (precondition-failed) and, in mid-answer, what reading raises: the connection is closed then.
    """
    keep_quiet(scope)
    choice = choice_of(scope, what)
    begin: Any = {"type": "http.response.start", "status": choice.status, "headers": fields_of(choice, what)}
    if choice.span is None or choice.span[0] == choice.span[1] or is_head(scope):
        await send(begin)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    if ZERO_COPY_SEND not in (scope.get("extensions") or ()):
        await send_chunks(what.read, choice.span, partial(send, begin), receive, send)
        return
    await send(begin)
    for piece in pieces(*choice.span):
        await _send_piece(piece, send)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_piece(piece: bytes | FilePart, send: Send) -> None:
    if isinstance(piece, bytes):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    elif piece.path is None:
        async for chunk in piece.read(piece.start, piece.end):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    else:
        await _send_file(piece, piece.path, send)


async def _send_file(piece: FilePart, path: Path, send: Send) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = os.fstat(file).st_size
        if found != piece.length:
            raise CutShort(gettext("{found} bytes are kept where {length} are told", found=found, length=piece.length))
        message: Any = {
            "type": ZERO_COPY_SEND, "file": file, "offset": piece.start, "count": piece.end - piece.start,
            "more_body": True,
        }  # fmt: skip
        await send(message)
    finally:
        os.close(file)
