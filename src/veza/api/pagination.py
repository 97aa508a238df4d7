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
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from litestar.di import Provide
from litestar.params import QueryParameter
from msgspec import Struct

from veza.api.problems import BAD_CURSOR, Problem

DEFAULT_LIMIT = 50
MOST = 200
LONGEST_CURSOR = 1_200
"""Holds a sort key of 200 characters of four bytes each, beside the id."""
LARGEST = 2**63 - 1
"""What a database's whole number holds at most."""
_CHECK_BYTES = 6

Key = TypeVar("Key")
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
        return self.after_as(UUID, listing, filters)

    def after_key(self, listing: str, filters: Mapping[str, object] | None = None) -> str | None:
        """The same for a list sorted by something else than a UUID: the text its `key_of` gave."""
        return decode_cursor(self.cursor, listing, filters or {}) if self.cursor is not None else None

    def after_as(
        self, read: Callable[[str], Key], listing: str, filters: Mapping[str, object] | None = None
    ) -> Key | None:
        """That text as `read` reads it; what it cannot read (ValueError) is no cursor of ours, whatever its checksum.

        The checksum holds mistakes off, not people: it has no secret, so anybody can make one.
        """
        key = self.after_key(listing, filters)
        try:
            return read(key) if key is not None else None
        except (ValueError, OverflowError):
            raise _foreign() from None

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
    if not after or check != _check(after, listing, filters) or b"\0" in after:
        raise _foreign()
    try:
        return after.decode()
    except UnicodeDecodeError:
        raise _foreign() from None


def instant_of(text: str) -> datetime:
    """An instant in a cursor, as `isoformat` wrote it; raises ValueError, OverflowError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} lacks its offset")
    return at.astimezone(UTC)


def numbered(text: str) -> tuple[int, UUID]:
    """A whole number and an id in a cursor, as `7:id`; raises ValueError, for a number that no database holds, too."""
    number, _, row_id = text.partition(":")
    if not 0 <= int(number) <= LARGEST:
        raise ValueError(f"{number} is out of range")
    return int(number), UUID(row_id)


def _foreign() -> Problem:
    return Problem(BAD_CURSOR, "the cursor belongs to another list or other filters: start again without it")


def _check(after: bytes, listing: str, filters: Mapping[str, object]) -> bytes:
    said = repr((listing, sorted((name, str(value)) for name, value in filters.items() if value is not None)))
    return hashlib.sha256(after + said.encode()).digest()[:_CHECK_BYTES]


def _page_request(
    limit: Annotated[int, QueryParameter(ge=1, le=MOST, description="Most items on the page.")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None,
        QueryParameter(max_length=LONGEST_CURSOR, description="`next_cursor` of the previous page, unchanged."),
    ] = None,
) -> PageRequest:
    return PageRequest(limit=limit, cursor=cursor)


PAGE_DEPENDENCY: dict[str, Any] = {"page_request": Provide(_page_request, sync_to_thread=False)}
"""Give it to a handler as `dependencies`, and take `page_request: PageRequest`."""
