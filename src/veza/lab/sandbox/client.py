"""An HTTP client for the official SDK that calls the sandbox in process, without sockets or sleeping."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe
from multidict import CIMultiDict

from veza.lab.sandbox.core import Reply, Request, Sandbox

Gate = Callable[[Request], Awaitable[None]]


class InProcessClient(stripe.HTTPClient):
    """Pass it as `http_client` to `stripe.StripeClient`.

    Faults become `stripe.APIConnectionError` at once. `gate`, when given, is awaited before and after each
    request takes effect: a simulator schedules other work there, or raises to crash.
    """

    name = "sandbox"

    def __init__(self, sandbox: Sandbox, gate: Gate | None = None) -> None:
        super().__init__()
        self._sandbox = sandbox
        self._gate = gate

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        request = _request(method, url, headers, post_data)
        if self._gate is not None:
            await self._gate(request)
        reply = self._sandbox.handle(request)
        if self._gate is not None:
            await self._gate(request)
        return _received(reply)

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        body, status, answered = _received(self._sandbox.handle(_request(method, url, headers or {}, post_data)))
        return body.decode(), status, answered

    async def request_stream_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[AsyncIterable[bytes], int, Mapping[str, str]]:
        raise NotImplementedError("the sandbox has no streaming endpoints")

    async def sleep_async(self, secs: float) -> None:
        """Retries of the SDK follow at once."""

    def close(self) -> None:
        """Nothing is open."""

    async def close_async(self) -> None:
        """Nothing is open."""


def _request(method: str, url: str, headers: Mapping[str, str], post_data: Any) -> Request:
    parts = urlsplit(url)
    body = post_data or b""
    return Request(
        method=method.upper(),
        path=parts.path[parts.path.find("/v1/") :] if "/v1/" in parts.path else parts.path,
        query=parts.query,
        headers={name.lower(): value for name, value in headers.items()},
        body=body.encode() if isinstance(body, str) else body,
    )


def _received(reply: Reply) -> tuple[bytes, int, Mapping[str, str]]:
    fault = reply.fault
    if fault is not None:
        if fault.hang:
            raise _lost(f"Request timed out ({fault.kind})")
        if fault.reset:
            raise _lost(f"Connection reset by peer ({fault.kind})")
        if fault.cut_body:
            raise _lost(f"Connection lost in the middle of the answer ({fault.kind})")
    return reply.body, reply.status, CIMultiDict(reply.headers)


def _lost(message: str) -> stripe.APIConnectionError:
    return stripe.APIConnectionError(message, should_retry=True)  # type: ignore[no-untyped-call]
