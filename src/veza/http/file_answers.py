"""GET and HEAD of what is kept in a folder or a bucket, as a whole or a range, outside the framework.

For sound: a player asks for a segment every few seconds. A route of the framework costs as much as four such answers.

    async def sound(scope, receive, send):  # under RequestLog
        await answer_range(scope, receive, send, Representation.of(objects, key, …))
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from litestar.datastructures import Headers
from litestar.types import Receive, Scope, Send

from veza.http.file_sending import ABORT, ZERO_COPY_SEND
from veza.http.head import is_head
from veza.http.known_files import KNOWN, Offer
from veza.http.open_files import CutShort
from veza.http.preconditions import http_date
from veza.http.ranges import Choice, Read, choose, choose_plainly, send_chunks
from veza.http.request_log import keep_quiet
from veza.kit.messages import gettext
from veza.kit.objects import Objects

_ASKS = frozenset((b"range", b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"if-range"))


@dataclass(frozen=True)
class Representation:
    """What is served at one address while its `etag`, which is quoted and strong, stays the same.

    `read` reads it from anywhere; `path` is its file, if it lies in one. Worth keeping: its fields are written once.
    """

    length: int
    etag: str
    modified_at: datetime
    content_type: str
    read: Read
    path: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.etag.startswith('"') and self.etag.endswith('"')):
            raise ValueError(f"{self.etag} is no strong entity tag")

    @classmethod
    def of(
        cls, objects: Objects, key: str, length: int, etag: str, modified_at: datetime, content_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> Representation:  # fmt: skip
        """The object with `key`, which has `length` bytes."""
        read, path = partial(objects.chunks, key), objects.local_path(key)
        return cls(length, etag, modified_at, content_type, read, path, headers or {})

    @cached_property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """The fields of every answer, for ASGI."""
        told = {
            **self.headers,
            "ETag": self.etag,
            "Last-Modified": http_date(self.modified_at),
            "Accept-Ranges": "bytes",
        }
        return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]


async def answer_range(
    scope: Scope, receive: Receive, send: Send, what: Representation, *, known_for: timedelta | None = None
) -> None:
    """Answer GET or HEAD with 200, 206, 304 or 416 (`ranges.choose`), and log it at debug.

    `known_for`: how long the server may answer other ranges of the same address by itself, to any sender. It is for
    links that carry the right in them, and bounds how long they outlive it. Such requests do not come here.

    The file is opened, or the first chunk read, before anything is sent: what is raised then can be answered. Raises
    Problem (precondition-failed), what `read` raises, and CutShort if there are other than `length` bytes.
    """
    keep_quiet(scope)
    choice = choice_of(scope, what)
    begin: Any = {"type": "http.response.start", "status": choice.status, "headers": fields_of(choice, what)}
    if choice.span is None or choice.span[0] == choice.span[1] or is_head(scope):
        await send(begin)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    file = _opened(what) if ZERO_COPY_SEND in (scope.get("extensions") or ()) else None
    if file is None:
        await send_chunks(what.read, choice.span, partial(send, begin), receive, send)
        return
    if known_for is not None:
        begin[KNOWN] = Offer(str(what.path), what.length, known_for)
    start, end = choice.span
    message: Any = {"type": ZERO_COPY_SEND, "file": file, "offset": start, "count": end - start}
    try:
        await send(begin)
        await send(message)
    finally:
        os.close(file)


def abort_of(scope: Scope) -> Callable[[], None] | None:
    """What closes the connection of this request at once: the rest of its answer is not sent.

    For answers that the right to them ends in the middle of. None on a server that is not ours.
    """
    return (scope.get("extensions") or {}).get(ABORT)  # type: ignore[return-value]  # ours: a scope may hold anything


def choice_of(scope: Scope, what: Representation) -> Choice:
    """Which answer the request gets. Raises Problem (precondition-failed)."""
    asked = [one for one in scope["headers"] if one[0] in _ASKS]
    head = is_head(scope)
    if len(asked) == 1 and asked[0][0] == b"range" and not head:
        choice = choose_plainly(asked[0][1], what.length)
        if choice is not None:
            return choice
    return choose(Headers(asked), length=what.length, etag=what.etag, modified_at=what.modified_at, head=head)


def fields_of(choice: Choice, what: Representation) -> list[tuple[bytes, bytes]]:
    """The fields of that answer, for ASGI."""
    fields = [*what.fields]
    if choice.content_range:
        fields.append((b"content-range", choice.content_range.encode()))
    if choice.span is not None:
        length = choice.span[1] - choice.span[0]
        fields += ((b"content-type", what.content_type.encode()), (b"content-length", b"%d" % length))
    elif choice.status != 304:
        fields.append((b"content-length", b"0"))
    return fields


def _opened(what: Representation) -> int | None:
    """A descriptor of the file; None if the object does not lie in a file that can be opened."""
    if what.path is None:
        return None
    try:
        file = os.open(what.path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None  # `read` says what it is
    found = os.fstat(file).st_size
    if found != what.length:
        os.close(file)
        raise CutShort(gettext("{found} bytes are kept where {length} are told", found=found, length=what.length))
    return file
