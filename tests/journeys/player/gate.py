"""A line between a browser and the server that breaks on demand; it also serves the page that drives the player."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from aiohttp import ClientSession, web

import veza.web
from tests.api.ingest.site import free_port

PAGES = Path(__file__).parent / "pages"
SCRIPTS = Path(veza.web.__file__).parent / "scripts"
HEAD_BYTES = 700
"""More than an initialization segment has, and less than what lies before the first frame."""
PASSED_ON = ("Cookie", "Range", "Content-Type")


class Fault(Enum):
    """What becomes of a request."""

    BUSY = 503
    BROKEN = 500
    EXPIRED = 410
    ENDED = 403
    GONE = 404
    DROPPED = "the connection ends in the middle of the body"
    GARBLED = "the body has the right length, and nothing else is right"
    GARBLED_SOUND = "nothing is right behind the head of the file"
    STALLED = "half of the body comes, and no more until the line is free"


@dataclass(frozen=True)
class Asked:
    """A request that came: path and query, the range that was asked for, and what became of it."""

    path: str
    range: str
    fault: Fault | None

    @property
    def is_segment(self) -> bool:
        return "/audio.mp4" in self.path

    @property
    def rung(self) -> str:
        return self.path.split("/")[3]


@dataclass
class Gate:
    """Passes on what is below /stream/. `fault_of` decides for each request."""

    url: str
    behind: str
    fault_of: Callable[[str, list[Asked]], Fault | None] = lambda _path, _asked: None
    asked: list[Asked] = field(default_factory=list)
    free: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def segments(self) -> list[Asked]:
        return [one for one in self.asked if one.is_segment]

    async def passed_on(self, request: web.Request) -> web.StreamResponse:
        fault = self.fault_of(request.path_qs, self.asked)
        self.asked.append(Asked(request.path_qs, request.headers.get("Range", ""), fault))
        if fault is not None and isinstance(fault.value, int):
            return web.Response(status=fault.value)
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        client: ClientSession = request.app[CLIENT]
        async with client.request(request.method, f"{self.behind}{request.path_qs}", headers=headers) as answer:
            body = await answer.read()
            if fault in (Fault.GARBLED, Fault.GARBLED_SOUND):
                head = b"" if fault is Fault.GARBLED else body[:HEAD_BYTES]
                body, fault = head.ljust(len(body), b"\0"), None
            said = {name: answer.headers[name] for name in ("Content-Type", "Content-Range") if name in answer.headers}
            sent = web.StreamResponse(status=answer.status, headers={**said, "Cache-Control": "no-store"})
            sent.content_length = len(body)
            with suppress(ConnectionResetError):  # the player needs it no more
                await sent.prepare(request)
                await self._send(request, sent, body, fault)
        return sent

    async def _send(self, request: web.Request, sent: web.StreamResponse, body: bytes, fault: Fault | None) -> None:
        if fault is None:
            await sent.write(body)
        else:
            await sent.write(body[: len(body) // 2])
            if fault is Fault.STALLED:
                await self.free.wait()
            if request.transport is not None:
                request.transport.abort()


CLIENT = web.AppKey("client", ClientSession)


@asynccontextmanager
async def gate_before(behind: str) -> AsyncIterator[Gate]:
    port = free_port()
    gate = Gate(f"http://127.0.0.1:{port}", behind)
    async with ClientSession(auto_decompress=False) as client:
        app = web.Application()
        app[CLIENT] = client
        app.router.add_static("/scripts/", SCRIPTS)
        app.router.add_static("/pages/", PAGES)
        app.router.add_route("*", "/stream/{rest:.*}", gate.passed_on)
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            yield gate
        finally:
            gate.free.set()
            await runner.cleanup()
