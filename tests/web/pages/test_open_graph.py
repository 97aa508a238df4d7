"""What programs that show a link find in a page: Open Graph as a reader of it finds it, and the feed beside it."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import factories
from tests.ingest.pictures import picture
from tests.npm import installed
from tests.web.pages.whole import Whole
from veza.accounts.permissions import Role
from veza.catalog.artists import Artist
from veza.catalog.covers import set_cover
from veza.catalog.facade import record_cover
from veza.catalog.releases import Release
from veza.web.sharing_tags import LONGEST

SCRIPTS = Path(__file__).parents[1] / "open_graph_js"
BOUND_SECONDS = 60


async def read(html: str) -> dict[str, Any]:
    """What open-graph-scraper finds in a page."""
    folder = await asyncio.to_thread(installed, SCRIPTS)
    done = await asyncio.to_thread(
        subprocess.run, ["node", str(SCRIPTS / "read.mjs"), str(folder)], check=True, capture_output=True, text=True,
        input=html, timeout=BOUND_SECONDS,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


async def covered(whole: Whole, artist: Any, title: str, side: int) -> tuple[Any, Any]:
    """A release with a cover; both their ids."""
    release, _ = await factories.release(whole.database, artist, "First light", title=title)
    made = await whole.veza.catalog.keep_picture(picture(size=(side, side)))
    async with whole.database.write("test") as session:
        cover = await record_cover(session, artist, made)
        await set_cover(session, await session.get_one(Release, release), cover)
        return release, cover.id


@pytest.mark.parametrize("bio", ["Cellos & <b>trams</b>.\nBoth.", "x" * 900, ""])
async def test_a_reader_of_open_graph_finds_what_a_link_to_a_page_shows(whole: Whole, bio: str) -> None:
    artist = await factories.artist(whole.database, "Anna & <i>")
    await factories.change(whole.database, Artist, artist, bio=bio)
    release, cover = await covered(whole, artist, "Dawn “&”", 300)
    await factories.release(whole.database, artist, "Bare", title="Later, without a cover")
    base, reader = whole.veza.catalog.base_url, whole.visitor()
    picture_of = {
        "url": f"{base}/covers/{cover}/256.jpg",
        "width": "256",
        "height": "256",
        "alt": "The cover of Dawn “&”",
    }
    said = {"": "The records of Anna & <i>", "x" * 900: "x" * (LONGEST - 1) + "…"}.get(
        bio, "Cellos & <b>trams</b>. Both."
    )
    site_says = "Artists publish and sell here, listeners hear and keep what they buy."
    for address, title, kind, description in (
        ("/", "Veza", "website", site_says),
        (f"/artists/{artist}", "Anna & <i>", "profile", said),
        (f"/releases/{release}", "Dawn “&” – Anna & <i>", "music.album", "By Anna & <i>, one track"),
    ):
        found = await read((await reader.open(address)).html)
        told = [found[name] for name in ("ogTitle", "ogType", "ogDescription", "ogUrl", "ogSiteName")]
        assert told == [title, kind, description, f"{base}{address}", "Veza"]
        (image,) = found["ogImage"]
        assert {name: image[name] for name in picture_of if name in image} | {"alt": picture_of["alt"]} == picture_of


async def test_the_first_page_and_an_artists_page_name_their_feed_and_a_hidden_artist_is_not_shared(
    whole: Whole,
) -> None:
    artist, reader = await factories.artist(whole.database, "Anna"), whole.visitor()
    for address, feed in (("/", "/feed.xml"), (f"/artists/{artist}", f"/artists/{artist}/feed.xml")):
        page = await reader.open(address)
        (found,) = re.findall(r'<link rel="alternate" type="application/atom\+xml" href="([^"]+)"', page.html)
        assert found == feed
        assert (await reader.client.get(feed)).headers["content-type"].startswith("application/atom+xml")
        assert "oembed" not in page.html
        assert "og:image" not in page.html  # there is no cover yet
    owner = await whole.reader("Mara", Role.ARTIST)
    assert owner.person is not None
    await factories.member(whole.database, artist, owner.person)
    await factories.change(whole.database, Artist, artist, hidden_at=whole.clock.now())
    page = await owner.open(f"/artists/{artist}")
    assert ("noindex" in page.html, "og:title" in page.html) == (True, False)
