"""After an encoder's change: what was made of originals before is encoded anew, while what plays goes on playing.

A round begins a few versions, and only while no file of an artist waits for a worker.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import structlog
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from veza.catalog.track_audio import lock_track
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import ENCODER_VERSION, ON_ITS_WAY, AudioVersion, versions_of
from veza.ingest.originals import encode_anew
from veza.kit.database import Database

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=1)
AT_ONCE = 2
"""Begun in one round: as many as a process renders at once."""
_ACTOR = "encoder change"
_Other = aliased(AudioVersion)
_WAITS = select(exists().where(AudioVersion.status == "uploaded"))
_OUTDATED = (
    select(AudioVersion.track_id)
    .join(Track, Track.id == AudioVersion.track_id)
    .where(
        AudioVersion.status == "ready",
        AudioVersion.encoder_version < ENCODER_VERSION,
        ~exists().where(
            _Other.track_id == AudioVersion.track_id,
            or_(_Other.status.in_((*ON_ITS_WAY, "failed")), _Other.encoder_version >= ENCODER_VERSION),
        ),
    )
    .order_by(AudioVersion.id)
    .limit(AT_ONCE)
)


async def encode_outdated(database: Database) -> int:
    """Begin up to AT_ONCE versions with the encoder of now, of tracks that play what an earlier one made; returns how
    many. A track whose artist has sent a file meanwhile, or has taken back or undone its new version, is left as it
    is, and so is one whose new version failed."""
    async with database.read() as session:
        if await session.scalar(_WAITS):
            return 0
        tracks = (await session.scalars(_OUTDATED)).all()
    begun = 0
    for track_id in tracks:
        async with database.write(_ACTOR) as session:
            is_there = await lock_track(session, track_id)
            playing = _outdated(await versions_of(session, track_id))
            track = await session.get(Track, track_id)
            if is_there and playing is not None and track is not None:
                made = await encode_anew(session, track, playing)
                log.info("audio.outdated", track=str(track_id), version=str(made.id), since=playing.encoder_version)
                begun += 1
    return begun


def _outdated(versions: Iterable[AudioVersion]) -> AudioVersion | None:
    """The one that plays, if it is to be encoded anew: asked again with the track locked."""
    playing = None
    for one in versions:
        if one.is_on_its_way or one.status == "failed" or one.encoder_version >= ENCODER_VERSION:
            return None
        if one.status == "ready":
            playing = one
    return playing
