"""The editor of a release: priced, scheduled, and withdrawn with a word about what goes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from tests import factories
from tests.web.pages.conftest import Store
from tests.web.pages.studios import of_artist
from tests.web.pages.whole import Whole
from veza.accounts.permissions import Role
from veza.catalog.releases import Release
from veza.market.products import Product


async def test_a_draft_is_priced_and_scheduled_and_is_a_draft_again(store: Store) -> None:
    anna = await store.shop.artist(fee_bps=1000)
    release = await anna.release("Closing & Time", status="draft")
    browser, address = of_artist(store, anna), f"/studio/releases/{release}"
    page = await browser.open(address)
    assert "no price yet: it is not sold" in page.text
    page = await browser.send(page, f"{address}/price", pricing="minimum", price="8.00", on_sale="yes")
    product = await store.shop.stage.one(Product)
    assert (product.pricing, product.price_minor, product.on_sale) == ("minimum", 800, True)
    assert "a price" in page.text
    when = store.shop.stage.clock.now() + timedelta(days=3)
    refused = await browser.send(page, f"{address}/schedule", publish_at=f"{when:%Y-%m-%dT%H:%M}")
    assert "cannot be published yet" in refused.text
    await factories.make_ready(store.shop.stage.database, release)
    for wrong in ("soon", "2001-01-01T10:00"):
        assert (await browser.send(page, f"{address}/schedule", publish_at=wrong)).status == 422
    page = await browser.send(page, f"{address}/schedule", publish_at=f"{when:%Y-%m-%dT%H:%M}")
    assert "goes out by itself" in page.toast
    assert "Goes out" in page.text
    page = await browser.send(page, f"{address}/unschedule")
    assert (await store.shop.stage.one(Release)).status == "draft"
    assert "Schedule it" in page.text


async def test_a_release_goes_out_at_a_time_of_the_zone_of_who_chose_it(whole: Whole) -> None:
    owner = await whole.reader("Mara", Role.ARTIST)
    assert owner.person is not None
    artist = await factories.artist(whole.database, "Anna", run_by=owner.person)
    release, _ = await factories.release(whole.database, artist, "Night Bus", status="draft")
    await factories.make_ready(whole.database, release)
    page = await owner.open("/preferences")
    page = await owner.send(page, "/preferences/time-zone", zone="Asia/Tokyo")
    page = await owner.open(f"/studio/releases/{release}")
    assert "In the zone Asia/Tokyo." in page.text
    day = whole.clock.now().date() + timedelta(days=3)
    page = await owner.send(page, f"/studio/releases/{release}/schedule", publish_at=f"{day}T10:00")
    assert re.search(r"Goes out [^(]+, 10:00 \(Asia/Tokyo\)", page.text)
    async with whole.database.read() as session:
        row = await session.get_one(Release, release)
    assert row.publish_at == datetime.combine(day, time(1), UTC)


async def test_withdrawing_says_what_goes_and_what_stays(store: Store) -> None:
    anna = await store.shop.artist()
    release = await anna.release("Blue <b>")
    browser, address = of_artist(store, anna), f"/studio/releases/{release}"
    page = await browser.open(address)
    assert "“Blue &lt;b&gt;” and its 2 tracks go from every list" in page.text
    assert "Who bought it keeps it." in page.text
    page = await browser.send(page, f"{address}/withdraw")
    assert (await store.shop.stage.one(Release)).status == "withdrawn"
    assert "Publish it" in page.text


async def test_findings_of_the_master_check_stand_with_their_track(store: Store) -> None:
    anna = await store.shop.artist()
    page = await of_artist(store, anna).open(f"/studio/releases/{await anna.release('Blue')}")
    assert "Blue 1 There is no sound of it yet" in page.text
    assert "The release has no cover" in page.text


async def test_a_track_goes_one_place_by_a_button_and_to_the_place_it_was_dragged_to(store: Store) -> None:
    anna = await store.shop.artist()
    release = await anna.release("Blue", tracks=3)
    address = f"/studio/releases/{release}"
    browser = of_artist(store, anna)

    async def titles() -> list[str]:
        page = await browser.open(address)
        return re.findall(r'<a class="link" href="/studio/tracks/[^"]+"><bdi>([^<]+)', page.html)

    before = await titles()
    page = await browser.open(address)
    ids = re.findall(r'data-row="([^"]+)"', page.html)
    for move, order in (
        (f"down {ids[0]}", [1, 0, 2]), (f"3 {ids[0]}", [1, 2, 0]), (f"1 {ids[0]}", [0, 1, 2]),
        (f"99 {ids[1]}", [0, 2, 1]), (f"aside {ids[0]}", [0, 2, 1]), (f"2 {ids[1]}", [0, 1, 2]),
    ):  # fmt: skip
        await browser.send(page, f"{address}/order", move=move)
        assert await titles() == [before[at] for at in order], move
