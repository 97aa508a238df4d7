"""Cookies of this host alone: with `__Host-` and Secure for HTTPS, by our own address or a trusted proxy's word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

Connection = ASGIConnection[Any, Any, Any, Any]


class HostCookie:
    """One cookie for every path. The prefix keeps sibling host names from planting one of theirs."""

    def __init__(self, name: str, base_url: str) -> None:
        self._plain, self._always = name, base_url.startswith("https://")

    def name(self, *, is_secure: bool) -> str:
        """The cookie's name in the request's browser."""
        return f"__Host-{self._plain}" if is_secure else self._plain

    def read(self, connection: Connection) -> str | None:
        """Its value, if the browser sent one."""
        return connection.cookies.get(self.name(is_secure=self._is_secure(connection))) or None

    def make(self, connection: Connection, value: str, lasts: timedelta) -> Cookie:
        """The cookie to set; a lifetime of zero deletes it."""
        secure, seconds = self._is_secure(connection), int(lasts.total_seconds())
        lax: Literal["lax"] = "lax"  # a link in a mail opens the page signed in; no GET changes anything
        name = self.name(is_secure=secure)
        return Cookie(name, value=value, path="/", max_age=seconds, secure=secure, httponly=True, samesite=lax)

    @property
    def usual_name(self) -> str:
        """The cookie's name under the public address."""
        return self.name(is_secure=self._always)

    def _is_secure(self, connection: Connection) -> bool:
        return self._always or connection.scope.get("scheme") in ("https", "wss")
