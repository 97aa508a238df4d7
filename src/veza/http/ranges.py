"""Ranges (RFC 9110, 14): which part of something is asked for, and sending it in bounded memory (`file_answers.py`).

For sound and downloads: a player asks for the segments of a rung, a browser seeks in a file, a program goes on with a
download that broke off. Litestar's own `File` knows no ranges.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from datetime import datetime
from typing import NamedTuple

from litestar.datastructures import Headers
from litestar.types import Receive, Send

from veza.http.open_files import CutShort
from veza.http.preconditions import is_unchanged, may_be_completed
from veza.kit.messages import gettext

Read = Callable[[int, int], AsyncGenerator[bytes, None]]
"""Bytes from a position up to, not including, another, in chunks, as `Objects.chunks` gives them."""
Span = tuple[int, int]
"""First byte, and the one behind the last."""

_BYTES = re.compile(r"bytes=(.*)", re.IGNORECASE)
_RANGE = re.compile(r"([0-9]+)-([0-9]*)|-([0-9]+)")
_PLAIN_RANGE = re.compile(rb"bytes=([0-9]{1,18})-([0-9]{1,18})")
_MOST_DIGITS = 20
"""Of a position that is told apart from others: what is longer lies behind every end."""


class Choice(NamedTuple):
    """Which answer a request gets, and which bytes: `span` is None for 304 and 416."""

    status: int
    span: Span | None = None
    content_range: str = ""


def choose(headers: Headers, *, length: int, etag: str, modified_at: datetime, head: bool) -> Choice:
    """The answer to a request with these fields; `head` says that it is one for the head alone.

    Several ranges are answered with 206 where they make one, else with the whole (14.2): no player asks for more, and
    `multipart/byteranges` repeats headers for every few bytes that a client lists.

    Raises Problem (precondition-failed).
    """
    if is_unchanged(headers, etag, modified_at):
        return Choice(304)
    asked = headers.getall("range", [])
    spans: list[Span] | None = None
    # Only GET has ranges (14.2), and of two fields neither is believed.
    if len(asked) == 1 and not head and may_be_completed(headers, etag, modified_at):
        spans = spans_of(asked[0], length)
    if spans == []:
        return Choice(416, None, f"bytes */{length}")
    if spans is None or len(spans) > 1:
        return Choice(200, (0, length))
    return _part(*spans[0], length)


def choose_plainly(asked: bytes, length: int) -> Choice | None:
    """The same for what players ask, GET with `Range: bytes=FIRST-LAST` and no condition, 10 µs sooner; None for any
    other range, and where there is nothing of it."""
    match = _PLAIN_RANGE.fullmatch(asked)
    if match is None:
        return None
    start, end = int(match[1]), min(int(match[2]) + 1, length)
    return _part(start, end, length) if start < end else None


def _part(start: int, end: int, length: int) -> Choice:
    return Choice(206, (start, end), f"bytes {start}-{end - 1}/{length}")


def spans_of(asked: str, length: int) -> list[Span] | None:
    """What a `Range` asks of so many bytes: in order, and joined where spans touch. Empty if there is none of it.

    None if the whole is the answer: the field is not understood, or wants the end of nothing, which cannot be said.
    """
    unit = _BYTES.fullmatch(asked.strip())
    if unit is None:
        return None
    matches = [_RANGE.fullmatch(part) for one in unit[1].split(",") if (part := one.strip(" \t"))]
    spans: list[Span] = []
    for match in matches:
        if match is None:
            return None
        first, last, suffix = match.groups("")
        start = _position(first) if first else max(length - _position(suffix), 0)
        end = _position(last) + 1 if last else length
        if last and end <= start:
            return None
        if not length and _position(suffix):
            return None
        spans.append((start, min(end, length)))
    return _joined(span for span in spans if span[0] < span[1]) if spans else None


def _position(digits: str) -> int:
    return int(digits.lstrip("0")[:_MOST_DIGITS] or "0")


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


async def send_chunks(
    read: Read, span: Span, start_response: Callable[[], Awaitable[None]], receive: Receive, send: Send
) -> None:
    """Send the bytes of a span, chunk after chunk, until the client leaves.

    Each is read when uvicorn has taken the one before: a slow client holds two at most. Raises CutShort.
    """
    async with aclosing(read(*span)) as chunks:
        left = length = span[1] - span[0]
        # Read before the head is sent: what is not there, or not to be had, can still be said.
        chunk = await _next(chunks, left, length)
        await start_response()
        watch = asyncio.create_task(_gone(receive))
        try:
            while not watch.done():
                left -= len(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
                if left <= 0:
                    return
                chunk = await _next(chunks, left, length)
        finally:
            watch.cancel()


async def _next(chunks: AsyncGenerator[bytes, None], left: int, length: int) -> bytes:
    """Raises CutShort if there is none, though so many bytes are left."""
    chunk = await anext(chunks, b"")
    if not chunk:
        raise CutShort(gettext("{left} of {length} bytes are missing at the end", left=left, length=length))
    return chunk


async def _gone(receive: Receive) -> None:
    """Returns when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
