"""Sending requests with the official SDK and turning every result and error into an `Answer`.

The SDK (stripe 16) lets a reset or a hang in mid-body escape as a raw aiohttp error, and never times out a
body that trickles: the client below reads the whole answer under one total timeout and wraps every failure.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, NoReturn

import aiohttp
import stripe

from veza.kit.messages import gettext, message_of, verbatim
from veza.money.stripe.answers import Answer

stripe.enable_telemetry = False
"""Stripe is not told what machine this is, nor how long its requests took."""


class SilentLine(stripe.APIConnectionError):
    """No readable answer came back: the request may or may not have had its effect."""


class BoundedAiohttpClient(stripe.AIOHTTPClient):
    """The SDK's aiohttp client with a total timeout and no error that escapes unwrapped."""

    def __init__(self, timeout_seconds: float, connections: int) -> None:
        super().__init__()
        self._total = aiohttp.ClientTimeout(total=timeout_seconds)
        self._connections = connections
        self._own: aiohttp.ClientSession | None = None

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._own is None:
            self._own = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=self._connections))
        return self._own

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            async with self._session.request(
                method, url, headers=headers, data=post_data, timeout=self._total, allow_redirects=False
            ) as response:
                return await response.read(), response.status, response.headers
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            self._handle_request_error(error)

    def _handle_request_error(self, e: Exception) -> NoReturn:
        words = "timed out" if isinstance(e, TimeoutError) else type(e).__name__
        raise SilentLine(words) from e  # type: ignore[no-untyped-call]

    async def close_async(self) -> None:
        if self._own is not None:
            await self._own.close()


class Line:
    """A line to the provider: one request, one `Answer`, never an exception for what the provider does."""

    def __init__(self, secret_key: str, http_client: stripe.HTTPClient, api_base: str | None = None) -> None:
        bases: dict[str, str] = {"api": api_base.rstrip("/")} if api_base else {}
        self._http = http_client
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses=bases,  # type: ignore[arg-type]  # a TypedDict whose keys are all optional
            http_client=http_client,
            max_network_retries=0,
        )

    async def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        account: str | None = None,
    ) -> Answer:
        """POST or GET `path` with `params`; `key` is the idempotency key, `account` a connected account to act for."""
        options: dict[str, Any] = dict(params or {})
        if key:
            options["idempotency_key"] = key
        if account:
            options["stripe_account"] = account
        began = time.monotonic()
        try:
            response = await self._client.raw_request_async(method, path, **options)
        except SilentLine as error:
            return Answer(None, silence=message_of(error), latency_ms=_since(began))
        except stripe.StripeError as error:
            return _refused(error, _since(began))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # The SDK trips over bodies that are no UTF-8, or whose `error` is no object: nothing can be read of them.
            return Answer(
                None, silence=gettext("unreadable answer ({kind})", kind=type(error).__name__), latency_ms=_since(began)
            )
        body = response.data
        return Answer(
            response.code,
            body=body if isinstance(body, dict) else None,
            request_id=_header(response.headers, "Request-Id"),
            replayed=_header(response.headers, "Idempotent-Replayed") == "true",
            latency_ms=_since(began),
        )

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _header(headers: Mapping[str, str] | None, name: str) -> str | None:
    if headers is None:
        return None
    return headers.get(name) or headers.get(name.lower())


def _refused(error: stripe.StripeError, latency_ms: int) -> Answer:
    said = error.json_body if isinstance(error.json_body, dict) else {}
    detail = said.get("error")
    # The SDK leaves e.code empty for 409 and 429; the body has it.
    fields = detail if isinstance(detail, dict) else {}
    if error.http_status is None:
        return Answer(None, silence=verbatim(type(error).__name__), latency_ms=latency_ms)
    return Answer(
        error.http_status,
        error_type=fields.get("type"),
        error_code=fields.get("code"),
        message=str(fields.get("message") or _first_line(error)),
        request_id=_header(error.headers, "Request-Id"),
        replayed=_header(error.headers, "Idempotent-Replayed") == "true",
        latency_ms=latency_ms,
    )


def _first_line(error: stripe.StripeError) -> str:
    return (str(error.user_message or error).splitlines() or [""])[0][:300]


def frozen(body: Mapping[str, Any]) -> str:
    """The text a request body is stored as: key order kept, so that it is resent as it was sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def thawed(text: str) -> dict[str, Any]:
    """The body back from `frozen`."""
    body: dict[str, Any] = json.loads(text)
    return body
