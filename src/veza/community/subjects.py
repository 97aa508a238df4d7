"""What people write that can be reported: comments and playlists, each as a subject of moderation."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update

from veza.catalog import visibility
from veza.catalog.visibility import NothingThere
from veza.community import comments, playlists
from veza.community.comments import Comment, UnknownComment
from veza.community.playlists import NOT_HIDDEN, Playlist
from veza.kit.database import Session
from veza.moderation.subjects import Subject, Subjects


async def _comment_label(session: Session, comment_id: UUID, _reader_id: UUID) -> str:
    comment = await session.get(Comment, comment_id)
    if comment is None or comment.deleted_at is not None or await comments.hidden(session, [comment_id]):
        raise UnknownComment(comment_id)
    await visibility.must_be_visible(session, "track", comment.track_id)
    return comment.text


async def _hide_comment(session: Session, comment_id: UUID) -> None:
    """A moderator's hiding stands above the artist's: only a moderator undoes it. Raises NothingThere."""
    mine = update(Comment).where(Comment.id == comment_id).values(hidden_at=session.now, hidden_by="moderator")
    if await session.scalar(mine.returning(Comment.id)) is None:
        raise NothingThere("comment", comment_id)


async def _restore_comment(session: Session, comment_id: UUID) -> bool:
    mine = update(Comment).where(Comment.id == comment_id, Comment.hidden_by == "moderator")
    restored = await session.scalar(mine.values(hidden_at=None, hidden_by=None).returning(Comment.id))
    return restored is not None


async def _is_comment_gone(session: Session, comment_id: UUID) -> bool:
    comment = await session.get(Comment, comment_id)
    return comment is None or comment.deleted_at is not None


async def _comment_owners(session: Session, comment_id: UUID) -> list[UUID]:
    comment = await session.get(Comment, comment_id)
    return [comment.person_id] if comment is not None and comment.person_id is not None else []


async def _playlist_label(session: Session, playlist_id: UUID, reader_id: UUID) -> str:
    return (await playlists.seen_by_person(session, playlist_id, reader_id)).title


async def _hide_playlist(session: Session, playlist_id: UUID) -> None:
    """Raises NothingThere."""
    mine = update(Playlist).where(Playlist.id == playlist_id).values(hidden_at=session.now)
    if await session.scalar(mine.returning(Playlist.id)) is None:
        raise NothingThere("playlist", playlist_id)


async def _restore_playlist(session: Session, playlist_id: UUID) -> bool:
    mine = update(Playlist).where(Playlist.id == playlist_id, ~NOT_HIDDEN).values(hidden_at=None)
    return await session.scalar(mine.returning(Playlist.id)) is not None


async def _is_playlist_gone(session: Session, playlist_id: UUID) -> bool:
    return await session.get(Playlist, playlist_id) is None


async def _playlist_owners(session: Session, playlist_id: UUID) -> list[UUID]:
    playlist = await session.get(Playlist, playlist_id)
    return [playlist.owner_id] if playlist is not None and playlist.owner_id is not None else []


COMMUNITY_SUBJECTS: Subjects = {
    "comment": Subject(
        label=_comment_label,
        hide=_hide_comment,
        restore=_restore_comment,
        hidden=comments.hidden,
        is_gone=_is_comment_gone,
        owners=_comment_owners,
    ),
    "playlist": Subject(
        label=_playlist_label,
        hide=_hide_playlist,
        restore=_restore_playlist,
        hidden=playlists.hidden,
        is_gone=_is_playlist_gone,
        owners=_playlist_owners,
    ),
}
