"""The files of a stream, whole or by byte range."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from litestar.openapi.datastructures import ResponseSpec

from veza.accounts.permissions import Permission
from veza.api.market.receipts import LinkToken
from veza.api.operations import read
from veza.api.streaming.rung_files import MEDIA_TYPE, StreamFiles
from veza.api.streaming.sources import BEGINS, ENDED, REFUSALS, Link, RungName, Source, found_by
from veza.audio.manifest import AAC_BITRATES, PREVIEW
from veza.http.identity import Authenticate
from veza.http.problems import PRECONDITION_FAILED, problem_responses
from veza.http.requests import DoorRequest
from veza.http.served_answers import ServedResponse
from veza.streaming.hearing import Part, link_of

TAG = "streams"
_FILE = ResponseSpec(bytes, generate_examples=False, description="All of it.", media_type=MEDIA_TYPE)
_PART = ResponseSpec(bytes, generate_examples=False, description="The bytes asked for.", media_type=MEDIA_TYPE)
GIVES = {200: _FILE, 206: _PART, **problem_responses(*REFUSALS, *ENDED, PRECONDITION_FAILED)}
GIVES_AND_BEGINS = {200: _FILE, 206: _PART, **problem_responses(*BEGINS, PRECONDITION_FAILED)}
_BEST_FIRST = sorted(AAC_BITRATES, key=lambda rung: -AAC_BITRATES[rung])


@read(
    "/stream/{track_id:uuid}/audio.m4a",
    operation="showTrackFile",
    summary="Stream a track as one file",
    permission=Permission.BROWSE,
    gives=GIVES_AND_BEGINS,
    media_type=MEDIA_TYPE,
)
async def show_track_file(
    request: DoorRequest, track_id: UUID, files: StreamFiles, authenticate: Authenticate, token: LinkToken = None
) -> ServedResponse:
    """For a player that takes a file: AAC at 256 kbit/s for who may hear all of the track, and its preview for all
    others. Every request is decided by who asks, also by the `token` of a link that was mailed to a buyer without an
    account; a link to one rung is in the manifest."""
    heard = await files.hearing.begin_file(await authenticate(request), track_id, token)
    if heard.part is Part.PREVIEW:
        assert heard.sound.preview is not None
        return answer(files, Source(heard.sound, heard.sound.preview, PREVIEW, None), "m4a", is_linked=False)
    found = {one.rung: one for one in heard.renditions}
    rung = next(rung for rung in _BEST_FIRST if rung in found)
    link = None if heard.session is None else link_of(heard.session, rung)
    return answer(files, Source(heard.sound, found[rung], rung, link), "m4a", is_linked=False)


@read(
    "/stream/{track_id:uuid}/{rung:str}/audio.mp4",
    operation="showRungFile",
    summary="Stream the file of one rung",
    permission=Permission.BROWSE,
    gives=GIVES,
    media_type=MEDIA_TYPE,
)
async def show_rung_file(
    request: DoorRequest,
    track_id: UUID,
    rung: RungName,
    files: StreamFiles,
    authenticate: Authenticate,
    link: Link = "",
) -> ServedResponse:
    """Fragmented MP4, whose segments are read by byte range."""
    source = await found_by(files.hearing, partial(authenticate, request), track_id, rung, link)
    return answer(files, source, "mp4", is_linked=source.link is not None)


@read(
    "/stream/{track_id:uuid}/{rung:str}/audio.m4a",
    operation="showProgressiveFile",
    summary="Stream one rung as an ordinary file",
    permission=Permission.BROWSE,
    gives=GIVES,
    media_type=MEDIA_TYPE,
)
async def show_progressive_file(
    request: DoorRequest,
    track_id: UUID,
    rung: RungName,
    files: StreamFiles,
    authenticate: Authenticate,
    link: Link = "",
) -> ServedResponse:
    """The same packets in an ordinary M4A, for players that take no fragments. FLAC has none."""
    source = await found_by(files.hearing, partial(authenticate, request), track_id, rung, link)
    return answer(files, source, "m4a", is_linked=source.link is not None)


def answer(files: StreamFiles, source: Source, suffix: str, *, is_linked: bool) -> ServedResponse:
    """The file of a source, or the part of it that is asked for. Raises NoSuchRung for a file that is not made."""
    return ServedResponse(files.served(source, suffix, is_linked=is_linked))
