"""Long lists, newest first, a page at a time: the next one begins before the last id shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import Select

from veza.http.requests import DoorRequest
from veza.kit.database import Session

PAGE = 50
BEFORE = "before"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page; `here`, `older` and `first` are addresses, the last two None where there is none."""

    rows: Sequence[Row]
    here: str
    older: str | None
    first: str | None


async def page_of(
    session: Session, query: Select[Row], key: Any, request: DoorRequest, filters: Mapping[str, str]
) -> Page[Row]:
    """`query` by descending `key` (a UUIDv7 column). A cursor that is none of ours begins at the newest."""
    before = _uuid(request.query_params.get(BEFORE, ""))
    if before is not None:
        query = query.where(key < before)
    rows = (await session.scalars(query.order_by(key.desc()).limit(PAGE + 1))).all()
    path = request.url.path.rstrip("/")
    older = _address(path, filters, rows[PAGE - 1]) if len(rows) > PAGE else None
    return Page(
        rows=rows[:PAGE],
        here=_address(path, filters, None, before),
        older=older,
        first=_address(path, filters) if before else None,
    )


def _address(path: str, filters: Mapping[str, str], last: Any = None, before: UUID | None = None) -> str:
    cursor = last.id if last is not None else before
    asked = {name: value for name, value in filters.items() if value} | ({BEFORE: str(cursor)} if cursor else {})
    return f"{path}?{urlencode(asked)}" if asked else path


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
