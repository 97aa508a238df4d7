"""The players that other sites frame, and what /oembed tells of them: open to every site, and nothing else is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

import pytest

from tests import factories
from tests.client import DEFAULT_URL, http_client
from tests.sounding import give_sound
from tests.web.pages.browsing import Browser, Page
from tests.web.test_track_pages import Stand
from veza.app import build
from veza.catalog.releases import Release
from veza.library.grants import ItemKind
from veza.market.products import Pricing
from veza.settings import Settings
from veza.web.embedding import COMPACT_HEIGHT, HEIGHTS, NARROWEST, WIDTH
from veza.web.site import PUBLIC

TITLE = 'Dawn <3 "quoted"'


@pytest.fixture
async def stand(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stand]:
    veza = build(Settings(database_url=sqlite_url, var_dir=tmp_path, platform_name="Low Tide"))
    owner = await factories.person(veza.database)
    artist = await factories.artist(veza.database, "Anna & Ben", run_by=owner)
    release, (track, _) = await factories.release(veza.database, artist, "First light", "Second", title=TITLE)
    async with http_client(veza.asgi, base_url=DEFAULT_URL) as browser:
        browser.headers["Accept"] = "text/html"
        yield Stand(veza, browser, owner, artist, release, track)
    await veza.close()


async def opened(stand: Stand, address: str, **who: str) -> Page:
    return await Browser(stand.browser, who).open(address)


async def told(stand: Stand, path: str, **more: object) -> dict[str, object]:
    url = f"{DEFAULT_URL}{path}"
    answer = await stand.browser.get("/oembed", params={"url": url, **{name: str(one) for name, one in more.items()}})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_an_embed_alone_may_be_framed_and_says_the_same_to_all(stand: Stand) -> None:
    visitor = await opened(stand, f"/embed/releases/{stand.release}")
    headers = visitor.answer.headers
    policy = headers["content-security-policy"]
    assert "x-frame-options" not in headers
    assert policy.endswith("frame-ancestors *")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] == PUBLIC
    assert "set-cookie" not in headers
    again = await opened(stand, f"/embed/releases/{stand.release}", **await stand.as_owner())
    assert again.html == visitor.html
    assert again.answer.headers["cache-control"] == PUBLIC
    for address in ("/", f"/releases/{stand.release}", f"/tracks/{stand.track}", "/embed/tracks/nonsense"):
        page = await opened(stand, address)
        assert page.answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in page.answer.headers["content-security-policy"]


async def test_an_embed_leads_to_where_it_is_bought_in_a_new_tab(stand: Stand) -> None:
    await stand.priced(ItemKind.RELEASE, stand.release, Pricing.FIXED, 700)
    for address in (f"/embed/releases/{stand.release}", f"/embed/tracks/{stand.track}?size=compact"):
        page = await opened(stand, address)
        assert (
            f'<a class="button main little" href="{DEFAULT_URL}/releases/{stand.release}" target="_blank"' in page.html
        )
        assert "Buy €7" in page.text
        assert page.forms == []
    assert page.html.count("<h1") == 1


async def test_what_a_visitor_hears_can_be_played_and_the_rest_says_why_not(stand: Stand) -> None:
    address = f"/embed/tracks/{stand.track}"
    assert "There is no sound yet." in (await opened(stand, address)).text
    await give_sound(stand.veza.database, factories.objects(), stand.track)
    assert 'data-do="toggle"' in (await opened(stand, address)).html
    await factories.change(stand.veza.database, Release, stand.release, heard_by="owners")
    assert "· preview" in (await opened(stand, address)).text
    await factories.change(stand.veza.database, Release, stand.release, has_preview=False)
    assert "Only its owners hear it." in (await opened(stand, address)).text


@pytest.mark.parametrize("status", ["draft", "withdrawn"])
async def test_what_is_not_public_says_so_within_the_frame(stand: Stand, status: str) -> None:
    await factories.change(stand.veza.database, Release, stand.release, status=status)
    for path in (f"releases/{stand.release}", f"tracks/{stand.track}", f"tracks/{UUID(int=9)}"):
        page = await opened(stand, f"/embed/{path}")
        assert page.status == 404
        assert "This is not here any more." in page.text
        assert page.answer.headers["content-security-policy"].endswith("frame-ancestors *")
    answer = await stand.browser.get("/oembed", params={"url": f"{DEFAULT_URL}/releases/{stand.release}"})
    assert answer.status_code == 404


async def test_the_share_part_has_the_code_and_the_page_names_its_oembed(stand: Stand) -> None:
    page = await opened(stand, f"/releases/{stand.release}")
    code = str((await told(stand, f"/releases/{stand.release}"))["html"])
    area = page.html.partition('id="share-large"')[2].partition(">")[2].partition("</textarea>")[0]
    assert unescape(area) == code
    for form in ("json", "xml"):
        link = page.html.partition(f'+oembed" href="{DEFAULT_URL}')
        address = link[2].partition('"')[0].replace("&amp;", "&").replace("format=json", f"format={form}")
        assert (await stand.browser.get(address)).status_code == 200


async def test_oembed_tells_a_player_that_fits(stand: Stand) -> None:
    cover = await stand.with_cover()
    whole = await told(stand, f"/releases/{stand.release}")
    assert whole == {
        "type": "rich",
        "version": "1.0",
        "title": TITLE,
        "author_name": "Anna & Ben",
        "author_url": f"{DEFAULT_URL}/artists/{stand.artist}",
        "provider_name": "Low Tide",
        "provider_url": f"{DEFAULT_URL}/",
        "cache_age": 3600,
        "thumbnail_url": f"{DEFAULT_URL}/covers/{cover}/256.jpg",
        "thumbnail_width": 256,
        "thumbnail_height": 256,
        "width": WIDTH,
        "height": HEIGHTS["releases"],
        "html": whole["html"],
    }
    frame = ElementTree.fromstring(str(whole["html"]).replace(' loading="lazy"', ""))
    assert frame.attrib["src"] == f"{DEFAULT_URL}/embed/releases/{stand.release}"
    assert frame.attrib["title"] == f"{TITLE} – Anna & Ben"
    assert (frame.attrib["width"], frame.attrib["height"]) == (str(WIDTH), str(HEIGHTS["releases"]))
    low = await told(stand, f"/tracks/{stand.track}", maxwidth=300, maxheight=200)
    assert (low["width"], low["height"], low["thumbnail_width"]) == (300, COMPACT_HEIGHT, 96)
    assert "?size=compact" in str(low["html"])
    tiny = await told(stand, f"/tracks/{stand.track}", maxwidth=NARROWEST - 1)
    assert (tiny["type"], "html" in tiny, "thumbnail_url" in tiny) == ("link", False, False)


async def test_oembed_speaks_xml_and_refuses_what_it_does_not_know(stand: Stand) -> None:
    params = {"url": f"{DEFAULT_URL}/tracks/{stand.track}", "format": "xml"}
    answer = await stand.browser.get("/oembed", params=params)
    assert answer.headers["content-type"].startswith("text/xml")
    root = ElementTree.fromstring(answer.content)
    assert {one.tag: one.text for one in root}.items() >= {"type": "rich", "title": "First light"}.items()
    refused = {
        501: {**params, "format": "yaml"},
        400: {**params, "maxwidth": "0"},
        404: {"url": f"https://elsewhere.example/tracks/{stand.track}"},
    }
    for status, given in refused.items():
        assert (await stand.browser.get("/oembed", params=given)).status_code == status
    for url in ("", "http://[", f"{DEFAULT_URL}/artists/{stand.artist}", f"{DEFAULT_URL}/tracks/{UUID(int=3)}"):
        assert (await stand.browser.get("/oembed", params={"url": url})).status_code == 404
