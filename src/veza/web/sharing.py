"""What other programs read of the site without a key: feeds of new releases, and a release as a playlist's file.

It is what a visitor may see, the same for every reader, so a cache may keep it for a short while.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from veza.catalog import listings, slugs, visibility
from veza.catalog.artists import UnknownArtist, artist_of
from veza.catalog.facade import Catalog
from veza.catalog.releases import UnknownRelease
from veza.community.m3u import m3u
from veza.http.entity_tags import tag_of, tags_in
from veza.http.requests import DoorRequest
from veza.http.routers import FreshRouter
from veza.kit.database import Session
from veza.kit.listing import start_of
from veza.kit.rows import Found, Rows
from veza.library import access

ENTRIES = 50
"""Releases in a feed, the newest first: a reader that looks once a month misses none of a busy label."""
KEPT = timedelta(minutes=5)
"""How long caches keep an answer; so long does a reader still see what was withdrawn or hidden."""
COVER_SIDE = 512
"""Pixels of the cover in a feed, at most."""
M3U = "audio/x-mpegurl; charset=utf-8"


def sharing_routes(catalog: Catalog, site_name: str) -> list[ControllerRouterHandler]:
    """/feed.xml, /artists/{slug}/feed.xml and /releases/{id}/tracks.m3u."""
    base_url = catalog.base_url

    @get("/feed.xml")
    async def site_feed(request: DoorRequest) -> Response[bytes]:
        """The newest releases of all artists."""
        async with catalog.database.read() as session:
            rows = await listings.releases(session, _NEWEST)
        address = f"{base_url}/feed.xml"
        return _feed(request, address, site_name, f"{base_url}/", address, base_url, rows)

    @get("/artists/{slug:str}/feed.xml")
    async def artist_feed(request: DoorRequest, slug: FromPath[str]) -> Response[bytes]:
        """The newest releases of one artist; a former slug and an id lead to today's address."""
        async with catalog.database.read() as session:
            artist = await artist_of(session, slug)
            if artist is None or not visibility.artist_is_public(artist):
                raise UnknownArtist(slug)
            rows = await listings.releases(session, _NEWEST, artist=artist.id)
        page = f"{base_url}/artists/{artist.slug}"
        if artist.slug != slug:
            return Response(b"", status_code=308, headers={"Location": f"{page}/feed.xml"})
        return _feed(request, artist.id.urn, artist.name, page, f"{page}/feed.xml", base_url, rows)

    @get("/releases/{release_id:str}/tracks.m3u")
    async def release_tracks(request: DoorRequest, release_id: FromPath[str]) -> Response[bytes]:
        """The tracks of a public release that a visitor hears, whole or as a preview, in order."""
        wanted = slugs.as_id(release_id)
        async with catalog.database.read() as session:
            if wanted is None or not await visibility.visible(session, "release", [wanted]):
                raise UnknownRelease(release_id)
            release = await listings.release_card(session, wanted)
            entries = await _heard(session, wanted)
        text = m3u(release.title, entries, lambda one: f"{base_url}/stream/{one.track_id}/master.m3u8")
        name = quote(f"{release.artist_name} - {release.title}.m3u", safe="")
        named = {"Content-Disposition": f"attachment; filename=\"tracks.m3u\"; filename*=UTF-8''{name}"}
        return kept(request, text.encode(), M3U, named)

    return [FreshRouter("/", route_handlers=[site_feed, artist_feed, release_tracks], include_in_schema=False)]


_NEWEST = start_of(listings.RELEASE_SORTS, ENTRIES)


def _feed(
    request: DoorRequest, feed_id: str, title: str, page: str, address: str, base_url: str, rows: Rows
) -> Response[bytes]:
    from veza.web.feeds import MEDIA_TYPE, Cover, Entry, feed_xml  # late: 60 ms of every process's start

    def entry(row: Found) -> Entry:
        side = max((size for size in row.sizes or () if size <= COVER_SIDE), default=None)
        cover = None if side is None else Cover(f"{base_url}/covers/{row.cover_id}/{side}.jpg", side)
        link = f"{base_url}/releases/{row.id}"
        return Entry(row.id.urn, row.title, row.artist_name, link, row.published_at, row.description, cover)

    return kept(request, feed_xml(feed_id, title, page, address, [entry(row) for row in rows]), MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A track in a playlist's file; how long a preview is, is not known here."""

    track_id: UUID
    title: str
    artist_name: str
    duration_ms: int | None


async def _heard(session: Session, release_id: UUID) -> list[_Heard]:
    """The tracks that a visitor hears something of. A line that plays nothing would stop a player."""
    may = await access.may_each(session, None, release_id)
    cards = await listings.cards_of_release(session, release_id)
    return [
        _Heard(card.id, card.title, card.artist_name, card.duration_ms if may[card.id].stream else None)
        for card in cards
        if card.audio_state == "ready" and (may[card.id].stream or may[card.id].preview)
    ]


def kept(request: DoorRequest, body: bytes, media_type: str, headers: dict[str, str] | None = None) -> Response[bytes]:
    """The answer, which caches may keep for a short while, or 304.

    No date is told: what is withdrawn changes a feed and makes its newest entry older.
    """
    etag = tag_of(body)
    sent = {"Cache-Control": f"public, max-age={KEPT.total_seconds():.0f}", "ETag": etag}
    if etag in (one.removeprefix("W/") for one in tags_in(request.headers.get("if-none-match", ""))):
        return Response(b"", status_code=304, headers=sent)
    return Response(body, headers={**sent, **(headers or {}), "Content-Type": media_type})
