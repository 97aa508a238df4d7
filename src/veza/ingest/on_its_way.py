"""What is on its way for people's artists: files that come, and sound that is being made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from veza.catalog import acting
from veza.ingest.audio_versions import ON_ITS_WAY, AudioVersion
from veza.ingest.uploads import PENDING, Upload
from veza.kit.database import Session


async def on_its_way(session: Session, people: Collection[UUID]) -> dict[UUID, list[tuple[Any, ...]]]:
    """Each person → what there is of their artists, in values that differ when its page would say something else.

    What ends is no longer among them.
    """
    of_artist: dict[UUID, list[UUID]] = defaultdict(list)
    for artist, person in await acting.artists_of_each(session, people):
        of_artist[artist].append(person)
    found: dict[UUID, list[tuple[Any, ...]]] = {person: [] for person in people}
    if not of_artist:
        return found
    sounds = select(
        AudioVersion.artist_id, AudioVersion.id, AudioVersion.status, AudioVersion.stage, AudioVersion.share
    ).where(AudioVersion.artist_id.in_(of_artist), AudioVersion.status.in_(ON_ITS_WAY))
    files = select(Upload.artist_id, Upload.id, Upload.status, Upload.offset_bytes, Upload.retry_count).where(
        Upload.artist_id.in_(of_artist), Upload.status.in_(PENDING)
    )
    for statement in (sounds.order_by(AudioVersion.id), files.order_by(Upload.id)):
        for artist, *facts in await session.execute(statement):
            for person in of_artist[artist]:
                found[person].append(tuple(facts))
    return found
