"""What a search engine reads: all that a visitor sees, each address once, and none of the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.robotparser import RobotFileParser
from uuid import UUID
from xml.etree import ElementTree

import httpx
import pytest
from litestar import Litestar

from tests import factories
from tests.client import DEFAULT_URL, http_client
from veza.accounts.permissions import PERMISSIONS, Role
from veza.app import Veza, build
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.sitemap_parts import beginnings, part_after
from veza.catalog.tracks import list_tracks
from veza.catalog.visibility import HiddenTrack
from veza.http.identity import permission_named
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.settings import Settings
from veza.web.door import PAGES
from veza.web.sitemap import sitemap_routes

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


async def published(database: Database, artist: UUID, *titles: str) -> tuple[UUID, list[UUID]]:
    """A release whose tracks are in lists."""
    release, tracks = await factories.release(database, artist, *titles)
    async with database.write("test") as session:
        await list_tracks(session, await session.get_one(Release, release), session.now)
    return release, tracks


@dataclass
class Site:
    """A whole Veza, and a browser without a session."""

    veza: Veza
    browser: httpx.AsyncClient

    async def listed(self, address: str) -> dict[str, str | None]:
        """The addresses of a sitemap with their dates; it must be well-formed, and name none twice."""
        answer = await self.browser.get(address)
        assert answer.status_code == 200, answer.text
        found = ElementTree.fromstring(answer.content).findall("./*", NAMES)
        pairs = [(one.findtext("s:loc", "", NAMES), one.findtext("s:lastmod", None, NAMES)) for one in found]
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    async def everything(self) -> dict[str, str | None]:
        """All that the parts of the index list."""
        found: dict[str, str | None] = {}
        for part in await self.listed("/sitemap.xml"):
            some = await self.listed(part)
            assert not found.keys() & some.keys()
            found |= some
        return {one.removeprefix(self.veza.catalog.base_url): at for one, at in found.items()}


@pytest.fixture
async def site(sqlite_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Site]:
    veza = build(Settings(database_url=sqlite_url, var_dir=tmp_path), clock=clock)
    async with http_client(veza.asgi, base_url=DEFAULT_URL) as browser:
        yield Site(veza, browser)
    await veza.close()


async def test_a_sitemap_lists_what_a_visitor_sees_and_nothing_else(site: Site, clock: ManualClock) -> None:
    database = site.veza.database
    assert await site.everything() == {"/": None, "/about": None}
    artist, hidden_artist = await factories.artist(database, "Anna & Ben"), await factories.artist(database, "Cy")
    release, (track, hidden_track) = await published(database, artist, "One", "Two")
    for status in ("draft", "scheduled", "withdrawn"):
        await factories.release(database, artist, "Not there", status=status)
    hidden_release, _ = await published(database, artist, "Hidden")
    await published(database, hidden_artist, "Hidden, too")
    await factories.change(database, Release, hidden_release, hidden_at=clock.now())
    await factories.change(database, Artist, hidden_artist, hidden_at=clock.now())
    async with database.write("test") as session:
        session.add(HiddenTrack(track_id=hidden_track, hidden_at=session.now))
        slug = (await session.get_one(Artist, artist)).slug
    found = await site.everything()
    assert found == {
        "/": None, "/about": None, f"/artists/{slug}": None, f"/tracks/{track}": None,
        f"/releases/{release}": clock.now().isoformat(timespec="seconds"),
    }  # fmt: skip
    for address in found:
        assert (await site.browser.get(address)).status_code == 200


async def test_parts_join_without_a_gap_and_without_a_double(database: Database, clock: ManualClock) -> None:
    artist = await factories.artist(database)
    made: dict[str, list[UUID]] = {"releases": [], "tracks": [], "artists": [artist]}
    for number in range(6):  # pairs of the same instant
        clock.advance(timedelta(minutes=number % 2))
        release, tracks = await published(database, artist, "One", "Two")
        made["releases"].append(release)
        made["tracks"] += tracks
    hidden = made["releases"][2]
    await factories.change(database, Release, hidden, hidden_at=clock.now())
    made["releases"].remove(hidden)
    del made["tracks"][4:6]
    async with database.read() as session:
        for part in (1, 2, 3, 5):
            for kind, ids in made.items():
                starts = await beginnings(session, kind, part)
                parts = [await part_after(session, kind, after, part) for after in starts]
                assert max(map(len, parts)) <= part
                assert sorted(row.id for rows in parts for row in rows) == sorted(ids), (kind, part)


async def test_the_index_leads_from_part_to_part(sqlite_url: str, tmp_path: Path) -> None:
    veza = build(Settings(database_url=sqlite_url, var_dir=tmp_path))
    artist = await factories.artist(veza.database)
    made = {(await published(veza.database, artist, "One"))[0] for _ in range(5)}
    app = Litestar(sitemap_routes(veza.catalog, part=2), request_class=veza.litestar.request_class)
    async with http_client(app, base_url=DEFAULT_URL) as browser:
        site = Site(veza, browser)
        assert len(await site.listed("/sitemap.xml")) == 1 + 1 + 3 + 3
        assert {one for one in await site.everything() if "/releases/" in one} == {f"/releases/{one}" for one in made}
    await veza.close()


async def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    artist = await factories.artist(site.veza.database)
    release, _ = await factories.release(site.veza.database, artist, "One")
    for address in ("/robots.txt", "/sitemap.xml", "/sitemap.xml?of=pages", "/sitemap.xml?of=releases"):
        first = await site.browser.get(address)
        assert first.headers["cache-control"] == "public, max-age=300"
        assert "set-cookie" not in first.headers
        again = await site.browser.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    await factories.change(site.veza.database, Release, release, status="withdrawn")
    assert (await site.browser.get(address, headers={"If-None-Match": first.headers["etag"]})).status_code == 200


async def test_a_part_that_was_not_named_by_the_index_is_not_there(site: Site) -> None:
    assert (await site.browser.get("/sitemap.xml?of=people")).status_code == 404
    for cursor in ("x", "AAAAAAAAAAAAAAAA", "%00"):
        assert (await site.browser.get(f"/sitemap.xml?of=tracks&cursor={cursor}")).status_code == 400


async def test_robots_are_led_to_what_is_public_and_away_from_what_is_a_persons_own(site: Site) -> None:
    artist = await factories.artist(site.veza.database)
    await published(site.veza.database, artist, "One")
    rules = RobotFileParser()
    rules.parse((await site.browser.get("/robots.txt")).text.splitlines())
    assert rules.site_maps() == [f"{site.veza.catalog.base_url}/sitemap.xml"]
    for address in [*await site.everything(), "/feed.xml", "/api/docs", "/imprint", "/assets/1/a.css", "/covers/1/a"]:
        assert rules.can_fetch("Any", address), address
    for handler in PAGES:
        permission = permission_named(handler)
        assert permission is not None
        if "GET" in handler.http_methods and Role.VISITOR not in PERMISSIONS[permission].roles:
            for path in handler.paths:
                assert not rules.can_fetch("Any", path), path
