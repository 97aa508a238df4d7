"""What streaming keeps of a person: who heard what until when. It is exported, goes with the account, and ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from veza.kit.database import Base, Database, Session
from veza.kit.plain_rows import plain_rows
from veza.streaming import scrobbles
from veza.streaming.plays import KEPT, Play
from veza.streaming.scrobbles import GIVEN_UP, ListenBrainzAccount, Scrobble
from veza.streaming.stream_sessions import StreamSession

EVERY = timedelta(hours=1)
ENDED_KEPT = timedelta(days=1)
"""A session that ended: a late report of a play still finds it."""
BATCH = 500
MOST_BATCHES = 200


async def export_of(session: Session, person_id: UUID) -> dict[str, Any]:
    """The plays of the last KEPT, the streams that have not ended long ago, and the account at ListenBrainz that is
    connected, without its token."""
    return {
        "plays": await plain_rows(session, Play.person_id == person_id, Play.track_id, Play.heard_ms, Play.at),
        "streams": await plain_rows(
            session,
            StreamSession.person_id == person_id,
            StreamSession.id, StreamSession.track_id, StreamSession.ended_at, StreamSession.started_at,
        ),
        "listenbrainz": await plain_rows(
            session,
            ListenBrainzAccount.person_id == person_id,
            ListenBrainzAccount.user_name, ListenBrainzAccount.api_url, ListenBrainzAccount.refused_at,
            ListenBrainzAccount.last_sent_at, ListenBrainzAccount.connected_at,
        ),
    }  # fmt: skip


async def forget_person(session: Session, person_id: UUID) -> None:
    """Plays and streams go, and with these what is being heard ends; totals name no person, and stay. What waits to be
    sent to ListenBrainz is not sent."""
    await scrobbles.forget_person(session, person_id)
    for gone in (Play, StreamSession):
        await session.execute(delete(gone).where(gone.person_id == person_id))


async def sweep(database: Database) -> int:
    """Delete plays older than KEPT, streams that ended ENDED_KEPT ago and scrobbles older than GIVEN_UP, at most
    MOST_BATCHES times BATCH of each; returns how many."""
    gone = 0
    for _ in range(MOST_BATCHES):
        async with database.write("play sweep") as session:
            old = [
                *await _old(session, Play, Play.hearing_id, Play.at, KEPT),
                *await _old(session, StreamSession, StreamSession.id, StreamSession.expires_at, ENDED_KEPT),
                *await _old(session, Scrobble, Scrobble.hearing_id, Scrobble.listened_at, GIVEN_UP),
            ]
        gone += len(old)
        if not old:
            break
    return gone


async def _old(session: Session, table: type[Base], key: Any, at: Any, kept: timedelta) -> list[UUID]:
    found = list(await session.scalars(select(key).where(at <= session.now - kept).order_by(at).limit(BATCH)))
    await session.execute(delete(table).where(key.in_(found)))
    return found
