"""What becomes of a listener's playlists, follows, likes, comments and choices when their account goes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import aliased

from veza.community import preferences
from veza.community.comments import Comment
from veza.community.follows import Follow
from veza.community.likes import Like
from veza.community.playlists import Playlist, PlaylistItem, PlaylistPerson
from veza.kit.database import Session
from veza.moderation import reports

_Reply = aliased(Comment)


async def forget_person(session: Session, person_id: UUID) -> None:
    """Private playlists, follows, likes and choices of notices go.

    Public playlists stay without an owner, and comments as empty places: others have built on these.
    """
    await _part_with_playlists(session, person_id)
    for gone in (Follow, Like):
        await session.execute(delete(gone).where(gone.person_id == person_id))
    await _empty_comments(session, person_id)
    await preferences.forget_person(session, person_id)


async def _part_with_playlists(session: Session, person_id: UUID) -> None:
    private = select(Playlist.id).where(Playlist.owner_id == person_id, Playlist.is_public.is_(False))
    await reports.forget_labels(session, "playlist", private, even_open=True)
    await session.execute(delete(PlaylistItem).where(PlaylistItem.playlist_id.in_(private)))
    await session.execute(delete(PlaylistPerson).where(PlaylistPerson.playlist_id.in_(private)))
    await session.execute(delete(Playlist).where(Playlist.owner_id == person_id, Playlist.is_public.is_(False)))
    left = update(Playlist).where(Playlist.owner_id == person_id)
    await session.execute(left.values(owner_id=None, link_hash=None))
    await session.execute(delete(PlaylistPerson).where(PlaylistPerson.person_id == person_id))
    await session.execute(update(PlaylistItem).where(PlaylistItem.added_by == person_id).values(added_by=None))


async def _empty_comments(session: Session, person_id: UUID) -> None:
    mine = Comment.person_id == person_id
    await reports.forget_labels(session, "comment", select(Comment.id).where(mine), even_open=True)
    # A comment taken back before would show as an empty place now.
    replied_to = select(_Reply.id).where(_Reply.parent_id == Comment.id).exists()
    await session.execute(delete(Comment).where(mine, Comment.deleted_at.is_not(None), ~replied_to))
    blank = {"person_id": None, "text": "", "deleted_at": func.coalesce(Comment.deleted_at, session.now)}
    await session.execute(update(Comment).where(mine).values(blank))
