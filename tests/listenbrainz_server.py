"""A ListenBrainz server over a real socket: it knows tokens, takes listens, keeps one of two that are the same, and
fails as it is told."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

HOLDS, CUTS, TAKES_AND_HOLDS = "holds", "cuts", "takes and holds"


@dataclass
class Says:
    """An answer with this status, in place of the usual one."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class ListenBrainzServer:
    """`users` are the tokens it knows, with their names; `next` what becomes of the next requests, until it is empty;
    `requests` every submission as it came; `listens` what was taken, by user, instant and track."""

    users: dict[str, str] = field(default_factory=lambda: {"good-token": "mara_lind"})
    next: deque[Says | str] = field(default_factory=deque)
    requests: list[dict[str, Any]] = field(default_factory=list)
    asked: list[web.Request] = field(default_factory=list)
    listens: dict[tuple[str, int, str, str], dict[str, Any]] = field(default_factory=dict)
    refused_titles: set[str] = field(default_factory=set)
    url: str = ""

    @property
    def titles(self) -> list[str]:
        """Of the listens that were taken, in their order."""
        return [track for _, _, _, track in sorted(self.listens)]

    def user_of(self, request: web.Request) -> str | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self.users.get(token) if scheme == "Token" else None

    async def validate(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        if (said := await self._otherwise(request)) is not None:
            return said
        user = self.user_of(request)
        if user is None:
            return web.json_response({"code": 200, "message": "Token invalid.", "valid": False})
        return web.json_response({"code": 200, "message": "Token valid.", "valid": True, "user_name": user})

    async def submit(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        body = await request.json()
        self.requests.append(body)
        if self.next and self.next[0] == TAKES_AND_HOLDS:
            self._take(self.user_of(request) or "", body)
        if (said := await self._otherwise(request)) is not None:
            return said
        user = self.user_of(request)
        if user is None:
            return web.json_response({"code": 401, "error": "Invalid authorization token."}, status=401)
        names = {one["track_metadata"]["track_name"] for one in body["payload"]}
        if names & self.refused_titles or (body["listen_type"] == "single") != (len(body["payload"]) == 1):
            return web.json_response({"code": 400, "error": "odd"}, status=400)
        self._take(user, body)
        return web.json_response({"status": "ok"})

    def _take(self, user: str, body: dict[str, Any]) -> None:
        for one in body["payload"]:
            told = one["track_metadata"]
            self.listens[user, one["listened_at"], told["artist_name"], told["track_name"]] = one

    async def _otherwise(self, request: web.Request) -> web.StreamResponse | None:
        if not self.next:
            return None
        what = self.next.popleft()
        if isinstance(what, Says):
            return web.Response(status=what.status, headers=what.headers, text="not now")
        if what == CUTS:
            answer = web.StreamResponse(headers={"Content-Length": "1000"})
            await answer.prepare(request)
            await answer.write(b'{"status"')
            assert request.transport is not None
            request.transport.abort()
            return answer
        await asyncio.Event().wait()  # until who asked is gone, or the server is closed
        return None


@asynccontextmanager
async def listenbrainz_server(**more: Any) -> AsyncIterator[ListenBrainzServer]:
    """One that answers as long as the block lasts."""
    server = ListenBrainzServer(**more)
    application = web.Application()
    application.router.add_get("/lb/1/validate-token", server.validate)
    application.router.add_post("/lb/1/submit-listens", server.submit)
    runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    server.url = f"http://127.0.0.1:{port}/lb"
    try:
        yield server
    finally:
        await runner.cleanup()
