"""The two cookies of a person: of the session, and of the device that has signed in before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response
from litestar.connection import ASGIConnection

from veza.accounts.devices import LASTS
from veza.accounts.sign_in import Begun, Browser
from veza.http.host_cookies import HostCookie
from veza.http.limits import address_of

Connection = ASGIConnection[Any, Any, Any, Any]

SESSION_COOKIE = "veza"


class Cookies:
    """Reads and sets the two cookies; `base_url` is the address people reach Veza under."""

    def __init__(self, base_url: str, session_max: timedelta) -> None:
        self._session_max = session_max
        self._session, self._device = HostCookie(SESSION_COOKIE, base_url), HostCookie("veza-device", base_url)

    def session(self, connection: Connection) -> str | None:
        """The session's secret, if the browser sent one."""
        return self._session.read(connection)

    def browser(self, connection: Connection) -> Browser:
        """The browser of the request."""
        agent = connection.headers.get("user-agent", "")
        return Browser(address_of(connection), agent, self._device.read(connection))

    def signed_in(self, connection: Connection, response: Response[Any], begun: Begun) -> None:
        """Set both cookies after signing in."""
        response.set_cookie(self._session.make(connection, begun.session_secret, self._session_max))
        self.known_device(connection, response, begun.device_cookie)

    def known_device(self, connection: Connection, response: Response[Any], value: str) -> None:
        """Set the device's cookie."""
        response.set_cookie(self._device.make(connection, value, LASTS))

    def signed_out(self, connection: Connection) -> Response[None]:
        """204, which deletes the session's cookie; the device stays known."""
        return Response(None, status_code=204, cookies=[self._session.make(connection, "", timedelta(0))])
