"""Cookies of this host alone: with `__Host-` and Secure for HTTPS, by our own address or a trusted proxy's word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

Connection = ASGIConnection[Any, Any, Any, Any]


class HostCookie:
    """One cookie. With HTTPS it is for every path: the prefix, which keeps sibling host names from planting one of
    theirs, demands that. Without, it is for the addresses under `path`."""

    def __init__(self, name: str, base_url: str, path: str = "/") -> None:
        self._plain, self._always, self._path = name, base_url.startswith("https://"), path

    def name(self, *, is_secure: bool) -> str:
        """The cookie's name in the request's browser."""
        return f"__Host-{self._plain}" if is_secure else self._plain

    def read(self, connection: Connection) -> str | None:
        """Its value, if the browser sent one."""
        return connection.cookies.get(self.name(is_secure=self._is_secure(connection))) or None

    def make(self, connection: Connection, value: str, lasts: timedelta | None) -> Cookie:
        """The cookie to set; a lifetime of zero deletes it, and without one it ends with the browser."""
        secure, seconds = self._is_secure(connection), None if lasts is None else int(lasts.total_seconds())
        lax: Literal["lax"] = "lax"  # a link in a mail opens the page signed in; no GET changes anything
        name, path = self.name(is_secure=secure), "/" if secure else self._path
        return Cookie(name, value=value, path=path, max_age=seconds, secure=secure, httponly=True, samesite=lax)

    @property
    def usual_name(self) -> str:
        """The cookie's name under the public address."""
        return self.name(is_secure=self._always)

    def _is_secure(self, connection: Connection) -> bool:
        return self._always or connection.scope.get("scheme") in ("https", "wss")
