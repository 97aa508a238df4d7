"""Cursor pagination: a cursor says after which row to go on, by what the list is sorted by (mostly its id, a UUIDv7).

A cursor carries a checksum over the list and its filters, so one that was edited, or taken from another list,
is refused instead of silently showing the wrong rows.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from litestar.params import QueryParameter
from msgspec import Struct

from veza.http.problems import BAD_CURSOR, Problem
from veza.kit.listing import After, Slice, Sort, Sorts
from veza.kit.messages import gettext

DEFAULT_LIMIT = 50
MOST = 200
LONGEST_CURSOR = 1_200
"""Holds a sort key of 200 characters of four bytes each, beside the id."""
LARGEST = 2**63 - 1
"""What a database's whole number holds at most."""
_CHECK_BYTES = 6

Row = TypeVar("Row")
Item = TypeVar("Item")


class Page(Struct, Generic[Item], frozen=True):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What the request asks for: at most `limit` rows in one order of the list, beginning after `cursor`."""

    limit: int
    cursor: str | None
    sort: str
    how: Sort

    def of(self, listing: str, filters: Mapping[str, object] | None = None) -> ListingPage:
        """The page of `listing` with `filters` that was asked for; raises Problem (bad-cursor)."""
        said = {**(filters or {}), "sort": self.sort}
        after = None
        if self.cursor is not None:
            try:
                after = _after(decode_cursor(self.cursor, listing, said), self.how)
            except (ValueError, OverflowError):
                # The checksum keeps mistakes off, not attackers: it has no secret, so every client can make one.
                raise _foreign() from None
        # One more than shown tells whether there is a next page.
        return ListingPage(Slice(self.how, self.limit + 1, after), self.limit, listing, said)


@dataclass(frozen=True, slots=True)
class ListingPage:
    """A page of a list with its filters, to be read: `slice` says which rows, and `filled` shows them."""

    slice: Slice
    limit: int
    listing: str
    said: Mapping[str, object]

    def filled(self, rows: Sequence[Row], show: Callable[[Row], Item]) -> Page[Item]:
        """What was read, as a page of at most `limit` items."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        cursor = self.cursor_after(self.slice.sort.last(shown[-1])) if more else None
        return Page(items=[show(row) for row in shown], next_cursor=cursor)

    def cursor_after(self, last: After) -> str:
        """The cursor of the page that begins after this row."""
        return encode_cursor(_written(last), self.listing, self.said)


def _written(last: After) -> str:
    """The row to go on after as a cursor holds it: its id, and what the list is sorted by if that is not the id."""
    key, row_id = last
    if key is None:
        return str(row_id)
    return f"{row_id} {key.isoformat() if isinstance(key, date) else key}"


def _after(text: str, how: Sort) -> After:
    """What `_written` wrote; raises ValueError, OverflowError."""
    row_id, between, key = text.partition(" ")
    if bool(between) != (how.column is not None):
        raise ValueError(f"{text} has one part too few or too many")
    return (None if how.column is None else _read(key, how.column)), _read(row_id, how.row_id)


def _read(text: str, column: Any) -> Any:
    kind = column.type.python_type
    if kind is int:
        number = int(text)
        if not 0 <= number <= LARGEST:
            raise ValueError(f"{number} is out of range")
        return number
    readers: Mapping[Any, Callable[[str], Any]] = {datetime: instant_of, date: date.fromisoformat}
    return readers.get(kind, kind)(text)


def encode_cursor(after: str, listing: str, filters: Mapping[str, object]) -> str:
    """An opaque cursor for `listing` with `filters`."""
    packed = _check(after.encode(), listing, filters) + after.encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(cursor: str, listing: str, filters: Mapping[str, object]) -> str:
    """The key inside `cursor`; raises Problem (bad-cursor) unless it was made for this list and these filters."""
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise Problem(BAD_CURSOR, gettext("the cursor is damaged: use next_cursor unchanged")) from None
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


def _foreign() -> Problem:
    return Problem(BAD_CURSOR, gettext("the cursor belongs to another list or other filters: start again without it"))


def _check(after: bytes, listing: str, filters: Mapping[str, object]) -> bytes:
    said = repr((listing, sorted((name, str(value)) for name, value in filters.items() if value is not None)))
    return hashlib.sha256(after + said.encode()).digest()[:_CHECK_BYTES]


_Limit = Annotated[int, QueryParameter(ge=1, le=MOST, description="Most items on the page.")]
_Cursor = Annotated[
    str | None, QueryParameter(max_length=LONGEST_CURSOR, description="`next_cursor` of the previous page, unchanged.")
]


def page_parameters(sorts: Sorts) -> dict[str, Any]:
    """What an operation takes that answers a list in these orders: `limit`, `cursor`, and `sort` where there are
    several orders; each an annotation and a default."""
    taken: dict[str, Any] = {"limit": (_Limit, DEFAULT_LIMIT), "cursor": (_Cursor, None)}
    if len(names := tuple(sorts)) > 1:
        # The names are the list's own; a type checker sees only that there is a sort.
        taken["sort"] = Annotated[Literal[names], QueryParameter(description="In which order.")], names[0]
    return taken


def page_request_of(sorts: Sorts, taken: Mapping[str, Any]) -> PageRequest:
    """The page that was asked for, of what the operation took; the first order unless it says another."""
    sort = taken.get("sort") or next(iter(sorts))
    return PageRequest(taken["limit"], taken["cursor"], sort, sorts[sort])
