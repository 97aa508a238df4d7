"""Requests that a page of another site made a browser send: they carry our cookies, and may change nothing.

Browsers name the page's site in `Sec-Fetch-Site` and, with a write, in `Origin`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection

_OTHER_SITES = frozenset({"cross-site", "same-site"})
"""`same-site` too: another program on a sibling host name is not us."""


def says_other_site(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether the browser says that a page of another site sent the request; without a word it counts as ours."""
    return connection.headers.get("sec-fetch-site") in _OTHER_SITES


def comes_from_elsewhere(connection: ASGIConnection[Any, Any, Any, Any], base_url: str) -> bool:
    """The same, or an `Origin` that is neither the host of the request nor that of `base_url`."""
    origin = connection.headers.get("origin")
    ours = {connection.headers.get("host", "").lower(), urlsplit(base_url).netloc.lower()}
    return says_other_site(connection) or (origin is not None and urlsplit(origin).netloc.lower() not in ours)


def is_from_own_page(connection: ASGIConnection[Any, Any, Any, Any], base_url: str) -> bool:
    """Whether the browser says that a page of ours sent the request, by `Sec-Fetch-Site` or else by `Origin`; without a
    word it does not count as ours."""
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    if site is None and origin is None:
        return False
    return site in (None, "same-origin") and not comes_from_elsewhere(connection, base_url)
