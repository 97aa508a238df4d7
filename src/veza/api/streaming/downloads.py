"""Downloads of tracks: made once when they are first asked for, then served by links."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from litestar import Response
from msgspec import Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.operations import read, write
from veza.api.shapes import answers, show
from veza.api.streaming.holders import DownloadHolder, by_link
from veza.audio.download_formats import DownloadFormat, formats_for
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.streaming import FORMAT_NOT_OFFERED, NO_SOUND_YET
from veza.http.idempotency import Idempotent, Reply
from veza.http.problems import FORBIDDEN, NOT_FOUND, RATE_LIMITED
from veza.kit.database import Session
from veza.kit.messages import render
from veza.streaming import asking
from veza.streaming.asking import Holder
from veza.streaming.downloads import LINK_LASTS, Download
from veza.streaming.facade import Streaming
from veza.streaming.links import Link, LinkKind, ends_at
from veza.streaming.lost_files import evict_lost, lost_of
from veza.streaming.served import name_of

TAG = "downloads"
Status = Literal["waiting", "making", "ready", "failed", "evicted"]


class DownloadDraft(Struct, forbid_unknown_fields=True):
    """In which format."""

    format: DownloadFormat


class DownloadResponse(Struct, frozen=True):
    """A track as a file. `share` of it is made, 0 to 1, as far as is known; `link` is there while it is `ready`, and
    works until `link_until`. `failed` says why in `reason`; a download that was `evicted` is made again when it is
    asked for again."""

    track_id: UUID
    format: DownloadFormat
    status: Status
    share: float | None
    reason: str | None
    file_name: str
    size_bytes: int | None
    link: str | None
    link_until: datetime | None


class DownloadFormatsResponse(Struct, frozen=True):
    """What a track is offered as: nothing without loss where its upload had lost something already."""

    track_id: UUID
    formats: list[DownloadFormat]


class OriginalResponse(Struct, frozen=True):
    """The file that was sent, unchanged."""

    track_id: UUID
    file_name: str
    size_bytes: int
    link: str
    link_until: datetime


_TRACK = "01890000-0000-7000-8000-000000000022"
READY_EXAMPLE: dict[str, Any] = {
    "track_id": _TRACK,
    "format": "flac",
    "status": "ready",
    "share": None,
    "reason": None,
    "file_name": "01 Night Bus.flac",
    "size_bytes": 21_345_678,
    "link": "/downloads/WyJ0cmFjayIs.c2lnbmVk/01%20Night%20Bus.flac",
    "link_until": "2026-01-03T10:31:00Z",
}
MAKING_EXAMPLE: dict[str, Any] = {
    **READY_EXAMPLE, "status": "making", "share": 0.4, "size_bytes": None, "link": None, "link_until": None,
}  # fmt: skip
FORMATS_EXAMPLE: dict[str, Any] = {"track_id": _TRACK, "formats": list(DownloadFormat)}
ORIGINAL_EXAMPLE: dict[str, Any] = {
    "track_id": _TRACK,
    "file_name": "night bus master.wav",
    "size_bytes": 52_345_678,
    "link": "/downloads/WyJvcmlnaW5h.c2lnbmVk/night%20bus%20master.wav",
    "link_until": "2026-01-03T10:31:00Z",
}
_READY = answers(200, DownloadResponse, "It is there.", READY_EXAMPLE)


def shown(row: Download, holder: Holder, streaming: Streaming, language: str) -> DownloadResponse:
    """A download in the shape of this door."""
    link = None
    is_open = row.status == "ready" and streaming.database.clock.now() < row.linked_until
    if is_open:
        to = Link(LinkKind.TRACK, row.id, holder.person_id, holder.claim_id, ends_at(row.linked_until))
        link = streaming.links.address(to, row.file_name)
    return show(
        DownloadResponse,
        row,
        format=row.wanted,
        reason=None if row.reason is None else render(row.reason, language),
        size_bytes=row.size_bytes if row.status == "ready" else None,
        link=link,
        link_until=row.linked_until if is_open else None,
    )


@write.post(
    "/tracks/{track_id:uuid}/downloads",
    operation="askForDownload",
    summary="Ask for a track as a file",
    permission=Permission.BROWSE,
    keyed=by_link,
    body={"format": "flac"},
    gives=(202, DownloadResponse, "It is being made.", MAKING_EXAMPLE),
    answers_too=_READY,
    problems=(NOT_FOUND, FORBIDDEN, NO_SOUND_YET, FORMAT_NOT_OFFERED, RATE_LIMITED),
)
async def ask_for_download(
    idempotent: Idempotent,
    track_id: UUID,
    data: DownloadDraft,
    holder: DownloadHolder,
    streaming: Streaming,
    language: AnswerLanguage,
) -> Response[DownloadResponse]:
    """For who owns the track, for its artist's people, and for a buyer without an account by the `token` of the mailed
    link. The first to ask for a format waits until it is made (202, then GET shows how far it is); it is then kept for
    those who ask later (200). Asking again gives a new link, which lives 24 hours. A file that the store has lost is
    made again."""

    async def intend(session: Session) -> Download:
        return await asking.ask_for_track(session, holder, track_id, data.format)

    async def ask(row: Download) -> list[Download]:
        return await lost_of(streaming.objects, [row])

    async def record(session: Session, row: Download, lost: list[Download]) -> Reply:
        if lost:
            await evict_lost(session, lost)
            row = await intend(session)
        return Reply(200 if row.status == "ready" else 202, shown(row, holder, streaming, language))

    return await idempotent.run_in_steps(intend, ask, record)


@read(
    "/tracks/{track_id:uuid}/downloads",
    operation="listDownloadFormats",
    summary="List the formats of a track",
    permission=Permission.BROWSE,
    gives=(DownloadFormatsResponse, "The formats.", FORMATS_EXAMPLE),
    problems=(NOT_FOUND, FORBIDDEN, NO_SOUND_YET),
)
async def list_formats(session: Session, track_id: UUID, holder: DownloadHolder) -> DownloadFormatsResponse:
    """What the track can be downloaded as, for who may."""
    file = await asking.track_file(session, holder, track_id)
    return DownloadFormatsResponse(track_id, formats_for(is_lossless=file.sound.is_lossless))


@read(
    "/tracks/{track_id:uuid}/downloads/{wanted:str}",
    operation="showDownload",
    summary="Show how far a download is",
    permission=Permission.BROWSE,
    gives=(DownloadResponse, "The download.", MAKING_EXAMPLE),
    problems=(NOT_FOUND, FORBIDDEN, NO_SOUND_YET, FORMAT_NOT_OFFERED),
)
async def show_download(
    session: Session,
    track_id: UUID,
    wanted: DownloadFormat,
    holder: DownloadHolder,
    streaming: Streaming,
    language: AnswerLanguage,
) -> DownloadResponse:
    """Of a download that was asked for. Its link is there for 24 hours after it was last asked for or made."""
    row = await asking.find_for_track(session, holder, track_id, wanted)
    return shown(row, holder, streaming, language)


@read(
    "/tracks/{track_id:uuid}/original",
    operation="showOriginal",
    summary="Get the file that was sent",
    permission=Permission.PUBLISH,
    gives=(OriginalResponse, "Where it is.", ORIGINAL_EXAMPLE),
    problems=(NOT_FOUND, NO_SOUND_YET),
)
async def show_original(session: Session, track_id: UUID, identity: Identity, streaming: Streaming) -> OriginalResponse:
    """For the artist's people: the original of the audio that plays, as it was sent."""
    version = await asking.original_of(session, track_id, identity.person)
    until, name = session.now + LINK_LASTS, name_of(version)
    link = Link(LinkKind.ORIGINAL, version.id, identity.person, None, ends_at(until))
    return OriginalResponse(track_id, name, version.original_bytes, streaming.links.address(link, name), until)
