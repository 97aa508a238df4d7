"""What a track's audio looks like: its versions, and what a master check found."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from veza.api.shapes import show
from veza.catalog.tracks import Track
from veza.ingest.audio_versions import AudioVersion
from veza.ingest.master_check import Finding, FindingKind, ReleaseCheck
from veza.kit.messages import render

PreviewStart = Annotated[int, Meta(ge=0, le=172_800_000, description="Where the preview begins, in milliseconds.")]


class VersionResponse(Struct, frozen=True):
    """One file that was sent, and what became of it: `uploaded`, `processing`, `ready`, `failed` (`reason` says why),
    `canceled` or `replaced`. While it is processed, `share` of `stage` is done, 0 to 1."""

    id: UUID
    status: str
    stage: str | None
    share: float | None
    reason: str | None
    file_name: str
    original_bytes: int
    encoder_version: int
    preview_start_ms: int | None
    created_at: datetime
    ready_at: datetime | None


class AudioResponse(Struct, frozen=True):
    """A track's audio: whether it can be heard (`none`, `processing`, `ready`, `failed`), which version plays, and
    every version, the newest first."""

    track_id: UUID
    state: str
    version_id: UUID | None
    samples: int | None
    rate: int | None
    versions: list[VersionResponse]


class Encoding(Struct, forbid_unknown_fields=True):
    """How the original is encoded anew."""

    preview_start_ms: PreviewStart | None = None


class MasterFinding(Struct, frozen=True):
    """One thing found, in words."""

    kind: FindingKind
    says: str


class TrackCheckResponse(Struct, frozen=True):
    """A track's loudness and what was found of it."""

    track_id: UUID
    position: int
    title: str
    integrated_lufs: float | None
    range_lu: float | None
    true_peak_dbtp: float | None
    findings: list[MasterFinding]


class ReleaseCheckResponse(Struct, frozen=True):
    """A release's loudness as a whole, its tracks in order, and what was found of all of them together."""

    release_id: UUID
    integrated_lufs: float | None
    tracks: list[TrackCheckResponse]
    findings: list[MasterFinding]


AUDIO_EXAMPLE: dict[str, Any] = {
    "track_id": "01890000-0000-7000-8000-0000000000e1",
    "state": "processing",
    "version_id": None,
    "samples": None,
    "rate": None,
    "versions": [
        {
            "id": "01890000-0000-7000-8000-0000000000f1",
            "status": "processing",
            "stage": "all_rungs",
            "share": 0.4,
            "reason": None,
            "file_name": "night bus.flac",
            "original_bytes": 31457280,
            "encoder_version": 1,
            "preview_start_ms": None,
            "created_at": "2026-01-02T10:30:00Z",
            "ready_at": None,
        }
    ],
}
CHECK_EXAMPLE: dict[str, Any] = {
    "release_id": "01890000-0000-7000-8000-0000000000d1",
    "integrated_lufs": -13.8,
    "tracks": [
        {
            "track_id": "01890000-0000-7000-8000-0000000000e1",
            "position": 1,
            "title": "Night Bus",
            "integrated_lufs": -13.2,
            "range_lu": 5.1,
            "true_peak_dbtp": 0.4,
            "findings": [
                {
                    "kind": "true_peak",
                    "says": "its true peak is +0.4 dBTP: players and lossy files may distort above 0",
                }
            ],
        }
    ],
    "findings": [],
}


def audio_shown(track: Track, versions: list[AudioVersion], language: str) -> AudioResponse:
    """A track's audio in the reader's language."""
    shown = [
        show(VersionResponse, one, reason=None if one.reason is None else render(one.reason, language))
        for one in reversed(versions)
    ]
    return AudioResponse(track.id, track.audio_state, track.audio_id, track.audio_samples, track.audio_rate, shown)


def check_shown(release_id: UUID, found: ReleaseCheck, language: str) -> ReleaseCheckResponse:
    """A master check in the reader's language."""

    def shown(findings: list[Finding]) -> list[MasterFinding]:
        return [MasterFinding(one.kind, render(one.says, language)) for one in findings]

    tracks = [
        TrackCheckResponse(
            one.track.id, one.track.position, one.track.title, one.integrated_lufs, one.range_lu, one.true_peak_dbtp,
            shown(one.findings),
        )
        for one in found.tracks
    ]  # fmt: skip
    return ReleaseCheckResponse(release_id, found.integrated_lufs, tracks, shown(found.findings))
