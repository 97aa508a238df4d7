"""The worker that sends scrobbles: claims an account, sends what waits in one request, records what became of it.

A worker that is killed between the two leaves its rows: they are sent again with the same instant and track, of which
ListenBrainz keeps one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from sqlalchemy import select, update

from veza.catalog import visibility
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.kit.database import Database, Session
from veza.kit.messages import Message, gettext, message_of, stored
from veza.kit.rows import Found, found_by
from veza.kit.secret_box import CannotOpen
from veza.library import access
from veza.streaming.listenbrainz import MOST_LISTENS, NAME, ListenBrainz, ListensRefused, NotTaken, TokenRefused
from veza.streaming.listenbrainz_accounts import refuse
from veza.streaming.scrobbles import GIVEN_UP, WAKE, ListenBrainzAccount, Scrobble

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
"""Two requests take less."""
PACE = timedelta(seconds=1)
"""Between two requests of a process: ListenBrainz asks each application for no more than one a second."""
RETRY_BASE = timedelta(seconds=30)
RETRY_MAX = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Claim:
    """An account that is ours until its lease ends."""

    person_id: UUID
    attempt: int
    tries: int
    token: str


@dataclass
class Batch:
    """What is sent, and the rows that go without: too old, of a track that is gone or may not be shown any more."""

    listens: list[tuple[UUID, dict[str, Any]]] = field(default_factory=list)
    dropped: list[UUID] = field(default_factory=list)


@dataclass
class Outcome:
    """What became of a batch: the rows that are done with, whether the server took any, what went wrong, whether it
    was the whole request, and how long the server asks to wait before the next."""

    done: list[UUID]
    is_taken: bool = False
    problem: Message | None = None
    has_failed: bool = False
    wait: timedelta = timedelta()


class ScrobbleWorker:
    """Sends to one account after the other."""

    name = "scrobble worker"
    wake_topic = WAKE
    check_interval = timedelta(seconds=30)
    concurrency = batch_size = 1

    def __init__(self, database: Database, server: ListenBrainz, pace: timedelta = PACE) -> None:
        self._database, self._server, self._pace = database, server, pace.total_seconds()
        self._free_at = 0.0

    async def claim(self, limit: int) -> Sequence[Claim]:
        """Up to `limit` accounts, those that wait longest first."""
        account = ListenBrainzAccount
        async with self._database.write(self.name) as session:
            due = select(account).where(account.due_at <= session.now, account.api_url == self._server.api_url)
            rows = (
                await session.scalars(due.order_by(account.due_at).limit(limit).with_for_update(skip_locked=True))
            ).all()
            for row in rows:
                row.due_at, row.attempt = session.now + LEASE, row.attempt + 1
            await session.flush()
            return [Claim(row.person_id, row.attempt, row.tries, row.token) for row in rows]

    async def work(self, claim: Claim) -> None:
        """Send what waits for one account, or say why not."""
        async with self._database.read() as session:
            batch = await _gathered(session, claim.person_id, self._server.public_url)
        try:
            outcome = await self._sent(self._database.box.open(claim.token), batch)
        except TokenRefused:
            await self._refuse(claim)
            return
        except NotTaken as error:
            outcome = Outcome(batch.dropped, problem=message_of(error), has_failed=True, wait=error.wait)
        except CannotOpen as error:
            outcome = Outcome(batch.dropped, problem=message_of(error), has_failed=True)
        await self._record(claim, outcome)

    async def _sent(self, token: str, batch: Batch) -> Outcome:
        """Raises TokenRefused, NotTaken."""
        if not batch.listens:
            return Outcome(batch.dropped)
        try:
            return await self._submit(token, batch.listens, batch.dropped)
        except ListensRefused:
            first = batch.listens[:1]
        if len(batch.listens) > 1:  # one of them is to blame: the first alone says whether it is this one
            try:
                return await self._submit(token, first, batch.dropped)
            except ListensRefused:
                pass
        log.warning("scrobbles.refused", hearing=str(first[0][0]))
        return Outcome([first[0][0], *batch.dropped], problem=gettext("it refused a listen"))

    async def _submit(self, token: str, some: Sequence[tuple[UUID, dict[str, Any]]], dropped: list[UUID]) -> Outcome:
        await asyncio.sleep(max(0.0, self._free_at - time.monotonic()))
        self._free_at = time.monotonic() + self._pace
        wait = await self._server.submit(token, [listen for _, listen in some])
        return Outcome([*(hearing for hearing, _ in some), *dropped], is_taken=True, wait=wait)

    async def _record(self, claim: Claim, outcome: Outcome) -> None:
        tries = claim.tries + 1 if outcome.has_failed else 0
        wait = max(outcome.wait, min(RETRY_MAX, RETRY_BASE * 2 ** min(claim.tries, 16))) if tries else outcome.wait
        async with self._database.write(self.name) as session:
            account = await _ours(session, claim)
            if account is None:
                return
            done = update(Scrobble).where(Scrobble.hearing_id.in_(outcome.done))
            await session.execute(done.values(done_at=session.now))
            left = select(Scrobble.hearing_id).where(*_waiting(claim.person_id)).limit(1)
            account.due_at = None if await session.scalar(left) is None else session.now + wait
            if outcome.is_taken:
                account.last_sent_at = session.now
            if outcome.is_taken or outcome.problem is not None:
                account.problem_id, account.problem_fields = _stored(outcome.problem)
            account.tries = tries
            await session.flush()
        if outcome.problem is not None:
            log.warning("scrobbles.not_sent", server=self._server.host, reason=str(outcome.problem), tries=tries)

    async def _refuse(self, claim: Claim) -> None:
        async with self._database.write(self.name) as session:
            account = await _ours(session, claim)
            if account is not None:
                await refuse(session, account, self._server)
        log.info("scrobbles.token_refused", server=self._server.host)


async def _ours(session: Session, claim: Claim) -> ListenBrainzAccount | None:
    """The account, locked; None where another has claimed it since, or its person connected anew or no longer."""
    account = await session.get(ListenBrainzAccount, claim.person_id, with_for_update=True)
    return account if account is not None and account.attempt == claim.attempt else None


def _waiting(person_id: UUID) -> tuple[Any, ...]:
    return Scrobble.person_id == person_id, Scrobble.done_at.is_(None)


def _stored(said: Message | None) -> tuple[str | None, Any]:
    return (None, None) if said is None else stored(said)


_TRACKS = (
    select(
        Track.id, Track.title, Track.position, Track.duration_ms, Track.isrc, Track.musicbrainz_id,
        Release.title.label("release_title"), Release.musicbrainz_id.label("release_mbid"),
        Artist.name.label("artist_name"),
    )
    .join(Release, Release.id == Track.release_id)
    .join(Artist, Artist.id == Track.artist_id)
)  # fmt: skip


async def _gathered(session: Session, person_id: UUID, public_url: str) -> Batch:
    """The oldest that wait; what the person may be shown is asked again."""
    oldest = select(Scrobble).where(*_waiting(person_id)).order_by(Scrobble.listened_at, Scrobble.hearing_id)
    rows = (await session.scalars(oldest.limit(MOST_LISTENS))).all()
    track_ids = {row.track_id for row in rows}
    may = await access.may_these(session, person_id, track_ids)
    public = await visibility.visible(session, "track", track_ids)
    tracks = {one.id: one for one in await found_by(session, _TRACKS.where(Track.id.in_(track_ids)))}
    batch = Batch()
    for row in rows:
        is_seen = row.track_id in tracks and row.track_id in may and may[row.track_id].sees
        if not is_seen or row.listened_at <= session.now - GIVEN_UP:
            batch.dropped.append(row.hearing_id)
            continue
        page = f"{public_url}/tracks/{row.track_id}" if public_url and row.track_id in public else None
        batch.listens.append((row.hearing_id, listen_of(tracks[row.track_id], row.listened_at, page)))
    return batch


def listen_of(track: Found, listened_at: datetime, page: str | None) -> dict[str, Any]:
    """A listen as ListenBrainz reads it; `page` is the track's, where every visitor sees it."""
    more = {
        "media_player": NAME,
        "submission_client": NAME,
        "tracknumber": track.position,
        "duration_ms": track.duration_ms,
        "isrc": track.isrc,
        "recording_mbid": track.musicbrainz_id and str(track.musicbrainz_id),
        "release_mbid": track.release_mbid and str(track.release_mbid),
        "origin_url": page,
        "music_service": page and urlsplit(page).hostname,
    }
    return {
        "listened_at": int(listened_at.timestamp()),
        "track_metadata": {
            "artist_name": track.artist_name,
            "track_name": track.title,
            "release_name": track.release_title,
            "additional_info": {name: value for name, value in more.items() if value is not None},
        },
    }
