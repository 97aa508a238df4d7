"""The editor of a release: priced, scheduled, and withdrawn with a word about what goes."""

from __future__ import annotations

from datetime import timedelta

from tests import factories
from tests.web.pages.conftest import Store
from tests.web.pages.studios import of_artist
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
