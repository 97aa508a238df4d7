"""What a listener made, for the export of their data: playlists, follows, likes and comments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from veza.community.comments import Comment
from veza.community.follows import Follow
from veza.community.likes import Like
from veza.community.playlists import Playlist, PlaylistItem, PlaylistPerson
from veza.kit.database import Session
from veza.kit.plain_rows import plain_rows


async def export_of(session: Session, person_id: UUID) -> dict[str, Any]:
    """Everything a listener made, one query for each kind."""
    return {
        "playlists": await _playlists(session, person_id),
        "playlists_of_others": await plain_rows(
            session, PlaylistPerson.person_id == person_id, PlaylistPerson.playlist_id, PlaylistPerson.since
        ),
        "follows": await plain_rows(session, Follow.person_id == person_id, Follow.artist_id, Follow.since),
        "likes": await plain_rows(session, Like.person_id == person_id, Like.kind, Like.subject_id, Like.since),
        "comments": await plain_rows(
            session,
            (Comment.person_id == person_id) & Comment.deleted_at.is_(None),
            Comment.id, Comment.track_id, Comment.at_ms, Comment.text, Comment.created_at, Comment.edited_at,
        ),
    }  # fmt: skip


async def _playlists(session: Session, person_id: UUID) -> list[dict[str, Any]]:
    """The person's own playlists, each with the ids of its tracks in order."""
    playlists = await plain_rows(
        session,
        Playlist.owner_id == person_id,
        Playlist.id, Playlist.title, Playlist.description, Playlist.is_public, Playlist.is_collaborative,
        Playlist.created_at,
    )  # fmt: skip
    items: dict[str, list[str]] = {}
    owned = select(Playlist.id).where(Playlist.owner_id == person_id)
    found = select(PlaylistItem.playlist_id, PlaylistItem.track_id).where(PlaylistItem.playlist_id.in_(owned))
    for playlist_id, track_id in await session.execute(found.order_by(PlaylistItem.position, PlaylistItem.id)):
        items.setdefault(str(playlist_id), []).append(str(track_id))
    return [{**playlist, "track_ids": items.get(playlist["id"], [])} for playlist in playlists]
