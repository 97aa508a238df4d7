"""Who keeps a playlist together: the owner invites people by their id, and each may leave."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select

from veza.accounts import people
from veza.accounts.people import Person
from veza.community.playlists import NotYourPlaylist, PlaylistPerson, lock_own, may_edit, seen_by_person
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.kit.rows import Rows, found_by

PEOPLE_MOST = 100


class TooManyPeople(ValueError):
    """The playlist has as many people as it may."""

    def __init__(self) -> None:
        super().__init__(
            gettext("at most {people_most} people may keep one playlist together", people_most=PEOPLE_MOST)
        )


async def invite(session: Session, playlist_id: UUID, owner_id: UUID, person_id: UUID) -> None:
    """Let `person_id` change the items; inviting twice is inviting once.

    Raises UnknownPlaylist, NotYourPlaylist, UnknownPerson, TooManyPeople.
    """
    playlist = await lock_own(session, playlist_id, owner_id)
    await people.find(session, person_id)
    already = await session.get(PlaylistPerson, (playlist_id, person_id))
    if already is not None or person_id == playlist.owner_id:
        return
    invited = select(func.count()).select_from(PlaylistPerson).where(PlaylistPerson.playlist_id == playlist_id)
    if (await session.scalar(invited) or 0) >= PEOPLE_MOST:
        raise TooManyPeople
    session.add(PlaylistPerson(playlist_id=playlist_id, person_id=person_id, since=session.now))
    await session.flush()


async def remove(session: Session, playlist_id: UUID, by: UUID, person_id: UUID) -> None:
    """The owner removes a person, or a person leaves, even a hidden playlist; the items they added stay.

    Raises UnknownPlaylist, NotYourPlaylist.
    """
    if by != person_id:
        await lock_own(session, playlist_id, by)
    mine = (PlaylistPerson.playlist_id == playlist_id, PlaylistPerson.person_id == person_id)
    await session.execute(delete(PlaylistPerson).where(*mine))


async def listed(session: Session, playlist_id: UUID, by: UUID) -> Rows:
    """The people invited (person_id, name, since), the earliest first; for the owner and for them.

    Raises UnknownPlaylist, NotYourPlaylist.
    """
    playlist = await seen_by_person(session, playlist_id, by)
    if not await may_edit(session, playlist, by):
        raise NotYourPlaylist(gettext("only the owner and those invited see who keeps this playlist"))
    found = (
        select(PlaylistPerson.person_id, Person.name, PlaylistPerson.since)
        .join(Person, Person.id == PlaylistPerson.person_id)
        .where(PlaylistPerson.playlist_id == playlist_id)
        .order_by(PlaylistPerson.since, PlaylistPerson.person_id)
        .limit(PEOPLE_MOST)
    )
    return await found_by(session, found)
