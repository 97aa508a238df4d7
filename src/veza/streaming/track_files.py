"""What the files of a release's tracks say of themselves: their names and tags, gathered from the catalogue.

A download is made of exactly this, and known by its hash: a changed title makes another file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct

from veza.audio.download_formats import DownloadFormat, suffix_of
from veza.audio.download_tags import Gain, Tags
from veza.audio.rendered import Loudness
from veza.catalog import covers
from veza.catalog.artists import Artist
from veza.catalog.covers import Cover
from veza.catalog.releases import Release
from veza.catalog.tracks import Track, tracks_of
from veza.ingest.track_sound import Measured, measured_of
from veza.kit.database import Session
from veza.streaming.file_names import file_name
from veza.streaming.levels import album_gain

MAKING_VERSION = 1
"""Counted up when the same sound and the same tags make another file; all are then made anew."""
_COVER_FORM = "jpg"
_DATE_LENGTHS = {"day": 10, "month": 7, "year": 4}


class FileFacts(Struct, frozen=True):
    """What is written into a file. The picture itself lies in the object store under `cover_key`, a square of
    `cover_side` pixels."""

    tags: Tags
    cover_key: str | None
    cover_side: int

    @property
    def hash(self) -> str:
        """Another for another file, as 64 hex digits."""
        return sha256(f"{MAKING_VERSION}\n".encode() + msgspec.json.encode(self)).hexdigest()


@dataclass(frozen=True, slots=True)
class TrackFile:
    """A track that can be downloaded: the version of its audio, what that was uploaded as, and what its file says."""

    track_id: UUID
    title: str
    sound: Measured
    facts: FileFacts


@dataclass(frozen=True, slots=True)
class ReleaseFiles:
    """The tracks of a release that have a sound, in order, and what is not of one track."""

    release: Release
    artist: Artist
    tracks: Sequence[TrackFile]
    silent: Sequence[UUID]
    """Tracks without a sound that is ready."""

    @property
    def name(self) -> str:
        """What the folder of the release is called."""
        return file_name(f"{self.artist.name} - {self.release.title}")


def track_file_name(tags: Tags, wanted: DownloadFormat) -> str:
    """Such as `01 Title.flac`; of more than 99 tracks, `001 Title.flac`."""
    digits = max(2, len(str(tags.track[1])))
    return file_name(f"{tags.track[0]:0{digits}} {tags.title}", suffix_of(wanted))


async def files_of(session: Session, release: Release) -> ReleaseFiles:
    """The tracks of a release as files."""
    artist = await session.get_one(Artist, release.artist_id)
    tracks = await tracks_of(session, release.id)
    versions = [one.audio_id for one in tracks if one.audio_id is not None]
    measured = await measured_of(session, versions)
    sounds = {one.id: measured[one.audio_id] for one in tracks if one.audio_id in measured}
    cover = await session.get(Cover, release.cover_id) if release.cover_id is not None else None
    common = _Common(release, artist, len(tracks), album_gain(one.loudness for one in sounds.values()), cover)
    heard = [one for one in tracks if one.id in sounds]
    made = [TrackFile(one.id, one.title, sounds[one.id], common.facts_of(one, sounds)) for one in heard]
    return ReleaseFiles(release, artist, made, [one.id for one in tracks if one.id not in sounds])


@dataclass(frozen=True, slots=True)
class _Common:
    """What all files of a release say."""

    release: Release
    artist: Artist
    count: int
    album_gain: Gain | None
    cover: Cover | None

    def facts_of(self, track: Track, sounds: Mapping[UUID, Measured]) -> FileFacts:
        release, name = self.release, self.artist.name
        tags = Tags(
            title=track.title, artist=name, album=release.title, album_artist=name, track=(track.position, self.count),
            date=_date(release), genres=tuple(dict.fromkeys([*track.tags, *release.tags])), isrc=track.isrc,
            musicbrainz_recording_id=_text(track.musicbrainz_id), musicbrainz_release_id=_text(release.musicbrainz_id),
            track_gain=_gain(sounds[track.id].loudness), album_gain=self.album_gain,
        )  # fmt: skip
        if self.cover is None or not self.cover.sizes:
            return FileFacts(tags, None, 0)
        side = max(self.cover.sizes)
        return FileFacts(tags, covers.object_of(self.cover, side, _COVER_FORM), side)


def _date(release: Release) -> str | None:
    if release.release_date is None:
        return None
    return release.release_date.isoformat()[: _DATE_LENGTHS[release.release_date_precision or "day"]]


def _text(one: UUID | None) -> str | None:
    return None if one is None else str(one)


def _gain(loudness: Loudness | None) -> Gain | None:
    if loudness is None or loudness.integrated_lufs is None or loudness.true_peak_dbtp is None:
        return None
    return Gain(loudness.integrated_lufs, loudness.true_peak_dbtp)
