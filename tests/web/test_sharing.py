"""Feeds and playlists for other programs, read by parsers that Veza did not write; hostile titles stay titles."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import feedparser
import httpx
import m3u8
import pytest

from tests import factories
from tests.client import DEFAULT_URL, http_client
from tests.ingest.pictures import picture
from tests.npm import installed
from tests.sounding import give_sound
from veza.app import Veza, build
from veza.catalog.artists import Artist, ArtistDraft, edit_artist, open_artist
from veza.catalog.covers import set_cover
from veza.catalog.facade import record_cover
from veza.catalog.releases import Release
from veza.catalog.visibility import HiddenTrack
from veza.kit.clock import ManualClock
from veza.settings import Settings
from veza.web.sharing import ENTRIES

SCRIPTS = Path(__file__).parent / "feed_js"
BOUND_SECONDS = 60
SHORTLY = "public, max-age=300"
HOSTILE = [
    "<script>alert(1)</script>",
    "Rock & Roll <3 ]]> <!-- &amp;",
    "\"quoted\" 'and' \u200fמוזיקה\u200f",
    "🎸 " + "x" * 190,
    "</title></entry><entry><title>Mine</title>",
]


@dataclass
class Site:
    """A whole Veza with one artist, and a browser without a session."""

    veza: Veza
    browser: httpx.AsyncClient
    clock: ManualClock
    artist: UUID

    @property
    def feed(self) -> str:
        return f"/artists/{self.artist}/feed.xml"

    async def release(self, title: str = "Dawn", *tracks: str, **columns: Any) -> tuple[UUID, list[UUID]]:
        """One more release, a minute after the one before."""
        self.clock.advance(timedelta(minutes=1))
        return await factories.release(self.veza.database, self.artist, *tracks, title=title, **columns)

    async def cover(self, release: UUID, side: int) -> UUID:
        made = await self.veza.catalog.keep_picture(picture(size=(side, side)))
        async with self.veza.database.write("test") as session:
            cover = await record_cover(session, self.artist, made)
            await set_cover(session, await session.get_one(Release, release), cover)
            return cover.id

    async def parsed(self, address: str) -> Any:
        """The feed as feedparser reads it; it must be well-formed."""
        answer = await self.browser.get(address)
        assert answer.status_code == 200, answer.text
        as_written = {"sanitize_html": False, "resolve_relative_uris": False}
        feed = feedparser.parse(answer.content, response_headers=dict(answer.headers), **as_written)
        assert not feed.bozo, feed.bozo_exception
        assert feed.version == "atom10"
        return feed


@pytest.fixture
async def site(database_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Site]:
    veza = build(Settings(database_url=database_url, var_dir=tmp_path, platform_name="Low Tide"), clock=clock)
    artist = await factories.artist(veza.database, "Anna & Ben")
    async with http_client(veza.asgi, base_url=DEFAULT_URL) as browser:
        yield Site(veza, browser, clock, artist)
    await veza.close()


async def test_a_feed_says_what_is_new_newest_first(site: Site) -> None:
    older, _ = await site.release("Older", description="Two\nlines & more\n\nA <b>second</b> paragraph")
    newer, _ = await site.release("Newer")
    cover = await site.cover(older, 700)
    base = site.veza.catalog.base_url
    feed = await site.parsed(site.feed)
    assert (feed.feed.title, feed.feed.id) == ("Anna & Ben", site.artist.urn)
    assert feed.feed.link == f"{base}/artists/{site.artist}"
    assert {one.rel: one.href for one in feed.feed.links}["self"] == f"{base}{site.feed}"
    assert [(one.title, one.id, one.link, one.author) for one in feed.entries] == [
        (title, release.urn, f"{base}/releases/{release}", "Anna & Ben")
        for title, release in (("Newer", newer), ("Older", older))
    ]
    assert feed.entries[1].summary == "<p>Two<br>lines &amp; more</p><p>A &lt;b&gt;second&lt;/b&gt; paragraph</p>"
    assert feed.entries[1].media_thumbnail == [
        {"url": f"{base}/covers/{cover}/512.jpg", "width": "512", "height": "512"}
    ]
    assert (await site.browser.get(f"/covers/{cover}/512.jpg")).status_code == 200
    assert feed.feed.updated == feed.entries[0].published > feed.entries[1].published


async def test_the_feed_of_the_site_has_the_releases_of_every_artist(site: Site) -> None:
    await site.release("Hers")
    site.clock.advance(timedelta(minutes=1))
    other = await factories.artist(site.veza.database, "Cy")
    await factories.release(site.veza.database, other, title="Theirs")
    feed = await site.parsed("/feed.xml")
    assert feed.feed.title == "Low Tide"
    assert [(one.title, one.author) for one in feed.entries] == [("Theirs", "Cy"), ("Hers", "Anna & Ben")]


async def test_hostile_titles_stay_titles(site: Site) -> None:
    for title in HOSTILE:
        await site.release(title, description=title)
    await factories.change(site.veza.database, Artist, site.artist, name=HOSTILE[0])
    for address in ("/feed.xml", site.feed):
        feed = await site.parsed(address)
        assert [one.title for one in feed.entries] == HOSTILE[::-1]
        assert {one.title_detail.type for one in feed.entries} == {"text/plain"}
        assert {one.author for one in feed.entries} == {HOSTILE[0]}
        for one in feed.entries:
            inside = ElementTree.fromstring(f"<div>{one.summary}</div>")  # as a reader would put it on its page
            assert [child.tag for child in inside.iter()] == ["div", "p"]
            assert "".join(inside.itertext()) == one.title


@pytest.mark.parametrize("bad", ["\ufffe", "\uffff", "\x01"])
async def test_a_character_that_xml_does_not_know_spoils_no_feed(site: Site, bad: str) -> None:
    await site.release(f"Da{bad}wn", description=f"Da{bad}wn")
    (entry,) = (await site.parsed(site.feed)).entries
    assert (entry.title, entry.summary) == ("Dawn", "<p>Dawn</p>")


async def test_only_what_is_public_is_in_a_feed(site: Site) -> None:
    out, _ = await site.release("Out")
    await site.release("Draft", status="draft")
    await site.release("Withdrawn", status="withdrawn")
    hidden, _ = await site.release("Hidden")
    now = site.clock.now()
    await factories.change(site.veza.database, Release, hidden, hidden_at=now)
    assert [one.id for one in (await site.parsed(site.feed)).entries] == [out.urn]
    await factories.change(site.veza.database, Artist, site.artist, hidden_at=now)
    assert (await site.parsed("/feed.xml")).entries == []
    gone = await site.browser.get(site.feed)
    assert (gone.status_code, gone.headers["cache-control"]) == (404, "private, no-store")


async def test_a_feed_is_bounded(site: Site) -> None:
    for number in range(ENTRIES + 1):
        await site.release(f"Number {number}")
    assert [one.title for one in (await site.parsed(site.feed)).entries] == [
        f"Number {number}" for number in range(ENTRIES, 0, -1)
    ]


async def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    release, (track,) = await site.release("Dawn", "First light")
    await give_sound(site.veza.database, site.veza.catalog.objects, track)
    for address in ("/feed.xml", site.feed, f"/releases/{release}/tracks.m3u"):
        first = await site.browser.get(address)
        assert first.headers["cache-control"] == SHORTLY
        assert "set-cookie" not in first.headers
        site.clock.advance(timedelta(hours=1))
        for sent in (first.headers["etag"], f'"x", W/{first.headers["etag"]}'):
            again = await site.browser.get(address, headers={"If-None-Match": sent})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    etag = (await site.browser.get(site.feed)).headers["etag"]
    await factories.change(site.veza.database, Release, release, status="withdrawn")
    changed = await site.browser.get(site.feed, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


async def test_an_empty_feed_is_the_same_at_any_time(site: Site) -> None:
    etags = set()
    for _ in range(2):
        assert (await site.parsed("/feed.xml")).entries == []
        etags.add((await site.browser.get("/feed.xml")).headers["etag"])
        site.clock.advance(timedelta(days=1))
    assert len(etags) == 1


async def test_a_former_slug_leads_to_the_feed_of_today(site: Site) -> None:
    owner = await factories.person(site.veza.database)
    async with site.veza.database.write("test") as session:
        wanted = ArtistDraft("Harps", "DE", "EUR")
        row = await open_artist(session, owner, wanted, currencies=["EUR"], limits=site.veza.catalog.limits)
        await edit_artist(session, row, {"name": "Lyres"}, currencies=["EUR"])
        artist_id = row.id
    for former in ("harps", str(artist_id)):
        led = await site.browser.get(f"/artists/{former}/feed.xml")
        assert (led.status_code, led.headers["location"]) == (308, f"{DEFAULT_URL}/artists/lyres/feed.xml")
    assert (await site.parsed("/artists/lyres/feed.xml")).feed.title == "Lyres"
    assert (await site.browser.get("/artists/no-such/feed.xml")).status_code == 404


async def test_a_playlist_names_what_a_visitor_hears_in_order(site: Site) -> None:
    release, tracks = await site.release("Dawn", "One", "Two, too", "No sound")
    for number, track in enumerate(tracks[:2]):
        await give_sound(site.veza.database, site.veza.catalog.objects, track, hertz=441.3 + number)
    address = f"/releases/{release}/tracks.m3u"
    answer = await site.browser.get(address)
    assert answer.headers["content-type"] == "audio/x-mpegurl; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="tracks.m3u"; filename*=UTF-8')
    assert [(one.title, one.duration) for one in m3u8.loads(answer.text).segments] == [
        ("Anna & Ben - One", -1), ("Anna & Ben - Two, too", -1),
    ]  # fmt: skip
    await factories.change(site.veza.database, Release, release, heard_by="everybody")
    whole = m3u8.loads((await site.browser.get(address)).text).segments
    assert [one.duration for one in whole] == [1, 1]
    for one in whole:
        assert m3u8.loads((await site.browser.get(one.uri)).text).is_variant
    async with site.veza.database.write("test") as session:
        session.add(HiddenTrack(track_id=tracks[0], hidden_at=session.now))
    assert [one.title for one in m3u8.loads((await site.browser.get(address)).text).segments] == [
        "Anna & Ben - Two, too"
    ]
    await factories.change(site.veza.database, Release, release, heard_by="owners", has_preview=False)
    assert m3u8.loads((await site.browser.get(address)).text).segments == []


async def test_a_playlist_of_what_is_not_public_is_not_there(site: Site) -> None:
    draft, _ = await site.release("Draft", "One", status="draft")
    for release in (str(draft), str(site.artist), "no-id"):
        assert (await site.browser.get(f"/releases/{release}/tracks.m3u")).status_code == 404


async def test_no_title_makes_a_line_of_a_playlist(site: Site) -> None:
    release, (track,) = await site.release("A\nhttp://evil.test/", "B\r\n#EXTINF:1,C\nhttp://evil.test/x")
    await give_sound(site.veza.database, site.veza.catalog.objects, track)
    answer = await site.browser.get(f"/releases/{release}/tracks.m3u")
    (segment,) = m3u8.loads(answer.text).segments
    assert segment.uri == f"{DEFAULT_URL}/stream/{track}/master.m3u8"
    assert "\n" not in answer.headers["content-disposition"]


async def test_parsers_of_node_read_the_same(site: Site) -> None:
    release, (track,) = await site.release(
        HOSTILE[0], HOSTILE[1], description="Two\nlines", heard_by="everybody"
    )  # fmt: skip
    cover = await site.cover(release, 300)
    await give_sound(site.veza.database, site.veza.catalog.objects, track)
    feed = (await site.browser.get(site.feed)).text
    playlist = (await site.browser.get(f"/releases/{release}/tracks.m3u")).text
    folder = await asyncio.to_thread(installed, SCRIPTS)
    done = await asyncio.to_thread(
        subprocess.run, ["node", str(SCRIPTS / "read.mjs"), str(folder)], check=True, capture_output=True, text=True,
        input=json.dumps({"feed": feed, "playlist": playlist}), timeout=BOUND_SECONDS,
    )  # fmt: skip
    base = site.veza.catalog.base_url
    assert json.loads(done.stdout) == {
        "form": "atom 1.0",
        "title": "Anna & Ben",
        "self": f"{base}{site.feed}",
        "entries": [
            {
                "id": release.urn,
                "title": HOSTILE[0],
                "url": f"{base}/releases/{release}",
                "by": "Anna & Ben",
                "text": "<p>Two<br>lines</p>",
                "cover": f"{base}/covers/{cover}/256.jpg",
            }
        ],
        "lines": [[f"Anna & Ben - {HOSTILE[1]}", 1, f"{base}/stream/{track}/master.m3u8"]],
    }
