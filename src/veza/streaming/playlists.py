"""HLS playlists of a track (RFC 8216): each rung is one file, and its segments are byte ranges of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil

from veza.audio.manifest import Rendition, Rung, Segment

VERSION = 7
"""EXT-X-MAP of fragmented MP4 needs it."""
MEDIA_TYPE = "application/vnd.apple.mpegurl"


def master_playlist(renditions: Sequence[Rendition], addresses: Mapping[Rung, str]) -> str:
    """The rungs to choose from, the lowest bit rate first; `addresses` are those of their media playlists.

    A playlist names one codec alone: a player that changes between two of them drops samples.
    """
    if len({one.codecs for one in renditions}) != 1:
        raise ValueError("a master playlist names rungs of one codec")
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    # HLS names FLAC as its sample entry does (fLaC), Media Source Extensions in lower case (`codecs`).
    for one in sorted(renditions, key=lambda one: one.peak_bitrate):
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={one.peak_bitrate},AVERAGE-BANDWIDTH={one.average_bitrate},"
            f'CODECS="{"fLaC" if one.rung == Rung.FLAC else one.codecs}"'
        )
        lines.append(addresses[one.rung])
    return "\n".join(lines) + "\n"


def media_playlist(rendition: Rendition, address: str) -> str:
    """The segments of one rung; `address` is that of its file.

    Durations are those that are heard: without priming, and without padding at the end. They add up to the track.
    """
    heard = [_heard_samples(rendition, one) for one in rendition.segments]
    target = ceil(max(Fraction(samples, rendition.rate) for samples in heard))
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{address}",BYTERANGE="{rendition.init_bytes}@0"',
    ]
    for one, samples in zip(rendition.segments, heard, strict=True):
        lines += [f"#EXTINF:{samples / rendition.rate:.6f},", f"#EXT-X-BYTERANGE:{one.size}@{one.offset}", address]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def _heard_samples(rendition: Rendition, segment: Segment) -> int:
    begin, end = rendition.priming_samples, rendition.priming_samples + rendition.samples
    start = segment.start_samples
    return max(0, min(end, start + segment.duration_samples) - max(begin, start))
