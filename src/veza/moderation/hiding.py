"""What a moderator hides and shows again, kind by kind, and who is told of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Select, bindparam, delete, select, update

from veza.accounts.people import Person
from veza.catalog import visibility
from veza.catalog.artists import Artist, ArtistMember
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import HiddenTrack, NothingThere
from veza.community import comments, playlists
from veza.community.comments import Comment
from veza.community.playlists import Playlist
from veza.kit import outbox
from veza.kit.database import Session
from veza.kit.insert_ignore import insert_ignore
from veza.moderation.reported import SubjectKind


class CannotHide(ValueError):
    """Accounts are not hidden."""

    def __init__(self) -> None:
        super().__init__("a person is not hidden: hide what they wrote or published, or have the account closed")


class NothingHidden(Exception):
    """No moderator hid it, so there is nothing to restore."""

    def __init__(self, kind: str, subject_id: UUID) -> None:
        super().__init__(f"{kind} {subject_id} was hidden by no moderator: there is nothing to restore")


_WITH_COLUMN: dict[str, Any] = {"artist": Artist, "release": Release, "playlist": Playlist, "comment": Comment}


HIDDEN = "catalog.hidden"
"""Published with `kind` and `subject_id`: what is sold of it is closed after it."""


async def hide(session: Session, kind: SubjectKind, subject_id: UUID) -> None:
    """Out of every public list; hiding twice is hiding once. Raises NothingThere, CannotHide."""
    await _hide(session, kind, subject_id)
    await outbox.publish(session, HIDDEN, {"kind": kind, "subject_id": str(subject_id)})


async def _hide(session: Session, kind: SubjectKind, subject_id: UUID) -> None:
    if kind == "person":
        raise CannotHide
    if kind == "track":
        if await session.get(Track, subject_id) is None:
            raise NothingThere(kind, subject_id)
        await insert_ignore(session, HiddenTrack, {"track_id": subject_id, "hidden_at": session.now})
        return
    model = _WITH_COLUMN[kind]
    facts: dict[str, Any] = {"hidden_at": session.now}
    if kind == "comment":
        facts["hidden_by"] = "moderator"
    if not await _changed(session, update(model).where(model.id == subject_id).values(facts)):
        raise NothingThere(kind, subject_id)


async def restore(session: Session, kind: SubjectKind, subject_id: UUID) -> None:
    """Back where it was. Raises NothingHidden, CannotHide."""
    if kind == "person":
        raise CannotHide
    if kind == "track":
        change: Any = delete(HiddenTrack).where(HiddenTrack.track_id == subject_id)
    else:
        model = _WITH_COLUMN[kind]
        facts: dict[str, Any] = {"hidden_at": None}
        change = update(model).where(model.id == subject_id, model.hidden_at.is_not(None))
        if kind == "comment":
            facts["hidden_by"] = None
            change = change.where(Comment.hidden_by == "moderator")
        change = change.values(facts)
    if not await _changed(session, change):
        raise NothingHidden(kind, subject_id)


async def hidden_among(session: Session, kind: SubjectKind, ids: Collection[UUID]) -> set[UUID]:
    """Which of these are hidden, by themselves or with what they belong to; a person never is."""
    if not ids or kind == "person":
        return set()
    if kind == "comment":
        return await comments.hidden(session, ids)
    if kind == "playlist":
        return await playlists.hidden(session, list(ids))
    return await visibility.hidden(session, kind, ids)


async def is_gone(session: Session, kind: SubjectKind, subject_id: UUID) -> bool:
    """Whether it was deleted or taken back. An account that is gone has left its name behind already."""
    if kind == "person":
        return False
    row = await session.get(Track if kind == "track" else _WITH_COLUMN[kind], subject_id)
    return row is None or (kind == "comment" and row.deleted_at is not None)


async def owners(session: Session, kind: SubjectKind, subject_id: UUID) -> list[UUID]:
    """Who is told what was decided about it: its author, its owner, or the artist's people."""
    found = (await session.scalars(_OWNERS[kind], {"id": subject_id})).all()
    return sorted(one for one in set(found) if one is not None)


async def _changed(session: Session, statement: Any) -> bool:
    result = cast("CursorResult[Any]", await session.execute(statement))
    return result.rowcount > 0


_THE_ID: Any = bindparam("id")
_OWNERS: dict[str, Select[Any]] = {
    "person": select(Person.id).where(Person.id == _THE_ID),
    "playlist": select(Playlist.owner_id).where(Playlist.id == _THE_ID),
    "comment": select(Comment.person_id).where(Comment.id == _THE_ID),
    "artist": select(ArtistMember.person_id).where(ArtistMember.artist_id == _THE_ID),
    "release": select(ArtistMember.person_id)
    .join(Release, Release.artist_id == ArtistMember.artist_id)
    .where(Release.id == _THE_ID),
    "track": select(ArtistMember.person_id)
    .join(Track, Track.artist_id == ArtistMember.artist_id)
    .where(Track.id == _THE_ID),
}
