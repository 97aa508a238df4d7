"""Playlists: a person's tracks in an order, kept private, shared by a link, or public; alone or with others."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, and_, bindparam, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.identity import Identity
from veza.accounts.people import Person, UnknownPerson
from veza.accounts.permissions import Permission
from veza.kit import outbox
from veza.kit.database import Base, Session
from veza.kit.field_faults import FieldChecks
from veza.kit.messages import gettext
from veza.kit.secret import digest
from veza.kit.text import one_line, paragraphs
from veza.moderation import reports

CHANGED = "playlist.changed"
"""Published with `playlist_id` when a playlist was made, changed in title or access, or deleted."""
TITLE_MOST = 200
DESCRIPTION_MOST = 2_000
PLAYLISTS_MOST = 1_000
"""Per person; far above what people keep, far below what would hurt the others."""


class Playlist(Base):
    """`version` counts changes of title, description and access; `owner_id` is null once the account is gone.

    `link_hash` is the SHA-256 of the share link's token: the token itself is shown once and kept nowhere.
    """

    __tablename__ = "playlists"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    is_public: Mapped[bool]
    is_collaborative: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)
    items_count: Mapped[int] = mapped_column(default=0)
    link_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    hidden_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("items_count >= 0 AND version >= 1", name="counts_sane"),
        Index(None, "owner_id", "id"),
    )

    @property
    def is_hidden(self) -> bool:
        """Whether a moderator hid it."""
        return self.hidden_at is not None


NOT_HIDDEN: ColumnElement[bool] = Playlist.hidden_at.is_(None)
PUBLIC = and_(Playlist.is_public.is_(True), NOT_HIDDEN)
"""The playlist is public."""


Index(
    "ix_playlists_public",
    Playlist.id,
    postgresql_where=Playlist.is_public.is_(True),
    sqlite_where=Playlist.is_public.is_(True),
)


class PlaylistPerson(Base):
    """A person the owner invited; they may change the items while the playlist is collaborative."""

    __tablename__ = "playlist_people"

    playlist_id: Mapped[UUID] = mapped_column(ForeignKey("playlists.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    since: Mapped[datetime]

    __table_args__ = (Index(None, "person_id"),)


class PlaylistItem(Base):
    """One entry; sorted by `position`, which has gaps so that most moves write one row."""

    __tablename__ = "playlist_items"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    playlist_id: Mapped[UUID] = mapped_column(ForeignKey("playlists.id"))
    # No foreign key: a track may go; its entry stays in place and shows as unavailable.
    track_id: Mapped[UUID]
    position: Mapped[int]
    added_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    added_at: Mapped[datetime]

    __table_args__ = (Index(None, "playlist_id", "position"), Index(None, "added_by"))


class UnknownPlaylist(LookupError):
    """No such playlist, or none this person may see."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no playlist {wanted}", wanted=wanted))


class NotYourPlaylist(Exception):
    """It can be seen, not changed."""


