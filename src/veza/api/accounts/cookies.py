"""The two cookies: the session's, and the one by which a device is known again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from litestar import Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from veza.accounts.devices import LASTS
from veza.accounts.sign_in import Begun, Browser

Connection = ASGIConnection[Any, Any, Any, Any]


class Cookies:
    """Named and flagged for the address people reach Veza under: `__Host-` and Secure where that is HTTPS."""

    def __init__(self, base_url: str, session_max: timedelta) -> None:
        self._secure = base_url.startswith("https://")
        self._session_max = session_max
        self.session_name = "__Host-veza" if self._secure else "veza"
        self.device_name = "__Host-veza-device" if self._secure else "veza-device"

    def session(self, connection: Connection) -> str | None:
        """The session's secret, if the browser sent one."""
        return connection.cookies.get(self.session_name) or None

    def browser(self, connection: Connection) -> Browser:
        """Where the request comes from."""
        agent = connection.headers.get("user-agent", "")
        return Browser(address_of(connection), agent, connection.cookies.get(self.device_name))

    def signed_in(self, response: Response[Any], begun: Begun) -> None:
        """Let the browser keep what signing in gave."""
        response.set_cookie(self._cookie(self.session_name, begun.session_secret, self._session_max))
        self.known_device(response, begun.device_cookie)

    def known_device(self, response: Response[Any], value: str) -> None:
        response.set_cookie(self._cookie(self.device_name, value, LASTS))

    def signed_out(self, response: Response[Any]) -> None:
        """Let the browser forget the session; the device stays known."""
        response.set_cookie(self._cookie(self.session_name, "", timedelta(0)))

    def _cookie(self, name: str, value: str, lasts: timedelta) -> Cookie:
        lax: Literal["lax"] = "lax"  # a link in a mail opens the page signed in; no GET changes anything
        seconds = int(lasts.total_seconds())
        return Cookie(name, value=value, path="/", max_age=seconds, secure=self._secure, httponly=True, samesite=lax)


def address_of(connection: Connection) -> str:
    """The network address the request comes from."""
    return connection.client.host if connection.client else "unknown"
