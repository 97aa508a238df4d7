"""Parts of local files, handed to a connection by the kernel: their bytes are not copied into Python.

The server's side of the ASGI extension `http.response.zerocopysend`; `http/file_answers.py` is the application's.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from veza.http.known_files import KNOWN, KnownFiles, Offer
from veza.http.open_files import CutShort
from veza.kit.messages import gettext

ZERO_COPY_SEND = "http.response.zerocopysend"
"""Name of the extension, and type of its message: `file` (a descriptor), `offset`, `count`, `more_body`."""
ABORT = "veza.abort"
"""An extension: the function that closes the request's connection at once, in mid-answer too."""

SLICE_BYTES = 1 << 20
"""Handed over in one call: some 300 µs, in which no other request is answered."""
BEHIND_BYTES = 64 * 1024
"""Given to the transport where the socket is full: the transport says when it has space again."""
UNSENT_BYTES = 1 << 20
"""What the kernel holds for a connection beyond what is on its way to the client."""

_HAS_SENDFILE = sys.platform == "linux"
_NOWAIT = getattr(os, "RWF_NOWAIT", None)


class FileSending:
    """The application as one request meets it: with the extensions, which its messages may use."""

    __slots__ = ("_abort", "_app", "_cycle", "_known", "_outlet")

    def __init__(
        self, app: Any, cycle: RequestResponseCycle, outlet: Outlet, known: KnownFiles, abort: Callable[[], None]
    ) -> None:
        self._app, self._cycle, self._outlet, self._known, self._abort = app, cycle, outlet, known, abort

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        extensions: dict[str, Any] = {ABORT: self._abort}
        if _HAS_SENDFILE:
            extensions[ZERO_COPY_SEND] = {}
        scope["extensions"] = extensions
        return self._app(scope, receive, self._send)  # type: ignore[no-any-return]  # of an ASGI application

    def _send(self, message: Any) -> Awaitable[None]:
        if message["type"] == ZERO_COPY_SEND:
            return self._send_file(message)
        if KNOWN in message:
            self._remember(message[KNOWN], message["headers"])
        return self._cycle.send(message)

    def _remember(self, offer: Offer, fields: list[tuple[bytes, bytes]]) -> None:
        """Here, where the fields are those that all wrappers have agreed on."""
        scope = self._cycle.scope
        if _HAS_SENDFILE and scope["method"] == "GET":
            query = scope["query_string"]
            self._known.remember(scope["raw_path"] + (b"?" + query if query else b""), offer, fields)

    async def _send_file(self, message: Any) -> None:
        cycle, offset, count = self._cycle, message["offset"], message["count"]
        if cycle.scope["method"] != "HEAD":
            await self._outlet.send(message["file"], offset, offset + count, cycle)
            cycle.expected_content_length -= count
        if cycle.transport.is_closing():
            cycle.disconnected = True  # the loop tells of it later
        await cycle.send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})


class Outlet:
    """The sending side of a connection. The socket is written to directly, while nothing waits in its transport."""

    __slots__ = ("_descriptor", "_flow", "_transport")

    def __init__(self, transport: asyncio.Transport, flow: FlowControl) -> None:
        self._transport, self._flow = transport, flow
        self._descriptor = -1

    async def send(self, file: int, start: int, end: int, cycle: RequestResponseCycle) -> None:
        """Send the bytes of `file` from `start` up to, not including, `end`, as fast as the client reads.

        Memory holds BEHIND_BYTES of them, the kernel UNSENT_BYTES beside what is on its way. Returns early when the
        connection has ended. Raises CutShort if the file ends before `end`.
        """
        while start < end and not cycle.disconnected and not self._transport.is_closing():
            upto = min(end, start + SLICE_BYTES)
            if not is_in_memory(file, upto):
                await asyncio.to_thread(_read_into_memory, file, start, upto)
            sent = await self._send_some(file, start, upto)
            if sent == 0:
                raise CutShort(gettext("{left} bytes are missing at the end", left=end - start))
            start += sent or 0

    def send_now(self, head: bytes, file: int, start: int, end: int) -> int:
        """Send `head`, and as much of the bytes as the kernel takes; returns where the rest begins.

        Only while nothing waits in the transport. All of the head goes, by way of the transport where it must.
        """
        try:
            sent = os.write(self._socket(), head)
        except OSError:  # full; or ended, which the transport finds as well
            sent = 0
        if sent < len(head):
            self._transport.write(head[sent:])
            return start
        return start + (self._send_slice(file, start, end) or 0)

    async def _send_some(self, file: int, start: int, end: int) -> int | None:
        """How many bytes went, when the kernel has them: 0 at the file's end, None if the connection has ended."""
        if self._transport.is_closing():
            return None
        if not self._transport.get_write_buffer_size():
            sent = self._send_slice(file, start, end)
            if sent is not None:
                await asyncio.sleep(0)  # others take their turn
                return sent
        chunk = os.pread(file, min(end - start, BEHIND_BYTES), start)
        self._transport.write(chunk)
        await self._emptied()
        return len(chunk)

    async def _emptied(self) -> None:
        """Returns when all that was written is the kernel's, or the connection has ended."""
        if not self._transport.get_write_buffer_size():
            return
        self._transport.set_write_buffer_limits(high=0)
        await self._flow.drain()
        if not self._transport.is_closing():
            self._transport.set_write_buffer_limits()

    def _send_slice(self, file: int, start: int, end: int) -> int | None:
        """How many bytes the kernel took: 0 at the file's end, None if the transport has to be used."""
        try:
            return os.sendfile(self._socket(), file, start, end - start)
        except OSError:  # full; or ended; or the file lies where the kernel cannot send from
            return None

    def _socket(self) -> int:
        """The descriptor, which is the connection's only until its transport closes."""
        if self._descriptor < 0:
            shown = self._transport.get_extra_info("socket")
            self._descriptor = shown.fileno()
            if shown.family != socket.AF_UNIX:
                shown.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        return self._descriptor


def is_in_memory(file: int, end: int) -> bool:
    """Whether the kernel can send a part without waiting for the disk, by the part's last byte.

    The kernel reads ahead: what lies before the last byte has mostly been read with it, or for the part before.
    """
    if _NOWAIT is None:
        return True
    try:
        os.preadv(file, [bytearray(1)], end - 1, _NOWAIT)
    except BlockingIOError:
        return False
    except OSError:
        pass  # the file system cannot say
    return True


def _read_into_memory(file: int, start: int, end: int) -> None:
    """Read in a thread. If the answer ends meanwhile, `file` may be closed or another file: nothing is done with it."""
    with suppress(OSError):
        while start < end and (chunk := os.pread(file, min(BEHIND_BYTES, end - start), start)):
            start += len(chunk)
