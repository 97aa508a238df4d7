"""Breaking a connection from inside an ASGI application, which ASGI itself has no word for."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

MAX_WRAPPERS = 10
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class ConnectionBroken(Exception):
    """Raised when the server's transport is out of reach: the server then drops the connection itself."""


def transport_of(send: Callable[..., Any]) -> asyncio.Transport | None:
    """The server's transport behind an ASGI `send`, looked for through the wrappers of middlewares."""
    waiting: list[Any] = [send]
    for _ in range(MAX_WRAPPERS):
        if not waiting:
            return None
        candidate = waiting.pop(0)
        owner = getattr(candidate, "__self__", None)
        transport = getattr(owner, "transport", None)
        if transport is not None and hasattr(transport, "abort"):
            return transport  # type: ignore[no-any-return]
        cells = getattr(candidate, "__closure__", None) or ()
        waiting.extend(cell.cell_contents for cell in cells if callable(cell.cell_contents))
    return None


def reset(transport: asyncio.Transport) -> None:
    """Close at once with a TCP reset."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()
