"""What of the catalogue can be reported: artists, releases and tracks, each as a subject of moderation."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, select, update

from veza.catalog import members, visibility
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import HiddenTrack, NothingThere
from veza.kit.database import Session
from veza.kit.insert_ignore import insert_ignore
from veza.moderation.subjects import Subject, SubjectKind, Subjects


def _subject(kind: SubjectKind, called: Any, artist: Select[UUID], **hiding: Any) -> Subject:
    """A subject called by the column `called`; the people of its artist, whose id `artist` selects, are told of
    decisions."""
    model = called.class_

    async def label(session: Session, subject_id: UUID, _reader_id: UUID) -> str:
        await visibility.must_be_visible(session, kind, subject_id)
        return str(await session.scalar(select(called).where(model.id == subject_id)))

    async def hidden(session: Session, ids: Collection[UUID]) -> set[UUID]:
        return await visibility.hidden(session, kind, ids)

    async def is_gone(session: Session, subject_id: UUID) -> bool:
        return await session.get(model, subject_id) is None

    async def owners_of(session: Session, subject_id: UUID) -> list[UUID]:
        artist_id = artist.where(model.id == subject_id).scalar_subquery()
        return await members.people_of(session, artist_id)

    return Subject(label=label, hidden=hidden, is_gone=is_gone, owners=owners_of, **hiding)


async def _hide_row(model: Any, kind: SubjectKind, session: Session, subject_id: UUID) -> None:
    """Hide an artist or a release. Raises NothingThere."""
    mine = update(model).where(model.id == subject_id).values(hidden_at=session.now)
    if await session.scalar(mine.returning(model.id)) is None:
        raise NothingThere(kind, subject_id)


async def _restore_row(model: Any, session: Session, subject_id: UUID) -> bool:
    mine = update(model).where(model.id == subject_id, model.hidden_at.is_not(None)).values(hidden_at=None)
    return await session.scalar(mine.returning(model.id)) is not None


async def _hide_track(session: Session, track_id: UUID) -> None:
    """Hide a track while the rest of its release stays. Raises NothingThere."""
    if await session.get(Track, track_id) is None:
        raise NothingThere("track", track_id)
    await insert_ignore(session, HiddenTrack, {"track_id": track_id, "hidden_at": session.now})


async def _restore_track(session: Session, track_id: UUID) -> bool:
    mine = delete(HiddenTrack).where(HiddenTrack.track_id == track_id)
    return await session.scalar(mine.returning(HiddenTrack.track_id)) is not None


CATALOG_SUBJECTS: Subjects = {
    "artist": _subject(
        "artist",
        Artist.name,
        select(Artist.id),
        hide=partial(_hide_row, Artist, "artist"),
        restore=partial(_restore_row, Artist),
    ),
    "release": _subject(
        "release",
        Release.title,
        select(Release.artist_id),
        hide=partial(_hide_row, Release, "release"),
        restore=partial(_restore_row, Release),
    ),
    "track": _subject(
        "track",
        Track.title,
        select(Track.artist_id),
        hide=_hide_track,
        restore=_restore_track,
    ),
}
