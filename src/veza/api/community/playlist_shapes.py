"""What playlists and their items look like at this door."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from veza.api.shapes import PLAIN, show
from veza.community.playlist_items import ADDED_AT_ONCE_MOST
from veza.community.playlists import DESCRIPTION_MOST, TITLE_MOST

PLAYLIST_ID = "01890000-0000-7000-8000-00000000000a"
PERSON_ID = "01890000-0000-7000-8000-00000000000b"
TRACK_ID = "01890000-0000-7000-8000-00000000000c"
RELEASE_ID = "01890000-0000-7000-8000-00000000000d"
ARTIST_ID = "01890000-0000-7000-8000-00000000000e"
ITEM_ID = "01890000-0000-7000-8000-00000000000f"
AT = "2026-01-02T10:30:00Z"

Title = Annotated[str, Meta(min_length=1, max_length=TITLE_MOST, pattern=PLAIN)]
Description = Annotated[str, Meta(max_length=DESCRIPTION_MOST, description="Plain text; line breaks are kept.")]


class PlaylistDraft(Struct, forbid_unknown_fields=True):
    """A new playlist; private and one's own unless said otherwise."""

    title: Title
    description: Description = ""
    is_public: bool = False
    is_collaborative: bool = False


class PlaylistEdit(Struct, forbid_unknown_fields=True):
    """What is to change of `version`, the one last read; what is left out or null stays."""

    version: Annotated[int, Meta(ge=1, le=2**53)] | UnsetType = UNSET
    title: Title | None = None
    description: Description | None = None
    is_public: bool | None = None
    is_collaborative: bool | None = None


class PlaylistResponse(Struct, frozen=True):
    """A playlist; `owner_id` is null when the account is gone, `version` counts changes of its details."""

    id: UUID
    title: str
    description: str
    is_public: bool
    is_collaborative: bool
    is_hidden: bool
    owner_id: UUID | None
    owner_name: str
    items_count: int
    version: int
    created_at: datetime
    updated_at: datetime


class PlaylistDetail(PlaylistResponse, frozen=True):
    """A playlist as one person sees it; `has_link` (a share link opens it) is told to its owner only."""

    may_edit: bool
    is_mine: bool
    has_link: bool


class PlaylistGone(Struct, frozen=True):
    """The playlist that was deleted."""

    id: UUID


class ShareLink(Struct, frozen=True):
    """The token of a share link, shown this once: send it as `link`. Null when the link was revoked."""

    playlist_id: UUID
    link: str | None


class TrackOnList(Struct, frozen=True):
    """A track as lists name it."""

    id: UUID
    title: str
    duration_ms: int | None
    artist_id: UUID
    artist_name: str
    release_id: UUID
    release_title: str


class ItemResponse(Struct, frozen=True):
    """One entry; `track` is null while it is not available: withdrawn, hidden or deleted."""

    id: UUID
    track_id: UUID
    track: TrackOnList | None
    added_by: UUID | None
    added_at: datetime


class ItemsDraft(Struct, forbid_unknown_fields=True):
    """Tracks to add in this order, before an item or at the end; the same track may come twice."""

    track_ids: Annotated[list[UUID], Meta(min_length=1, max_length=ADDED_AT_ONCE_MOST)]
    before: UUID | None = None


class ItemsAdded(Struct, frozen=True):
    """The new items, in the order of the tracks."""

    playlist_id: UUID
    item_ids: list[UUID]


class ItemMove(Struct, forbid_unknown_fields=True):
    """Where the item goes: before another, or to the end when null."""

    before: UUID | None = None


class ItemPlace(Struct, frozen=True):
    """An item that was moved or removed."""

    playlist_id: UUID
    item_id: UUID


class PersonOnPlaylist(Struct, frozen=True):
    """A person who was invited to change the items."""

    person_id: UUID
    name: str
    since: datetime


class PlaylistPeople(Struct, frozen=True):
    """Every invited person, longest first; at most 100."""

    items: list[PersonOnPlaylist]


class Invitation(Struct, frozen=True):
    """Whether this person may change the items of this playlist now."""

    playlist_id: UUID
    person_id: UUID
    is_invited: bool


PLAYLIST_EXAMPLE: dict[str, Any] = {
    "id": PLAYLIST_ID,
    "title": "Sunday morning",
    "description": "Slow and warm.",
    "is_public": True,
    "is_collaborative": False,
    "is_hidden": False,
    "owner_id": PERSON_ID,
    "owner_name": "Mara",
    "items_count": 12,
    "version": 1,
    "created_at": AT,
    "updated_at": AT,
}
DETAIL_EXAMPLE = {**PLAYLIST_EXAMPLE, "may_edit": True, "is_mine": True, "has_link": False}
TRACK_EXAMPLE: dict[str, Any] = {
    "id": TRACK_ID,
    "title": "First light",
    "duration_ms": 214_000,
    "artist_id": ARTIST_ID,
    "artist_name": "Anna",
    "release_id": RELEASE_ID,
    "release_title": "Dawn",
}
ITEM_EXAMPLE: dict[str, Any] = {
    "id": ITEM_ID,
    "track_id": TRACK_ID,
    "track": TRACK_EXAMPLE,
    "added_by": PERSON_ID,
    "added_at": AT,
}


def item_shown(row: Any) -> ItemResponse:
    """A row of `playlist_items.listed`."""
    track = show(TrackOnList, row, id=row.track_id) if row.is_available else None
    return show(ItemResponse, row, track=track)
