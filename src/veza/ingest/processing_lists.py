"""What is processed, waits or failed, of every artist: for operators."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select

from veza.catalog.artists import Artist
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import ON_ITS_WAY, AudioVersion
from veza.kit.database import Session
from veza.kit.listing import Slice, by_age
from veza.kit.rows import Rows, found_by

SORTS = by_age(AudioVersion.id, "AudioVersion.id")
Which = Literal["on_its_way", "failed"]
_STATUSES: dict[Which, tuple[str, ...]] = {"on_its_way": ON_ITS_WAY, "failed": ("failed",)}


async def listed(session: Session, page: Slice, which: Which) -> Rows:
    """Versions that are on their way, or failed, each (AudioVersion,) with track_title and artist_name; both are None
    where the track is gone."""
    found = (
        select(AudioVersion, Track.title.label("track_title"), Artist.name.label("artist_name"))
        .outerjoin(Track, Track.id == AudioVersion.track_id)
        .outerjoin(Artist, Artist.id == AudioVersion.artist_id)
        .where(AudioVersion.status.in_(_STATUSES[which]))
    )
    return await found_by(session, page.of(found))
