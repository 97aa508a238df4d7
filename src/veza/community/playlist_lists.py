"""Lists of playlists: one's own, a person's public ones, the newest; and one as it is shown."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, or_, select

from veza.accounts.people import DELETED_NAME, Person
from veza.community.playlists import NOT_HIDDEN, PUBLIC, Playlist, PlaylistPerson, UnknownPlaylist
from veza.kit.database import Session
from veza.kit.listing import Slice, by_age
from veza.kit.rows import Found, Query, Rows, found_by

_SHOWN: Query = select(
    Playlist.id,
    Playlist.title,
    Playlist.description,
    Playlist.is_public,
    Playlist.is_collaborative,
    (~NOT_HIDDEN).label("is_hidden"),
    Playlist.link_hash.is_not(None).label("has_link"),
    Playlist.owner_id,
    func.coalesce(Person.name, DELETED_NAME).label("owner_name"),
    Playlist.items_count,
    Playlist.version,
    Playlist.created_at,
    Playlist.updated_at,
).outerjoin(Person, Person.id == Playlist.owner_id)


async def shown(session: Session, playlist_id: UUID) -> Found:
    """One playlist with its owner's name; whether it may be seen is for `playlists.see`. Raises UnknownPlaylist: it may
    have been deleted since it was seen."""
    row = (await session.execute(_SHOWN.where(Playlist.id == playlist_id))).one_or_none()
    if row is None:
        raise UnknownPlaylist(playlist_id)
    return row


SORTS = by_age(Playlist.id)


async def of_person(
    session: Session, person_id: UUID, page: Slice, *, is_mine: bool | None = None, is_public: bool | None = None
) -> Rows:
    """The person's own playlists, and the collaborative ones they were invited to; only one of the two by `is_mine`."""
    invited = select(PlaylistPerson.playlist_id).where(PlaylistPerson.person_id == person_id)
    together = Playlist.id.in_(invited) & Playlist.is_collaborative.is_(True) & NOT_HIDDEN
    own = Playlist.owner_id == person_id
    wanted = {None: or_(own, together), True: own, False: together & or_(~own, Playlist.owner_id.is_(None))}
    found = _SHOWN.where(wanted[is_mine])
    if is_public is not None:
        found = found.where(Playlist.is_public.is_(is_public))
    return await found_by(session, page.of(found))


async def public_by_id(session: Session, playlist_ids: Collection[UUID]) -> dict[UUID, Found]:
    """Those of these playlists that are public."""
    if not playlist_ids:
        return {}
    rows = await found_by(session, _SHOWN.where(PUBLIC, Playlist.id.in_(list(playlist_ids))))
    return {row.id: row for row in rows}


async def public(session: Session, page: Slice, *, owner_id: UUID | None = None) -> Rows:
    """Public playlists, of every owner or of one."""
    found = _SHOWN.where(PUBLIC)
    if owner_id is not None:
        found = found.where(Playlist.owner_id == owner_id)
    return await found_by(session, page.of(found))
