"""The search page: results by kind, what narrows them, pages of one kind, and what is said where nothing is found."""

from __future__ import annotations

import html
import re
from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.search.shop import hide, publish
from tests.web.pages.browsing import Page
from tests.web.pages.whole import Whole
from veza.accounts import people
from veza.catalog.tracks import Track
from veza.community import playlists
from veza.search.facade import SEARCHES


def choices(page: Page) -> dict[str, str]:
    """What narrows the results, as it is said with its count → where it leads."""
    found = re.findall(r'<a class="tag" href="([^"]+)"[^>]*>(.*?)</a>', page.html, re.DOTALL)
    return {re.sub(r"<[^>]+>|\s+", " ", said).strip().replace("  ", " "): html.unescape(to) for to, said in found}


def sections(page: Page) -> list[str]:
    return re.findall(r'<section class="section"><h2>([^<]+)</h2>', page.html)


async def test_results_stand_by_kind_as_other_pages_show_them(whole: Whole) -> None:
    made = await publish(whole.database, tags=["dub"])
    await factories.make_ready(whole.database, made.release)
    await factories.change(whole.database, Track, made.tracks[0], audio_id=made.release)
    who: UUID = await factories.person(whole.database, "Zorblax Fan")
    async with whole.database.write() as session:
        await people.choose_findable(session, who, True)
        kept = await playlists.create(
            session, who, "Zorblax at night", description="", is_public=True, is_collaborative=False
        )
    page = await whole.visitor().open("/search?q=zorblaks")
    assert page.status == 200
    assert sections(page) == ["Artists", "Records", "Tracks", "Playlists", "People"]
    for link in ("/artists/zorblax", f"/releases/{made.release}", f"/tracks/{made.tracks[0]}", f"/playlists/{kept.id}"):
        assert link in page.links
    assert f'data-play-track="{made.tracks[0]}"' in page.html
    assert f'data-play-track="{made.tracks[1]}"' not in page.html
    assert "Zorblax Fan" in page.text
    assert page.answer.headers["cache-control"].startswith("public")


async def test_a_count_is_a_link_that_narrows_and_that_leads_back(whole: Whole) -> None:
    await publish(whole.database, tags=["dub"], language="fr")
    browser = whole.visitor()
    page = await browser.open("/search?q=zorblax")
    found = choices(page)
    assert {"Artists 1", "Records 1", "Tracks 2", "dub 1", "skronk 1", "Album 3", "French 3"} <= set(found)
    narrowed = await browser.open(found["dub 1"])
    assert sections(narrowed) == ["Records"]
    chosen = next(said for said in choices(narrowed) if said.startswith("dub 1"))
    assert choices(narrowed)[chosen] == "/search?q=zorblax"
    assert "<details" in narrowed.html.partition('class="narrowing"')[2].partition("</nav>")[0]
    of_kind = await browser.open(found["Tracks 2"])
    assert sections(of_kind) == ["Tracks"]


@pytest.mark.parametrize(
    ("value", "said"),
    [("free", "free"), ("eur:0-5", "under €5"), ("eur:5-10", "€5 to €10"), ("jpy:20-", "¥20 and more"), ("x", "x")],
)
async def test_a_chosen_price_is_said_in_its_currency(whole: Whole, value: str, said: str) -> None:
    page = await whole.visitor().open(f"/search?q=zorblax&price={value}")
    assert next(one for one in choices(page)).startswith(f"{said} ")
    assert "/search?q=zorblax" in page.links


async def test_there_is_more_of_a_kind_in_pages(whole: Whole) -> None:
    artist = await factories.artist(whole.database, "Zorblax")
    await factories.release(whole.database, artist, *(f"Wibblefen {number}" for number in range(30)))
    async with whole.database.write("test") as session:
        await session.execute(text("UPDATE tracks SET listed_at = created_at"))
    await whole.veza.modules.search.rebuild(lambda _: None)
    browser = whole.visitor()
    page = await browser.open("/search?q=wibblefen")
    more = "/search?q=wibblefen&amp;kind=track"
    assert more.replace("&amp;", "&") in page.links
    assert "More tracks" in page.text
    first = await browser.open(html.unescape(more))
    (on,) = [one for one in first.links if "after=" in one]
    second = await browser.open(on)
    tracks = [[one for one in page.links if one.startswith("/tracks/")] for page in (first, second)]
    assert [len(one) for one in tracks] == [24, 6]
    assert len(set(tracks[0] + tracks[1])) == 30
    assert not [one for one in second.links if "after=" in one]
    assert (await browser.open(on.replace("wibblefen", "zorblax"))).status == 400


async def test_beside_others_a_kind_shows_its_best_and_leads_to_the_rest(whole: Whole) -> None:
    for number in range(6):
        await publish(whole.database, f"Zorblax {number}", f"Quuxmoor {number}", (f"Wibblefen {number}",))
    browser = whole.visitor()
    page = await browser.open("/search?q=zorblax")
    assert len([one for one in page.links if one.startswith("/artists/")]) == 4
    assert len([one for one in page.links if one.startswith("/releases/")]) == 6
    assert ("More artists" in page.text, "More records" in page.text) == (True, False)
    rest = await browser.open("/search?q=zorblax&kind=artist")
    assert len([one for one in rest.links if one.startswith("/artists/")]) == 6


async def test_what_is_hidden_is_gone_at_once(whole: Whole) -> None:
    made = await publish(whole.database)
    browser = whole.visitor()
    browser.client.cookies.set("theme", "dark")
    assert f"/tracks/{made.tracks[0]}" in (await browser.open("/search?q=wibblefen")).links
    await hide(whole.database, "track", made.tracks[0])
    assert f"/tracks/{made.tracks[0]}" not in (await browser.open("/search?q=wibblefen")).links


async def test_a_tag_alone_finds_what_has_it(whole: Whole) -> None:
    await publish(whole.database, tags=["dub"])
    page = await whole.visitor().open("/search?tag=dub")
    assert sections(page) == ["Records"]
    assert '<h1 dir="auto">dub</h1>' in page.html


async def test_where_nothing_is_found_it_says_what_finds_more(whole: Whole) -> None:
    browser = whole.visitor()
    assert "Three letters are enough" in (await browser.open("/search")).text
    assert "Three letters are enough" in (await browser.open("/search?kind=track")).text
    assert "Fewer words find more" in (await browser.open("/search?q=zzzz")).text
    page = await browser.open("/search?q=a%26b&kind=track&tag=none")
    assert "Search everything for it" in page.text
    assert "/search?q=a%26b" in page.links


@pytest.mark.parametrize("query", ["q=%01", "kind=song&q=a", "after=AAAA&q=a", "price=&q=%E2%80%8D", "q=!!!"])
async def test_what_makes_no_sense_finds_nothing_and_fails_nowhere(whole: Whole, query: str) -> None:
    assert (await whole.visitor().open(f"/search?{query}")).status == 200


async def test_one_network_asks_at_a_pace(whole: Whole) -> None:
    browser = whole.visitor()
    for number in range(SEARCHES.burst):
        await browser.client.get(f"/search?q={number}")
    assert (await browser.open("/search?q=a")).status == 429
    assert (await browser.open("/search")).status == 200


async def test_a_french_reader_is_told_in_french(whole: Whole) -> None:
    await publish(whole.database, tags=["dub"], language="fr")
    browser = whole.visitor()
    browser.who["Accept-Language"] = "fr"
    page = await browser.open("/search?q=zorblax")
    assert {"Artistes 1", "Disques 1", "Morceaux 2", "français 3"} <= set(choices(page))
    assert "Affiner la recherche" in page.text
