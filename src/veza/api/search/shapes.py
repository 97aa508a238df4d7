"""What search answers: results by kind in the shapes of their lists, counts, and suggestions."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from veza.api.catalog.artists import ARTIST_EXAMPLE, ArtistResponse
from veza.api.catalog.release_shapes import RELEASE_EXAMPLE, ReleaseResponse, release_shown
from veza.api.catalog.shapes import COVER_EXAMPLE, CoverResponse, cover_of
from veza.api.catalog.track_shapes import TRACK_EXAMPLE, TrackResponse, track_shown
from veza.api.community.playlist_shapes import PLAYLIST_EXAMPLE, PlaylistResponse
from veza.api.shapes import show
from veza.search.facade import Answer
from veza.search.facets import Counts
from veza.search.showing import Shown

KindFound = Literal["artist", "release", "track", "playlist", "person"]


class PersonFound(Struct, frozen=True):
    """A person who wants to be found."""

    id: UUID
    name: str


class Value(Struct, frozen=True):
    """A value of a facet, and how many of the counted results have it."""

    value: str
    count: int


class FacetsResponse(Struct, frozen=True):
    """What results can be narrowed by. Counted are the 1000 most played ones; `is_more` says that there are others.
    `kind` counts at most 1000 results of each kind."""

    total: int
    is_more: bool
    kind: list[Value]
    tag: list[Value]
    format: list[Value]
    price: list[Value]
    language: list[Value]


class SearchResponse(Struct, frozen=True):
    """Results by kind, the best first. `more` names the kinds of which there is more: ask for one with `kind`, and go
    on with its `next_cursor`, which is null on the last page and where all kinds were asked for."""

    artists: list[ArtistResponse]
    releases: list[ReleaseResponse]
    tracks: list[TrackResponse]
    playlists: list[PlaylistResponse]
    people: list[PersonFound]
    more: list[KindFound]
    facets: FacetsResponse
    next_cursor: str | None


class Suggestion(Struct, frozen=True):
    """What may be meant: `by` is the artist of a release or track; slugs are null where a thing has none."""

    kind: KindFound
    id: UUID
    name: str
    by: str
    slug: str | None
    artist_slug: str | None
    cover: CoverResponse | None


class SuggestionsResponse(Struct, frozen=True):
    """The best of every kind, the best first."""

    suggestions: list[Suggestion]


PERSON_EXAMPLE = {"id": "01890000-0000-7000-8000-00000000000b", "name": "Mara"}
FACETS_EXAMPLE: dict[str, Any] = {
    "total": 3, "is_more": False,
    "kind": [{"value": "artist", "count": 1}, {"value": "release", "count": 1}, {"value": "track", "count": 1}],
    "tag": [{"value": "folk", "count": 3}], "format": [{"value": "album", "count": 2}, {"value": "flac", "count": 2}],
    "price": [{"value": "eur:5-10", "count": 1}], "language": [{"value": "bs", "count": 2}],
}  # fmt: skip
SEARCH_EXAMPLE: dict[str, Any] = {
    "artists": [ARTIST_EXAMPLE], "releases": [RELEASE_EXAMPLE], "tracks": [TRACK_EXAMPLE],
    "playlists": [PLAYLIST_EXAMPLE], "people": [PERSON_EXAMPLE], "more": ["track"], "facets": FACETS_EXAMPLE,
    "next_cursor": None,
}  # fmt: skip
SUGGESTIONS_EXAMPLE: dict[str, Any] = {
    "suggestions": [
        {
            "kind": "track", "id": TRACK_EXAMPLE["id"], "name": "Night Bus", "by": "Džana Kovač", "slug": None,
            "artist_slug": "dzana-kovac", "cover": COVER_EXAMPLE,
        }
    ]
}  # fmt: skip


def results_shown(answer: Answer, next_cursor: str | None) -> SearchResponse:
    """Results in the shapes of their lists."""
    rows = {kind: [one.row for one in some] for kind, some in answer.found.items()}
    return SearchResponse(
        artists=[show(ArtistResponse, row) for row in rows.get("artist", ())],
        releases=[release_shown(row) for row in rows.get("release", ())],
        tracks=[track_shown(row) for row in rows.get("track", ())],
        playlists=[show(PlaylistResponse, row) for row in rows.get("playlist", ())],
        people=[PersonFound(row.id, row.name) for row in rows.get("person", ())],
        more=sorted(answer.more),
        facets=_facets(answer.counts or Counts()),
        next_cursor=next_cursor,
    )


def _facets(counts: Counts) -> FacetsResponse:
    kinds = [Value(kind, number) for kind, number in counts.kinds.items()]
    values = {facet: [Value(*one) for one in found.items()] for facet, found in counts.values.items()}
    return FacetsResponse(
        counts.total, counts.is_more, kinds, values.get("tag", []), values.get("format", []), values.get("price", []),
        values.get("language", []),
    )  # fmt: skip


def suggestion(one: Shown) -> Suggestion:
    """One line of a box under a field."""
    row = one.row
    return Suggestion(
        one.kind, row.id, one.name, one.by,
        slug=row.slug if one.kind in ("artist", "release") else None,
        artist_slug=row.artist_slug if one.kind in ("release", "track") else None,
        cover=cover_of(row) if one.kind in ("release", "track") else None,
    )  # fmt: skip
