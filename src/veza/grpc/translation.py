"""Our values as messages, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from veza.audio.manifest import Rendition, Rung, Segment
from veza.audio.rendered import Rendered
from veza.grpc import stream_pb2 as pb
from veza.grpc.statuses import BadArgument
from veza.ingest.audio_versions import AudioVersion
from veza.ingest.track_sound import Sound
from veza.streaming.levels import Levels
from veza.streaming.stream_sessions import StreamSession


def id_of(field: str, text: str) -> UUID:
    """Raises BadArgument."""
    try:
        return UUID(text)
    except ValueError:
        raise BadArgument(field) from None


def optional_id(field: str, text: str) -> UUID | None:
    """None for a field that is not set. Raises BadArgument."""
    return id_of(field, text) if text else None


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def session_message(row: StreamSession) -> pb.Session:
    return pb.Session(
        id=str(row.id),
        track_id=str(row.track_id),
        version_id=str(row.version_id),
        person_id=str(row.person_id or ""),
        started_at_ms=milliseconds(row.started_at),
        expires_at_ms=milliseconds(row.expires_at),
        is_staff=row.is_staff,
        ended_at_ms=milliseconds(row.ended_at) if row.ended_at else 0,
        claim_id=str(row.claim_id or ""),
    )


def session_of(said: pb.Session) -> StreamSession:
    """A row of no database, without the sign-in or token."""
    return StreamSession(
        id=UUID(said.id), track_id=UUID(said.track_id), version_id=UUID(said.version_id),
        person_id=UUID(said.person_id) if said.person_id else None, sign_in_id=None, token_id=None,
        claim_id=UUID(said.claim_id) if said.claim_id else None, is_staff=said.is_staff,
        started_at=instant(said.started_at_ms), expires_at=instant(said.expires_at_ms),
        ended_at=instant(said.ended_at_ms) if said.ended_at_ms else None,
    )  # fmt: skip


def audio_message(sound: Sound) -> pb.Audio:
    return pb.Audio(
        version_id=str(sound.version_id),
        samples=sound.rendered.samples,
        rate=sound.rendered.rate,
        prefix=sound.prefix,
        made_at_ms=milliseconds(sound.made_at),
        renditions=[_rendition_message(one) for one in sound.rendered.renditions],
        preview=None if sound.preview is None else _rendition_message(sound.preview),
    )


def sound_of(track_id: UUID, said: pb.Audio) -> Sound:
    """What streaming needs of a sound; what only processing knows of the original is left out."""
    renditions = [_rendition_of(one) for one in said.renditions]
    rendered = Rendered(
        rate=said.rate, samples=said.samples, channels=2, bits=0, codec="", container="", is_lossless=False,
        clipped_samples=0, damaged_packets=0, impossible_samples=0, renditions=renditions, loudness=None,
        waveform=None, findings=None,
    )  # fmt: skip
    preview = _rendition_of(said.preview) if said.HasField("preview") else None
    made_at = instant(said.made_at_ms)
    return Sound(UUID(said.version_id), track_id, said.prefix, rendered, preview, "", "", made_at)


def levels_of(said: pb.AuthorizeResponse) -> Levels:
    return Levels(
        said.track_lufs if said.HasField("track_lufs") else None,
        said.release_lufs if said.HasField("release_lufs") else None,
    )


def _rendition_message(one: Rendition) -> pb.Rendition:
    return pb.Rendition(
        rung=str(one.rung), codecs=one.codecs, rate=one.rate, samples=one.samples,
        priming_samples=one.priming_samples, padding_samples=one.padding_samples, init_bytes=one.init_bytes,
        size_bytes=one.size_bytes, progressive_bytes=one.progressive_bytes, average_bitrate=one.average_bitrate,
        peak_bitrate=one.peak_bitrate,
        segments=[
            pb.Segment(
                offset=part.offset, size=part.size, duration_samples=part.duration_samples,
                start_samples=part.start_samples,
            )
            for part in one.segments
        ],
    )  # fmt: skip


def _rendition_of(said: pb.Rendition) -> Rendition:
    return Rendition(
        rung=Rung(said.rung), codecs=said.codecs, rate=said.rate, samples=said.samples,
        priming_samples=said.priming_samples, padding_samples=said.padding_samples, init_bytes=said.init_bytes,
        size_bytes=said.size_bytes,
        progressive_bytes=said.progressive_bytes if said.HasField("progressive_bytes") else None,
        average_bitrate=said.average_bitrate, peak_bitrate=said.peak_bitrate,
        segments=[Segment(one.offset, one.size, one.duration_samples, one.start_samples) for one in said.segments],
    )  # fmt: skip


def processing_message(version: AudioVersion | None) -> pb.Processing:
    """Where a version is; None for a track to which none was sent."""
    if version is None:
        return pb.Processing(status="none")
    return pb.Processing(
        version_id=str(version.id),
        status=version.status,
        stage=version.stage or "",
        share=version.share or 0.0,
        reason=str(version.reason) if version.reason else "",
    )
