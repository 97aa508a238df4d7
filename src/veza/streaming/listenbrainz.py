"""Asking a ListenBrainz server: whose a token is, and to take listens.

https://listenbrainz.readthedocs.io/en/latest/users/api/core.html; other servers (Maloja, Koito) speak the same. What a
server says is never repeated to people or logs: it could hold the token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from veza.kit.messages import Message, gettext

TIMEOUT = timedelta(seconds=20)
MOST_ANSWER_BYTES = 64 * 1024
MOST_LISTENS = 50
"""In one request. ListenBrainz takes 1,000, and 10 KB for each."""
LONGEST_WAIT = timedelta(hours=1)
"""A server that asks for more is asked again after this long."""
NAME = "Veza"


class TokenRefused(Exception):
    """The server does not know the token, or no longer."""


class ListensRefused(Exception):
    """The server will never take these listens as they are."""


class NotTaken(Exception):
    """The server did not answer as it should; it may later, and not before `wait` is over."""

    def __init__(self, reason: Message, wait: timedelta = timedelta()) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ListenBrainz:
    """A server at `api_url`. `site_url` is the address of our site; `public_url` the same, empty where no other machine
    reaches it. All three are without a slash at the end."""

    api_url: str
    site_url: str
    public_url: str = ""
    timeout: timedelta = TIMEOUT

    @property
    def host(self) -> str:
        """The server's name, as people know it."""
        return urlsplit(self.api_url).netloc.rpartition("@")[2].removeprefix("api.")

    async def user_of(self, token: str) -> str:
        """The name of the user the token is of; empty where the server tells none. Raises TokenRefused, NotTaken."""
        answer = await self._ask("GET", "validate-token", token)
        if answer.status == 401:
            raise TokenRefused
        _demand_ok(answer)
        try:
            said = json.loads(answer.body)
            is_valid, name = bool(said["valid"]), str(said.get("user_name") or "")
        except (ValueError, TypeError, KeyError, AttributeError):
            raise NotTaken(gettext("the answer cannot be read")) from None
        if not is_valid:
            raise TokenRefused
        return "".join(one for one in name if one.isprintable())[:100]

    async def submit(self, token: str, listens: Sequence[Mapping[str, Any]]) -> timedelta:
        """Send at most MOST_LISTENS; returns how long to wait before the next request with this token.

        Raises TokenRefused, ListensRefused, NotTaken.
        """
        kind = "single" if len(listens) == 1 else "import"
        answer = await self._ask("POST", "submit-listens", token, {"listen_type": kind, "payload": list(listens)})
        if answer.status == 401:
            raise TokenRefused
        if answer.status in (400, 413):
            raise ListensRefused
        _demand_ok(answer)
        is_last = answer.headers.get("X-RateLimit-Remaining") == "0"
        return _wait_of(answer.headers) if is_last else timedelta()

    async def _ask(self, method: str, path: str, token: str, body: Any = None) -> _Answer:
        import aiohttp  # a fifth of a second: only who asks pays it

        headers = {
            "Authorization": f"Token {token}",
            "User-Agent": f"{NAME}/{version('veza')} ( {self.site_url} )",
            "Accept": "application/json",
        }
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(self.timeout.total_seconds())) as http,
                http.request(
                    # A redirect would carry the token to another host.
                    method, f"{self.api_url}/1/{path}", headers=headers, json=body, allow_redirects=False,
                ) as answer,
            ):  # fmt: skip
                body = bytearray()
                async for chunk in answer.content.iter_any():
                    body += chunk
                    if len(body) > MOST_ANSWER_BYTES:
                        raise NotTaken(gettext("the answer cannot be read"))
                return _Answer(answer.status, answer.headers, bytes(body))
        except TimeoutError:
            raise NotTaken(gettext("no answer within {seconds:g} s", seconds=self.timeout.total_seconds())) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NotTaken(gettext("no answer ({kind})", kind=type(error).__name__)) from None


def _demand_ok(answer: _Answer) -> None:
    if answer.status != 200:
        raise NotTaken(gettext("it answered {status}", status=answer.status), _wait_of(answer.headers))


def _wait_of(headers: Mapping[str, str]) -> timedelta:
    """How long the server asks to wait, in seconds of either header; nothing where none can be read."""
    for name in ("X-RateLimit-Reset-In", "Retry-After"):
        said = headers.get(name, "").strip()
        if said.isascii() and said.isdecimal() and len(said) < 10:
            return min(timedelta(seconds=int(said)), LONGEST_WAIT)
    return timedelta()
