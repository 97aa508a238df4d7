"""Turning the pages of a list: by the cursor in the address, as the API's lists do."""

from __future__ import annotations

from urllib.parse import urlencode

from veza.http.paging import LONGEST_CURSOR, PageRequest
from veza.http.requests import DoorRequest
from veza.kit.listing import Sorts
from veza.web.page_addresses import path_of

_CURSOR = "after"


def page_of(request: DoorRequest, sorts: Sorts, limit: int) -> PageRequest:
    """The page that the address asks for, in the order it names, else in the first of `sorts`."""
    wanted = request.query_params.get("sort", "")
    name = wanted if wanted in sorts else next(iter(sorts))
    cursor = request.query_params.get(_CURSOR, "")[:LONGEST_CURSOR] or None
    return PageRequest(limit, cursor, name, sorts[name])


def is_later(request: DoorRequest) -> bool:
    """Whether the address asks for a page after the first one."""
    return bool(request.query_params.get(_CURSOR))


def next_address(request: DoorRequest, cursor: str | None) -> str | None:
    """Where the list goes on, with the same filters; None on its last page."""
    if cursor is None:
        return None
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != _CURSOR]
    return f"{path_of(request)}?{urlencode([*kept, (_CURSOR, cursor)])}"
