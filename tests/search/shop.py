"""A catalogue whose changes the index hears, and what is found of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.factories import person
from veza.app.subjects import SUBJECTS
from veza.catalog import publishing
from veza.catalog.artists import Artist, ArtistDraft, edit_artist, open_artist
from veza.catalog.limits import Limits
from veza.catalog.releases import Release, ReleaseDraft, create_release
from veza.catalog.track_drafts import TrackDraft
from veza.catalog.tracks import add_tracks
from veza.kit import outbox
from veza.kit.database import Database
from veza.moderation import hiding
from veza.moderation.subjects import SubjectKind
from veza.search import finding
from veza.search.finding import Question

OWNER = "Vellichor"


@dataclass
class Published:
    """A public release with its artist and its tracks, by their ids."""

    owner: UUID
    artist: UUID
    release: UUID
    tracks: list[UUID]


async def publish(
    database: Database,
    artist: str = "Zorblax",
    title: str = "Quuxmoor",
    tracks: Sequence[str] = ("Wibblefen", "Snarkwell"),
    **draft: Any,
) -> Published:
    """A new artist with a public release."""
    made = await write_draft(database, artist, title, tracks, **draft)
    async with database.write() as session:
        release = await session.get_one(Release, made.release)
        await publishing.publish(session, release, sound_follows=True)
    return made


async def write_draft(
    database: Database, artist: str, title: str, tracks: Sequence[str], **draft: Any
) -> Published:  # fmt: skip
    """A new artist with a release that is a draft."""
    owner = await person(database, OWNER)
    async with database.write() as session:
        row = await open_artist(
            session, owner, ArtistDraft(artist, "DE", "EUR", tags=["skronk"]), currencies=["EUR"], limits=Limits()
        )
        release = await create_release(session, row, ReleaseDraft(title, "album", **draft))
        made = await add_tracks(session, release, [TrackDraft(one) for one in tracks], limits=Limits())
        return Published(owner, row.id, release.id, [one.id for one in made])


async def ids_found(database: Database, query: str, **more: Any) -> set[UUID]:
    """What a query finds, of every kind."""
    async with database.read() as session:
        results = await finding.found(session, Question(query, **more))
    return {hit.about_id for hits in results.hits.values() for hit in hits}


async def hide(database: Database, kind: SubjectKind, subject_id: UUID) -> None:
    """As a moderator does."""
    async with database.write() as session:
        await hiding.hide(session, SUBJECTS, kind, subject_id)


async def restore(database: Database, kind: SubjectKind, subject_id: UUID) -> None:
    """As a moderator does; then what follows from the outbox."""
    async with database.write() as session:
        await hiding.restore(session, SUBJECTS, kind, subject_id)
    await follow(database)


async def follow(database: Database) -> None:
    """Everything that waits in the outbox."""
    while await outbox.deliver_once(database):
        pass


async def rename_artist(database: Database, artist_id: UUID, **changes: Any) -> None:
    """Change what is shown of an artist."""
    async with database.write() as session:
        artist = await session.get_one(Artist, artist_id, with_for_update=True)
        await edit_artist(session, artist, changes, currencies=["EUR"])
