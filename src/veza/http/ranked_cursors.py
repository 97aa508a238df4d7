"""Cursors of search results: the rank that a page ended with, for every door that shows them."""

from __future__ import annotations

from collections.abc import Mapping

from veza.http.paging import decode_cursor, encode_cursor
from veza.http.problems import BAD_CURSOR, Problem
from veza.kit.messages import gettext

_LISTING = "search"


def cursor_after(rank: tuple[float, int] | None, filters: Mapping[str, object]) -> str | None:
    """The cursor of the page that begins after this rank; None after the last page."""
    return None if rank is None else encode_cursor(f"{rank[0]!r} {rank[1]}", _LISTING, filters)


def rank_of(cursor: str | None, filters: Mapping[str, object]) -> tuple[float, int] | None:
    """The rank inside `cursor`; None without one. Raises Problem (bad-cursor)."""
    if cursor is None:
        return None
    score, _, place = decode_cursor(cursor, _LISTING, filters).partition(" ")
    try:
        return float(score), int(place)
    except ValueError:
        raise Problem(BAD_CURSOR, gettext("the cursor is damaged: use next_cursor unchanged")) from None
