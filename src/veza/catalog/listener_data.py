"""What Veza keeps of one listener: all of it for their export, and what becomes of it when their account goes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, aliased

from veza.catalog import invitations, members
from veza.catalog.artists import Artist, ArtistMember
from veza.catalog.invitations import Invitation
from veza.community.comments import Comment
from veza.community.follows import Follow
from veza.community.likes import Like
from veza.community.playlists import Playlist, PlaylistItem, PlaylistPerson
from veza.kit.database import Session
from veza.kit.subscriptions import Event
from veza.moderation import reported
from veza.moderation.notices import Notice
from veza.moderation.reported import Report

Column = InstrumentedAttribute[Any]

_Reply = aliased(Comment)


async def on_person_deleted(session: Session, event: Event) -> None:
    """Hears `person.deleted` inside its transaction; the payload has `person_id`.

    Raises LastOwner, which keeps the account, for artists that the person alone owns. Private playlists, follows,
    likes, notices, places among an artist's people and invitations made as one go. Public playlists stay without an
    owner, comments as empty places, reports without who made them: others have built on these.
    """
    person_id = UUID(str(event.payload["person_id"]))
    await members.owner_may_go(session, person_id)
    await _part_with_playlists(session, person_id)
    await invitations.forget_of(session, person_id)
    for gone in (Follow, Like, Notice, ArtistMember):
        await session.execute(delete(gone).where(gone.person_id == person_id))
    # What was taken back before would show as an empty place now.
    replied_to = select(_Reply.id).where(_Reply.parent_id == Comment.id).exists()
    mine = Comment.person_id == person_id
    await reported.forget_labels(session, "comment", select(Comment.id).where(mine), even_open=True)
    await session.execute(delete(Comment).where(mine, Comment.deleted_at.is_not(None), ~replied_to))
    blank = {"person_id": None, "text": "", "deleted_at": func.coalesce(Comment.deleted_at, session.now)}
    await session.execute(update(Comment).where(mine).values(blank))
    await reported.forget_person(session, person_id)


async def export_of(session: Session, person_id: UUID) -> dict[str, Any]:
    """Everything a listener made or was told, as JSON has it; one query for each kind."""
    playlists = await _all(
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
    return {
        "artists": await _all(
            session,
            (ArtistMember.person_id == person_id) & (Artist.id == ArtistMember.artist_id),
            Artist.id, Artist.name, Artist.slug, Artist.bio, ArtistMember.part, ArtistMember.since,
        ),
        "invitations_made": await _all(
            session,
            Invitation.invited_by == person_id,
            Invitation.artist_id, Invitation.email, Invitation.part, Invitation.created_at,
        ),
        "invitations": await _all(
            session,
            Invitation.email == invitations.address_of(person_id),
            Invitation.artist_id, Invitation.part, Invitation.created_at,
        ),
        "playlists": [{**playlist, "track_ids": items.get(playlist["id"], [])} for playlist in playlists],
        "playlists_of_others": await _all(
            session, PlaylistPerson.person_id == person_id, PlaylistPerson.playlist_id, PlaylistPerson.since
        ),
        "follows": await _all(session, Follow.person_id == person_id, Follow.artist_id, Follow.since),
        "likes": await _all(session, Like.person_id == person_id, Like.kind, Like.subject_id, Like.since),
        "comments": await _all(
            session,
            (Comment.person_id == person_id) & Comment.deleted_at.is_(None),
            Comment.id, Comment.track_id, Comment.at_ms, Comment.text, Comment.created_at, Comment.edited_at,
        ),
        "reports": await _all(
            session,
            Report.reporter_id == person_id,
            Report.id, Report.subject_kind, Report.subject_id, Report.label, Report.reason, Report.text,
            Report.created_at, Report.decision,
        ),
        "notices": await _all(
            session,
            Notice.person_id == person_id,
            Notice.id, Notice.subject_kind, Notice.subject_id, Notice.label, Notice.decision, Notice.reason,
            Notice.created_at, Notice.read_at,
        ),
    }  # fmt: skip


async def _part_with_playlists(session: Session, person_id: UUID) -> None:
    private = select(Playlist.id).where(Playlist.owner_id == person_id, Playlist.is_public.is_(False))
    await reported.forget_labels(session, "playlist", private, even_open=True)
    await session.execute(delete(PlaylistItem).where(PlaylistItem.playlist_id.in_(private)))
    await session.execute(delete(PlaylistPerson).where(PlaylistPerson.playlist_id.in_(private)))
    await session.execute(delete(Playlist).where(Playlist.owner_id == person_id, Playlist.is_public.is_(False)))
    left = update(Playlist).where(Playlist.owner_id == person_id)
    await session.execute(left.values(owner_id=None, link_hash=None))
    await session.execute(delete(PlaylistPerson).where(PlaylistPerson.person_id == person_id))
    await session.execute(update(PlaylistItem).where(PlaylistItem.added_by == person_id).values(added_by=None))


async def _all(session: Session, mine: ColumnElement[bool], *columns: Column) -> list[dict[str, Any]]:
    """Every row of a person, oldest first, each as {column: plain value}."""
    rows = await session.execute(select(*columns).where(mine).order_by(columns[-1], columns[0]))
    return [{column.key: _plain(value) for column, value in zip(columns, row, strict=True)} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
