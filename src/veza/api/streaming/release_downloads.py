"""Downloads of releases: one ZIP of all that the holder may have."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from litestar import Response
from msgspec import Struct

from veza.accounts.permissions import Permission
from veza.api.operations import read, write
from veza.api.shapes import answers, show
from veza.api.streaming.downloads import TAG as TAG
from veza.api.streaming.downloads import DownloadDraft, Status
from veza.api.streaming.holders import DownloadHolder, by_link
from veza.audio.download_formats import DownloadFormat
from veza.http.endpoints import AnswerLanguage
from veza.http.errors.streaming import FORMAT_NOT_OFFERED, NO_SOUND_YET
from veza.http.idempotency import Idempotent, Reply
from veza.http.problems import FORBIDDEN, NOT_FOUND, RATE_LIMITED
from veza.kit.database import Session
from veza.kit.messages import render
from veza.streaming import release_asking
from veza.streaming.asking import Holder
from veza.streaming.downloads import Download
from veza.streaming.facade import Streaming
from veza.streaming.links import Link, LinkKind, ends_at
from veza.streaming.lost_files import evict_lost, lost_of
from veza.streaming.release_asking import ReleaseDownload


class TrackOfReleaseResponse(Struct, frozen=True):
    """How far one of the files is."""

    track_id: UUID
    status: Status
    share: float | None
    reason: str | None
    file_name: str
    size_bytes: int | None


class ReleaseDownloadResponse(Struct, frozen=True):
    """A release as a ZIP. `share` of its files is made, 0 to 1; `link` is there once all of them are, and works until
    `link_until`. `left_out` are tracks without a sound. `failed` and `evicted` are said where they are of one file:
    ask again."""

    release_id: UUID
    format: DownloadFormat
    status: Literal["making", "ready", "failed", "evicted"]
    share: float
    tracks: list[TrackOfReleaseResponse]
    left_out: list[UUID]
    file_name: str
    link: str | None
    link_until: datetime | None


READY_EXAMPLE: dict[str, Any] = {
    "release_id": "01890000-0000-7000-8000-000000000021",
    "format": "flac",
    "status": "ready",
    "share": 1.0,
    "tracks": [
        {
            "track_id": "01890000-0000-7000-8000-000000000022",
            "status": "ready",
            "share": None,
            "reason": None,
            "file_name": "01 Night Bus.flac",
            "size_bytes": 21_345_678,
        }
    ],
    "left_out": [],
    "file_name": "Anna Berg - Blue Hours.zip",
    "link": "/downloads/WyJyZWxlYXNl.c2lnbmVk/Anna%20Berg%20-%20Blue%20Hours.zip",
    "link_until": "2026-01-03T10:31:00Z",
}
MAKING_EXAMPLE: dict[str, Any] = {
    **READY_EXAMPLE, "status": "making", "share": 0.4, "link": None, "link_until": None,
    "tracks": [{**READY_EXAMPLE["tracks"][0], "status": "making", "share": 0.4, "size_bytes": None}],
}  # fmt: skip
_READY = answers(200, ReleaseDownloadResponse, "It is there.", READY_EXAMPLE)


def shown(found: ReleaseDownload, holder: Holder, streaming: Streaming, language: str) -> ReleaseDownloadResponse:
    """A release's download in the shape of this door."""
    link, name = None, found.archive.packed.file_name
    is_open = found.status == "ready" and streaming.database.clock.now() < found.linked_until
    if is_open:
        to = Link(LinkKind.RELEASE, found.archive.id, holder.person_id, holder.claim_id, ends_at(found.linked_until))
        link = streaming.links.address(to, name)
    tracks = [
        show(
            TrackOfReleaseResponse, one, reason=None if one.reason is None else render(one.reason, language),
            size_bytes=one.size_bytes if one.status == "ready" else None,
        )
        for one in found.downloads
    ]  # fmt: skip
    return show(
        ReleaseDownloadResponse, found, format=found.wanted, tracks=tracks, left_out=list(found.left_out),
        file_name=name, link=link, link_until=found.linked_until if is_open else None,
    )  # fmt: skip


@write.post(
    "/releases/{release_id:uuid}/downloads",
    operation="askForReleaseDownload",
    summary="Ask for a release as a ZIP",
    permission=Permission.BROWSE,
    keyed=by_link,
    body={"format": "flac"},
    gives=(202, ReleaseDownloadResponse, "Its files are being made.", MAKING_EXAMPLE),
    answers_too=_READY,
    problems=(NOT_FOUND, FORBIDDEN, NO_SOUND_YET, FORMAT_NOT_OFFERED, RATE_LIMITED),
)
async def ask_for_release_download(
    idempotent: Idempotent,
    release_id: UUID,
    data: DownloadDraft,
    holder: DownloadHolder,
    streaming: Streaming,
    language: AnswerLanguage,
) -> Response[ReleaseDownloadResponse]:
    """All of its tracks that one may download, with the cover and the licence where there are. Every file is made first
    (202, then GET shows how far they are); the ZIP itself is packed while it is sent, with a known length, and can be
    resumed. Asking again gives a new link, which lives 24 hours. A file that the store has lost is made again."""

    async def intend(session: Session) -> ReleaseDownload:
        return await release_asking.ask_for_release(session, holder, release_id, data.format)

    async def ask(found: ReleaseDownload) -> list[Download]:
        return await lost_of(streaming.objects, found.downloads)

    async def record(session: Session, found: ReleaseDownload, lost: list[Download]) -> Reply:
        if lost:
            await evict_lost(session, lost)
            found = await intend(session)
        return Reply(200 if found.status == "ready" else 202, shown(found, holder, streaming, language))

    return await idempotent.run_in_steps(intend, ask, record)


@read(
    "/releases/{release_id:uuid}/downloads/{wanted:str}",
    operation="showReleaseDownload",
    summary="Show how far a release's download is",
    permission=Permission.BROWSE,
    gives=(ReleaseDownloadResponse, "The download.", MAKING_EXAMPLE),
    problems=(NOT_FOUND, FORBIDDEN, NO_SOUND_YET, FORMAT_NOT_OFFERED),
)
async def show_release_download(
    session: Session,
    release_id: UUID,
    wanted: DownloadFormat,
    holder: DownloadHolder,
    streaming: Streaming,
    language: AnswerLanguage,
) -> ReleaseDownloadResponse:
    """Of a release that was asked for, as it is now: what was renamed or added since is asked for anew."""
    found = await release_asking.find_for_release(session, holder, release_id, wanted)
    return shown(found, holder, streaming, language)
