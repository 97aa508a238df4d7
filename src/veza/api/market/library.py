"""The library: what one owns, and what one may do with a track."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.catalog.shapes import TitleFilter, searched
from veza.api.market.filters import OfArtist, OfKind, OfReleaseKind
from veza.api.operations import listing, read
from veza.api.shapes import show
from veza.catalog.tracks import Track
from veza.http.endpoints import AnswerLanguage
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND, Problem
from veza.kit.database import Session
from veza.kit.messages import gettext, render
from veza.library import access, shelf

TAG = "library"


class OwnedResponse(Struct, frozen=True):
    """One thing that is owned; a release comes with its tracks. `by` says what gave it."""

    kind: Literal["release", "track"]
    item_id: UUID
    release_id: UUID
    title: str
    artist_id: UUID
    artist: str
    given_at: datetime
    by: Literal["order_line", "download_code"]


class AccessResponse(Struct, frozen=True):
    """What one can do with the track now, and in a few words what one is to it. All three are false as long as nothing
    of it can be heard (`has_sound`), also for its owner."""

    stream: bool
    preview: bool
    download: bool
    has_sound: bool
    because: str


OWNED_EXAMPLE: dict[str, Any] = {
    "kind": "release",
    "item_id": "01890000-0000-7000-8000-000000000021",
    "release_id": "01890000-0000-7000-8000-000000000021",
    "title": "Blue Hours",
    "artist_id": "01890000-0000-7000-8000-000000000020",
    "artist": "Anna Berg",
    "given_at": "2026-01-02T10:31:00Z",
    "by": "order_line",
}
ACCESS_EXAMPLE = {"stream": True, "preview": True, "download": True, "has_sound": True, "because": "owned"}


@listing(
    "/library",
    operation="listLibrary",
    summary="List what one owns",
    permission=Permission.OWN_ACCOUNT,
    sorts=shelf.SORTS,
    gives=(OwnedResponse, "A page, last given first.", OWNED_EXAMPLE),
)
async def list_library(
    session: Session,
    page_request: PageRequest,
    identity: Identity,
    kind: OfKind = None,
    artist: OfArtist = None,
    release_kind: OfReleaseKind = None,
    text: TitleFilter = None,
) -> Page[OwnedResponse]:
    """What the signed-in person bought or was given, without what was refunded."""
    filters: dict[str, Any] = {"kind": kind, "artist_id": artist, "release_kind": release_kind, "text": searched(text)}
    page = page_request.of("library", filters)
    rows = await shelf.owned_by(session, identity.person, page.slice, **filters)
    return page.filled(rows, lambda row: show(OwnedResponse, row, by=row.cause_kind))


@read(
    "/library/tracks/{track_id:uuid}",
    operation="showAccess",
    summary="Show what one may do with a track",
    permission=Permission.BROWSE,
    gives=(AccessResponse, "What is open to the visitor.", ACCESS_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_access(session: Session, track_id: UUID, identity: Identity, language: AnswerLanguage) -> AccessResponse:
    """Whether the visitor can hear all of it, a preview, or download it. A track that is not for the visitor is not
    there."""
    track = await session.get(Track, track_id)
    found = await access.may(session, identity.person_id, track) if track is not None else None
    if track is None or found is None or not found.sees:
        raise Problem(NOT_FOUND, gettext("there is no track {track_id}", track_id=track_id))
    has_sound = track.audio_id is not None
    return AccessResponse(
        stream=found.stream and has_sound,
        preview=found.preview and has_sound,
        download=found.download and has_sound,
        has_sound=has_sound,
        because=render(found.because, language),
    )
