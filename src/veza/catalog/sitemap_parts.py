"""All that is public, in parts: for programs that read the whole catalogue, as search engines do.

A part begins after a row and ends PART rows later, whether a moderator hid some of these or not: so the parts join
without a gap and without a double, and where they end is read from an index alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from veza.catalog.artists import Artist
from veza.catalog.listings import ARTIST_SORTS, RELEASE_SORTS, TRACK_SORTS
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import NO_HIDDEN_ROW, PUBLISHED, VISIBLE_ARTIST, VISIBLE_RELEASE, HiddenTrack
from veza.kit.database import Session, table_of
from veza.kit.listing import After, Slice, Sort
from veza.kit.rows import Rows, found_by

PART = 5_000
"""Rows of a part, at most; the protocol allows 50,000 addresses."""

_A, _R, _T, _H = table_of(Artist), table_of(Release), table_of(Track), table_of(HiddenTrack)


@dataclass(frozen=True, slots=True)
class Listed:
    """One kind of what is public: `ends` are all rows that have been listed, the oldest first, and `shown` those of
    them that a visitor sees."""

    sort: Sort
    ends: Select[Any]
    shown: Select[Any]


LISTED: Mapping[str, Listed] = {
    "artists": Listed(ARTIST_SORTS["oldest"], select(_A.c.id), select(_A.c.id, _A.c.slug).where(VISIBLE_ARTIST)),
    "releases": Listed(
        RELEASE_SORTS["oldest"],
        select(_R.c.id, _R.c.published_at).where(PUBLISHED),
        select(_R.c.id, _R.c.updated_at).join(_A, _A.c.id == _R.c.artist_id).where(VISIBLE_RELEASE),
    ),
    "tracks": Listed(
        TRACK_SORTS["oldest"],
        select(_T.c.id, _T.c.listed_at).where(_T.c.listed_at.is_not(None)),
        select(_T.c.id)
        .join(_R, _R.c.id == _T.c.release_id)
        .join(_A, _A.c.id == _T.c.artist_id)
        .outerjoin(_H, _H.c.track_id == _T.c.id)
        .where(VISIBLE_RELEASE, NO_HIDDEN_ROW),
    ),
}
"""By the first part of their pages' addresses. An artist has a `slug`, a release `updated_at`, each an `id`."""


async def beginnings(session: Session, kind: str, part: int = PART) -> list[After | None]:
    """After which row each part begins: None for the first one. No part where there is no row."""
    listed, found, after = LISTED[kind], list[After | None](), None
    while await found_by(session, Slice(listed.sort, 1, after).of(listed.ends)):
        found.append(after)
        last = await found_by(session, Slice(listed.sort, 1, after).of(listed.ends).offset(part - 1))
        if not last:
            break
        after = listed.sort.last(last[0])
    return found


async def part_after(session: Session, kind: str, after: After | None, part: int = PART) -> Rows:
    """What a visitor sees of the part that begins after a row, sorted by id."""
    listed = LISTED[kind]
    rows = Slice(listed.sort, part, after).of(listed.ends).subquery()
    row_id = listed.sort.row_id
    return await found_by(session, listed.shown.join(rows, rows.c.id == row_id).order_by(row_id))