class PlaylistChanged(Exception):
    """The details were changed by another request first."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(
            gettext(
                "the playlist is at version {found}, this change was made to version {expected}: read it again",
                found=found,
                expected=expected,
            )
        )


class TooManyPlaylists(ValueError):
    """One person keeps as many as there may be."""

    def __init__(self) -> None:
        super().__init__(
            gettext("one person may have {playlists_most} playlists: delete one first", playlists_most=PLAYLISTS_MOST)
        )


async def create(
    session: Session, owner_id: UUID, title: str, *, description: str, is_public: bool, is_collaborative: bool
) -> Playlist:
    """A new empty playlist. Raises UnknownPerson, BadText, TooManyPlaylists."""
    if await session.scalar(_LOCK_PERSON, {"id": owner_id}) is None:
        raise UnknownPerson(owner_id)
    if (await session.scalar(_COUNT, {"owner_id": owner_id}) or 0) >= PLAYLISTS_MOST:
        raise TooManyPlaylists
    playlist = Playlist(
        id=session.new_id(),
        owner_id=owner_id,
        **_texts(title, description),
        is_public=is_public,
        is_collaborative=is_collaborative,
        version=1,
        items_count=0,
        created_at=session.now,
        updated_at=session.now,
    )
    session.add(playlist)
    await session.flush()
    await _tell_changed(session, playlist.id)
    return playlist


def _texts(title: str | None, description: str | None) -> dict[str, str]:
    """What was written, as it is kept; raises BadText for everything that cannot be."""
    texts, checks = dict[str, str](), FieldChecks()
    if title is not None:
        with checks.field("title"):
            texts["title"] = one_line(title, gettext("the title"), most=TITLE_MOST)
    if description is not None:
        with checks.field("description"):
            texts["description"] = paragraphs(description, gettext("the description"), most=DESCRIPTION_MOST)
    checks.demand()
    return texts


async def edit(
    session: Session,
    playlist_id: UUID,
    person_id: UUID,
    version: int | None,
    *,
    title: str | None = None,
    description: str | None = None,
    is_public: bool | None = None,
    is_collaborative: bool | None = None,
) -> Playlist:
    """Change the details of `version`, if that is to be compared; None leaves one as it is.

    Raises UnknownPlaylist, NotYourPlaylist, PlaylistChanged, BadText.
    """
    playlist = await lock_own(session, playlist_id, person_id)
    if version is not None and playlist.version != version:
        raise PlaylistChanged(version, playlist.version)
    for name, value in _texts(title, description).items():
        setattr(playlist, name, value)
    if is_public is not None:
        playlist.is_public = is_public
    if is_collaborative is not None:
        playlist.is_collaborative = is_collaborative
    playlist.version += 1
    playlist.updated_at = session.now
    await session.flush()
    await _tell_changed(session, playlist.id)
    return playlist


async def remove(session: Session, playlist_id: UUID, person_id: UUID) -> None:
    """Delete it with its items and invitations. Raises UnknownPlaylist, NotYourPlaylist."""
    await lock_own(session, playlist_id, person_id)
    await session.execute(delete(PlaylistItem).where(PlaylistItem.playlist_id == playlist_id))
    await session.execute(delete(PlaylistPerson).where(PlaylistPerson.playlist_id == playlist_id))
    await session.execute(delete(Playlist).where(Playlist.id == playlist_id))
    await reports.forget_labels(session, "playlist", [playlist_id])
    await _tell_changed(session, playlist_id)


async def _tell_changed(session: Session, playlist_id: UUID) -> None:
    await outbox.publish(session, CHANGED, {"playlist_id": str(playlist_id)})


async def renew_link(session: Session, playlist_id: UUID, person_id: UUID) -> str:
    """A new token for the share link; the one before it opens nothing any more."""
    playlist = await lock_own(session, playlist_id, person_id)
    token = secrets.token_urlsafe(24)
    playlist.link_hash = digest(token)
    await session.flush()
    return token


async def revoke_link(session: Session, playlist_id: UUID, person_id: UUID) -> None:
    """The share link opens nothing any more."""
    playlist = await lock_own(session, playlist_id, person_id)
    playlist.link_hash = None
    await session.flush()


async def see(session: Session, playlist_id: UUID, identity: Identity, *, link: str | None = None) -> Playlist:
    """The playlist, if the identity may see it: a public one is open to all; others to the owner, to people invited, to
    holders of the link and to moderators. A hidden one is for its owner and moderators. Raises UnknownPlaylist."""
    if identity.may(Permission.MODERATE):
        return await _found(session, playlist_id)
    return await seen_by_person(session, playlist_id, identity.person_id, link=link)


async def seen_by_person(
    session: Session, playlist_id: UUID, person_id: UUID | None, *, link: str | None = None
) -> Playlist:
    """The same for a person as such: their roles open nothing."""
    playlist = await _found(session, playlist_id)
    if not await _may_see(session, playlist, person_id, link):
        raise UnknownPlaylist(playlist_id)
    return playlist


async def _found(session: Session, playlist_id: UUID) -> Playlist:
    playlist = await session.get(Playlist, playlist_id)
    if playlist is None:
        raise UnknownPlaylist(playlist_id)
    return playlist


async def lock_own(session: Session, playlist_id: UUID, person_id: UUID) -> Playlist:
    """The owner's playlist, locked. Raises UnknownPlaylist, NotYourPlaylist."""
    playlist = await _lock(session, playlist_id)
    if playlist.owner_id == person_id:
        return playlist
    if await _may_see(session, playlist, person_id):
        raise NotYourPlaylist(gettext("only the owner may do this to the playlist"))
    raise UnknownPlaylist(playlist_id)


async def lock_to_edit(session: Session, playlist_id: UUID, person_id: UUID) -> Playlist:
    """The playlist, locked, for one who may change its items. Raises UnknownPlaylist, NotYourPlaylist."""
    playlist = await _lock(session, playlist_id)
    if await may_edit(session, playlist, person_id):
        return playlist
    if await _may_see(session, playlist, person_id):
        raise NotYourPlaylist(gettext("only the owner and those invited may change this playlist"))
    raise UnknownPlaylist(playlist_id)


async def may_edit(session: Session, playlist: Playlist, person_id: UUID | None) -> bool:
    """Whether this person may add, move and remove items."""
    if person_id is None:
        return False
    if playlist.owner_id == person_id:
        return True
    if not playlist.is_collaborative or playlist.is_hidden:
        return False
    return await session.get(PlaylistPerson, (playlist.id, person_id)) is not None


async def hidden(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Which of these playlists a moderator hid."""
    found = select(Playlist.id).where(Playlist.id.in_(list(ids)), ~NOT_HIDDEN)
    return set((await session.scalars(found)).all())


async def _may_see(session: Session, playlist: Playlist, person_id: UUID | None, link: str | None = None) -> bool:
    if person_id is not None and playlist.owner_id == person_id:
        return True
    if playlist.is_hidden:
        return False
    if playlist.is_public or (link is not None and _opens(playlist, link)):
        return True
    return await may_edit(session, playlist, person_id)


def _opens(playlist: Playlist, link: str) -> bool:
    return playlist.link_hash is not None and hmac.compare_digest(playlist.link_hash, digest(link))


async def _lock(session: Session, playlist_id: UUID) -> Playlist:
    found = await session.execute(_LOCK, {"id": playlist_id}, execution_options={"populate_existing": True})
    playlist = found.scalars().one_or_none()
    if playlist is None:
        raise UnknownPlaylist(playlist_id)
    return playlist


_LOCK = select(Playlist).where(Playlist.id == bindparam("id")).with_for_update()
_LOCK_PERSON = (
    select(Person.id).where(Person.id == bindparam("id"), Person.deleted_at.is_(None)).with_for_update(key_share=True)
)
_COUNT = select(func.count()).select_from(Playlist).where(Playlist.owner_id == bindparam("owner_id"))
