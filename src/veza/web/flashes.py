"""A sentence that the next page says once, such as “It is in your cart”: carried by a cookie of a minute."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from veza.http.host_cookies import HostCookie
from veza.kit.messages import Message, from_child, to_json

Connection = ASGIConnection[Any, Any, Any, Any]

LASTS = timedelta(minutes=1)
LONGEST = 2_000
_NAME = "veza_said"


def flash(connection: Connection, base_url: str, said: Message) -> Cookie:
    """The cookie that carries the sentence."""
    packed = base64.urlsafe_b64encode(to_json(said).encode()).decode().rstrip("=")
    return HostCookie(_NAME, base_url).make(connection, packed, LASTS)


def flashed(connection: Connection, base_url: str) -> tuple[Message | None, Cookie | None]:
    """The sentence, if one was carried, and the cookie that forgets it. It is read as a stranger's text is.

    A script that looks again at a part of the page leaves it to the whole page that is on its way.
    """
    cookie = HostCookie(_NAME, base_url)
    packed = cookie.read(connection)
    if packed is None or not _is_whole_page(connection):
        return None, None
    over = cookie.make(connection, "", timedelta(0))
    try:
        padded = packed[:LONGEST] + "=" * (-len(packed[:LONGEST]) % 4)
        return from_child(base64.urlsafe_b64decode(padded).decode()), over
    except (ValueError, binascii.Error):
        return None, over


def _is_whole_page(connection: Connection) -> bool:
    """Whether a browser will show all of the answer: by a navigation, or by htmx in the place of the page."""
    asked = connection.headers
    return asked.get("sec-fetch-dest", "document") == "document" or asked.get("hx-target") == "page"
