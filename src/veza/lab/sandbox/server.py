"""The sandbox over HTTP: a plain ASGI application, mountable under any prefix."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

from veza.lab.sandbox.connection import ConnectionBroken, reset, transport_of
from veza.lab.sandbox.control import Controls
from veza.lab.sandbox.control_api import PREFIX, answer_control
from veza.lab.sandbox.core import Reply, Request, Sandbox
from veza.lab.sandbox.pages import answer_page

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY_BYTES = 1_000_000
TOO_LARGE = f"A request may have at most {MAX_BODY_BYTES} bytes.".encode()
LONGEST_HANG_SECONDS = 120.0
API_PATHS = ("/v1/", "/v2/")


def create_app(sandbox: Sandbox, *, latency_seconds: float = 0.0, control_token: str | None = None) -> AsgiApp:
    """The API at `/v1`, hosted pages at `/pay` and `/onboard`, the control API at `/_sandbox`.

    `latency_seconds` delays every API answer; the effect happens on arrival. With a `control_token` the control API
    wants it as bearer.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        request = await _read(scope, receive)
        if request is None:
            return
        platform, request = _platform(sandbox, request)
        if len(request.body) > MAX_BODY_BYTES:
            await _send(Reply(413, {"Content-Type": "text/plain"}, TOO_LARGE), send)
        elif request.path.startswith(API_PATHS):
            reply = platform.handle(request)
            if latency_seconds:
                await asyncio.sleep(latency_seconds)
            await _deliver(reply, receive, send)
        elif request.path == PREFIX or request.path.startswith(PREFIX + "/"):
            await _send(answer_control(platform, request, control_token), send)
        else:
            await _send(answer_page(platform, request), send)

    return app


def _platform(sandbox: Sandbox, request: Request) -> tuple[Controls, Request]:
    """Whose request it is, and the request as that one sees it: a platform made for a test lives under its account."""
    account, _, rest = request.path[1:].partition("/")
    platform = sandbox.platforms.get(account)
    if platform is None:
        return sandbox, request
    return platform, replace(request, path=f"/{rest}", base_url=f"{request.base_url}/{account}")


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read(scope: Scope, receive: Receive) -> Request | None:
    """The whole request, its body cut just above the limit; None when the client left before it was complete."""
    root, path = _mount_point(scope)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    chunks = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        if size <= MAX_BODY_BYTES:
            chunks.append(chunk)
        size += len(chunk)
        if not message.get("more_body"):
            break
    return Request(
        method=scope["method"],
        path=path,
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=b"".join(chunks),
        base_url=f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}{root}",
    )


def _mount_point(scope: Scope) -> tuple[str, str]:
    """The prefix this application is mounted under, and the path below it.

    Starlette leaves the path whole and names the prefix in `root_path`; Litestar cuts the prefix off, adds a slash
    at the end, and leaves only `raw_path` whole.
    """
    root: str = scope.get("root_path", "").rstrip("/")
    path: str = scope["path"].rstrip("/")
    if root and path.startswith(root + "/"):
        return root, path[len(root) :]
    whole = scope.get("raw_path", b"").decode("latin-1").rstrip("/")
    if not root and whole.endswith(path):
        root = whole.removesuffix(path)
    return root, path or "/"


async def _deliver(reply: Reply, receive: Receive, send: Send) -> None:
    fault = reply.fault
    if fault is None:
        await _send(reply, send)
        return
    if fault.hang:
        await _until_client_leaves(receive)
        return
    if fault.delay_seconds:
        await asyncio.sleep(fault.delay_seconds)
    if not fault.reset and not fault.cut_body:
        await _send(reply, send)
        return
    transport = transport_of(send)
    if transport is not None and fault.reset:
        reset(transport)
    else:
        await _send_half(reply, send)
        if transport is None:
            raise ConnectionBroken
        transport.close()
    await _until_client_leaves(receive)


async def _until_client_leaves(receive: Receive) -> None:
    try:
        async with asyncio.timeout(LONGEST_HANG_SECONDS):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        pass


async def _send(reply: Reply, send: Send) -> None:
    await send(_start(reply))
    await send({"type": "http.response.body", "body": reply.body})


async def _send_half(reply: Reply, send: Send) -> None:
    """Promise the whole body and send half of it."""
    await send(_start(reply))
    await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})


def _start(reply: Reply) -> Message:
    headers = [
        (name.lower().encode(), value.encode("latin-1"))
        for name, value in reply.headers.items()
        if name != "Date"  # the server writes its own
    ]
    headers.append((b"content-length", str(len(reply.body)).encode()))
    return {"type": "http.response.start", "status": reply.status, "headers": headers}
