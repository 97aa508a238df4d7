"""The master check: what a mastering engineer would tell an artist before a release. Advice, never a gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select

from veza.audio.album_loudness import gated
from veza.audio.rendered import Rendered
from veza.audio.seams import Seam, seam
from veza.catalog.releases import Release
from veza.catalog.tracks import Track, tracks_of
from veza.ingest.audio_versions import AudioVersion
from veza.ingest.track_sound import Sound, sound_of
from veza.kit.database import Session
from veza.kit.messages import Message, gettext

MOST_DC = 0.003
"""−50 dBFS: what is more takes headroom, and clicks where a track begins."""
LONG_SILENCE_SECONDS = 5.0


class FindingKind(StrEnum):
    """What may be found."""

    NO_SOUND = "no_sound"
    TRUE_PEAK = "true_peak"
    CLIPPING = "clipping"
    OVER_FULL_SCALE = "over_full_scale"
    DAMAGED = "damaged"
    DC_OFFSET = "dc_offset"
    SILENT_START = "silent_start"
    SILENT_END = "silent_end"
    DOUBLE_MONO = "double_mono"
    LOSSY = "lossy"
    MISSING_TAG = "missing_tag"
    UNLIKE_RATES = "unlike_rates"
    SEAM = "seam"
    GAPLESS = "gapless"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, to the artist."""

    kind: FindingKind
    says: Message


@dataclass(frozen=True, slots=True)
class TrackCheck:
    """A track with its loudness (LUFS, dBTP, LU; None where there is none) and what was found."""

    track: Track
    integrated_lufs: float | None
    range_lu: float | None
    true_peak_dbtp: float | None
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class ReleaseCheck:
    """A release's loudness as a whole, its tracks in order, and what was found of all of them together."""

    integrated_lufs: float | None
    tracks: list[TrackCheck]
    findings: list[Finding] = field(default_factory=list)


async def check_release(session: Session, release: Release) -> ReleaseCheck:
    """Look at every track that can be heard."""
    tracks = await tracks_of(session, release.id)
    sounds = await _sounds(session, [one.audio_id for one in tracks if one.audio_id is not None])
    heard = [(track, sounds[track.audio_id].rendered) for track in tracks if track.audio_id in sounds]
    blocks = [pair for _, one in heard if one.loudness for pair in one.loudness.histogram]
    checks = [_check(track, sounds.get(track.audio_id)) for track in tracks]
    return ReleaseCheck(gated(blocks), checks, [*_of_release(release), *_rates(heard), *_seams(heard)])


async def _sounds(session: Session, ids: Sequence[UUID]) -> dict[UUID | None, Sound]:
    rows = (await session.scalars(select(AudioVersion).where(AudioVersion.id.in_(ids)))).all()
    return {row.id: sound for row in rows if (sound := sound_of(row)) is not None and sound.is_whole}


def _check(track: Track, sound: Sound | None) -> TrackCheck:
    if sound is None:
        said = [Finding(FindingKind.NO_SOUND, gettext("there is no sound of it yet")), *_of_tags(track)]
        return TrackCheck(track, None, None, None, said)
    loudness = sound.rendered.loudness
    peak = loudness.true_peak_dbtp if loudness else None
    found = [*_of_levels(sound.rendered, peak), *_of_silence(sound.rendered), *_of_source(sound.rendered)]
    return TrackCheck(
        track, loudness.integrated_lufs if loudness else None, loudness.range_lu if loudness else None, peak,
        [*found, *_of_tags(track)],
    )  # fmt: skip


def _of_levels(one: Rendered, peak: float | None) -> Iterator[Finding]:
    if peak is not None and peak > 0:
        yield Finding(
            FindingKind.TRUE_PEAK,
            gettext("its true peak is {peak:+.1f} dBTP: players and lossy files may distort above 0", peak=peak),
        )
    if one.clipped_samples:
        yield Finding(
            FindingKind.OVER_FULL_SCALE,
            gettext("{count:,} samples are louder than full scale and were clipped", count=one.clipped_samples),
        )
    if one.findings is None:
        return
    if one.findings.clippings:
        at = one.findings.clipped_at[0] / one.rate
        yield Finding(
            FindingKind.CLIPPING,
            gettext("it clips {count:,} times, first at {at:.1f} s", count=one.findings.clippings, at=at),
        )
    if one.findings.dc_offset > MOST_DC:
        yield Finding(
            FindingKind.DC_OFFSET,
            gettext("it has a DC offset of {percent:.1f} %: a filter removes it", percent=100 * one.findings.dc_offset),
        )
    if one.findings.is_double_mono:
        yield Finding(FindingKind.DOUBLE_MONO, gettext("left and right are the same: it is mono in a stereo file"))


def _of_silence(one: Rendered) -> Iterator[Finding]:
    if one.findings is None:
        return
    start, end = one.findings.silent_start_samples / one.rate, one.findings.silent_end_samples / one.rate
    if start > LONG_SILENCE_SECONDS:
        yield Finding(FindingKind.SILENT_START, gettext("its first {seconds:.1f} s are silent", seconds=start))
    if end > LONG_SILENCE_SECONDS:
        yield Finding(FindingKind.SILENT_END, gettext("its last {seconds:.1f} s are silent", seconds=end))


def _of_source(one: Rendered) -> Iterator[Finding]:
    if not one.is_lossless:
        yield Finding(
            FindingKind.LOSSY,
            gettext("it was sent as {codec}, which is lossy: no lossless stream or download is made", codec=one.codec),
        )
    if one.damaged_packets or one.impossible_samples:
        yield Finding(FindingKind.DAMAGED, gettext("parts of the file are damaged and sound as silence or noise"))


def _of_tags(track: Track) -> Iterator[Finding]:
    if not track.isrc:
        yield Finding(FindingKind.MISSING_TAG, gettext("it has no ISRC, which shops and radios ask for"))
    if not track.credits:
        yield Finding(FindingKind.MISSING_TAG, gettext("it credits no person"))


def _of_release(release: Release) -> Iterator[Finding]:
    lacking = (
        (release.cover_id, gettext("the release has no cover")),
        (release.release_date, gettext("the release has no date")),
        (release.tags, gettext("the release has no tags, by which listeners find it")),
    )
    yield from (Finding(FindingKind.MISSING_TAG, says) for is_there, says in lacking if not is_there)


def _rates(heard: Sequence[tuple[Track, Rendered]]) -> Iterator[Finding]:
    rates = sorted({one.rate for _, one in heard})
    if len(rates) > 1:
        said = ", ".join(f"{rate / 1000:g}" for rate in rates)
        yield Finding(
            FindingKind.UNLIKE_RATES,
            gettext("its tracks have different sample rates ({rates} kHz): a gap between them is heard", rates=said),
        )


def _seams(heard: Sequence[tuple[Track, Rendered]]) -> Iterator[Finding]:
    for (track, one), (following, other) in pairwise(heard):
        if following.position != track.position + 1 or one.edges is None or other.edges is None:
            continue
        match seam(one.edges.tail, other.edges.head):
            case Seam.BROKEN:
                says = gettext(
                    "“{title}” ends and “{following}” begins in the middle of a sound, and they do not fit: it clicks",
                    title=track.title,
                    following=following.title,
                )
                yield Finding(FindingKind.SEAM, says)
            case Seam.JOINED:
                yield Finding(
                    FindingKind.GAPLESS,
                    gettext(
                        "“{title}” goes on in “{following}” without a gap", title=track.title, following=following.title
                    ),
                )
