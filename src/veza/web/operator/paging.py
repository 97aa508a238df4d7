"""Long lists, newest first, a page at a time: the cursors are those of the API, the addresses are the pages' own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from sqlalchemy import Select

from veza.http.paging import ListingPage, page_request_of
from veza.http.problems import Problem
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.listing import Sorts
from veza.web.page_addresses import path_of

PAGE = 50
CURSOR = "cursor"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page; `here`, `older` and `first` are addresses, the last two None where there is none."""

    rows: Sequence[Row]
    here: str
    older: str | None
    first: str | None


async def page_of(
    session: Session, query: Select[Row], sorts: Sorts, request: DoorRequest, filters: Mapping[str, str]
) -> Page[Row]:
    """The page of `query` that the request asks for, in the first of `sorts`, newest first. A cursor of another list,
    or none of ours, begins at the newest."""
    path, cursor = path_of(request).rstrip("/"), request.query_params.get(CURSOR) or None
    try:
        asked = _asked(path, filters, sorts, cursor)
    except Problem:
        cursor = None
        asked = _asked(path, filters, sorts, cursor)
    rows: Sequence[Row] = (await session.scalars(asked.slice.of(query))).all()
    shown = asked.filled(rows, lambda row: row)
    return Page(
        rows=shown.items,
        here=_address(path, filters, cursor),
        older=_address(path, filters, shown.next_cursor) if shown.next_cursor else None,
        first=_address(path, filters) if cursor else None,
    )


def _asked(path: str, filters: Mapping[str, str], sorts: Sorts, cursor: str | None) -> ListingPage:
    return page_request_of(sorts, {"limit": PAGE, "cursor": cursor}).of(path, filters)


def _address(path: str, filters: Mapping[str, Any], cursor: str | None = None) -> str:
    asked = {name: value for name, value in {**filters, CURSOR: cursor}.items() if value}
    return f"{path}?{urlencode(asked)}" if asked else path
