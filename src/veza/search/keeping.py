"""Keeping the index true: what changes a public thing says so by an event.

The index follows at the end of the same transaction; what shows the name of a renamed thing follows after it, in
batches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import text

from veza.accounts import deletion, people
from veza.catalog import artists, members, publishing, releases, tracks
from veza.community import playlists
from veza.kit.database import Database, Session
from veza.kit.subscriptions import After, Event, Inside
from veza.market import products
from veza.moderation import hiding
from veza.search import index, sources
from veza.search.places import KINDS, Kind

AT_ONCE = 500
"""Things of one transaction."""
Thing: TypeAlias = tuple[Kind, UUID]


async def refresh(session: Session, things: Collection[Thing]) -> None:
    """Write these things as they are now, and drop those that are not public any more.

    On PostgreSQL two transactions that write of the same artist, person or playlist do so one after the other: else one
    could read a track as public that the other is hiding.
    """
    await _lock(session, things)
    by_kind = {kind: [one for of, one in things if of == kind] for kind in KINDS}
    for kind, ids in by_kind.items():
        public = await sources.documents(session, kind, ids)
        await index.drop(session, set(ids) - {one.about_id for one in public})
        await index.put(session, public)


async def refresh_with_all(session: Session, things: Collection[Thing]) -> None:
    """The same, with every release and track of these artists and releases."""
    every = dict.fromkeys(things)
    for kind, about_id in things:
        if kind in ("artist", "release"):
            for other, ids in (await sources.all_depending_on(session, about_id)).items():
                every |= dict.fromkeys((other, one) for one in ids)
    await refresh_with_people(session, list(every))


async def refresh_with_people(session: Session, things: Collection[Thing]) -> None:
    """The same, with the people of these artists: who has a public artist is found."""
    every = dict.fromkeys(things)
    for kind, about_id in things:
        if kind == "artist":
            every |= dict.fromkeys(("person", one) for one in await members.people_of(session, about_id))
    await refresh(session, list(every))


async def show_again(session: Session, things: Collection[Thing]) -> None:
    """Write what a moderator restored. What an artist has published follows after the transaction: it may be much."""
    await refresh_with_people(session, [one for one in things if one[0] == "artist"])
    await refresh_with_all(session, [one for one in things if one[0] != "artist"])


async def follow_name(database: Database, kind: Kind, about_id: UUID) -> int:
    """Write what shows the name of an artist or release, in transactions of AT_ONCE; returns how many things it was."""
    count = 0
    others: list[Kind] = ["release", "track"] if kind == "artist" else ["track"]
    for other in others:
        after: UUID | None = None
        while True:
            async with database.write("search") as session:
                ids = await sources.depending_on(session, other, about_id, after, AT_ONCE)
                await refresh(session, [(other, one) for one in ids])
            count += len(ids)
            if len(ids) < AT_ONCE:
                break
            after = ids[-1]
    return count


async def _lock(session: Session, things: Collection[Thing]) -> None:
    if session.dialect == "sqlite":
        return  # one writer at a time
    owned = [one for kind, one in things if kind in ("release", "track")]
    owners = await sources.artists_of(session, owned) if owned else set()
    owners |= {one for kind, one in things if kind not in ("release", "track")}
    keys = sorted(_key(one) for one in owners)
    for start in range(0, len(keys), AT_ONCE):
        await session.execute(_LOCK, {"keys": keys[start : start + AT_ONCE]})


def _key(about_id: UUID) -> int:
    return int.from_bytes(hashlib.blake2b(about_id.bytes, digest_size=8, person=b"search").digest(), "big", signed=True)


_LOCK = text("SELECT pg_advisory_xact_lock(one) FROM unnest(CAST(:keys AS bigint[])) AS one")


# ---------------------------------------------------------------------------------------------------------------------
# Events.

Read: TypeAlias = Callable[[Mapping[str, Any]], Collection[Thing]]


def _one(kind: Kind, name: str) -> Read:
    return lambda payload: [(kind, UUID(payload[name]))]


def _subject(payload: Mapping[str, Any]) -> Collection[Thing]:
    return [(payload["kind"], UUID(payload["subject_id"]))] if payload["kind"] in KINDS else []


def _item(payload: Mapping[str, Any]) -> Collection[Thing]:
    return [(payload["kind"], UUID(payload["item_id"]))]


def _tracks(payload: Mapping[str, Any]) -> Collection[Thing]:
    return [("track", UUID(one)) for one in payload["track_ids"]]


_ALONE: Mapping[str, Read] = {
    releases.CHANGED: _one("release", "release_id"),
    tracks.CHANGED: _tracks,
    tracks.REMOVED: _tracks,
    playlists.CHANGED: _one("playlist", "playlist_id"),
    people.CHANGED: _one("person", "person_id"),
    deletion.TOPIC: _one("person", "person_id"),
    members.CHANGED: _one("person", "person_id"),
    products.CHANGED: _item,
}
"""Topic → the things that are written anew."""
_WITH_ALL: Mapping[str, Read] = {
    publishing.PUBLISHED: _one("release", "release_id"),
    publishing.WITHDRAWN: _one("release", "release_id"),
    hiding.HIDDEN: _subject,
}
"""Topic → the things that are written anew with all that belongs to them."""
_NAMES: Mapping[str, Read] = {
    artists.CHANGED: _one("artist", "artist_id"),
    releases.CHANGED: _one("release", "release_id"),
    hiding.RESTORED: _subject,
}
"""Topic → the things whose name others show, or that come with others."""


def search_subscriptions() -> Mapping[str, tuple[Inside, ...]]:
    """Topic → what the index does inside the publishing transaction: it notes what has changed, and writes it at the
    end."""
    alone = {topic: (_inside(refresh, read),) for topic, read in _ALONE.items()}
    with_all = {topic: (_inside(refresh_with_all, read),) for topic, read in _WITH_ALL.items()}
    return {
        **alone,
        **with_all,
        artists.CHANGED: (_inside(refresh_with_people, _NAMES[artists.CHANGED]),),
        hiding.RESTORED: (_inside(show_again, _subject),),
    }


def search_acts() -> Mapping[str, tuple[After, ...]]:
    """Topic → what the index does after the publishing transaction."""
    return {topic: (_after(read),) for topic, read in _NAMES.items()}


def _inside(act: Callable[[Session, Collection[Thing]], Any], read: Read) -> Inside:
    async def hear(session: Session, event: Event) -> None:
        session.act_last(act, *read(event.payload))

    return hear


def _after(read: Read) -> After:
    async def hear(database: Database, event: Event) -> None:
        for kind, about_id in read(event.payload):
            if kind in ("artist", "release"):
                await follow_name(database, kind, about_id)

    return hear
