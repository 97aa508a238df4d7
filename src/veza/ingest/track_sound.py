"""What plays of a track: the version that is ready, else the first rung of the one that is on its way.

This is the only place that reads a manifest out of its row, and the only one that tells the catalogue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import bindparam, select

from veza.audio.manifest import Rendition, Rung
from veza.audio.rendered import Loudness, Rendered, Waveform
from veza.catalog.track_audio import AudioState, CurrentAudio, set_audio
from veza.ingest.audio_versions import AudioVersion, find_version, versions_of
from veza.kit.database import Session


class Sound(Struct, frozen=True):
    """A version that can be heard: what was rendered, the preview (None while it is not made), and the prefix of the
    keys of its files."""

    version_id: UUID
    track_id: UUID
    prefix: str
    rendered: Rendered
    preview: Rendition | None
    file_name: str
    original_key: str
    made_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether everything is made; before, there is a first rung alone."""
        return self.preview is not None

    def rendition(self, rung: Rung) -> Rendition | None:
        """The rendition of a rung; None where there is none (yet)."""
        return next((one for one in self.rendered.renditions if one.rung == rung), None)

    def etag(self, name: str) -> str:
        """The strong entity tag of a file of this version: each attempt has its own."""
        return f'"{self.version_id.hex}-{self.prefix.rpartition("/")[2]}-{name}"'

    def key(self, name: str) -> str:
        """The key of a file of this version, such as `aac128.mp4` or `preview.m4a`."""
        return f"{self.prefix}/{name}"


def sound_of(version: AudioVersion) -> Sound | None:
    """What can be heard of a version; None where nothing is rendered yet."""
    if version.rendered is None or version.prefix is None:
        return None
    rendered = msgspec.convert(version.rendered, Rendered, strict=False)
    preview = None if version.preview is None else msgspec.convert(version.preview, Rendition, strict=False)
    return Sound(
        version.id, version.track_id, version.prefix, rendered, preview, version.file_name, version.original_key,
        version.ready_at or version.created_at,
    )  # fmt: skip


async def find_sound(session: Session, version_id: UUID) -> Sound | None:
    """The sound of a version, as it is played: without loudness, waveform, findings and edges, which are read where
    they are shown. The version may be current or not. Raises UnknownVersion."""
    sound = sound_of(await find_version(session, version_id))
    return None if sound is None else replace(sound, rendered=replace(sound.rendered, **_NOT_PLAYED))


_NOT_PLAYED: dict[str, Any] = dict.fromkeys(("loudness", "waveform", "findings", "edges"))


class Measured(Struct, frozen=True):
    """What a finished version's sound is, without its manifest. `container` and `codec` are those of the original."""

    version_id: UUID
    container: str
    codec: str
    is_lossless: bool
    loudness: Loudness | None


async def measured_of(session: Session, version_ids: Collection[UUID]) -> dict[UUID, Measured]:
    """What was measured of those of these versions that are finished: version → what it is."""
    rows = await session.execute(_MEASURED, {"versions": list(version_ids)})
    return {row.version_id: msgspec.convert(row._mapping, Measured, strict=False) for row in rows}


_WHOLE = AudioVersion.rendered
_MEASURED = select(
    AudioVersion.id.label("version_id"),
    *(_WHOLE[name].label(name) for name in ("container", "codec", "is_lossless", "loudness")),
).where(AudioVersion.id.in_(bindparam("versions", expanding=True)), AudioVersion.ready_at.is_not(None))


async def waveforms_of(session: Session, version_ids: Collection[UUID]) -> dict[UUID, Waveform]:
    """The pictures of those of these versions that have one: version → its points."""
    if not version_ids:
        return {}
    rows = await session.execute(_WAVEFORMS, {"versions": list(version_ids)})
    return {version: msgspec.convert(found, Waveform, strict=False) for version, found in rows if found is not None}


_WAVEFORMS = select(AudioVersion.id, _WHOLE["waveform"]).where(
    AudioVersion.id.in_(bindparam("versions", expanding=True)), AudioVersion.rendered.is_not(None)
)


async def tell_catalogue(session: Session, track_id: UUID) -> bool:
    """Write into the catalogue what plays of the track now; False if the track is gone."""
    versions = await versions_of(session, track_id)
    return await set_audio(session, track_id, _state_of(versions), _current_of(versions))


def _state_of(versions: Sequence[AudioVersion]) -> AudioState:
    if _first(versions, "ready"):
        return AudioState.READY
    if any(one.is_on_its_way for one in versions):
        return AudioState.PROCESSING
    return AudioState.FAILED if _first(versions, "failed") else AudioState.NONE


def _current_of(versions: Sequence[AudioVersion]) -> CurrentAudio | None:
    plays = _first(versions, "ready") or next((one for one in versions if one.is_on_its_way), None)
    if plays is None or plays.rendered is None:
        return None
    return CurrentAudio(plays.id, plays.rendered["samples"], plays.rendered["rate"])


def _first(versions: Iterable[AudioVersion], status: str) -> AudioVersion | None:
    return next((one for one in versions if one.status == status), None)
