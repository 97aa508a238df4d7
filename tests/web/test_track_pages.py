"""A track's page: where a playlist's file leads, for readers who may see the track and no other."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from tests import factories
from tests.client import DEFAULT_URL, http_client
from veza.accounts.permissions import Scope
from veza.app import Veza, build
from veza.catalog import covers
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.catalog.visibility import HiddenTrack
from veza.kit.clock import ManualClock
from veza.library.grants import ItemKind
from veza.market import products
from veza.market.products import PriceDraft, Pricing
from veza.settings import Settings
from veza.web.site import OWN, PUBLIC

UNKNOWN = "/tracks/01890000-0000-7000-8000-0000000000e1"


@dataclass
class Stand:
    """A whole Veza, a browser without a session, and a published track of an artist."""

    veza: Veza
    browser: httpx.AsyncClient
    owner: UUID
    artist: UUID
    release: UUID
    track: UUID

    @property
    def page(self) -> str:
        return f"/tracks/{self.track}"

    async def as_owner(self) -> dict[str, str]:
        return await factories.cookie(self.veza.database, self.owner)

    async def with_cover(self) -> UUID:
        async with self.veza.database.write("test") as session:
            objects = {f"{size}.{form}": "nowhere" for size in (96, 256) for form in ("webp", "jpg")}
            cover = await covers.add_cover(session, self.artist, "0" * 64, "#112233", [96, 256], objects, None)
            await covers.set_cover(session, await session.get_one(Release, self.release), cover)
            return cover.id

    async def priced(self, kind: ItemKind, item: UUID, pricing: Pricing, minor: int) -> None:
        async with self.veza.database.write("test") as session:
            artist, price = await session.get_one(Artist, self.artist), PriceDraft(pricing, minor, "EUR")
            await products.create(session, artist, kind, item, price, on_sale=True, rules=self.veza.modules.market)


@pytest.fixture
async def stand(database_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Stand]:
    veza = build(Settings(database_url=database_url, var_dir=tmp_path), clock=clock)
    owner = await factories.person(veza.database)
    artist = await factories.artist(veza.database, run_by=owner)
    release, (track,) = await factories.release(veza.database, artist, "First light")
    async with http_client(veza.asgi, base_url=DEFAULT_URL) as browser:
        browser.headers["Accept"] = "text/html"
        yield Stand(veza, browser, owner, artist, release, track)
    await veza.close()


async def test_a_public_track_has_a_page_that_says_what_it_is(stand: Stand) -> None:
    facts = {
        "explicit": True, "language": "ar", "tags": ["folk", "été"],
        "credits": [{"name": "Ben <b>", "part": "guitar"}], "duration_ms": 3_723_999,
    }  # fmt: skip
    await factories.change(stand.veza.database, Track, stand.track, title="ليلة & <i>🌙</i>", **facts)
    cover = await stand.with_cover()
    await stand.priced(ItemKind.TRACK, stand.track, Pricing.MINIMUM, 100)
    await stand.priced(ItemKind.RELEASE, stand.release, Pricing.FIXED, 800)
    answer = await stand.browser.get(stand.page)
    page = answer.text
    assert answer.status_code == 200
    assert '<h1 dir="auto" lang="ar">ليلة &amp; &lt;i&gt;🌙&lt;/i&gt;</h1>' in page
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<article")[2]))
    for part in (
        "Anna", "Explicit", "Dawn , track 1", "1:02:03", "Name your price from €1", "The whole record: €8",
        "guitar Ben &lt;b&gt;", "folk été",
    ):  # fmt: skip
        assert part in said
    assert f'srcset="/covers/{cover}/96.webp 96w, /covers/{cover}/256.webp 256w"' in page
    assert 'width="256" height="256"' in page
    address = f"http://127.0.0.1:8000{stand.page}"
    assert f'<link rel="canonical" href="{address}">' in page
    assert f'<meta property="og:image" content="http://127.0.0.1:8000/covers/{cover}/256.jpg">' in page
    assert 'property="og:title" content="ليلة &amp; &lt;i&gt;🌙&lt;/i&gt; – Anna"' in page
    assert "noindex" not in page
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")


async def test_a_page_of_a_track_about_which_nothing_is_known_says_nothing_of_it(stand: Stand) -> None:
    await factories.change(stand.veza.database, Track, stand.track, duration_ms=None)
    page = (await stand.browser.get(stand.page)).text
    for absent in ("Length", "Name your price", "The whole record", 'class="tag', "Explicit", "<img", "og:image"):
        assert absent not in page


NOT_PUBLIC: list[tuple[type[Artist] | type[Release] | None, dict[str, str | bool]]] = [
    (Release, {"status": "draft"}),
    (Release, {"status": "scheduled"}),
    (Release, {"status": "withdrawn"}),
    (Release, {"status": "published", "hidden_at": True}),
    (Artist, {"hidden_at": True}),
    (None, {}),  # the track alone is hidden
]


def without_id(answer: httpx.Response) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", answer.text)


async def test_what_is_not_public_is_one_page_for_strangers_and_shown_to_its_people(
    stand: Stand, clock: ManualClock
) -> None:
    unknown = await stand.browser.get(UNKNOWN)
    for model, change in NOT_PUBLIC:
        async with stand.veza.database.write("test") as session:
            await session.execute(update(Release).values(hidden_at=None))
            await session.execute(update(Artist).values(hidden_at=None))
            values = {name: clock.now() if value is True else value for name, value in change.items()}
            if model is None:
                session.add(HiddenTrack(track_id=stand.track, hidden_at=session.now))
            else:
                await session.execute(update(model).values(values))
        refused = await stand.browser.get(stand.page)
        assert (refused.status_code, without_id(refused)) == (404, without_id(unknown)), change
        assert (await stand.browser.get(f"/api/v1{stand.page}")).status_code == 404
        theirs = await stand.browser.get(stand.page, headers=await stand.as_owner())
        assert theirs.status_code == 200
        assert "people see this" in theirs.text
        assert "noindex" in theirs.text
        assert "canonical" not in theirs.text


async def test_what_is_no_id_gets_a_page_as_well(stand: Stand) -> None:
    for wanted in ("1", "%00", "x" * 300):
        answer = await stand.browser.get(f"/tracks/{wanted}")
        assert answer.status_code in (400, 404)
        assert answer.headers["content-type"].startswith("text/html")


async def test_caches_keep_a_page_of_visitors_without_cookies_and_no_other(stand: Stand) -> None:
    bearer = await factories.bearer(stand.veza.database, stand.owner, Scope.READ)
    first = await stand.browser.get("/")
    again = await stand.browser.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert {first.headers["cache-control"], again.headers["cache-control"]} == {PUBLIC}
    assert "Cookie" in first.headers["vary"]
    assert (await stand.browser.get("/", headers={"Cookie": "veza_theme=dark"})).headers["cache-control"] == OWN
    for who in (await stand.as_owner(), bearer):
        for address in ("/", stand.page):
            assert (await stand.browser.get(address, headers=who)).headers["cache-control"] == "private, no-store"
