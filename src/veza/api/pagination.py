"""Cursor pagination: a cursor says after which row to go on, by the key the list is sorted by (mostly a UUIDv7).

A cursor carries a checksum over the list and its filters, so one that was edited, or taken from another list,
is refused instead of silently showing the wrong rows.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from litestar.di import Provide
from litestar.params import QueryParameter
from msgspec import Struct

from veza.api.problems import BAD_CURSOR, Problem

DEFAULT_LIMIT = 50
MOST = 200
_CHECK_BYTES = 6

Row = TypeVar("Row")
Item = TypeVar("Item")


class Page(Struct, Generic[Item], frozen=True):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What the caller asked for: at most `limit` rows, going on after `cursor`."""

    limit: int
    cursor: str | None

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than shown tells whether there is a next page."""
        return self.limit + 1

    def after(self, listing: str, filters: Mapping[str, object] | None = None) -> UUID | None:
        """The id to go on after (exclusive, descending), or None at the start; raises Problem for a bad cursor."""
        key = self.after_key(listing, filters)
        return UUID(key) if key is not None else None

    def after_key(self, listing: str, filters: Mapping[str, object] | None = None) -> str | None:
        """The same for a list sorted by something else than a UUID: the text its `key_of` gave."""
        return decode_cursor(self.cursor, listing, filters or {}) if self.cursor is not None else None

    def page(
        self,
        rows: Sequence[Row],
        show: Callable[[Row], Item],
        key_of: Callable[[Row], UUID | str],
        listing: str,
        filters: Mapping[str, object] | None = None,
    ) -> Page[Item]:
        """Turn up to `fetch` rows into a page of at most `limit` items; `key_of` is what the list is sorted by."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        cursor = encode_cursor(str(key_of(shown[-1])), listing, filters or {}) if more else None
        return Page(items=[show(row) for row in shown], next_cursor=cursor)


def encode_cursor(after: str, listing: str, filters: Mapping[str, object]) -> str:
    """An opaque cursor for `listing` with `filters`."""
    packed = _check(after.encode(), listing, filters) + after.encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(cursor: str, listing: str, filters: Mapping[str, object]) -> str:
    """The key inside `cursor`; raises Problem (bad-cursor) unless it was made for this list and these filters."""
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise Problem(BAD_CURSOR, "the cursor is damaged: use next_cursor unchanged") from None
    check, after = packed[:_CHECK_BYTES], packed[_CHECK_BYTES:]
    if not after or check != _check(after, listing, filters):
        raise Problem(BAD_CURSOR, "the cursor belongs to another list or other filters: start again without it")
    return after.decode()


def _check(after: bytes, listing: str, filters: Mapping[str, object]) -> bytes:
    said = repr((listing, sorted((name, str(value)) for name, value in filters.items() if value is not None)))
    return hashlib.sha256(after + said.encode()).digest()[:_CHECK_BYTES]


def _page_request(
    limit: Annotated[int, QueryParameter(ge=1, le=MOST, description="Most items on the page.")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, QueryParameter(max_length=300, description="`next_cursor` of the previous page, unchanged.")
    ] = None,
) -> PageRequest:
    return PageRequest(limit=limit, cursor=cursor)


PAGE_DEPENDENCY: dict[str, Any] = {"page_request": Provide(_page_request, sync_to_thread=False)}
"""Give it to a handler as `dependencies`, and take `page_request: PageRequest`."""
