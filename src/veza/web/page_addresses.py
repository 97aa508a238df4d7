"""The address at which a page can be read: of what answers a form, it is not the one that the form was sent to.

Most forms are sent to an address that only takes them. A browser that was left there by a refused form would find no
page on “reload”, nor on “back”; and a page that looks again by itself would ask there.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from litestar.handlers import HTTPRouteHandler

from veza.http.requests import DoorRequest
from veza.web.own_addresses import own_address

PUSHED = "HX-Push-Url"
"""htmx puts this address into the browser's history; “false” leaves the reader where they are."""
_READ_AT = "veza_read_at"
_IN_PATH = re.compile(r"\{(\w+):\w+\}")


def read_at(request: DoorRequest, address: str) -> None:
    """Note that what the request is answered with is read at `address`."""
    request.state[_READ_AT] = address


def address_of(page: HTTPRouteHandler, request: DoorRequest) -> str:
    """Where a page is read whose form the request sends: the form's address names all that the page's does."""
    (path,) = page.paths
    return _IN_PATH.sub(lambda found: quote(str(request.path_params[found[1]]), safe=""), path)


def path_of(request: DoorRequest) -> str:
    """The path of the page that the request is answered with."""
    return _address(request).partition("?")[0]


def pushed(request: DoorRequest) -> dict[str, str]:
    """What tells htmx where the answer to a form is read: nothing for other requests."""
    if request.method != "POST":
        return {}
    there = _address(request)
    return {PUSHED: "false" if urlsplit(_current(request)).path == there else there}


def pushed_back(request: DoorRequest) -> dict[str, str]:
    """The same for the page of a problem, which has no address: the page that the form stands on comes after it."""
    if request.method != "POST":
        return {}
    parts = urlsplit(_current(request))
    return {PUSHED: own_address(parts.path + (f"?{parts.query}" if parts.query else ""), "false")}


def _address(request: DoorRequest) -> str:
    return str(request.state.get(_READ_AT) or request.url.path)


def _current(request: DoorRequest) -> str:
    """Where the reader is, as htmx says it; nothing without htmx."""
    try:
        urlsplit(found := request.headers.get("hx-current-url", ""))
    except ValueError:
        return ""
    return found
