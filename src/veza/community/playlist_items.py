"""The items of a playlist, in order: added by several people at once, moved, removed, none lost.

Every change holds the lock on the playlist's row, so positions never collide. They leave gaps; when a gap is used
up, the whole list (bounded) is numbered anew in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, true, update

from veza.catalog import visibility
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import VISIBLE_TRACK, NothingThere
from veza.community.playlists import Playlist, PlaylistItem, lock_to_edit
from veza.kit.database import Session
from veza.kit.field_faults import FieldChecks
from veza.kit.listing import Slice, Sort, start_of
from veza.kit.messages import gettext
from veza.kit.rows import Rows, found_by

ITEMS_MOST = 5_000
ADDED_AT_ONCE_MOST = 100
GAP = 1_024
"""Between two positions after a numbering: space for ten halvings, and for the most that is added at once."""


class PlaylistFull(ValueError):
    """It holds as many items as it may."""

    def __init__(self, held: int, wanted: int) -> None:
        super().__init__(
            gettext(
                "a playlist holds at most {items_most} items, this one has {held} and {wanted} were to come",
                items_most=ITEMS_MOST,
                held=held,
                wanted=wanted,
            )
        )


class ItemGone(LookupError):
    """The item was removed before this change."""

    def __init__(self, item_id: UUID) -> None:
        super().__init__(gettext("item {item_id} is no longer in the playlist: it was removed", item_id=item_id))


async def add(
    session: Session, playlist_id: UUID, person_id: UUID, track_ids: Sequence[UUID], *, before: UUID | None = None
) -> list[UUID]:
    """Add tracks (the same one may come twice) before an item, or at the end; returns the ids of the new items.

    When the item they should come before has gone, they come at the end: an addition is never lost.
    Raises UnknownPlaylist, NotYourPlaylist, NothingThere, PlaylistFull.
    """
    playlist = await lock_to_edit(session, playlist_id, person_id)
    if playlist.items_count + len(track_ids) > ITEMS_MOST:
        raise PlaylistFull(playlist.items_count, len(track_ids))
    there = await visibility.visible(session, "track", set(track_ids))
    checks = FieldChecks()
    for number, track_id in enumerate(track_ids):
        with checks.field("track_ids", number, also=(NothingThere,)):
            if track_id not in there:
                raise NothingThere("track", track_id)
    checks.demand()
    if before is not None and await _position(session, playlist_id, before) is None:
        before = None
    positions = await _space_for(session, playlist_id, len(track_ids), before)
    ids = [session.new_id() for _ in track_ids]
    rows = [
        {
            "id": item_id,
            "playlist_id": playlist_id,
            "track_id": track_id,
            "position": position,
            "added_by": person_id,
            "added_at": session.now,
        }
        for item_id, track_id, position in zip(ids, track_ids, positions, strict=True)
    ]
    await session.execute(insert(PlaylistItem), rows)
    await _touch(session, playlist, len(rows))
    return ids


async def move(session: Session, playlist_id: UUID, person_id: UUID, item_id: UUID, *, before: UUID | None) -> None:
    """Move an item before another, or to the end. Raises UnknownPlaylist, NotYourPlaylist, ItemGone."""
    playlist = await lock_to_edit(session, playlist_id, person_id)
    if await _position(session, playlist_id, item_id) is None:
        raise ItemGone(item_id)
    if before == item_id:
        return
    if before is not None and await _position(session, playlist_id, before) is None:
        raise ItemGone(before)
    (position,) = await _space_for(session, playlist_id, 1, before)
    await session.execute(update(PlaylistItem).where(PlaylistItem.id == item_id).values(position=position))
    await _touch(session, playlist, 0)


async def step(session: Session, playlist_id: UUID, person_id: UUID, item_id: UUID, *, down: bool) -> None:
    """Move an item one place down or up; the last stays last, the first first. Raises what `move` raises."""
    await lock_to_edit(session, playlist_id, person_id)
    here = await _position(session, playlist_id, item_id)
    if here is None:
        raise ItemGone(item_id)
    asked = {"playlist_id": playlist_id, "position": here}
    beside = (await session.scalars(_TWO_AFTER if down else _ONE_BEFORE, asked)).all()
    if beside:
        before = (beside[1] if len(beside) > 1 else None) if down else beside[0]
        await move(session, playlist_id, person_id, item_id, before=before)


async def remove(session: Session, playlist_id: UUID, person_id: UUID, item_id: UUID) -> None:
    """Take an item out. Raises UnknownPlaylist, NotYourPlaylist, ItemGone."""
    playlist = await lock_to_edit(session, playlist_id, person_id)
    item = await session.get(PlaylistItem, item_id)
    if item is None or item.playlist_id != playlist_id:
        raise ItemGone(item_id)
    await session.delete(item)
    await _touch(session, playlist, -1)


SORTS = {"position": Sort(PlaylistItem.id, PlaylistItem.position, key_of="position")}


async def listed(session: Session, playlist_id: UUID, page: Slice) -> Rows:
    """Items in order; what is not available has `is_available` false and keeps its place.

    Columns: id, position, track_id, added_by, added_at, is_available, title, duration_ms, artist_id, artist_name,
    release_id, release_title.
    """
    return await found_by(session, page.of(_LISTED), {"playlist_id": playlist_id})


async def available(session: Session, playlist_id: UUID) -> Rows:
    """Every item whose track can be heard, in order; the same columns."""
    return [row for row in await listed(session, playlist_id, start_of(SORTS, ITEMS_MOST)) if row.is_available]


async def _space_for(session: Session, playlist_id: UUID, count: int, before: UUID | None) -> list[int]:
    """`count` free positions in front of `before`, or at the end."""
    if before is None:
        last = await session.scalar(_LAST, {"playlist_id": playlist_id}) or 0
        return [last + GAP * step for step in range(1, count + 1)]
    for _ in range(2):
        upper = await _position(session, playlist_id, before)
        if upper is None:
            raise ItemGone(before)
        lower = await session.scalar(_LAST_BEFORE, {"playlist_id": playlist_id, "position": upper}) or 0
        if upper - lower > count:
            return [lower + (upper - lower) * step // (count + 1) for step in range(1, count + 1)]
        await _number_anew(session, playlist_id)
    raise AssertionError(f"{count} items must fit into a fresh gap of {GAP}")


async def _number_anew(session: Session, playlist_id: UUID) -> None:
    place = func.row_number().over(order_by=(PlaylistItem.position, PlaylistItem.id))
    numbered = (
        select(PlaylistItem.id, (place * GAP).label("place")).where(PlaylistItem.playlist_id == playlist_id).subquery()
    )
    renumber = update(PlaylistItem).where(PlaylistItem.id == numbered.c.id).values(position=numbered.c.place)
    await session.execute(renumber, execution_options={"synchronize_session": False})


async def _touch(session: Session, playlist: Playlist, more: int) -> None:
    playlist.items_count += more
    playlist.updated_at = session.now
    await session.flush()


async def _position(session: Session, playlist_id: UUID, item_id: UUID) -> int | None:
    return await session.scalar(_POSITION, {"playlist_id": playlist_id, "item_id": item_id})


_OF_PLAYLIST = PlaylistItem.playlist_id == bindparam("playlist_id")
_POSITION = select(PlaylistItem.position).where(_OF_PLAYLIST, PlaylistItem.id == bindparam("item_id"))
_LAST = select(func.max(PlaylistItem.position)).where(_OF_PLAYLIST)
_LAST_BEFORE = _LAST.where(PlaylistItem.position < bindparam("position"))
_TWO_AFTER = (
    select(PlaylistItem.id)
    .where(_OF_PLAYLIST, PlaylistItem.position > bindparam("position"))
    .order_by(PlaylistItem.position)
    .limit(2)
)
_ONE_BEFORE = (
    select(PlaylistItem.id)
    .where(_OF_PLAYLIST, PlaylistItem.position < bindparam("position"))
    .order_by(PlaylistItem.position.desc())
    .limit(1)
)
_LISTED = (
    select(
        PlaylistItem.id,
        PlaylistItem.position,
        PlaylistItem.track_id,
        PlaylistItem.added_by,
        PlaylistItem.added_at,
        func.coalesce(VISIBLE_TRACK, ~true()).label("is_available"),
        Track.title,
        Track.duration_ms,
        Artist.id.label("artist_id"),
        Artist.name.label("artist_name"),
        Release.id.label("release_id"),
        Release.title.label("release_title"),
    )
    .outerjoin(Track, Track.id == PlaylistItem.track_id)
    .outerjoin(Release, Release.id == Track.release_id)
    .outerjoin(Artist, Artist.id == Release.artist_id)
    .where(_OF_PLAYLIST)
)
