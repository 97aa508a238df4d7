"""The files of a stream, whole or by byte range."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from uuid import UUID

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

from veza.accounts.permissions import Permission
from veza.api.operations import read
from veza.api.streaming.sources import ENDED, PRIVATE, REFUSALS, Link, RungName, Source, found_by
from veza.audio.manifest import AAC_BITRATES, Rung
from veza.audio.previews import NAME as PREVIEW
from veza.http.identity import Authenticate
from veza.http.problems import PRECONDITION_FAILED, problem_responses
from veza.http.ranges import range_answer
from veza.http.requests import DoorRequest
from veza.streaming.hearing import Hearing, NoSuchRung, Part, link_of

TAG = "streams"
MEDIA_TYPE = "audio/mp4"
_FILE = ResponseSpec(bytes, generate_examples=False, description="All of it.", media_type=MEDIA_TYPE)
_PART = ResponseSpec(bytes, generate_examples=False, description="The bytes asked for.", media_type=MEDIA_TYPE)
GIVES = {200: _FILE, 206: _PART, **problem_responses(*REFUSALS, *ENDED, PRECONDITION_FAILED)}
_BEST_FIRST = sorted(AAC_BITRATES, key=lambda rung: -AAC_BITRATES[rung])


@read(
    "/stream/{track_id:uuid}/audio.m4a",
    operation="showTrackFile",
    summary="Stream a track as one file",
    permission=Permission.BROWSE,
    gives=GIVES,
    media_type=MEDIA_TYPE,
)
async def show_track_file(
    request: DoorRequest, track_id: UUID, hearing: Hearing, authenticate: Authenticate
) -> Response[bytes]:
    """For a player that takes a file: AAC at 256 kbit/s for who may hear all of the track, and its preview for all
    others. Every request is decided by who asks; a link to one rung is in the manifest."""
    heard = await hearing.begin_file(await authenticate(request), track_id)
    if heard.part is Part.PREVIEW:
        assert heard.sound.preview is not None
        return answer(request, hearing, Source(heard.sound, heard.sound.preview, PREVIEW, None), "m4a")
    found = {one.rung: one for one in heard.renditions}
    rung = next(rung for rung in _BEST_FIRST if rung in found)
    link = None if heard.session is None else link_of(heard.session, rung)
    return answer(request, hearing, Source(heard.sound, found[rung], rung, link), "m4a")


@read(
    "/stream/{track_id:uuid}/{rung:str}/audio.mp4",
    operation="showRungFile",
    summary="Stream the file of one rung",
    permission=Permission.BROWSE,
    gives=GIVES,
    media_type=MEDIA_TYPE,
)
async def show_rung_file(
    request: DoorRequest, track_id: UUID, rung: RungName, hearing: Hearing, authenticate: Authenticate, link: Link = ""
) -> Response[bytes]:
    """Fragmented MP4, whose segments are read by byte range."""
    source = await found_by(hearing, partial(authenticate, request), track_id, rung, link)
    return answer(request, hearing, source, "mp4")


@read(
    "/stream/{track_id:uuid}/{rung:str}/audio.m4a",
    operation="showProgressiveFile",
    summary="Stream one rung as an ordinary file",
    permission=Permission.BROWSE,
    gives=GIVES,
    media_type=MEDIA_TYPE,
)
async def show_progressive_file(
    request: DoorRequest, track_id: UUID, rung: RungName, hearing: Hearing, authenticate: Authenticate, link: Link = ""
) -> Response[bytes]:
    """The same packets in an ordinary M4A, for players that take no fragments. FLAC has none."""
    source = await found_by(hearing, partial(authenticate, request), track_id, rung, link)
    if source.rendition.progressive_bytes is None:
        raise NoSuchRung(Rung.FLAC)
    return answer(request, hearing, source, "m4a")


def answer(request: DoorRequest, hearing: Hearing, source: Source, suffix: str) -> Response[bytes]:
    """The file of a source, or the part of it that is asked for; it is cut off in the middle where its right ends."""
    sound, one = source.sound, source.rendition
    size = one.size_bytes if suffix == "mp4" else one.progressive_bytes
    assert size is not None
    key = sound.key(f"{source.name}.{suffix}")

    def chunks(start: int, end: int) -> AsyncGenerator[bytes, None]:
        read = hearing.objects.chunks(key, start, end)
        return read if source.link is None else hearing.while_allowed(source.link, read)

    return range_answer(
        request,
        length=size,
        etag=sound.etag(f"{source.name}.{suffix}"),
        modified_at=sound.made_at,
        content_type=MEDIA_TYPE,
        read=chunks,
        headers=PRIVATE,
    )
