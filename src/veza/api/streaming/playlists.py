"""Playlists of a track (HLS, RFC 8216), and the manifest: which files there are, and where each segment lies."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import QueryParameter
from msgspec import Struct

from veza.accounts.permissions import Permission
from veza.api.market.receipts import LinkToken
from veza.api.operations import read
from veza.api.streaming.sources import BEGINS, ENDED, PRIVATE, REFUSALS, Link, RungName, address_of, found_by
from veza.audio.manifest import AAC_BITRATES, PREVIEW, Rendition, Rung
from veza.http.identity import Authenticate
from veza.http.problems import problem_responses
from veza.http.requests import DoorRequest
from veza.streaming import playlists
from veza.streaming.hearing import Hearing, NoSuchRung, Part

TAG = "streams"
_LINES = (
    "#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS",
    '#EXT-X-STREAM-INF:BANDWIDTH=133000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2"', "preview/index.m3u8",
)  # fmt: skip
PLAYLIST = ResponseSpec(
    str,
    generate_examples=False,
    description="The playlist.",
    media_type=playlists.MEDIA_TYPE,
    examples=[Example(value="\n".join(_LINES) + "\n")],
)
Lossless = Annotated[
    bool, QueryParameter(description="FLAC alone instead of AAC alone: a player that mixes codecs drops samples.")
]


class RenditionManifest(Struct, frozen=True):
    """One rung. A player leaves `priming_samples` out, plays `samples` at `rate` Hz and leaves `padding_samples` out.
    `segments` are [offset, bytes, samples, first sample], coded samples with the priming in them; the first
    `init_bytes` are the initialization segment."""

    rung: str
    url: str
    mime: str
    rate: int
    samples: int
    priming_samples: int
    padding_samples: int
    bandwidth: int
    init_bytes: int
    size_bytes: int
    segments: list[tuple[int, int, int, int]]


class Manifest(Struct, frozen=True):
    """How a track is played: `part` is `whole` or `preview`; `samples` at `rate` Hz are the music; links last until
    `expires_at`, those of a preview for ever. `track_lufs` is how loud the track is, `release_lufs` its release as one
    piece (EBU R 128); null for silence."""

    track_id: UUID
    version_id: UUID
    part: Part
    rate: int
    samples: int
    expires_at: datetime | None
    track_lufs: float | None
    release_lufs: float | None
    renditions: list[RenditionManifest]


MANIFEST_EXAMPLE: dict[str, Any] = {
    "track_id": "01890000-0000-7000-8000-0000000000e1",
    "version_id": "01890000-0000-7000-8000-0000000000f1",
    "part": "preview",
    "rate": 44100,
    "samples": 1323000,
    "expires_at": None,
    "track_lufs": -13.2,
    "release_lufs": -13.8,
    "renditions": [
        {
            "rung": "preview",
            "url": "preview/audio.mp4",
            "mime": 'audio/mp4; codecs="mp4a.40.2"',
            "rate": 44100,
            "samples": 1323000,
            "priming_samples": 1024,
            "padding_samples": 24,
            "bandwidth": 133000,
            "init_bytes": 664,
            "size_bytes": 492000,
            "segments": [[664, 16400, 45056, 0]],
        }
    ],
}


@read(
    "/stream/{track_id:uuid}/master.m3u8",
    operation="showMasterPlaylist",
    summary="Show a track's master playlist",
    permission=Permission.BROWSE,
    gives={200: PLAYLIST, **problem_responses(*BEGINS)},
    media_type=playlists.MEDIA_TYPE,
)
async def show_master(
    request: DoorRequest,
    track_id: UUID,
    hearing: Hearing,
    authenticate: Authenticate,
    token: LinkToken = None,
    lossless: Lossless = False,
) -> Response[str]:
    """Begins a stream. The playlist names the track's rungs for who may hear all of it, and its preview for all
    others; a link in it lasts for the track's length and 15 minutes. `token` is that of the link that was mailed to a
    buyer without an account, who hears by it what was bought."""
    heard = await hearing.begin(await authenticate(request), track_id, token)
    found = heard.renditions
    if heard.part is Part.WHOLE:
        found = [one for one in found if (one.rung in AAC_BITRATES) is not lossless]
    if not found:
        raise NoSuchRung(Rung.FLAC)
    addresses = {one.rung: address_of(hearing, heard, one, "index.m3u8") for one in found}
    return _playlist(playlists.master_playlist(found, addresses))


@read(
    "/stream/{track_id:uuid}/manifest.json",
    operation="showStreamManifest",
    summary="Show how a track is played",
    permission=Permission.BROWSE,
    gives=(Manifest, "Its files and segments.", MANIFEST_EXAMPLE),
    problems=BEGINS,
)
async def show_manifest(
    request: DoorRequest, track_id: UUID, hearing: Hearing, authenticate: Authenticate, token: LinkToken = None
) -> Response[Manifest]:
    """Begins a stream, for a player that puts segments together by itself (docs/audio.md): every rung, its exact
    samples and where each segment lies in its file. It takes the `token` of a mailed link, too."""
    heard = await hearing.begin(await authenticate(request), track_id, token)
    samples, rate = heard.length
    expires_at = heard.session.expires_at if heard.session else None
    is_preview = heard.part is Part.PREVIEW
    renditions = [
        _shown(one, address_of(hearing, heard, one, "audio.mp4"), is_preview=is_preview) for one in heard.renditions
    ]
    shown = Manifest(
        track_id, heard.sound.version_id, heard.part, rate, samples, expires_at,
        heard.levels.track_lufs, heard.levels.release_lufs, renditions,
    )  # fmt: skip
    return Response(shown, headers=PRIVATE)


@read(
    "/stream/{track_id:uuid}/{rung:str}/index.m3u8",
    operation="showMediaPlaylist",
    summary="Show the playlist of one rung",
    permission=Permission.BROWSE,
    gives={200: PLAYLIST, **problem_responses(*REFUSALS, *ENDED)},
    media_type=playlists.MEDIA_TYPE,
)
async def show_media_playlist(
    request: DoorRequest, track_id: UUID, rung: RungName, hearing: Hearing, authenticate: Authenticate, link: Link = ""
) -> Response[str]:
    """The media playlist of a rung, as the master playlist names it: each segment is a byte range of one file. That of
    `preview` needs no link, and its address stays."""
    source = await found_by(hearing, partial(authenticate, request), track_id, rung, link)
    query = f"?link={link}" if source.link else ""
    return _playlist(playlists.media_playlist(source.rendition, f"audio.mp4{query}"))


def _shown(one: Rendition, url: str, *, is_preview: bool) -> RenditionManifest:
    segments = [(part.offset, part.size, part.duration_samples, part.start_samples) for part in one.segments]
    return RenditionManifest(
        rung=PREVIEW if is_preview else one.rung, url=url, mime=f'audio/mp4; codecs="{one.codecs}"',
        rate=one.rate, samples=one.samples,
        priming_samples=one.priming_samples, padding_samples=one.padding_samples, bandwidth=one.peak_bitrate,
        init_bytes=one.init_bytes, size_bytes=one.size_bytes, segments=segments,
    )  # fmt: skip


def _playlist(text: str) -> Response[str]:
    return Response(text, headers=PRIVATE, media_type=playlists.MEDIA_TYPE)
