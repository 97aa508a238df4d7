"""What players level by: how loud a track is, and its release as one piece (EBU R 128)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from veza.audio.album_loudness import gated
from veza.audio.download_tags import Gain
from veza.audio.rendered import Loudness
from veza.catalog.tracks import tracks_of
from veza.ingest.track_sound import measured_of
from veza.kit.database import Session


@dataclass(frozen=True, slots=True)
class Levels:
    """Integrated loudness of a track and of its release (LUFS); None for silence and for less than 0.4 s."""

    track_lufs: float | None
    release_lufs: float | None


UNKNOWN = Levels(None, None)


async def levels_of(session: Session, release_id: UUID) -> dict[UUID, Levels]:
    """Those of the tracks of a release that can be heard: track → its levels."""
    tracks = await tracks_of(session, release_id)
    measured = await measured_of(session, [one.audio_id for one in tracks if one.audio_id is not None])
    found = {one.id: measured[one.audio_id].loudness for one in tracks if one.audio_id in measured}
    album = album_gain(found.values())
    return {
        track_id: Levels(None if one is None else one.integrated_lufs, None if album is None else album.integrated_lufs)
        for track_id, one in found.items()
    }


def album_gain(loudnesses: Iterable[Loudness | None]) -> Gain | None:
    """Of all tracks as one piece: their blocks counted together, the highest of their peaks."""
    heard = [one for one in loudnesses if one is not None]
    integrated = gated([blocks for one in heard for blocks in one.histogram])
    peak = max((one.true_peak_dbtp for one in heard if one.true_peak_dbtp is not None), default=None)
    return None if integrated is None or peak is None else Gain(integrated, peak)
